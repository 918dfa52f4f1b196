"""A step of a simulated transfer, with the knowledge of its end and with the real events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.happened import Story
from tftp_fsm.debugger.passages import Passage
from tftp_fsm.protocol.events import DataReceived, Deliver, TimeoutExpired


@dataclass(frozen=True)
class Case:
    """A step: `own` are the earlier frames of its session, `others` those of the other end."""

    frame: Frame
    own: tuple[Frame, ...]
    others: tuple[Frame, ...]
    story: Story

    @property
    def event(self) -> Any:
        return self.frame.step.event

    @property
    def before(self) -> Any:
        return self.frame.before

    @property
    def after(self) -> Any:
        return self.frame.variables

    @property
    def passage(self) -> Passage | None:
        """The sending of the event's packet, if an end sent it unchanged."""
        return self.passage_of(self.frame)

    def passage_of(self, frame: Frame) -> Passage | None:
        packet = frame.packet
        if packet is None or {"edited", "replaced", "corrupted"} & set(packet.fate):
            return None
        return self.story.passages.get(packet.origin)

    @property
    def is_misled(self) -> bool:
        """Return whether the session has heard a forged packet, or a changed one."""
        heard = [frame for frame in (*self.own, self.frame) if frame.packet is not None]
        return any(self.passage_of(frame) is None for frame in heard)

    def came(self, *kinds: type) -> list[Frame]:
        return [f for f in self.own if isinstance(f.step.event, kinds)]

    def said(self, frame: Frame) -> list[Held]:
        """The datagrams as they were sent, also if they were lost or changed later."""
        known = self.story.passages
        return [known[h.number].held if h.number in known else h for h in frame.sent]

    def sends(self, *kinds: str) -> bool:
        return any(held.kind in kinds for held in self.said(self.frame))

    def sent_before(self, *kinds: str) -> list[int | None]:
        return [h.block for f in self.own for h in self.said(f) if h.kind in kinds]

    def does(self, kind: type) -> bool:
        return any(isinstance(effect, kind) for effect in self.frame.step.effects)

    def delivered(self) -> set[int]:
        """Return the numbers of the blocks that were received and kept before."""
        kept = (f for f in self.came(DataReceived) if does_in(f, Deliver))
        return {f.step.event.block for f in kept}  # type: ignore[union-attr]

    @property
    def last_ack(self) -> tuple[int | None, float]:
        acks = [(h.block, f.step.now) for f in self.own for h in self.said(f) if h.kind == "ACK"]
        return acks[-1] if acks else (None, 0.0)

    @property
    def last_answer(self) -> int | None:
        """Return the block of the ACK that this step sends."""
        return next((h.block for h in self.said(self.frame) if h.kind == "ACK"), None)

    @property
    def changes_nothing(self) -> bool:
        return self.is_still and not self.frame.step.effects

    @property
    def is_still(self) -> bool:
        return self.frame.step.before is self.frame.step.after

    @property
    def sends_again(self) -> bool:
        """Return whether this step sends something that was sent before."""
        now = {(held.kind, held.block) for held in self.said(self.frame)}
        return any((h.kind, h.block) in now for f in self.own for h in self.said(f))

    @property
    def is_due(self) -> bool:
        return isinstance(self.event, TimeoutExpired) and self.before["deadline"] is not None

    @property
    def was_renumbered(self) -> bool:
        """Return whether the user has set the block of an end by hand."""
        frames = (*self.own, *self.others, self.frame)
        return any(hand.name == "block" for frame in frames for hand in frame.by_hand)

    @property
    def peer_received(self) -> int:
        counts = [f.variables.get("block", 0) for f in self.others]
        return max((c for c in counts if isinstance(c, int)), default=0)

    def last_sent(self, frames: tuple[Frame, ...]) -> list[Passage]:
        sent = next((f.sent for f in reversed(frames) if f.sent), ())
        return [self.story.passages[h.number] for h in sent if h.number in self.story.passages]

    @property
    def is_something_lost(self) -> bool:
        passages = [*self.last_sent(self.own), *self.last_sent(self.others)]
        return any(not p.heard_in and not p.under_way for p in passages)

    @property
    def peer_heard(self) -> bool:
        return any(p.heard_in for p in self.last_sent(self.own))


def does_in(frame: Frame, kind: type) -> bool:
    """Whether the step has such an effect."""
    return any(isinstance(effect, kind) for effect in frame.step.effects)

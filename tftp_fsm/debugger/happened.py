"""Tell in words what really happened, if both ends and the wire between them are known.

A row's reason says only what its end can know. This module tells the fates of the datagrams:

    story = Story()
    story.take(frame)         # ("The network delivered DATA 2 twice: the first came in step 5.",)

It identifies datagrams by their numbers, never by their names. `go_to` goes to another frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.frames import RING, Frame
from tftp_fsm.debugger.passages import (
    IT,
    Passage,
    again_words,
    earlier_words,
    fate_words,
    name_of,
    peer_of,
    waiting_words,
)
from tftp_fsm.language import mark, sentence
from tftp_fsm.protocol.events import Finished, Outcome, StrayReceived, TimeoutExpired
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.records import WireEvent

ENDS = ("client", "server")
LAST = 64  # datagrams of one step that are described; larger windows are rare
CHANGED = ("edited", "replaced", "corrupted")  # fates of a datagram whose octets were changed


@dataclass(slots=True)
class _End:
    """An end: its state, the datagrams that it sent last, and its outcome."""

    state: State = State.IDLE
    sent: tuple[int, ...] = ()
    outcome: Outcome | None = None


@dataclass(slots=True)
class Story:
    """The story of the frames that were added."""

    frames: list[Frame] = field(default_factory=list)
    passages: dict[int, Passage] = field(default_factory=dict)
    _latest: dict[tuple[str, object], int] = field(default_factory=dict)
    _ends: dict[str, _End] = field(default_factory=lambda: {end: _End() for end in ENDS})

    def go_to(self, frames: Sequence[Frame]) -> None:
        """Go to the place after these frames: forget later frames, or add missing ones."""
        if len(frames) < len(self.frames):
            self.__init__()  # type: ignore[misc]
        for frame in frames[len(self.frames) :]:
            self._note(frame)

    def copy(self) -> Story:
        """A copy of the story. Frames that are added to one are not added to the other."""
        ends = {name: replace(end) for name, end in self._ends.items()}
        return Story(list(self.frames), dict(self.passages), dict(self._latest), ends)

    def take(self, frame: Frame) -> tuple[str, ...]:
        """Add a frame. Return what really happened, or () if the row's reason is enough."""
        before = self._ends[frame.end].sent
        self._note(frame)
        return tuple(dict.fromkeys(self._tell(frame, before)))

    def has_ended(self, end: str) -> bool:
        """Return whether the end hears nothing more."""
        return self._ends[end].state.is_final

    # -- What is known ----------------------------------------------------------------------------

    def _note(self, frame: Frame) -> None:
        self.frames.append(frame)
        before = [number for end in self._ends.values() for number in end.sent]
        self._impair(frame.tampered)
        if frame.packet is not None and frame.packet.origin in self.passages:
            self._hear(frame.packet.origin, frame.number)
        heads = {wire.packet: wire.head for wire in frame.fates}
        for held in frame.sent:
            as_sent = (
                replace(held, octets=heads.get(held.number, held.octets))
                if _is_changed(held)
                else held
            )
            if held.receiver in ENDS:
                self._send(as_sent, frame)
        self._impair(frame.fates)
        end = self._ends[frame.end]
        end.state = frame.step.after
        said = (h.number for h in frame.sent if h.number in self.passages and h.kind != "ERROR")
        end.sent = tuple(said)[-LAST:] or (() if frame.step.before is State.IDLE else end.sent)
        told = (e.outcome for e in frame.step.effects if isinstance(e, Finished))
        end.outcome = next(told, end.outcome)
        self._miss((*before, *end.sent), {held.origin for held in frame.wire})

    def _send(self, held: Held, frame: Frame) -> None:
        key = (held.sender, _content(held, frame))
        earlier = self._latest.get(key)
        cause = None if isinstance(frame.step.event, TimeoutExpired) else _cause(frame)
        self.passages[held.number] = Passage(held, frame.number, cause, earlier, 1)
        self._latest[key] = held.number

    def _hear(self, number: int, frame: int) -> None:
        known = self.passages[number]
        heard, left = (*known.heard_in, frame), max(known.under_way - 1, 0)
        self.passages[number] = replace(known, under_way=left, heard_in=heard)

    def _miss(self, numbers: Iterable[int], wire: set[int]) -> None:
        """Note the datagrams that have left the wire without being heard."""
        for number in numbers:
            known = self.passages[number]
            if known.under_way and number not in wire and not self.has_ended(known.receiver):
                self.passages[number] = replace(known, under_way=0)

    def _impair(self, wires: Iterable[WireEvent]) -> None:
        """Note the copies that were made or lost."""
        for wire in wires:
            known = self.passages.get(wire.packet if wire.packet is not None else -1)
            if known is not None:
                left = max(known.under_way + len(wire.delays) - 1, 0)
                self.passages[known.held.number] = replace(known, under_way=left)

    # -- Sentences --------------------------------------------------------------------------------

    def _tell(self, frame: Frame, before: tuple[int, ...]) -> Iterator[str]:
        packet = frame.packet
        if packet is not None and packet.origin in self.passages:
            yield from self._tell_packet(frame, packet)
        elif packet is not None or isinstance(frame.step.event, StrayReceived):
            yield NOBODYS
        elif isinstance(frame.step.event, TimeoutExpired) and frame.unusual:
            peer = self._ends[peer_of(frame.end)]
            yield from self._tell_fates((*before, *peer.sent), or_else=NOTHING_LOST)
        if "gap" in frame.unusual:
            yield from self._tell_missing(frame, before)
        if frame.step.after.is_final:
            yield from self._tell_end(frame)

    def _tell_packet(self, frame: Frame, packet: Held) -> Iterator[str]:
        passage = self.passages[packet.origin]
        if _is_changed(packet):
            yield sentence("The octets of {packet} were changed on the way.", packet=passage.name)
        if len(passage.heard_in) > 1:
            yield sentence(
                "The network delivered {packet} twice: it came in step {step} too.",
                packet=passage.name,
                step=passage.heard_in[0],
            )
        elif passage.earlier is not None:
            before = self.passages[passage.earlier]
            yield sentence(
                "{again}; {fate}.",
                again=again_words(passage),
                fate=earlier_words(before, self.has_ended(before.receiver)),
            )
        late = {"delayed", "reordered"} & set(packet.fate)
        if late and len(passage.heard_in) == 1:
            yield sentence(
                "{packet} was on its way for {seconds:.4f} s.",
                packet=passage.capital,
                seconds=frame.now - passage.held.sent,
            )

    def _tell_missing(self, frame: Frame, before: tuple[int, ...]) -> Iterator[str]:
        """Yield sentences about the missing datagrams of a gap: sent before this DATA or ACK."""
        packet = frame.packet
        if packet is None or packet.origin not in self.passages:
            return
        if packet.kind == "DATA":
            burst = self.frames[self.passages[packet.origin].sent_in - 1].sent
            at = max(packet.origin - burst[0].number, 0)  # their numbers are consecutive
            near = burst[max(at - LAST, 0) : at]
            before = tuple(held.number for held in near if held.number < packet.origin)
        yield from self._tell_fates(before)

    def _tell_fates(self, numbers: Iterable[int], or_else: str = "") -> Iterator[str]:
        """Yield the fate of each of these datagrams that was not heard."""
        passages = [self.passages[number] for number in numbers]
        unheard = [p for p in passages if not p.heard_in]
        lost = [p for p in unheard if not p.under_way]
        for passage in lost:
            yield sentence(
                "{packet} was lost: the {receiver} has not heard it.",
                packet=passage.capital,
                receiver=end_word(passage.receiver),
            )
        for passage in unheard:
            if passage.under_way:
                yield sentence(
                    "{fate}.", fate=waiting_words(passage, self.has_ended(passage.receiver))
                )
        if not unheard and or_else:
            yield or_else

    def _tell_end(self, frame: Frame) -> Iterator[str]:
        """Yield what the other end knows when this end ends."""
        own, peer = self._ends[frame.end], self._ends[peer_of(frame.end)]
        if frame.step.before is State.DALLYING or own.outcome is Outcome.UNKNOWN:
            for passage in (self.passages[number] for number in own.sent):
                words = fate_words(passage, self.has_ended(passage.receiver))
                yield sentence("{fate}.", fate=words)
        if own.outcome is Outcome.UNKNOWN:
            end = end_word(peer_of(frame.end))
            if peer.outcome is Outcome.SUCCEEDED:
                yield sentence("The {end} has the whole file.", end=end)
            else:
                yield sentence("The {end} does not have the whole file.", end=end)


NOBODYS = mark("Neither end sent this packet.")
NOTHING_LOST = mark("Nothing was lost.")


def _cause(frame: Frame) -> str:
    return IT if frame.packet is None else name_of(frame.packet)


def _content(held: Held, frame: Frame) -> object:
    """Return the kind and the unwrapped block number, or the octets if there is no block."""
    last = frame.variables.get("sent" if held.kind == "DATA" else "block")
    if held.block is None or not isinstance(last, int):
        return held.octets
    return held.kind, last - (last - held.block) % RING


def _is_changed(held: Held) -> bool:
    """Return whether its octets were changed on the way."""
    return bool(set(CHANGED) & set(held.fate))

"""A machine that follows one end of a transfer, as far as a capture shows it.

The machine hears the captured packets to this end. The packets of the end are compared with those
that the machine would send. A captured packet may not have arrived. So the machine can also go back
to the last point that the end has confirmed, and hear fewer packets:

    verdict = end.said(seen, now)
    verdict.how            # ANSWER, AGAIN, UNHEARD, or None: no machine would send this now
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Literal, NamedTuple

from tftp_fsm.explain.packets.seen import Seen, error_of
from tftp_fsm.explain.transfer.due import Due
from tftp_fsm.explain.transfer.findings import Who
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import (
    DataReceived,
    Event,
    Step,
    StorageFailed,
    TimeoutExpired,
)
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import data_header

How = Literal["answer", "again", "unheard", "late"]
MOST_HEARD = 256  # events without confirmation; beyond it the oldest count as confirmed
UNKNOWN_SIZE = 1 << 60  # octets; used until the last block was seen, larger than any file
TRIED = 8  # tried combinations of events that may not have arrived


class Heard(NamedTuple):
    """A captured event on its way to this end. `entry` is its place in the log."""

    event: Event
    now: float
    entry: int


@frozen
class Verdict:
    """The reason why an end has sent a packet. `skipped` due packets before it were not captured.

    `unheard` has the log places of events that the end seems not to have heard. `was_copy` is true
    if earlier events seemed unheard, but were heard: the packet after them was only a copy on the
    wire. `is_soon` is true if it is too soon for any timer. A packet is "late" if others have
    overtaken it.
    """

    how: How | None
    skipped: int = 0
    unheard: tuple[int, ...] = ()
    was_copy: bool = False
    is_soon: bool = False


Log = Callable[[str, Step], int]


class Endpoint:
    """A client or a server. `log` takes each step, and returns its place."""

    def __init__(self, name: str, session: Session, log: Log) -> None:
        self.name = name
        self.session = session
        self.due = Due()
        self.step: Step | None = None
        self.last_entry = -1
        self.stray: Seen | None = None
        self._log = log
        self._known = session.copy()
        self._known_due = Due()
        self._heard: list[Heard] = []
        self._instead: tuple[Session, Due] | None = None

    @property
    def who(self) -> Who:
        """The name of this end in findings."""
        return "client" if self.name == "client" else "server"

    @property
    def sends(self) -> bool:
        """Whether this end sends the file."""
        return isinstance(self.session, Sender)

    @property
    def has_ended(self) -> bool:
        """Whether its machine is in a final state, or only dallies."""
        return self.session.state.is_final or self.session.state is State.DALLYING

    def event_of(self, seen: Seen, source: Address) -> Event:
        """Return the event that this end hears for the packet."""
        if seen.kind != "DATA":
            return self.session.interpret(seen.datagram.octets, source)
        event = self.session.interpret(data_header(seen.block), source)
        return replace(event, octets=seen.size) if isinstance(event, DataReceived) else event

    def hear(self, event: Event, now: float) -> Step:
        """Let the machine hear an event on its way to this end."""
        step = self.session.handle(event, now)
        self.step = step
        self.last_entry = self._log(self.name, step)
        self._heard.append(Heard(event, now, self.last_entry))
        self.due.add(step.effects)
        if self._instead is not None:
            session, due = self._instead
            due.add(session.handle(event, now).effects)
        if len(self._heard) > MOST_HEARD:
            self.confirm()
        return step

    def confirm(self) -> None:
        """Note that the end has shown that it has heard everything so far."""
        self._known, self._known_due, self._heard = self.session.copy(), self.due.copy(), []

    def said(self, seen: Seen, now: float) -> Verdict:
        """Take a packet of this end. Return the machine's reason for it."""
        if (error := error_of(seen)) is not None and self.due.take("ERROR", -1) is None:
            return self._gave_up(StorageFailed(error.code, error.message, error.message), now)
        skipped = self.due.take(seen.kind, seen.block)
        if skipped is not None:
            self._instead = None
            self.confirm()
            return Verdict("answer", skipped)
        if self._was_copy(seen):
            return Verdict("answer", was_copy=True)
        if self._times_out(seen, now):
            return Verdict("again")
        before = self.session, self.due
        for heard in self._less(seen):
            if self._would_have(heard, seen, now):
                self._instead = before
                return Verdict("unheard", 0, self._forget(heard))
        return Verdict(None)

    def place(self, change: Callable[[Session], None], now: float) -> None:
        """Move the machine to the probable place of the end. Its repetition there is due.

        A time-out of the machine gives the due packets, but this time-out is not logged.
        """
        change(self.session)
        self.due = Due()
        self.due.add(self.session.handle(TimeoutExpired(), now).effects)
        self.confirm()

    def move(self, blocks: int) -> None:
        """Count as if `blocks` more blocks were moved before. Nothing else is known or due."""
        session = self.session
        if isinstance(session, Sender):
            size = session.size
            session.renumber(blocks)
            session.size = size
        elif isinstance(session, Receiver):
            session.renumber(blocks)
        self.become(session)

    def become(self, session: Session) -> None:
        """Go on with this machine. The packets that it would repeat are due."""
        self.session, self._instead = session, None
        self.due = Due()
        self.due.add(session.copy().handle(TimeoutExpired(), 0.0).effects)
        self.confirm()

    def follow(self, change: Callable[[Session], None], now: float, seen: Seen) -> None:
        """Change the machine with `change`, after a packet that it would not send."""
        self.place(change, now)
        self.due.take(seen.kind, seen.block)
        self.confirm()

    def revive(self) -> None:
        """Bring the machine back to the state before its end, because the real end goes on."""
        if self.session.state.is_final and not self._known.state.is_final:
            self.session, self.due, self._heard = self._known.copy(), self._known_due.copy(), []

    def resize(self, size: int) -> None:
        """Set the size of the file, which the last block has shown."""
        for session in self._sessions():
            if isinstance(session, Sender):
                session.size = size

    def remeasure(self, blksize: int) -> None:
        """Set the blksize, which a block has shown."""
        for session in self._sessions():
            session.blksize = blksize

    def _sessions(self) -> tuple[Session, ...]:
        """Return the machine and its alternatives."""
        instead = () if self._instead is None else (self._instead[0],)
        return self.session, self._known, *instead

    # -- Hypotheses -------------------------------------------------------------------------------

    def _was_copy(self, seen: Seen) -> bool:
        """Return whether it has heard events that seemed unheard, if this explains the packet."""
        if self._instead is None:
            return False
        session, due = self._instead
        if due.take(seen.kind, seen.block) is None:
            return False
        self.session, self.due, self._instead = session, due, None
        self.confirm()
        return True

    def _gave_up(self, event: Event, now: float) -> Verdict:
        if self.session.state.is_final:
            return Verdict(None)
        step = self.session.handle(event, now)
        self._log(self.name, step)
        self.confirm()
        return Verdict("answer")

    def _times_out(self, seen: Seen, now: float) -> bool:
        """Return whether its timer explains the packet. Then let the machine time out, too."""
        session = self.session.copy()
        step = session.handle(TimeoutExpired(), now)
        due = Due()
        due.add(step.effects)
        if due.take(seen.kind, seen.block) is None:
            return False
        self.session, self.step = session, step
        self.due.add(step.effects)
        self.due.take(seen.kind, seen.block)
        self._heard.append(Heard(TimeoutExpired(), now, self._log(self.name, step)))
        return True

    def _less(self, seen: Seen) -> Iterator[list[Heard]]:
        """Yield the combinations of events that this end may have heard."""
        if seen.kind == "ACK":
            places = (
                at for at, heard in enumerate(self._heard) if _is_block(heard.event, seen.block + 1)
            )
            for at in islice(places, TRIED):
                yield self._heard[:at] + self._heard[at + 1 :]
        few = range(len(self._heard) - 1, -1, -1)[:TRIED]
        for count in (*few, *((0,) if len(self._heard) > TRIED else ())):
            yield self._heard[:count]

    def _would_have(self, heard: list[Heard], seen: Seen, now: float) -> bool:
        """Return whether it would send the packet after these events, or after a time-out."""
        session, due = self._known.copy(), self._known_due.copy()
        for event, at, _ in heard:
            due.add(session.handle(event, at).effects)
        if due.take(seen.kind, seen.block) is None:
            step = session.handle(TimeoutExpired(), now)
            due = Due()
            due.add(step.effects)
            if due.take(seen.kind, seen.block) is None:
                return False
            self._log(self.name, step)
        self.session, self.due = session, due
        return True

    def _forget(self, heard: list[Heard]) -> tuple[int, ...]:
        kept = {id(each) for each in heard}
        lost = tuple(each.entry for each in self._heard if id(each) not in kept)
        self.confirm()
        return lost


def _is_block(event: Event, block: int) -> bool:
    return isinstance(event, DataReceived) and event.block == block & 0xFFFF


def receiver_of(end: Endpoint) -> Receiver | None:
    """Return the session if it receives the file, or None."""
    return end.session if isinstance(end.session, Receiver) else None


def sender_of(end: Endpoint) -> Sender | None:
    """Return the session if it sends the file, or None."""
    return end.session if isinstance(end.session, Sender) else None

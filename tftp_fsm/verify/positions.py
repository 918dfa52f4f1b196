"""All positions of one end, and the changes that each event causes. Each is computed only once.

    side = Side("client", CLIENT, book, case)
    start = side.begin(session)
    for change in side.hear(start, packet): ...

A position is a session at rest, with the octets that it has delivered. The next position depends
only on the position and the event. So each change is computed once, although many states of the
whole world have the same position. `Breach` is raised when a change breaks a rule.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import NamedTuple

from tftp_fsm.driver.effects import Effects
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import (
    Aborted,
    DataReceived,
    Event,
    Outcome,
    RequestReceived,
    SendBlocks,
    Step,
    StorageFailed,
    TimeoutExpired,
)
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.untimed import (
    AFTER_BURST,
    AFTER_COPIES,
    AT_ONCE,
    DUE,
    aged,
    at_rest,
    bring_to_rest,
    key_of,
)
from tftp_fsm.simulation.addresses import LISTENER
from tftp_fsm.storage.protocols import Octets, pieces
from tftp_fsm.storage.sources import BytesSource
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.verify.breaches import has_raised, is_no_prefix, is_not_saved_first, is_not_whole
from tftp_fsm.verify.case import Case
from tftp_fsm.verify.checks import check_guards, check_stranger
from tftp_fsm.verify.packets import Book, Datagram, Packets
from tftp_fsm.verify.rules import Breach, TooLarge
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER, ack_octets
from tftp_fsm.wire.packets import ErrorCode

# A dallying side stays for this number of time-outs of the other side (`receiver.DALLY_RTOS`).
DALLIES_FOR = 2
PAUSE = -1
REFUSAL = "the disk is full"
MOST_POSITIONS = 1 << 12  # a state has 12 bits for the number of a position


class Change(NamedTuple):
    """The result of an event: the next position, the datagrams sent, and the counted facts.

    `data` is the number of DATA that were sent. `is_fault` is true if the session counts the event
    as a time-out, and false if the event only ends a pause between two sends. `moment` is the time
    of the event, see `untimed`. `failures` is 1 if the disk has refused a write or a commit.
    """

    position: int
    sent: Packets
    is_final: bool
    data: int
    is_fault: bool
    row: Row | None
    moment: float
    failures: int = 0


@frozen
class Position:
    """A session at rest, the octets that it has delivered, and whether it has saved the file."""

    session: Session
    delivered: bytes
    saved: bool


class Side:
    """One end of the world. A position is a number: the index in the lists."""

    def __init__(self, name: str, tid: Address, book: Book, case: Case) -> None:
        self.name = name
        self.positions: list[Position] = []
        self.final: list[bool] = []
        self.waits: list[bool] = []
        self._turns: dict[int, int] = {}
        self.outcomes: list[Outcome | None] = []
        self._tid = tid
        self._book = book
        self._content = case.content
        self._may_fail = case.budgets.failures > 0
        self._lead = case.lead * case.block
        self._final_ack = ack_octets(case.blocks + case.lead)
        self._numbers: dict[Hashable, int] = {}
        self._heard: dict[tuple[int, int], tuple[Change, ...]] = {}
        self._expired: dict[int, tuple[Change, ...]] = {}
        self._aged: dict[int, int] = {}

    def begin(self, session: Session) -> int:
        """Return the position of a session that has heard nothing yet."""
        return self._number_of(Position(at_rest(session, 0.0), b"", False))

    def rolled(self, position: int, by: int) -> int:
        """Return the position with `by` more blocks before it."""
        at = self.positions[position]
        session = at.session.copy()
        assert isinstance(session, Sender | Receiver), "every session is one of the two"
        session.renumber(by)
        return self._number_of(replace(at, session=session))

    def does(self, position: int, event: Event) -> tuple[Change, ...]:
        """Return the changes of an event that comes at once, such as `Opened`."""
        return self.changes(position, event, b"", (AT_ONCE,))

    def hear(self, position: int, packet: int) -> tuple[Change, ...]:
        """Return the changes of a datagram: two if it matters that more of a burst may come."""
        key = (position, packet)
        known = self._heard.get(key)
        if known is None:
            known = self._heard[key] = self._hear(position, self._book.datagrams[packet])
        return known

    def expire(self, position: int) -> tuple[Change, ...]:
        """Return the changes of a time-out: two if it matters that a copy may be under way."""
        known = self._expired.get(position)
        if known is None:
            known = self.changes(position, TimeoutExpired(), b"", (DUE,))
            if known[0].is_fault:  # copies live far longer than a pause between two sends
                known = self.changes(position, TimeoutExpired(), b"", (DUE, AFTER_COPIES))
            self._expired[position] = known
        return known

    def abort(self, position: int) -> tuple[Change, ...]:
        """Return the changes if the user aborts the transfer."""
        return self.does(position, Aborted())

    def aged(self, position: int) -> int:
        """Return the position after a long silence."""
        known = self._aged.get(position)
        if known is None:
            old = self.positions[position]
            new = Position(aged(old.session), old.delivered, old.saved)
            known = self._aged[position] = self._number_of(new)
        return known

    def turn(self, position: int) -> int:
        """Return a number: in a silence, the side with the lower number times out first.

        A pause between two parts of a window is shorter than any wait. Both sides wait about
        equally long, and each wait is twice the one before. A dallying side stays longer than the
        first waits of the other side.
        """
        known = self._turns.get(position)
        if known is None:
            session = self.positions[position].session
            if session.state is State.DALLYING:
                known = DALLIES_FOR
            else:
                known = session.retries if self.expire(position)[0].is_fault else PAUSE
            self._turns[position] = known
        return known

    def _hear(self, position: int, datagram: Datagram) -> tuple[Change, ...]:
        if datagram.to == LISTENER:
            return self.changes(position, RequestReceived(datagram.source), b"", (AT_ONCE,))
        event = self.positions[position].session.interpret(datagram.octets, datagram.source)
        payload = datagram.octets[HEADER.size :]
        moments = (AT_ONCE, AFTER_BURST) if isinstance(event, DataReceived) else (AT_ONCE,)
        return self.changes(position, event, payload, moments)

    def changes(
        self, position: int, event: Event, payload: bytes, moments: tuple[float, ...]
    ) -> tuple[Change, ...]:
        """Return one change for each row that can be taken, at the row's earliest moment."""
        found: dict[Row | None, Change] = {}
        failed: list[Change] = []
        for moment in moments:
            change = self._change(position, event, payload, moment)
            if change.row not in found:
                found[change.row] = change
                failed += self._failed(position, event, payload, moment)
        return (*found.values(), *failed)

    def _failed(
        self, position: int, event: Event, payload: bytes, moment: float
    ) -> Iterator[Change]:
        """Yield the change if the disk refuses the write, and that if it refuses the commit."""
        if self._may_fail and payload:
            for refused in ("write", "commit"):
                change = self._change(position, event, payload, moment, refused)
                if change.failures:
                    yield change

    def _change(
        self, number: int, event: Event, payload: bytes, moment: float, refused: str = ""
    ) -> Change:
        position = self.positions[number]
        session = position.session.about_to_hear(moment)
        check_guards(session, event)
        tray = _Tray(self, position, refused)
        effects = Effects(session, tray, _Source(self._content, self._lead), tray)
        try:
            step = session.handle(event, moment)
            failed = effects.carry_out(step.effects, [payload])
            if failed is not None:
                after_failure = session.handle(StorageFailed(failed.code, str(failed)), moment)
                effects.carry_out(after_failure.effects, ())
        except Breach:
            raise
        except Exception as raised:
            raise has_raised(self.name, raised) from raised
        self.check_step(position, step, session)
        is_final, retries = session.state.is_final, session.retries
        after = Position(bring_to_rest(session, moment), bytes(tray.delivered), tray.saved)
        return Change(
            position=self._number_of(after),
            sent=tuple(tray.sent),
            is_final=is_final,
            data=sum(e.count for e in step.effects if isinstance(e, SendBlocks)),
            is_fault=is_final or retries > position.session.retries,
            row=step.row,
            moment=moment,
            failures=int(bool(refused) and failed is not None),
        )

    def _number_of(self, position: Position) -> int:
        session = position.session
        key = key_of(session), position.delivered, position.saved
        number = self._numbers.get(key)
        if number is None:
            if len(self.positions) == MOST_POSITIONS:
                raise TooLarge
            number = self._numbers[key] = len(self.positions)
            self.positions.append(position)
            self.final.append(session.state.is_final)
            self.waits.append(session.deadline is not None)
            self.outcomes.append(None if session.outcome is None else session.outcome.outcome)
            check_stranger(session)
        return number

    # -- What a step does -------------------------------------------------------------------------

    def number_of(self, datagram: bytes, to: Address) -> int:
        """Return the number of a datagram that this end sends."""
        return self._book.number_of(Datagram(self._tid, to, datagram))

    def check_step(self, position: Position, step: Step, after: Session) -> None:
        """Raise `Breach` if the step breaks a rule. Subclasses have rules for single steps."""

    def check_delivered(self, octets: bytes) -> None:
        """Raise `Breach` if the octets are not the beginning of the file."""
        if not self._content.startswith(octets):
            raise is_no_prefix(self.name, len(octets))

    def check_sent(self, burst: Burst, delivered: bytes, saved: bool) -> None:
        """Raise `Breach` if `burst` has the final ACK of a file that is not saved yet."""
        is_final_ack = burst.buffers == (self._final_ack,) and delivered == self._content
        if is_final_ack and not saved:
            raise is_not_saved_first(self.name)

    def check_saved(self, octets: bytes) -> None:
        """Raise `Breach` if the octets are not the whole file."""
        if octets != self._content:
            raise is_not_whole(self.name, len(octets), len(self._content))


class _Source(BytesSource):
    """A file whose first octet has offset `lead`. An offset below `lead` counts from 0."""

    __slots__ = ("_lead",)

    def __init__(self, octets: bytes, lead: int) -> None:
        super().__init__(octets)
        self._lead = lead

    @property
    def size(self) -> int:
        """The number of octets of the whole file."""
        return super().size + self._lead

    def read(self, offset: int, count: int) -> memoryview:
        """Return up to `count` octets of the file from `offset` on."""
        at = offset - self._lead if offset >= self._lead else offset
        return self._octets[at : at + count]


class _Tray:
    """The transport and the sink of one step: it keeps what the step sends and delivers."""

    def __init__(self, side: Side, position: Position, refused: str) -> None:
        self.sent: list[int] = []
        self.delivered = bytearray(position.delivered)
        self.saved = position.saved
        self._side = side
        self._refused = refused

    def send(self, burst: Burst) -> None:
        self._side.check_sent(burst, bytes(self.delivered), self.saved)
        self.sent += [self._side.number_of(d, burst.peer) for d in burst.datagrams()]

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        return None

    def now(self) -> float:
        return 0.0

    def close(self) -> None:
        pass

    @property
    def size(self) -> int:
        return len(self.delivered)

    def expect(self, size: int) -> None:
        pass

    def write(self, octets: Octets) -> None:
        if self._refused == "write":
            raise LocalError(REFUSAL, ErrorCode.DISK_FULL)
        for piece in pieces(octets):
            self.delivered += piece
        self._side.check_delivered(bytes(self.delivered))

    def commit(self) -> None:
        if self._refused == "commit":
            raise LocalError(REFUSAL, ErrorCode.DISK_FULL)
        self._side.check_saved(bytes(self.delivered))
        self.saved = True

    def discard(self) -> None:
        pass

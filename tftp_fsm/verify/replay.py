"""Make the moves of a search again with real time, for a trace that shows a broken rule.

The waits of both sides are very short (`Case.retry_policy`), so every order of the search can
happen on one clock. Each step is compared with the step that the search has found.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tftp_fsm.ladder.sent import SentPackets
from tftp_fsm.protocol.events import (
    Aborted,
    Event,
    Opened,
    RequestReceived,
    Step,
    StorageFailed,
    TimeoutExpired,
)
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.untimed import AFTER_BURST, AFTER_COPIES
from tftp_fsm.simulation.addresses import LISTENER, End, end_of
from tftp_fsm.trace.records import Json, Recorded, WireEvent, wire_event
from tftp_fsm.trace.trace import Trace, session_header
from tftp_fsm.transports.faults import LOST, Fate
from tftp_fsm.verify.case_sessions import client_of, server_of
from tftp_fsm.verify.packets import Packets
from tftp_fsm.verify.positions import REFUSAL, Change, Side
from tftp_fsm.verify.world import (
    ABORT,
    ARRIVE,
    COPY,
    EXPIRE,
    NOBODY,
    SILENCE,
    Move,
    World,
    unpacked,
)
from tftp_fsm.wire.packets import ErrorCode

UNKNOWN = -1  # the number of a datagram that is sent after the run; it never arrives
LATENCY = 0.001  # seconds that a datagram is under way, unless something delays it


@dataclass
class _Flight:
    """One datagram: when and by which step it was sent, and when it arrives."""

    number: int
    packet: int
    sent: float
    step: int
    arrivals: list[float] = field(default_factory=list)
    is_lost: bool = False
    is_over: bool = False


class Replay:
    """Both sessions on one clock, and the moves made so far."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = 0.0
        self.steps: list[Recorded] = []
        self.flights: list[_Flight] = []
        self.ends: dict[str, Json] = {}
        self._sessions: dict[str, Session] = {}
        self._positions: dict[str, int] = {"server": NOBODY}
        client = client_of(world.case, world.sessions)
        self._join("client", client)
        self._positions["client"] = world.client.begin(client)
        (opened,) = world.client.does(self._positions["client"], Opened())
        self._step("client", Opened(), opened)
        self._by_hand: list[list[object]] = []
        if world.case.lead:
            self._roll()

    def make(self, moves: tuple[int, ...], *, breaks: bool) -> None:
        """Make the moves. If the last move `breaks` a rule, it is not compared with the search."""
        for number, move in enumerate(moves, 1):
            self._make(unpacked(move), breaks and number == len(moves))

    def hear(self, end: End, event: Event) -> None:
        """After the moves, let `end` hear one more event, which is not part of a move."""
        self.clock += LATENCY
        self._step(end, event, None)

    def trace(self, note: str = "") -> Trace:
        """Return the trace of everything that has happened, with `note` on its last step."""
        case = self.world.case
        about: Json = {"verb": case.verb, "size": case.size, "latency": LATENCY}
        if self._by_hand:
            about["by_hand"] = self._by_hand
        if note:
            about["notes"] = [[len(self.steps), note]]
        return Trace(self.ends, tuple(self._entries()), about)

    def _roll(self) -> None:
        """Make a good opening, and then renumber both sessions as after `lead` more blocks."""
        world, lead = self.world, self.world.case.lead
        for is_client in (False, True):
            (packet,) = [f.packet for f in self.flights if not f.is_over]
            self._make(Move(ARRIVE, 0, packet, is_client), is_last=False)
        for flight in self.flights:
            if not flight.is_over:
                flight.packet = world.book.rolled(flight.packet, lead)
        for side in (world.client, world.server):
            session = self._sessions[side.name]
            assert isinstance(session, Sender | Receiver), "every session is one of the two"
            session.renumber(lead)
            self._positions[side.name] = side.rolled(self._positions[side.name], lead)
        block = str(self._sessions["client"].variables()["block"])
        self._by_hand.append([len(self.steps), "client", "block", block, True])

    # -- Moves ------------------------------------------------------------------------------------

    def _make(self, move: Move, is_last: bool) -> None:
        end: End = "client" if move.is_client else "server"
        side = self.world.client if move.is_client else self.world.server
        if move.kind in (EXPIRE, SILENCE):
            self._expire(end, side, move, is_last)
        elif move.kind == ABORT:
            change = None if is_last else side.abort(self._positions[end])[move.variant]
            self.clock += LATENCY
            self._step(end, Aborted(), change)
        else:
            self._arrive(end, side, move, is_last)

    def _arrive(self, end: End, side: Side, move: Move, is_last: bool) -> None:
        datagram = self.world.book.datagrams[move.packet]
        flight = next(f for f in self.flights if f.packet == move.packet and not f.is_over)
        if end not in self._sessions:
            request = self._sessions["client"].request
            self._join(end, server_of(self.world.case, self.world.sessions, request))
        change = None
        if not is_last:
            change = side.hear(self._positions[end], move.packet)[move.variant]
        later = AFTER_BURST if change is not None and change.moment == AFTER_BURST else 0.0
        self.clock = max(self.clock + later, flight.sent) + LATENCY
        flight.arrivals.append(self.clock)
        flight.is_over = move.kind != COPY
        event: Event = RequestReceived(datagram.source)
        if datagram.to != LISTENER:
            event = self._sessions[end].interpret(datagram.octets, datagram.source)
        self._step(end, event, change, flight.number)

    def _expire(self, end: End, side: Side, move: Move, is_last: bool) -> None:
        is_silent = move.kind == SILENCE
        if is_silent:
            self._lose_all()
            self._positions = {
                "client": self.world.client.aged(self._positions["client"]),
                "server": self.world.server.aged(self._positions["server"]),
            }
        change = None if is_last else side.expire(self._positions[end])[move.variant]
        later = AFTER_BURST if is_silent else 0.0
        if change is not None and change.moment == AFTER_COPIES:
            later = AFTER_COPIES
        deadline = self._sessions[end].deadline
        assert deadline is not None, "a session whose time-out comes has a deadline"
        self.clock = max(self.clock + later, deadline)
        self._step(end, TimeoutExpired(), change)

    def _lose_all(self) -> None:
        for flight in self.flights:
            if not flight.is_over:
                flight.is_over = True
                flight.is_lost = not flight.arrivals

    # -- Steps ------------------------------------------------------------------------------------

    def _join(self, end: End, session: Session) -> None:
        self._sessions[end] = session
        self.ends[end] = session_header(session)

    def _step(
        self, end: End, event: Event, change: Change | None, heard: int | None = None
    ) -> None:
        """Make one step of the session. It must take the row that the search has found."""
        step = self._sessions[end].handle(event, self.clock)
        sent: tuple[int, ...] = ()
        if change is not None:
            _compare(step, change)
            self._positions[end] = change.position
            sent = self._send(change.sent)
        else:
            sent = self._send((UNKNOWN,) * _sends(step))
        self.steps.append(Recorded(end, step, heard, sent))
        if change is not None and change.failures:
            failed = StorageFailed(ErrorCode.DISK_FULL, REFUSAL)
            self.steps.append(Recorded(end, self._sessions[end].handle(failed, self.clock)))

    def _send(self, sent: Packets) -> tuple[int, ...]:
        """Send the datagrams. Return their numbers in the trace."""
        first = len(self.flights) + 1
        self.flights += [
            _Flight(number, packet, self.clock, len(self.steps))
            for number, packet in enumerate(sent, first)
        ]
        return tuple(range(first, len(self.flights) + 1))

    # -- The trace --------------------------------------------------------------------------------

    def _entries(self) -> list[Recorded | WireEvent]:
        entries: list[Recorded | WireEvent] = []
        for number, step in enumerate(self.steps):
            entries.append(step)
            sent = [flight for flight in self.flights if flight.step == number]
            entries += [e for e in map(self._fate, sent) if e is not None]
        return entries

    def _fate(self, flight: _Flight) -> WireEvent | None:
        """Return the trace's entry about a datagram that was lost, delayed or copied."""
        delays = tuple(round(at - flight.sent - LATENCY, 6) for at in flight.arrivals)
        if flight.is_lost:
            fate = LOST
        elif len(delays) > 1:
            fate = Fate(delays, mishaps=("duplicated",))
        elif delays and delays[0] > 0:
            fate = Fate(delays, mishaps=("delayed",))
        else:
            return None
        datagram = self.world.book.datagrams[flight.packet]
        sender, receiver = end_of(datagram.source), end_of(datagram.to)
        assert sender is not None and receiver is not None, "both ends are ours"
        return wire_event(
            flight.sent, sender, receiver, datagram.octets, fate, packet=flight.number
        )


def _sends(step: Step) -> int:
    """Return the number of datagrams that the step sends."""
    sent = SentPackets()
    return sum(1 for effect in step.effects for _ in sent.of(effect))


def _compare(step: Step, change: Change) -> None:
    if step.row is not change.row:
        raise AssertionError(f"the search took {change.row}, the session takes {step.row}")

"""A session is one end of one transfer. An event goes in, a step comes out.

    session = ReadClient(Rrq(b"boot.img"), peer=("192.0.2.1", 69))
    step = session.handle(Opened(), now)           # step.effects == (Send(Rrq(...)),)
    step = session.handle(session.interpret(octets, source), now)
    ...                                            # and TimeoutExpired() at session.deadline

A session has no socket, clock, file or thread. The time is an argument, and the step says what is
to be done. The table (`tables`) decides. The methods here are the guards and actions that its rows
name. Guards change nothing. Actions note effects and set fields, and never raise.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import ClassVar, Self

from tftp_fsm.errors import MalformedPacket
from tftp_fsm.protocol.events import (
    LOCAL_OUTCOMES,
    Aborted,
    AckReceived,
    DataReceived,
    Effect,
    ErrorReceived,
    Event,
    Finished,
    MalformedReceived,
    OackReceived,
    Outcome,
    RequestReceived,
    Send,
    Step,
    StorageFailed,
    StrayReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.machine import machine_for
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.timing import STRAY_INTERVAL, RetransmissionTimer, RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import PLAIN_BLKSIZE, Options
from tftp_fsm.wire.packets import (
    Ack,
    Data,
    Error,
    ErrorCode,
    Oack,
    Opcode,
    Request,
    opcode_of,
    read,
)

MODES = ("octet", "netascii")


@dataclass(slots=True)
class Counters:
    """Counts of packets. `octets` counts file data as it is on the wire, each octet once."""

    octets: int = 0
    blocks: int = 0
    retransmissions: int = 0
    duplicates: int = 0
    timeouts: int = 0
    gaps: int = 0
    strays: int = 0
    ignored: int = 0

    @property
    def quiet(self) -> bool:
        """Nothing was lost, as far as this side knows."""
        return not (self.retransmissions or self.duplicates or self.timeouts or self.gaps)


class Session:
    """What the four sessions have in common: steps, timing, the peer, and the endings."""

    table: ClassVar[Table]
    accepts_data: ClassVar[bool] = False

    def __init__(
        self, request: Request, peer: Address | None = None, retry_policy: RetryPolicy | None = None
    ) -> None:
        self.request = request
        self.peer = peer
        self.retry_policy = retry_policy or RetryPolicy()
        self.state = State.IDLE
        self.row: Row | None = None
        self.agreed = Options()
        self.blksize = PLAIN_BLKSIZE
        self.windowsize = 1
        self.timer = RetransmissionTimer(self.retry_policy.initial_rto)
        self.deadline: float | None = None
        self.retries = 0
        self.counters = Counters()
        self.outcome: Finished | None = None
        self._tid_fixed = False
        self._now = 0.0
        self._before = State.IDLE
        self._effects: list[Effect] = []
        self._sent_at: float | None = None
        self._resending = False
        self._unreachable = False
        self._stray_answered_at: float | None = None

    # -- Steps ----------------------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> Step:
        """Move the session by one event, and return what follows from it.

        Nothing else changes a session. So the same events at the same times give the same steps.
        """
        before = self.state
        self._begin_step(now)
        row = machine_for(self.table).fire(self, event) if self._is_due(event) else None
        if self.state.is_final:
            self.deadline = None
        return Step(now, before, event, row, self.state, tuple(self._effects))

    def copy(self) -> Self:
        """The session as it is: what happens to one of the two does not change the other."""
        other = copy(self)
        other.timer = copy(self.timer)
        other.counters = copy(self.counters)
        return other

    def about_to_hear(self, now: float) -> Self:
        """A copy just before an event at `now` (seconds). Its guards answer as `handle` asks them.

        An event that is not due has no row, whatever the guards answer.
        """
        other = self.copy()
        other._begin_step(now)
        return other

    def _begin_step(self, now: float) -> None:
        self._before = self.state
        self._now, self._effects, self._resending = now, [], False

    def _is_due(self, event: Event) -> bool:
        if not isinstance(event, TimeoutExpired):
            return True
        return self.deadline is not None and self._now >= self.deadline

    def interpret(self, octets: bytes | memoryview, source: Address | None) -> Event:
        """The event for one datagram that came from `source`."""
        if not self._is_peer(source):
            return StrayReceived(source, is_error=opcode_of(octets) is Opcode.ERROR)
        try:
            reading = read(octets)
        except MalformedPacket as broken:
            return MalformedReceived(str(broken), source)
        tolerated = reading.tolerated
        match reading.packet:
            case Data(block, payload):
                return DataReceived(block, len(payload), source=source)
            case Ack(block):
                return AckReceived(block, source=source, tolerated=tolerated)
            case Oack(options):
                return OackReceived(options, source, tolerated)
            case Error(code, message):
                return ErrorReceived(code, message, source, tolerated)
            case _:
                return RequestReceived(source, tolerated)

    def _is_peer(self, source: Address | None) -> bool:
        """Whether `source` is the peer: its TID, or any port of its host until that is known."""
        if self._tid_fixed or self.peer is None or source is None:
            return source == self.peer or self.peer is None
        return source[0] == self.peer[0] and source[2:] == self.peer[2:]

    @property
    def prediction(self) -> int | None:
        """The number of the next DATA or ACK in order, if the transfer is quiet; else None.

        The answer is then known before the table is asked: an ACK if a window is full, or the
        next DATA. The number does not wrap at 65535.
        """
        return None

    def variables(self) -> dict[str, object]:
        """The variables of the protocol that a debugger shows."""
        return {
            "state": self.state.value,
            "peer": self.peer,
            "blksize": self.blksize,
            "windowsize": self.windowsize,
            "rto": self.timer.rto,
            "srtt": self.timer.srtt,
            "retries": self.retries,
            "deadline": self.deadline,
            "octets": self.counters.octets,
            "retransmissions": self.counters.retransmissions,
        }

    # -- Guards ---------------------------------------------------------------------------------

    def may_retry(self, event: Event) -> bool:
        """Neither this wait nor the whole transfer has used up its retransmissions."""
        total = self.retry_policy.total(self.counters.blocks) * self.windowsize
        return self.retries < self._retry_limit() and self.counters.retransmissions < total

    def _retry_limit(self) -> int:
        policy = self.retry_policy
        if self._tid_fixed or policy.unanswered_retries is None:
            return policy.retries
        return min(policy.retries, policy.unanswered_retries)

    def may_answer_stray(self, event: StrayReceived) -> bool:
        """The packet is no ERROR, and no stranger was answered in the last STRAY_INTERVAL."""
        last = self._stray_answered_at
        return not event.is_error and (last is None or self._now >= last + STRAY_INTERVAL)

    def is_unreachable_again(self, event: UnreachableReceived) -> bool:
        """The same was reported before, and nothing has come from the peer since then."""
        return self._unreachable

    # -- Actions: the peer and the clock ----------------------------------------------------------

    def fix_tid(
        self,
        event: DataReceived | AckReceived | OackReceived | MalformedReceived | RequestReceived,
    ) -> None:
        """Take the source of this packet as the peer's TID (RFC 1350 section 4)."""
        if event.source is not None:
            self.peer = event.source
        self._tid_fixed = True

    def back_off(self, event: TimeoutExpired) -> None:
        """Count the time-out, and wait twice as long for the next answer."""
        self.retries += 1
        self.counters.timeouts += 1
        self.timer.back_off()
        self._resending = True
        self._arm()

    def note_unreachable(self, event: UnreachableReceived) -> None:
        """Remember the report. The retransmission timer goes on."""
        self._unreachable = True

    def note_duplicate(self, event: Event) -> None:
        """Count a packet that came again."""
        self.counters.duplicates += 1
        self._resending = True

    def note_ignored(self, event: Event) -> None:
        """Count a packet that changes nothing."""
        self.counters.ignored += 1

    def note_stray(self, event: StrayReceived) -> None:
        """Count a packet of a stranger."""
        self.counters.strays += 1

    def answer_stray(self, event: StrayReceived) -> None:
        """Send ERROR 5 to the stranger."""
        self.note_stray(event)
        self._stray_answered_at = self._now
        self._send(Error(ErrorCode.UNKNOWN_TID, "unknown transfer ID"), event.source)

    # -- Actions: endings -------------------------------------------------------------------------

    def succeed(self, event: Event) -> None:
        """End the transfer: the file has arrived."""
        self._finish(Outcome.SUCCEEDED)

    def fail_peer_error(self, event: ErrorReceived) -> None:
        """End the transfer with the peer's code and message."""
        self._finish(Outcome.PEER_ERROR, event.message, event.code)

    def fail_timed_out(self, event: TimeoutExpired) -> None:
        """End the transfer: the peer does not answer."""
        self._finish(Outcome.TIMED_OUT, f"no answer after {self.retries + 1} attempts")

    def fail_unknown(self, event: Event) -> None:
        """End the transfer: this side cannot know whether the file has arrived."""
        self._finish(
            Outcome.UNKNOWN,
            "everything was sent, but the last acknowledgement never came: "
            "the receiver may have the file",
        )

    def fail_unreachable(self, event: UnreachableReceived) -> None:
        """End the transfer: nobody listens at the peer's port."""
        self._finish(Outcome.UNREACHABLE, "nobody listens at that port")

    def fail_storage(self, event: StorageFailed) -> None:
        """End the transfer: this side cannot go on."""
        outcome = LOCAL_OUTCOMES.get(event.code, Outcome.STORAGE_FAILED)
        self._finish(outcome, event.message, event.code)

    def fail_aborted(self, event: Aborted) -> None:
        """End the transfer: the user has given up."""
        self._finish(Outcome.ABORTED, event.message)

    def send_storage_error(self, event: StorageFailed) -> None:
        """Send ERROR with the reason why this side cannot go on."""
        self._send(Error(event.code, event.message))

    def send_abort(self, event: Aborted) -> None:
        """Send ERROR, so that the peer does not wait."""
        self._send(Error(ErrorCode.UNDEFINED, event.message))

    def refuse_packet(self, event: Event) -> None:
        """Send ERROR 4 with the reason, and end the transfer."""
        why = self._objection(event)
        self._send(Error(ErrorCode.ILLEGAL_OPERATION, why))
        self._finish(Outcome.REFUSED, why, ErrorCode.ILLEGAL_OPERATION)

    def _objection(self, event: Event) -> str:
        match event:
            case DataReceived(octets=octets) if self.accepts_data:
                return f"DATA of {octets} octets, where at most {self.blksize} were agreed"
            case MalformedReceived(where=where):
                return f"malformed packet: {where}"
            case _:
                name = type(event).__name__.removesuffix("Received").upper()
                return f"{name} is no answer in state {self._before.value}"

    # -- Helpers ----------------------------------------------------------------------------------

    def _send(self, packet: Request | Ack | Error | Oack, to: Address | None = None) -> None:
        self._effects.append(Send(packet, to))

    def _arm(self) -> None:
        self.deadline = self._now + self.timer.rto

    def _note_sent(self, packets: int = 1) -> None:
        """Begin to measure a round trip, unless the packet is a retransmission.

        This is Karn's rule (RFC 6298 section 3).
        """
        if self._resending:
            self.counters.retransmissions += packets
            self._sent_at = None
        else:
            self._sent_at = self._now

    def _note_progress(self, round_trips: int = 1) -> None:
        """The peer has answered with something new."""
        if self._sent_at is not None:
            self.timer.sample((self._now - self._sent_at) / round_trips)
            self._sent_at = None
        else:
            self.timer.ease()
        self.retries = 0
        self._unreachable = False
        self._arm()

    def _take(self, options: Options) -> None:
        """Use these options. Those that are absent have the values of RFC 1350."""
        self.agreed = options
        self.blksize = options.blksize or PLAIN_BLKSIZE
        self.windowsize = options.windowsize or 1
        if options.timeout is not None:
            self.timer.fix(float(options.timeout))

    def _finish(self, outcome: Outcome, message: str = "", code: int | None = None) -> None:
        self.outcome = Finished(outcome, message, code)
        self._effects.append(self.outcome)

"""A session is one end of one transfer. An event goes in, a step comes out.

    session = ReadClient(Rrq(b"boot.img"), peer=("192.0.2.1", 69))
    step = session.handle(Opened(), now)           # step.effects == (Send(Rrq(...)),)
    step = session.handle(session.interpret(octets, source), now)
    ...                                            # and TimeoutExpired() at session.deadline

A session has no socket, clock, file or thread. The time is an argument, and the step has the
effects to carry out. The table (`tables`) decides. The methods here are the guards and actions that
its rows name. Guards change nothing. Actions note effects and set fields, and never raise.
"""

from __future__ import annotations

from math import inf

from tftp_fsm.errors import EmptyDatagram, MalformedPacket
from tftp_fsm.frozen import replaced
from tftp_fsm.language.sentences import sentence
from tftp_fsm.lazy import ClassVar
from tftp_fsm.protocol.counters import Counters
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Effect,
    EmptyReceived,
    ErrorReceived,
    Event,
    Finished,
    MalformedReceived,
    OackReceived,
    Outcome,
    RequestReceived,
    Send,
    Step,
    StrayReceived,
    TimeoutExpired,
    trigger_of,
)
from tftp_fsm.protocol.machine import machine_for
from tftp_fsm.protocol.operands import Operands, compares
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.timing import LEAST_PATIENCE, RetransmissionTimer, RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import Opcode, opcode_of
from tftp_fsm.wire.kinds import Ack, Data, Error, ErrorCode, Oack, Request
from tftp_fsm.wire.options import PLAIN_BLKSIZE, Options
from tftp_fsm.wire.packets import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self
else:
    Self = "Session"  # a LateType does not work for an annotation that is only a name

MODES = ("octet", "netascii")


class Session(Operands):
    """The common part of the four sessions: steps, timing, and the peer."""

    table: ClassVar[Table]
    accepts_data: ClassVar[bool] = False

    def __init__(
        self, request: Request, peer: Address | None = None, retry_policy: RetryPolicy | None = None
    ) -> None:
        self.request = request
        self.peer = peer
        self.retry_policy: RetryPolicy = retry_policy or RetryPolicy()
        self.state = State.IDLE
        self.row: Row | None = None
        self.agreed: Options = Options()
        self.blksize: int = PLAIN_BLKSIZE
        self.windowsize: int = 1
        self.timer: RetransmissionTimer = RetransmissionTimer(
            self.retry_policy.initial_rto, floor=self.retry_policy.least_rto
        )
        self.deadline: float | None = None
        self.retries: int = 0
        self.counters: Counters = Counters()
        self.outcome: Finished | None = None
        self._tid_fixed = False
        self._now = 0.0
        self._before = State.IDLE
        self._effects: list[Effect] = []
        self._sent_at: float | None = None
        self._resending = False
        self.network_error: str = ""
        self._heard_at = 0.0
        self._old_before = 0
        self._closed_after: int | None = None
        self._stray_answered_at: float | None = None

    # -- Steps ----------------------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> Step:
        """Move the session by one event, and return the step.

        Nothing else changes a session. So the same events at the same times give the same steps.
        """
        before = self.state
        self._begin_step(now)
        row: Row | None = None
        if self._is_due(event):
            row = machine_for(self.table).fire(self, event, trigger_of(event))
        if self.state.is_final:
            self.deadline = None
        return Step(now, before, event, row, self.state, tuple(self._effects), self.windowsize)

    def copy(self) -> Self:
        """Return a copy. Changes of one of the two do not affect the other."""
        other = object.__new__(type(self))  # five times faster than `copy.copy`
        vars(other).update(vars(self))
        other.timer, other.counters = self.timer.copy(), replaced(self.counters)
        return other

    def about_to_hear(self, now: float) -> Self:
        """Return a copy just before an event at `now` (seconds). Its guards answer as in `handle`.

        An event that is not due has no row, even if guards hold.
        """
        other = self.copy()
        other._begin_step(now)
        return other

    def _begin_step(self, now: float) -> None:
        self._before = self.state
        if self.state is State.IDLE:
            self._heard_at = now
        self._now, self._effects, self._resending = now, [], False

    def _is_due(self, event: Event) -> bool:
        if not isinstance(event, TimeoutExpired):
            return True
        return self.deadline is not None and self._now >= self.deadline

    def interpret(self, octets: bytes | memoryview, source: Address | None) -> Event:
        """Return the event for one datagram from `source`."""
        if not self._is_peer(source):
            return StrayReceived(source, is_error=opcode_of(octets) is Opcode.ERROR)
        try:
            reading = read(octets)
        except EmptyDatagram:
            return EmptyReceived(source)
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
        """Return whether `source` is the peer: its TID, or any port until the TID is known."""
        if self._tid_fixed or self.peer is None or source is None:
            return source == self.peer or self.peer is None
        return source[0] == self.peer[0] and source[2:] == self.peer[2:]

    @property
    def prediction(self) -> int | None:
        """The number of the next DATA or ACK in order, or None if it is not predictable.

        With a number, the answer is known before the table is asked: an ACK if a window is full,
        or the next DATA. The number does not wrap at 65535.
        """
        return None

    @property
    def was_answered(self) -> bool:
        """Whether a packet has shown the peer's TID. An ERROR to the request does not count."""
        return self._tid_fixed

    @property
    def awaits(self) -> str:
        """Words for the packet that should come next."""
        return sentence("an answer to the {request}", request=type(self.request).__name__.upper())

    @property
    def moved_at(self) -> float:
        """The time of the peer's last packet with something new, or of the beginning."""
        return self._heard_at

    @property
    def gives_up_at(self) -> float:
        """The time at which the silence is too long. Infinity if only the retries count.

        The peer always has enough time to answer one retransmission, even on a slow path.
        """
        longest = self.retry_policy.longest_silence
        unanswered = self.retry_policy.unanswered_patience
        if unanswered is not None and not self._tid_fixed:
            longest = min(longest, unanswered)
        return self._heard_at + max(longest, LEAST_PATIENCE * self.timer.base)

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

    @property
    def old_news(self) -> int:
        """The number of datagrams from the peer since the last datagram with something new.

        They were copies, or late, or had no octets.
        """
        return self.counters.duplicates + self.counters.ignored - self._old_before

    # -- Guards ---------------------------------------------------------------------------------

    @compares("patience_left", "retries_left", "retransmissions_left")
    def may_retry(self, event: Event) -> bool:
        """The silence is not too long yet, and enough retransmissions are left.

        Both this silence and the whole transfer have a limit of retransmissions.
        """
        is_patient = self._now < self.gives_up_at and self._has_retries()
        return is_patient and self.retransmissions_left > 0

    def _has_retries(self) -> bool:
        return self.retries < self._retry_limit()

    def _retry_limit(self) -> float:
        """Return how many packets may be retransmitted in one silence."""
        return inf if self.retry_policy.retries is None else self.retry_policy.retries

    @compares("is_error", "stray_answer_in")
    def may_answer_stray(self, event: StrayReceived) -> bool:
        """The packet is no ERROR, and no stranger was answered in the last STRAY_INTERVAL."""
        return not event.is_error and self.stray_answer_in is None

    # -- Actions: the peer and the clock ----------------------------------------------------------

    def fix_tid(
        self, event: DataReceived | AckReceived | OackReceived | MalformedReceived | RequestReceived
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

    # -- Helpers ----------------------------------------------------------------------------------

    def _send(self, packet: Request | Ack | Error | Oack, to: Address | None = None) -> None:
        self._effects.append(Send(packet, to))

    def _finish(self, outcome: Outcome, message: str = "", code: int | None = None) -> None:
        self.outcome = Finished(outcome, message, code)
        self._effects.append(self.outcome)

    def _arm(self) -> None:
        self.deadline = self._deadline_after(self.timer.rto)

    def _deadline_after(self, seconds: float) -> float:
        """Return the time to retransmit, or to give up if an answer would come too late."""
        due, end = self._now + seconds, self.gives_up_at
        if due + self.timer.base > end:
            return end
        waits_on = self.retry_policy.longest_silence < inf and not self._has_retries()
        return end if waits_on else due

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
        """Note that the peer has answered with something new."""
        if self._sent_at is not None:
            self.timer.sample((self._now - self._sent_at) / round_trips)
            self._sent_at = None
        else:
            self.timer.ease()
        self.retries = 0
        self._heard_at = self._now
        self._old_before = self.counters.duplicates + self.counters.ignored
        self._closed_after = None
        self.network_error = ""
        self._arm()

    def _use_options(self, options: Options) -> None:
        """Use these options. An absent option has the value of RFC 1350."""
        self.agreed = options
        self.blksize = options.blksize or PLAIN_BLKSIZE
        self.windowsize = options.windowsize or 1
        if options.timeout is not None:
            self.timer.fix(float(options.timeout))

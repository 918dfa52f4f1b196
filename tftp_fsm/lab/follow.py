"""Repeat a recorded run, move by move, in a simulated transfer.

Each move of the debugger is compared with the recorded run: the same end must take the same row. If
the run has a hostile peer, its packets are put on the wire by hand.
"""

from __future__ import annotations

from collections import Counter

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol import events as e
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.records import ByHand, Recorded
from tftp_fsm.trace.trace import Trace
from tftp_fsm.transports.faults import LOST
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, build

MALFORMED = b"\0\x63"  # opcode 99 does not exist
SOON = 1e-6  # seconds


def follow(stepper: Stepper, trace: Trace, alone: str | None = None) -> int:
    """Make the steps of the trace. Return the number of steps that are missing at its end.

    `alone` is the end that had a hostile peer. If it is None, both ends are in the trace.
    """
    return _Follower(stepper, trace, alone).follow()


class _Follower:
    def __init__(self, stepper: Stepper, trace: Trace, alone: str | None) -> None:
        self.stepper = stepper
        self.entries = list(trace.with_hands)
        self.alone = alone
        self._left = [entry for entry in self.entries if isinstance(entry, Recorded)]
        self._heard = Counter(entry.heard for entry in self._left)
        self._numbers: dict[int, list[int]] = {}  # of recorded packets: the debugger's
        self._frames: list[Frame] = []  # frames that belong to no recorded step yet

    def follow(self) -> int:
        try:
            for entry in self.entries:
                self._follow(entry)
        except LocalError:
            pass  # the rest of the run cannot be made here
        return len(self._left)

    def _follow(self, entry: object) -> None:
        match entry:
            case Recorded():
                self._make(entry)
                del self._left[0]
            case ByHand(end, name, value, both):
                self._perform(m.SetVariable(end, name, value, both))
            case _ if LOST in getattr(entry, "fate", ()):
                for number in self._numbers.pop(getattr(entry, "packet", 0), ()):
                    self._perform(m.Drop(number))

    def _make(self, wanted: Recorded) -> None:
        if not self._frames:
            self._cause(wanted)
        frame = self._frames.pop(0)
        if (frame.end, frame.step.row) != (wanted.end, wanted.step.row):
            raise LocalError("the session takes another row here")
        for number, held in zip(wanted.sent, frame.sent, strict=False):
            self._numbers[number] = [held.number]

    def _cause(self, wanted: Recorded) -> None:
        """Make the move whose first frame is this step."""
        end, event = wanted.end, wanted.step.event
        match event:
            case e.Opened():
                self._perform(m.Begin())
                self._leave_alone(end)
            case e.TimeoutExpired():
                self._perform(m.Expire(end))
            case e.Aborted():
                self._perform(m.Abort(end))
            case e.StorageFailed():
                self._perform(m.FailStorage(end))
            case e.UnreachableReceived(is_hard=True):
                self._perform(m.ReportUnreachable(end))
            case _ if wanted.heard is not None:
                self._arrive(wanted, wanted.heard)
            case _ if self.alone == "server" and not self.stepper.frames:
                self._ask()
            case _:
                self._say(wanted)
        if not self._frames:
            raise LocalError("this move makes no step")

    # -- Arrivals ---------------------------------------------------------------------------------

    def _arrive(self, wanted: Recorded, heard: int) -> None:
        """Let the datagram arrive. If it comes again later, a copy of it stays under way."""
        numbers = self._numbers.get(heard)
        if not numbers:
            raise LocalError("the datagram is not under way any more")
        self._heard[heard] -= 1
        if self._heard[heard] and len(numbers) == 1:
            self._perform(m.Duplicate(numbers[0]))
            numbers.append(max(held.number for held in self.stepper.wire))
        self._arrives(numbers.pop(0), wanted)

    def _arrives(self, number: int, wanted: Recorded) -> None:
        """Let the datagram arrive at the time that it has in this run.

        If the session takes another row then, let the datagram arrive at the recorded time instead.
        """
        self._perform(m.Arrive(number))
        if self._frames and self._frames[0].step.row == wanted.step.row:
            return
        self._frames.clear()
        self.stepper.undo()
        due = next(held.due for held in self.stepper.wire if held.number == number)
        later = wanted.step.now - max(due, self.stepper.now)
        if later > SOON:
            self._perform(m.Delay(number, round(later, 6)))
        self._perform(m.Arrive(number))

    # -- A peer that may say anything -------------------------------------------------------------

    def _leave_alone(self, end: str) -> None:
        """Drop the packets on the wire if they come from the end that has a hostile peer."""
        if self.alone == end:
            for held in self.stepper.wire:
                self._perform(m.Drop(held.number))

    def _ask(self) -> None:
        """Let the client send its request. Afterwards it hears and sends nothing."""
        self._perform(m.Begin())
        (request,) = self.stepper.wire
        self._frames.clear()
        self._perform(m.Arrive(request.number))

    def _say(self, wanted: Recorded) -> None:
        """Put a packet on the wire that the session hears as this event."""
        session = self.stepper.world.sessions[wanted.end]
        octets = _octets_of(wanted.step.event, session)
        stranger = isinstance(wanted.step.event, e.StrayReceived)
        before = {held.number for held in self.stepper.wire}
        self._perform(m.Inject(wanted.end, octets, stranger))
        (number,) = {held.number for held in self.stepper.wire} - before
        self._arrives(number, wanted)

    def _perform(self, move: m.Move) -> None:
        self._frames += self.stepper.perform(move)


def _octets_of(event: e.Event, session: Session) -> bytes:
    """Return a datagram that the session hears as this event. Raises LocalError."""
    match event:
        case e.DataReceived(block, octets, 1):
            return build(Data(block, bytes(octets)))
        case e.AckReceived(block, 1):
            return build(Ack(block))
        case e.OackReceived(options):
            return build(Oack(options))
        case e.ErrorReceived(code, message):
            return build(Error(code, message))
        case e.StrayReceived(is_error=True):
            return build(Error(0, ""))
        case e.StrayReceived():
            return build(Ack(0))
        case e.RequestReceived():
            return build(session.request)
        case e.EmptyReceived():
            return b""
        case e.MalformedReceived():
            return MALFORMED
    raise LocalError("no datagram becomes this event")

"""Prediction: answer an expected datagram at once, and let the table confirm it afterwards.

`Predictor` keeps one run of exchanges (`runs`) for a driver. It needs a transport with a fast
path: a blocking socket, or one of a server's many sockets that never block.
"""

from __future__ import annotations

from math import inf

from tftp_fsm.driver.runs import slot_room
from tftp_fsm.transports.burst import LONGEST_RUN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeAlias, TypeGuard

    from tftp_fsm.driver.effects import Effects
    from tftp_fsm.driver.lockstep import ReadRun, WriteRun
    from tftp_fsm.driver.runs import Emit, Joined, Receive, Taken
    from tftp_fsm.driver.windows import WindowReadRun, WindowWriteRun
    from tftp_fsm.protocol.receiver import Receiver
    from tftp_fsm.protocol.sender import Sender
    from tftp_fsm.protocol.session import Session
    from tftp_fsm.transports.protocol import ReceiveJoined, Transport
    from tftp_fsm.wire.address import Address

SHARED_EVERY = 2.0  # seconds by the clock; where receiving never blocks, a run ends after this long

Run: TypeAlias = "ReadRun | WindowReadRun | WriteRun | WindowWriteRun"


if TYPE_CHECKING:

    class FastTransport(Transport, Protocol):
        """A transport with a cheaper way for one datagram at a time; see `UdpTransport`."""

        def fast_path(self, peer: Address) -> tuple[Receive, Emit] | None:
            """Receive into a buffer from this peer, and send to it; None: use `receive`."""

        def joined_fast_path(self, peer: Address) -> tuple[ReceiveJoined, Emit] | None:
            """Like `fast_path`, for datagrams that the kernel may have joined."""

        def on_error(self, error: OSError) -> None:
            """Handle an exception that one of the `fast_path` functions raised."""

        @property
        def blocking(self) -> bool:
            """True if receiving waits a moment for the next datagram; False if it never does."""

        @property
        def memory(self) -> memoryview:
            """Where windows are received. It is lent to one run at a time."""

        @property
        def run_memory(self) -> int:
            """How many octets of DATA a run of lock-step may keep: memory for speed."""


def has_fast_path(transport: Transport) -> TypeGuard[FastTransport]:
    """Whether `transport` is a `FastTransport`."""
    return hasattr(transport, "fast_path")


FIRST_RUN = 8  # exchanges at the beginning of a transfer
LONGEST_ALONE = 1024  # windows in a run of a transport that waits; the clock may end it before


class Predictor:
    """The predicted exchanges of one session.

    A driver calls `begin` unless a run is open, then `fill`, then `take` unless the run stays open.
    `unforeseen` is what arrived at the end of a run, if it was not predicted. While a run is open,
    `moved_at` is when it went on, on the transport's clock, and `has_moved` says whether the last
    `fill` did that.
    """

    def __init__(self, session: Session, effects: Effects, transport: FastTransport) -> None:
        self._session = session
        self._effects = effects
        self._transport = transport
        self.unforeseen: Joined | None = None
        self.has_moved = False
        self.moved_at = 0.0
        self._ends_at = inf
        self._run: Run | None = None
        self._receive: Callable[..., Any]
        self._emit: Emit
        self._blocking = False
        self._length = 0
        self._heard_at: float | None = None

    def take(self) -> tuple[Taken, float | None] | None:
        """Return the run so far, and when its last datagram came (None: now). Begin a new run."""
        at, self._heard_at = self._heard_at, None
        taken = None if self._run is None else self._run.take()
        return None if taken is None else (taken, at)

    def begin(self) -> bool:
        """Prepare a run. False if the session predicts nothing, or there is no fast path.

        The run and the fast path stay the same while nothing but the run moves the session.
        """
        run, peer = self._foreseen(), self._session.peer
        if run is None or peer is None:
            return False
        in_lockstep = self._session.windowsize == 1
        fast_path = self._transport.fast_path if in_lockstep else self._transport.joined_fast_path
        ways, self._blocking = fast_path(peer), self._transport.blocking
        if ways is None:
            return False
        self._receive, self._emit = ways
        return True

    def fill(self) -> bool:
        """Exchange what was predicted, as long as it comes; return whether the run stays open.

        If the transport never blocks, a run stays open until it is full, until something else
        arrives, or until the driver is fed an event. Raises LocalError if the storage fails.
        """
        run, blocking = self._run, self._blocking
        assert run is not None, "begin comes first"
        before, count = run.heard, run.count
        self.unforeseen = None
        try:
            self.unforeseen = run.fill(self._receive, self._emit, blocking)
            is_over = blocking or self.unforeseen is not None or run.heard == before
        except OSError as error:
            is_over = blocking or run.heard == before or not isinstance(error, BlockingIOError)
            if is_over:
                self._transport.on_error(error)
        if blocking and run.count:  # the wait for what did not come is no part of the run
            self._heard_at = run.moved_at
        if is_over:
            return False
        self._heard_at = self._transport.now()
        if not count:
            self._ends_at = self._heard_at + SHARED_EVERY
        self.has_moved = run.count > count
        if self.has_moved:
            self.moved_at = self._heard_at
        return not run.is_full and self._heard_at < self._ends_at

    def _foreseen(self) -> Run | None:
        length = self._length_now()
        fits = self._length // 2 <= length <= self._length * 2
        if self._run is None or not self._run.is_foreseen or not fits:
            self._run = predict(self._session, self._effects, length, self._transport.memory)
            self._length = length
        return self._run

    def _length_now(self) -> int:
        if self._transport.blocking and self._session.windowsize > 1:
            return LONGEST_ALONE
        return length_for(self._session, self._transport.run_memory)


def length_for(session: Session, memory: int) -> int:
    """How many exchanges a run may have. The clock may end it before.

    In lock-step a run that receives holds its blocks in `memory`, so it grows with what the peer
    has shown: thousands of peers that ask and then wait cost little.
    """
    length = 1 if session.timer.srtt is None else LONGEST_RUN
    if session.windowsize > 1 or not session.accepts_data:
        return length
    room = memory // slot_room(session.blksize)
    return max(1, min(length, room, _receiver(session).received + FIRST_RUN))


def predict(session: Session, effects: Effects, length: int, memory: memoryview) -> Run | None:
    """A run to fill, if the transfer is quiet."""
    if session.prediction is None:
        return None
    if session.windowsize > 1:
        from tftp_fsm.driver.windows import WindowReadRun, WindowWriteRun  # late: only for windows

        if session.accepts_data:
            return WindowReadRun(effects, _receiver(session), length, memory)
        return WindowWriteRun(effects, _sender(session), length)
    from tftp_fsm.driver.lockstep import ReadRun, WriteRun  # late: only for lock-step

    if session.accepts_data:
        return ReadRun(effects, _receiver(session), length)
    return WriteRun(effects, _sender(session), length)


# A transfer has one direction, and imports what that needs.


def _receiver(session: Session) -> Receiver:
    from tftp_fsm.protocol.receiver import Receiver

    assert isinstance(session, Receiver), "only a receiver accepts DATA"
    return session


def _sender(session: Session) -> Sender:
    from tftp_fsm.protocol.sender import Sender

    assert isinstance(session, Sender), "all others send"
    return session

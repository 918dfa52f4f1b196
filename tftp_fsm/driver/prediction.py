"""Prediction: answer an expected datagram at once. The table confirms the answer afterwards.

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
    from tftp_fsm.driver.interfaces import Emit, Joined, Receive
    from tftp_fsm.driver.lockstep import ReadRun, WriteRun
    from tftp_fsm.driver.runs import Taken
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
        """A transport with a faster way for one datagram at a time. See `UdpTransport`."""

        def fast_path(self, peer: Address) -> tuple[Receive, Emit] | None:
            """Return functions to receive from this peer and to send to it, or None."""

        def joined_fast_path(self, peer: Address) -> tuple[ReceiveJoined, Emit] | None:
            """Like `fast_path`, for datagrams that the kernel may have joined."""

        def on_error(self, error: OSError) -> None:
            """Handle an exception of a `fast_path` function."""

        @property
        def blocking(self) -> bool:
            """Whether receiving waits a moment for the next datagram."""

        @property
        def memory(self) -> memoryview:
            """The memory to receive windows. Only one run uses it at a time."""

        @property
        def run_memory(self) -> int:
            """The octets of DATA that a run in lock-step may keep. More memory gives more speed."""


def has_fast_path(transport: Transport) -> TypeGuard[FastTransport]:
    """Whether `transport` is a `FastTransport`."""
    return hasattr(transport, "fast_path")


FIRST_RUN = 8  # exchanges at the beginning of a transfer
LONGEST_ALONE = 1024  # windows in a run if receiving waits; the clock may end it earlier


class Predictor:
    """The predicted exchanges of one session.

    A driver calls `begin` unless a run is open, then `fill`, then `take` unless the run stays open.
    `unforeseen` has the datagrams that ended a run because they were not predicted. While a run is
    open, `moved_at` is the time of its last progress on the transport's clock, and `has_moved` says
    whether the last `fill` made progress.
    """

    # If a thousand sessions take turns, the processor's caches have the data of none. An attribute
    # in a slot is one access to memory less. This is also so in the driver, and in the runs.
    __slots__ = (
        "_blocking",
        "_effects",
        "_emit",
        "_ends_at",
        "_heard_at",
        "_kept",
        "_length",
        "_receive",
        "_run",
        "_session",
        "_transport",
        "has_moved",
        "moved_at",
        "unforeseen",
    )

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
        self._length = self._kept = 0
        self._heard_at: float | None = None

    def take(self) -> tuple[Taken, float | None] | None:
        """Return the run so far, and the time of its last datagram (None: now). Begin a new run."""
        at, self._heard_at = self._heard_at, None
        taken = None if self._run is None else self._run.take()
        return None if taken is None else (taken, at)

    def begin(self) -> bool:
        """Prepare a run. Return False if the session predicts nothing, or without a fast path.

        The run and the fast path are kept as long as only the run moves the session.
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
        """Exchange predicted datagrams as long as they come. Return whether the run stays open.

        If the transport never blocks, a run stays open until it is full, until another datagram
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
        if blocking and run.count:  # the last, useless wait is not part of the run
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
        length, kept = self._length_now(), self._kept_now()
        fits = length == self._length and self._kept // 2 <= kept <= self._kept * 2
        if self._run is None or not self._run.is_foreseen or not fits:
            self._run = predict(self._session, self._effects, length, kept, self._transport.memory)
            self._length, self._kept = length, kept
        return self._run

    def _length_now(self) -> int:
        is_alone = self._transport.blocking and self._session.windowsize > 1
        return LONGEST_ALONE if is_alone else length_for(self._session)

    def _kept_now(self) -> int:
        """How many blocks the run keeps. Only a receiving run in lock-step keeps any."""
        session = self._session
        if session.windowsize > 1 or not session.accepts_data:
            return 0
        return kept_by(session, self._transport.run_memory)


def length_for(session: Session) -> int:
    """Return how many exchanges a run may have. The clock may end the run earlier."""
    return 1 if session.timer.srtt is None else LONGEST_RUN


def kept_by(session: Session, memory: int) -> int:
    """Return how many blocks a receiving run in lock-step keeps in `memory` before it writes them.

    The number grows with the progress of the peer. Thousands of peers that only send a request and
    wait need little memory.
    """
    room = memory // slot_room(session.blksize)
    return max(1, min(length_for(session), room, _receiver(session).received + FIRST_RUN))


def predict(
    session: Session, effects: Effects, length: int, kept: int, memory: memoryview
) -> Run | None:
    """Return a run to fill, or None if the session predicts nothing now.

    Only a receiving run in lock-step uses `kept`, and only one with windows uses `memory`.
    """
    if session.prediction is None:
        return None
    if session.windowsize > 1:
        from tftp_fsm.driver.windows import WindowReadRun, WindowWriteRun  # late: only for windows

        if session.accepts_data:
            return WindowReadRun(effects, _receiver(session), length, memory)
        return WindowWriteRun(effects, _sender(session), length)
    from tftp_fsm.driver.lockstep import ReadRun, WriteRun  # late: only for lock-step

    if session.accepts_data:
        return ReadRun(effects, _receiver(session), length, kept)
    return WriteRun(effects, _sender(session), length)


# A transfer has one direction, and imports only the modules for that.


def _receiver(session: Session) -> Receiver:
    from tftp_fsm.protocol.receiver import Receiver

    assert isinstance(session, Receiver), "only a receiver accepts DATA"
    return session


def _sender(session: Session) -> Sender:
    from tftp_fsm.protocol.sender import Sender

    assert isinstance(session, Sender), "all others send"
    return session

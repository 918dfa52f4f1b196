"""Prediction: answer what was foreseen at once, tell the machine afterwards.

`Predictor` keeps one run of `exchanges` at a time for a driver, over a transport that has a cheap
way for it: a blocking one, or one of a server's many that never wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard

from tftp_fsm.driver.runs import (
    Emit,
    Joined,
    ReadRun,
    Receive,
    ReceiveJoined,
    Run,
    WindowRun,
    WindowWriteRun,
    WriteRun,
    slot_room,
)
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import StorageFailed
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.transports import LONGEST_RUN, Burst, Transport, Unreachable
from tftp_fsm.wire.address import Address

if TYPE_CHECKING:
    from tftp_fsm.driver.driver import Driver

SHOWN_EVERY = 0.02  # seconds; a run ends after about this long, for observers of progress
SHARED_EVERY = 0.5  # seconds; the same among many, where nobody watches and each waits for its turn


FastPath: TypeAlias = tuple[Callable[..., Any], Emit]


class FastTransport(Transport, Protocol):
    """A transport with a cheaper way for one datagram at a time; see `UdpTransport`."""

    def fast_path(self, peer: Address) -> tuple[Receive, Emit] | None:
        """Receive into a buffer, and send, at this peer; None: ask `receive`."""

    def joined_fast_path(self, peer: Address) -> tuple[ReceiveJoined, Emit] | None:
        """The same, where datagrams may come joined: octets, and the size of each."""

    def on_error(self, error: OSError) -> None:
        """What one of `fast_path` raised."""

    @property
    def blocking(self) -> bool:
        """Receiving waits a moment for the next datagram; False: it never does."""

    @property
    def memory(self) -> memoryview:
        """Where windows are received; lent to one run at a time."""

    @property
    def run_memory(self) -> int:
        """How many octets of DATA a run of lock-step may keep: memory for speed."""


def has_fast_path(transport: Transport) -> TypeGuard[FastTransport]:
    """Whether lock-step can be fast over `transport`."""
    return hasattr(transport, "fast_path")


class Predictor:
    """Runs of predicted exchanges for one driver."""

    def __init__(self, driver: Driver, transport: FastTransport) -> None:
        self._driver = driver
        self._transport = transport
        self._run: Run | None = None
        self._fast_path: FastPath | None = None
        self._blocking = False
        self._length = 0
        self._heard_at: float | None = None

    @property
    def is_open(self) -> bool:
        """The machine has yet to hear of a run."""
        return self._run is not None and self._run.count > 0

    def flush(self) -> None:
        """What is pending goes to the machine, before anything else does."""
        if self._run is not None:
            self._run.flush(self._heard_at)
        self._heard_at = None

    def exchange(self) -> bool:
        """Exchange what was predicted, as long as it comes; False: nothing was.

        Where the transport never waits, a run stays open until it is full, something else comes,
        or the driver is fed an event.
        """
        run, blocking = self._run, self._transport.blocking
        if run is None or not run.count or blocking is not self._blocking:
            run = self._begin(blocking)
        if run is None or self._fast_path is None:
            return False
        before, unforeseen = run.count, None
        try:
            unforeseen = run.fill(*self._fast_path, blocking)
            if not (blocking or unforeseen) and run.count > before:
                return self._keep_open(run)
        except OSError as error:
            idle = isinstance(error, BlockingIOError) and not blocking
            if idle and run.count > before:
                return self._keep_open(run)
            self._transport.on_error(error)
        except LocalError as failed:
            self._driver.feed(StorageFailed(failed.code, str(failed)))
            return True
        except BaseException:
            self.flush()
            raise
        exchanged = run.count > 0
        self.flush()
        return self._hear_others(unforeseen) or exchanged

    def _keep_open(self, run: Run) -> bool:
        """The next datagram can hardly be there yet: others have their turn."""
        self._heard_at = self._transport.now()
        if run.is_full:
            self.flush()
        return True

    def _begin(self, blocking: bool) -> Run | None:
        """A run to fill, and the way; both stay while nothing but the run moves the session."""
        self.flush()
        run, peer = self._foreseen(), self._driver.session.peer
        if run is None or peer is None:
            return None
        windows = isinstance(run, WindowRun | WindowWriteRun)
        fast_path = self._transport.joined_fast_path if windows else self._transport.fast_path
        self._fast_path, self._blocking = fast_path(peer), blocking
        return run

    def _hear_others(self, unforeseen: Joined | None) -> bool:
        """Strangers and bad news wait where the cheap way does not look."""
        peer = self._driver.session.peer
        arrived: Burst | Unreachable | None = (
            self._transport.receive(self._transport.now())
            if unforeseen is None or peer is None
            else Burst((unforeseen[0],), unforeseen[1], peer)
        )
        if arrived is not None and not self._driver.ended:
            self._driver.take(arrived)
        return arrived is not None

    def _foreseen(self) -> Run | None:
        seconds = SHOWN_EVERY if self._transport.blocking else SHARED_EVERY
        length = length_for(self._driver.session, self._transport.run_memory, seconds)
        fits = self._length // 2 <= length <= self._length * 2
        if self._run is None or not self._run.is_foreseen or not fits:
            self._run = predict(self._driver, length, self._transport.memory)
            self._length = length
        return self._run


def length_for(session: Session, memory: int, seconds: float) -> int:
    """Exchanges in a run: as many as so many seconds and, where DATA is kept, octets allow."""
    in_time = int(seconds / session.timer.srtt) if session.timer.srtt else 1
    keeps = isinstance(session, Receiver) and session.windowsize == 1
    kept = memory // slot_room(session.blksize) if keeps else LONGEST_RUN
    return max(1, min(LONGEST_RUN, in_time, kept))


def predict(driver: Driver, length: int, memory: memoryview) -> Run | None:
    """A run to fill, where the session is quiet and nobody watches each step."""
    session = driver.session
    if driver.observer is not None or session.prediction is None:
        return None
    match session:
        case Receiver() if session.windowsize > 1:
            return WindowRun(driver, session, length, memory)
        case Receiver():
            return ReadRun(driver, session, length)
        case Sender() if session.windowsize > 1:
            return WindowWriteRun(driver, session, length)
        case Sender():
            return WriteRun(driver, session, length)
        case _:
            return None

"""Prediction: answer what was foreseen at once, tell the machine afterwards.

`LockStep` keeps one run of `exchanges` at a time for a driver, over a transport that has a cheap
way for it: a blocking one, or one of a server's many that never wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from tftp_fsm.errors import LocalError
from tftp_fsm.events import StorageFailed
from tftp_fsm.exchanges import (
    MEMORY,
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
from tftp_fsm.receiving import Receiver
from tftp_fsm.sending import Sender
from tftp_fsm.session import Session
from tftp_fsm.transports import Address, Burst, Transport, Unreachable

if TYPE_CHECKING:
    from tftp_fsm.driver import Driver

SHOWN_EVERY = 0.02  # seconds; a run ends after about this long, for observers of progress
SHARED_EVERY = 0.5  # seconds; the same among many, where nobody watches and each waits for its turn


class CheapTransport(Transport, Protocol):
    """A transport with a cheaper way for one datagram at a time; see `UdpTransport`."""

    def calls(self, peer: Address) -> tuple[Receive, Emit] | None:
        """Receive into a buffer, and send, at this peer; None: ask `receive`."""

    def joined_calls(self, peer: Address) -> tuple[ReceiveJoined, Emit] | None:
        """The same, where datagrams may come joined: octets, and the size of each."""

    def heard(self, error: OSError) -> None:
        """What one of `calls` raised."""

    @property
    def waits(self) -> bool:
        """Receiving waits a moment for the next datagram; False: it never does."""

    @property
    def memory(self) -> memoryview:
        """Where whole windows are received; lent to one run at a time."""

    @property
    def longest(self) -> int:
        """How many exchanges a run may have: memory for speed."""


def has_cheap_way(transport: Transport) -> TypeGuard[CheapTransport]:
    """Whether lock-step can be fast over `transport`."""
    return hasattr(transport, "calls")


class LockStep:
    """Runs of predicted exchanges for one driver."""

    def __init__(self, driver: Driver, transport: CheapTransport) -> None:
        self._driver = driver
        self._transport = transport
        self._run: Run | None = None
        self._length = 0

    def flush(self) -> None:
        """What is pending goes to the machine, before anything else does."""
        if self._run is not None:
            self._run.flush()

    def exchange(self) -> bool:
        """Exchange what was predicted, as long as it comes; False: nothing was.

        Where the transport never waits, a run of lock-step stays open until it is full, something
        else comes, or the driver is fed an event.
        """
        run, peer = self._current(), self._driver.session.peer
        way = None if run is None or peer is None else self._way(run, peer)
        if run is None or peer is None or way is None:
            return False
        before = run.count
        try:
            unforeseen = run.fill(*way, waits := self._transport.waits)
            if not (waits or unforeseen) and run.count > before:
                return self._keep_open(run)
        except OSError as error:
            unforeseen = None
            idle = isinstance(error, BlockingIOError) and not self._transport.waits
            if idle and run.count > before:
                return True
            self._transport.heard(error)
        except LocalError as failed:
            self._driver.feed(StorageFailed(failed.code, str(failed)))
            return True
        except BaseException:
            run.flush()
            raise
        exchanged = run.count > 0
        run.flush()
        return self._hear_others(unforeseen, peer) or exchanged

    def _keep_open(self, run: Run) -> bool:
        """The next datagram can hardly be there yet: others have their turn."""
        if run.is_full:
            run.flush()
        return True

    def _hear_others(self, unforeseen: Joined | None, peer: Address) -> bool:
        """Strangers and bad news wait where the cheap way does not look."""
        arrived: Burst | Unreachable | None = (
            self._transport.receive(self._transport.now())
            if unforeseen is None
            else Burst((unforeseen[0],), unforeseen[1], peer)
        )
        if arrived is not None and not self._driver.ended:
            self._driver.take(arrived)
        return arrived is not None

    def _way(self, run: Run, peer: Address) -> tuple[Callable[..., Any], Emit] | None:
        if isinstance(run, WindowRun | WindowWriteRun):
            return self._transport.joined_calls(peer)
        return self._transport.calls(peer)

    def _current(self) -> Run | None:
        longest = self._transport.longest
        seconds = SHOWN_EVERY if self._transport.waits else SHARED_EVERY
        length = length_for(self._driver.session, longest, seconds)
        run = self._run
        fits = self._length // 2 <= length <= self._length * 2
        if run is None or not run.is_foreseen or not (fits or run.count):
            self.flush()
            self._run = predict(self._driver, length, self._transport.memory)
            self._length = length
        return self._run


def length_for(session: Session, longest: int, seconds: float) -> int:
    """Exchanges in a run: as many as `longest`, so many seconds, and the memory allow."""
    in_time = int(seconds / session.timer.srtt) if session.timer.srtt else 1
    return max(1, min(longest, in_time, MEMORY // slot_room(session.blksize)))


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

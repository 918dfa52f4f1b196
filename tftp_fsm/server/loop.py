"""The server's loop: one thread and one wait for every session.

It waits for the listening sockets, for the sockets of the sessions, and for the earliest
deadline. `RequestHandler` hears what comes to a listening port, and `SessionRunner` moves the
sessions. Each socket that is ready gets a bounded turn, so that no peer keeps the others waiting.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable, Sequence

from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.listen_share import MOST, ListenShare
from tftp_fsm.server.listener import Arrival, Listener
from tftp_fsm.server.log import Refused, Report, Totals
from tftp_fsm.server.request_handler import RequestHandler
from tftp_fsm.server.session_runner import SessionRunner
from tftp_fsm.server.session_table import SessionTable
from tftp_fsm.server.transfer import ActiveTransfer
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.transports import WINDOWS_MEMORY
from tftp_fsm.transports.readiness import bounded


class Loop:
    """Serves `root` at `listeners`, which it closes in the end.

    `report` is called when a session ends, `complain` with what should never happen,
    and `refused` with requests that get no session, at a limited rate.

    `run` has the thread for itself. If the loop is one part of another event loop instead, that one
    waits until `fileno` can be read, for `longest_wait` seconds at the most, and calls `turn(0)`;
    `may_block` is False then.
    """

    def __init__(
        self,
        config: ServerConfig,
        root: ServedRoot,
        listeners: Sequence[Listener],
        report: Callable[[Report], object] | None = None,
        complain: Callable[[str], object] | None = None,
        refused: Callable[[Refused], object] | None = None,
        *,
        may_block: bool = True,
    ) -> None:
        self._single_port = config.single_port
        self._listeners = list(listeners)
        self._memory = memoryview(bytearray(WINDOWS_MEMORY))
        self._selector = selectors.DefaultSelector()
        self._runner = SessionRunner(
            config, self._selector, report, complain, self.call_soon, may_block=may_block
        )
        self._handler = RequestHandler(config, root, self._runner, self._memory, refused)
        self._share = ListenShare()
        self._grace: float | None = None
        self._closes_at: float | None = None
        self._actions: list[Callable[[], object]] = []
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        for listener in self._listeners:
            self._selector.register(listener.sock, selectors.EVENT_READ, listener)

    @property
    def sessions(self) -> SessionTable:
        """The sessions that there are now, also those that dally."""
        return self._runner.table

    @property
    def totals(self) -> Totals:
        """The counters since the loop was made."""
        return self._runner.totals

    # -- From other threads and signal handlers ---------------------------------------------------

    def stop(self, grace: float = 0.0) -> None:
        """Take no new requests, and end when all sessions have ended or after `grace` seconds."""
        self._grace = grace
        self._wake()

    def call_soon(self, action: Callable[[], object]) -> None:
        """Have the loop call `action` between two turns."""
        self._actions.append(action)
        self._wake()

    @property
    def waker(self) -> int:
        """A descriptor. The loop wakes when an octet is written to it.

        A signal that comes right before the loop begins to wait ends no wait by itself, and its
        handler runs only after the wait. `signal.set_wakeup_fd` of this descriptor ends the wait.
        """
        return self._waker.fileno()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # it is full, so the loop will wake, or closed
            self._waker.send(b"\0")

    # -- The loop ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until `stop`, then close everything."""
        try:
            while not self.is_over:
                self.turn(self.longest_wait())
        finally:
            self.close()

    def turn(self, seconds: float | None) -> None:
        """Wait for at most `seconds`, and handle what has come."""
        ready = [key.data for key, _ in self._selector.select(bounded(seconds))]
        self._move([data for data in ready if isinstance(data, ActiveTransfer)])
        for data in ready:
            if isinstance(data, Listener):
                self._listen(data)
            elif data is None:
                self._run_actions()
        self._runner.time_out(time.monotonic())

    def _move(self, transfers: Sequence[ActiveTransfer]) -> None:
        began = time.perf_counter()
        for transfer in transfers:
            self._runner.take_turn(transfer)
        self._share.after_sessions(len(transfers), time.perf_counter() - began)

    def _listen(self, listener: Listener) -> None:
        began = time.perf_counter()
        for count, arrival in enumerate(listener.arrivals(self._memory, MOST), 1):
            self.hear(listener, arrival)
            if not self._share.goes_on(count, time.perf_counter() - began):
                return

    def hear(self, listener: Listener, arrival: Arrival) -> None:
        """Handle one datagram that came to a listening port."""
        self._runner.shield.run(lambda: self._handler.hear(listener, arrival))

    def fileno(self) -> int:
        """A descriptor that can be read when anything has come (epoll, kqueue)."""
        return self._selector.fileno()

    @property
    def is_committing(self) -> bool:
        """Whether the file of a session is being made safe on another thread."""
        return self._runner.is_committing

    def drain(self) -> None:
        """Let each session take what waits at its socket, as `close` does at first."""
        self._runner.drain_all()

    def finish_commits(self) -> None:
        """Wait for the disk: each upload whose last block has come is then safe or has failed."""
        self._runner.finish_commits()

    def close(self) -> None:
        """End every session, and close every socket. May be called again."""
        self._runner.close()
        for listener in self._listeners:
            listener.close()
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def longest_wait(self) -> float | None:
        """The seconds until something is due; None: nothing is."""
        closes_at = None if self.is_over else self._closes_at
        due = [when for when in (self.sessions.next_due(), closes_at) if when is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _run_actions(self) -> None:
        """Do what was asked by `call_soon` and `stop`."""
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        while self._actions:
            self._runner.shield.run(self._actions.pop(0))
        if self._grace is not None:
            self._close_within(self._grace)
            self._grace = None

    def _close_within(self, seconds: float) -> None:
        closes_at = time.monotonic() + seconds
        if self._closes_at is None:
            self._closes_at = closes_at
            self._handler.is_closing = True
            self._free_port()
        self._closes_at = min(self._closes_at, closes_at)

    def _free_port(self) -> None:
        """Close the listening sockets, so that another server can take the port over."""
        if not self._single_port:
            for listener in self._listeners:
                self._selector.unregister(listener.sock)
                listener.close()

    @property
    def is_over(self) -> bool:
        """Whether `stop` was called, and all sessions have ended or their time has."""
        if self._closes_at is None:
            return False
        # Sessions that dally count too: a client whose final ACK is lost thinks its upload failed.
        return time.monotonic() >= self._closes_at or not len(self.sessions)

"""The server's loop: one thread, which waits for all sessions together.

It waits for the listening sockets, for the sockets of the sessions, and for the earliest
deadline. `RequestHandler` takes the datagrams of the listening ports, and `SessionRunner` moves the
sessions. Each ready socket gets a turn of bounded length, so that no peer delays the others for
long.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Sequence

from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.groups import Group, give_turns
from tftp_fsm.server.listen_share import MOST, ListenShare
from tftp_fsm.server.listener import Arrival, Listener
from tftp_fsm.server.log import Refused, Report, Totals
from tftp_fsm.server.pacer import Pacer
from tftp_fsm.server.request_handler import RequestHandler
from tftp_fsm.server.session_runner import SessionRunner
from tftp_fsm.server.session_table import SessionTable
from tftp_fsm.server.transfer import ActiveTransfer
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.transports.burst import WINDOWS_MEMORY
from tftp_fsm.transports.readiness import bounded
from tftp_fsm.transports.waker import Waker


class Loop:
    """Serves `root` at `listeners`, and closes them at its end.

    `report` is called when a session ends. `complain` is called with faults of this program.
    `refused` is called with requests that get no session, at a limited rate.

    `run` needs a thread for itself. Another event loop can move this loop instead: it waits until
    `fileno` is readable, for at most `longest_wait` seconds, and then calls `turn(0)`. In that case
    `may_block` must be False.
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
        self._pacer = Pacer(config.network_rate)
        self._handler = RequestHandler(
            config, root, self._runner, self._memory, refused, self._pacer
        )
        self._share = ListenShare()
        self._grace: float | None = None
        self._closes_at: float | None = None
        self._actions: list[Callable[[], object]] = []
        self._waker = Waker(self._selector)
        for listener in self._listeners:
            self._selector.register(listener.sock, selectors.EVENT_READ, listener)

    @property
    def sessions(self) -> SessionTable[ActiveTransfer]:
        """The sessions that exist now. Sessions that dally are among them."""
        return self._runner.table

    @property
    def totals(self) -> Totals:
        """The counters since the loop was made."""
        return self._runner.totals

    # -- From other threads and signal handlers ---------------------------------------------------

    def stop(self, grace: float = 0.0) -> None:
        """Take no new requests. End when all sessions have ended, or after `grace` seconds."""
        self._grace = grace
        self._waker.wake()

    def call_soon(self, action: Callable[[], object]) -> None:
        """Make the loop call `action` between two turns."""
        self._actions.append(action)
        self._waker.wake()

    def reconfigure(self, config: ServerConfig, root: ServedRoot) -> None:
        """Use this configuration and root for new sessions. Running sessions keep theirs.

        Call it in the loop's thread. The settings of the listening sockets must be unchanged.
        """
        self._runner.reconfigure(config)
        self._pacer.rate = config.network_rate
        self._handler.reconfigure(config, root)

    @property
    def waker(self) -> int:
        """Return a descriptor for `signal.set_wakeup_fd`, so that a signal ends the loop's wait."""
        return self._waker.fileno()

    # -- The loop ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until `stop`, then close everything."""
        try:
            while not self.is_over:
                self.turn(self.longest_wait())
        finally:
            self.close()

    def turn(self, seconds: float | None) -> None:
        """Wait for at most `seconds`, and handle everything that has come."""
        ready = [key.data for key, _ in self._selector.select(bounded(seconds))]
        self._move(ready)
        for data in ready:
            if isinstance(data, Listener):
                self._listen(data)
            elif data is None:
                self._run_actions()
        now = time.monotonic()
        self._runner.time_out(now)
        self._pacer.release(now)

    def _move(self, ready: Sequence[object]) -> None:
        began, take_turn = time.perf_counter(), self._runner.take_turn
        alone = [data for data in ready if isinstance(data, ActiveTransfer)]
        for transfer in alone:
            take_turn(transfer)
        groups = [data for data in ready if isinstance(data, Group)]
        turns = len(alone) + give_turns(groups, take_turn)
        self._share.after_sessions(turns, time.perf_counter() - began)

    def _listen(self, listener: Listener) -> None:
        began = time.perf_counter()
        for count, arrival in enumerate(listener.arrivals(self._memory, MOST), 1):
            self.hear(listener, arrival)
            if not self._share.goes_on(count, time.perf_counter() - began):
                return

    def hear(self, listener: Listener, arrival: Arrival) -> None:
        """Handle one datagram that has come to a listening port."""
        self._runner.shield.run(lambda: self._handler.hear(listener, arrival))

    def fileno(self) -> int:
        """Return a descriptor that is readable when anything has come (epoll, kqueue)."""
        return self._selector.fileno()

    @property
    def is_committing(self) -> bool:
        """Whether another thread is committing the file of a session."""
        return self._runner.is_committing

    def drain(self) -> None:
        """Let each session take the datagrams that wait at its socket. `close` begins with this."""
        self._runner.drain_all()

    def finish_commits(self) -> None:
        """Wait for the disk. Afterwards each upload with its last block is safe or has failed."""
        self._runner.finish_commits()

    def close(self) -> None:
        """End every session, and close every socket. May be called again."""
        self._handler.close()
        self._runner.close()
        for listener in self._listeners:
            listener.close()
        self._selector.close()
        self._waker.close()

    def longest_wait(self) -> float | None:
        """Return the seconds until the next deadline, or None if there is no deadline."""
        closes_at = None if self.is_over else self._closes_at
        all_of_them = (self.sessions.next_due(), self._pacer.due, closes_at)
        due = [when for when in all_of_them if when is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _run_actions(self) -> None:
        """Do what `call_soon` and `stop` have asked for."""
        self._waker.clear()
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
        """Close the listening sockets, so that another server can take the port."""
        if not self._single_port:
            for listener in self._listeners:
                self._selector.unregister(listener.sock)
                listener.close()

    @property
    def is_over(self) -> bool:
        """Return whether `stop` was called, and all sessions or the grace time have ended."""
        if self._closes_at is None:
            return False
        # Sessions that dally count too: a client whose final ACK is lost needs it once more.
        return time.monotonic() >= self._closes_at or not len(self.sessions)

"""Handle the signals of a server.

SIGTERM, SIGINT and SIGQUIT end the server. SIGUSR1 writes the counters to the log. On SIGHUP the
server reads its configuration again, if that is in a file. If its terminal was closed, SIGHUP ends
the server.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

from tftp_fsm.server.log import Journal
from tftp_fsm.server.loop import Loop
from tftp_fsm.server.notify import Notifier
from tftp_fsm.server.reload import Apply, Current
from tftp_fsm.server.workers import REREAD, unblock_signals

_STOPS = ("SIGTERM", "SIGINT", "SIGQUIT")
_STOPPING = "{}: no new requests are taken; running transfers have {:g} s to end"
_NOTHING_TO_READ = "SIGHUP: there is no configuration to read again; serving goes on"


class HangUp:
    """Handles SIGHUP in the process that the user has started."""

    def __init__(self, current: Current, journal: Journal, notifier: Notifier) -> None:
        self._current, self._journal, self._notifier = current, journal, notifier
        self._is_from_terminal = _has_terminal()
        self.status = ""  # a text for the service manager

    def heard(self, apply: Apply) -> int:
        """Handle SIGHUP. Return SIGTERM to end the server, or REREAD to pass on to workers."""
        reads = self._current.can_be_read_again
        if self._is_from_terminal and not (reads and _has_terminal()):
            return signal.SIGTERM
        if not reads:
            self._journal.event("signal", _NOTHING_TO_READ)
            return 0
        self._notifier.reloading()
        try:
            is_read = self._current.reload(apply, self._journal)
        finally:
            self._notifier.ready(self.status)
        return getattr(signal, REREAD) if is_read else 0


def _has_terminal() -> bool:
    """Return whether this process has a controlling terminal, which sends SIGHUP when closed."""
    try:
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
    except (OSError, AttributeError):
        return False
    return True


class Signals:
    """The signals of a process that runs `loop`. `hang_up` is None in a worker."""

    def __init__(
        self,
        loop: Loop,
        current: Current,
        journal: Journal,
        counters: Callable[[], None],
        notifier: Notifier,
        hang_up: HangUp | None = None,
    ) -> None:
        self._loop, self._current, self._journal = loop, current, journal
        self._notifier, self._hang_up = notifier, hang_up
        self._counters = counters
        self._stops = 0

    @contextlib.contextmanager
    def reach_the_loop(self) -> Iterator[None]:
        """Handle signals while this context is open. Blocked signals arrive now."""
        handlers = self._handlers()
        handled = (n for n in handlers if signal.getsignal(n) is not signal.SIG_IGN)
        before = {number: signal.signal(number, handlers[number]) for number in handled}
        before_fd = signal.set_wakeup_fd(self._loop.waker, warn_on_full_buffer=False)
        unblock_signals()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before_fd)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handlers(self) -> dict[int, Callable[[int, object], None]]:
        soon = self._loop.call_soon
        handlers: dict[int, Callable[[int, object], None]] = {
            getattr(signal, name): self._stop for name in _STOPS if hasattr(signal, name)
        }
        if not hasattr(signal, "SIGUSR1"):
            return handlers
        handlers[signal.SIGUSR1] = lambda number, frame: soon(self._counters)
        handlers[signal.SIGHUP] = lambda number, frame: soon(self._hung_up)
        if self._hang_up is None:
            handlers[getattr(signal, REREAD)] = lambda number, frame: soon(self._read_again)
        return handlers

    def _stop(self, number: int, _: object = None) -> None:
        self._stops += 1
        seconds = self._current.config.grace if self._stops == 1 else 0.0
        line = _STOPPING.format(signal.Signals(number).name, seconds)
        self._loop.call_soon(lambda: self._journal.event("signal", line))
        self._loop.call_soon(self._notifier.stopping)
        self._loop.stop(seconds)

    def _hung_up(self) -> None:
        if self._hang_up is None or self._hang_up.heard(self._loop.reconfigure) == signal.SIGTERM:
            self._stop(signal.SIGHUP)

    def _read_again(self) -> None:
        """Read the configuration again. The parent has checked it and logged the changes."""
        self._current.reload(self._loop.reconfigure, self._journal, tells=False)

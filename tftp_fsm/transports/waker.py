"""End the wait of a selector from another thread or from a signal handler."""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress


class Waker:
    """A pipe in the selector. The `data` of its key is None."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._heard, self._told = socket.socketpair()
        for end in (self._heard, self._told):
            end.setblocking(False)
        selector.register(self._heard, selectors.EVENT_READ, None)

    def fileno(self) -> int:
        """Return a descriptor. The selector wakes when an octet is written to it.

        A signal that comes right before a wait does not end it, so its handler would run late. If
        `signal.set_wakeup_fd` has this descriptor, the signal ends the wait.
        """
        return self._told.fileno()

    def wake(self) -> None:
        """End this wait or the next one."""
        with suppress(OSError):  # the pipe is full, so the loop wakes anyway, or it is closed
            self._told.send(b"\0")

    def clear(self) -> None:
        """Empty the pipe, so that the next wait does not end at once."""
        with suppress(BlockingIOError):
            self._heard.recv(4096)

    def close(self) -> None:
        """Close both ends. May be called again."""
        self._heard.close()
        self._told.close()

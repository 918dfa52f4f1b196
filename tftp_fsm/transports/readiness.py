"""Wait for one of a few sockets, with poll, or with select on systems without poll."""

from __future__ import annotations

import select
import socket

LONGEST_WAIT = 3600.0  # seconds; poll counts milliseconds in a C int, which ends after 24 days
SELECT_WAIT = 0.5  # seconds; on Windows, which has no poll, Ctrl-C does not end a select


def bounded(seconds: float | None) -> float | None:
    """Return the longest wait for sockets. It is short enough for Ctrl-C on every system."""
    if hasattr(select, "poll"):
        return seconds if seconds is None else min(seconds, LONGEST_WAIT)
    return SELECT_WAIT if seconds is None else min(seconds, SELECT_WAIT)


class Readiness:
    """A few sockets to wait for. If several are always ready, each is the first in turn."""

    def __init__(self, *sockets: socket.socket) -> None:
        self._sockets: dict[int, socket.socket] = {}
        self._poll = select.poll() if hasattr(select, "poll") else None
        self._turn = 0
        for sock in sockets:
            self.add(sock)

    def add(self, sock: socket.socket) -> None:
        """Wait for `sock` as well."""
        self._sockets[sock.fileno()] = sock
        if self._poll is not None:
            self._poll.register(sock, select.POLLIN)

    def wait(self, seconds: float | None) -> list[socket.socket]:
        """The sockets with data or errors, after at most `seconds`; None waits for ever.

        The list may be empty before that time is over (see `bounded`). Then call it again.
        """
        seconds = bounded(seconds)
        if self._poll is None:
            ready = select.select(list(self._sockets.values()), (), (), seconds)[0]
        else:
            milliseconds = None if seconds is None else seconds * 1000
            ready = [self._sockets[number] for number, _ in self._poll.poll(milliseconds)]
        if len(ready) > 1:
            self._turn += 1
            ready = ready[self._turn % len(ready) :] + ready[: self._turn % len(ready)]
        return ready

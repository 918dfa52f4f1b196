"""Sync a large file in the background, while more of it arrives.

Then the commit has little left to sync, so a large upload does not delay the other sessions of a
server.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading

EVERY = 1 << 26  # octets between two syncs; a smaller file is synced only at its end
THREAD = "tftp-fsm-sync"  # the name of a thread that syncs

_sync = getattr(os, "fdatasync", os.fsync)  # macOS and Windows have no fdatasync


class WriteBack:
    """Syncs a file from time to time. The caller may close the descriptor during a sync."""

    __slots__ = ("_error", "_fd", "_pending", "_thread")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pending = 0
        self._thread: threading.Thread | None = None
        self._error: OSError | None = None

    def note(self, octets: int) -> None:
        """Count octets that were written. Raises the OSError of an earlier sync."""
        self._pending += octets
        if self._pending >= EVERY and (self._thread is None or not self._thread.is_alive()):
            self.finish()
            self._pending = 0
            self._start()

    def finish(self) -> None:
        """Wait for a sync that runs, and raise its OSError.

        It must not be lost, because the system reports a failed write only once.
        """
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _start(self) -> None:
        fd = os.dup(self._fd)
        import threading  # imported late, because small files do not need it

        self._thread = threading.Thread(target=self._run, name=THREAD, args=(fd,), daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # this system cannot start a thread
            self._thread = None
            os.close(fd)

    def _run(self, fd: int) -> None:
        try:
            _sync(fd)
        except OSError as error:
            self._error = error
        finally:
            os.close(fd)

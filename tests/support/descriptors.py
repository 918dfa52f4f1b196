"""Count the open files of this process, to test whether a transfer closes all of them."""

import gc
import os
import threading
from contextlib import suppress

from tftp_fsm.storage.writeback import THREAD


def open_descriptors() -> int:
    """Return the number of open descriptors, or 0 if the system has no list of them.

    What ends on its own must not end between two counts, or they would differ by it. So garbage
    is collected first: a socket or pipe that an earlier test left to the collector closes. And a
    sync that goes on after its file was discarded comes to its end: it holds the file until then.
    """
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join(60)
            assert not thread.is_alive(), "a sync does not end"
    gc.collect()
    return len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0


def named_descriptors() -> list[str]:
    """Return what each open descriptor is, as far as the system tells it."""
    found = []
    for name in sorted(os.listdir("/dev/fd"), key=int) if os.path.isdir("/dev/fd") else []:
        with suppress(OSError):  # that of the listing, and where these are not links
            found.append(f"{name} {os.readlink(f'/dev/fd/{name}')}")
    return found

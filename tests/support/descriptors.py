"""Count the open files of this process, to test whether a transfer closes all of them."""

import gc
import os


def open_descriptors() -> int:
    """Return the number of open descriptors, or 0 if the system has no list of them.

    Garbage is collected first. A socket or pipe that an earlier test left to the collector would
    otherwise close between two counts, and they would differ by it.
    """
    gc.collect()
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

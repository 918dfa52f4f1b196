"""stdout and stderr as a command may find them: closed, full, or read by nobody any more.

What is printed and cannot be written is an OSError, never lost in silence, and never told a second
time by the interpreter when it flushes at its end.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import TextIO

# What a descriptor refuses that was opened: full, closed, not for writing, gone, not ready.
_REFUSALS = ("EAGAIN", "EBADF", "EDQUOT", "EFBIG", "EINVAL", "EIO", "ENOSPC", "EPIPE")
REFUSALS = frozenset(getattr(errno, name) for name in _REFUSALS if hasattr(errno, name))


def prepare() -> None:
    """Make both streams something to print to; names that a terminal cannot show end nothing."""
    out, err = _standing()
    if out is None:
        sys.stdout = _nowhere("<stdout>", os.O_RDONLY)
    if err is None:
        sys.stderr = _nowhere("<stderr>", os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush() -> None:
    """All that was printed. Raises OSError where stdout does not take it."""
    if not sys.stdout.closed:
        sys.stdout.flush()


def let_go() -> None:
    """Forget what the streams did not take, so that nobody tries again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                stream.close()
        except ValueError:
            pass  # closed already


def _standing() -> tuple[TextIO | None, TextIO | None]:
    return sys.stdout, sys.stderr


def _nowhere(name: str, flags: int) -> TextIO:
    """Takes nothing where it is open for reading alone; else all, for nobody."""
    return open(name, "w", encoding="utf-8", opener=lambda *_: os.open(os.devnull, flags))

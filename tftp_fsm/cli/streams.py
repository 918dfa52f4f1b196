"""The three streams as a command may find them: closed, full, or read by nobody any more.

What is printed and cannot be written is an OSError, never lost in silence, and never told a second
time by the interpreter when it flushes at its end.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Literal, TextIO

# What a descriptor refuses that was opened: full, closed, not for writing, gone, not ready.
_REFUSALS = ("EAGAIN", "EBADF", "EDQUOT", "EFBIG", "EINVAL", "EIO", "ENOSPC", "EPIPE")
REFUSALS = frozenset(getattr(errno, name) for name in _REFUSALS if hasattr(errno, name))


def prepare() -> None:
    """Make each stream one that answers; names that a terminal cannot show end nothing.

    A closed stdin cannot be read, a closed stdout cannot be written; a closed stderr takes all.
    """
    stdin, out, err = _progress_now()
    if stdin is None:
        sys.stdin = _nowhere("<stdin>", "r", os.O_WRONLY)
    if out is None:
        sys.stdout = _nowhere("<stdout>", "w", os.O_RDONLY)
    if err is None:
        sys.stderr = _nowhere("<stderr>", "w", os.O_WRONLY)
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


def _progress_now() -> tuple[TextIO | None, TextIO | None, TextIO | None]:
    return sys.stdin, sys.stdout, sys.stderr


def _nowhere(name: str, mode: Literal["r", "w"], flags: int) -> TextIO:
    """Refuses each call where `flags` are for the other direction."""
    return open(name, mode, encoding="utf-8", opener=lambda *_: os.open(os.devnull, flags))

"""The three standard streams, which may be closed, full, or without a reader.

Output that cannot be written is an OSError. It is never lost in silence, and the interpreter does
not report it again when it flushes at its end.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TextIO, TypeGuard

# Errors of an open descriptor: it is full, closed, not for writing, gone, or not ready.
_REFUSALS = ("EAGAIN", "EBADF", "EDQUOT", "EFBIG", "EINVAL", "EIO", "ENOSPC", "EPIPE")
REFUSALS = frozenset(getattr(errno, name) for name in _REFUSALS if hasattr(errno, name))


def prepare() -> Callable[[], None]:
    """Replace closed streams, and let no name that a terminal cannot show end the program.

    A read from a closed stdin and a write to a closed stdout are errors. A closed stderr accepts
    everything. What is returned puts all of it back, for a program that goes on.
    """
    stdin, out, err = before = _current()
    errors = [(stream, stream.errors) for stream in (out, err) if _is_text(stream)]
    if stdin is None:
        sys.stdin = _nowhere("<stdin>", "r", os.O_WRONLY)
    if out is None:
        sys.stdout = _nowhere("<stdout>", "w", os.O_RDONLY)
    if err is None:
        sys.stderr = _nowhere("<stderr>", "w", os.O_WRONLY)
    for stream, _ in errors:
        stream.reconfigure(errors="backslashreplace")

    def put_back() -> None:
        for stream, how in errors:
            if not stream.closed:
                stream.reconfigure(errors=how)
        sys.stdin, sys.stdout, sys.stderr = before

    return put_back


def _is_text(stream: TextIO | None) -> TypeGuard[io.TextIOWrapper]:
    return isinstance(stream, io.TextIOWrapper) and not stream.closed


def flush() -> None:
    """Flush stdout. OSError: it cannot be written."""
    if not sys.stdout.closed:
        sys.stdout.flush()


def let_go() -> None:
    """Drop what could not be written, so that the interpreter does not try again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                stream.close()
        except ValueError:
            pass  # closed already


def _current() -> tuple[TextIO | None, TextIO | None, TextIO | None]:
    return sys.stdin, sys.stdout, sys.stderr


def _nowhere(name: str, mode: Literal["r", "w"], flags: int) -> TextIO:
    """A stream to nowhere. If `flags` are for the other direction, each call is refused."""
    return open(name, mode, encoding="utf-8", opener=lambda *_: os.open(os.devnull, flags))

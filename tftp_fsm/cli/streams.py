"""The three standard streams, which may be closed, full, or without a reader.

Output that cannot be written causes an OSError. It is never lost without a message, and the
interpreter does not report it a second time at its end.
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

# Errors of an open descriptor: full, closed, not for writing, without a reader, or not ready.
_REFUSALS = ("EAGAIN", "EBADF", "EDQUOT", "EFBIG", "EINVAL", "EIO", "ENOSPC", "EPIPE")
REFUSALS = frozenset(getattr(errno, name) for name in _REFUSALS if hasattr(errno, name))


def prepare() -> Callable[[], None]:
    """Replace closed streams, and make names that a terminal cannot show harmless.

    A read from a closed stdin and a write to a closed stdout are errors. A closed stderr accepts
    everything. Call the result to restore the streams, in a program that goes on.
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
    """Flush stdout. Raises OSError if it cannot be written."""
    if not sys.stdout.closed:
        sys.stdout.flush()


def let_go() -> None:
    """Drop the unwritten output, so that the interpreter does not try again."""
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
    """Return a stream of the null device. With `flags` of the other direction each call fails."""
    return open(name, mode, encoding="utf-8", opener=lambda *_: os.open(os.devnull, flags))

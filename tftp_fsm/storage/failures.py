"""Turn errors of the operating system into a `LocalError`. No other module does this.

Its line has the form "what: where: why". Its `code` goes to the peer (RFC 1350, appendix),
and "what: why" is the text there.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager

from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import layout, mark, marked, sentence
from tftp_fsm.wire.kinds import ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CODES = {
    errno.ENOENT: ErrorCode.FILE_NOT_FOUND,
    errno.ENOTDIR: ErrorCode.FILE_NOT_FOUND,
    errno.EACCES: ErrorCode.ACCESS_VIOLATION,
    errno.EPERM: ErrorCode.ACCESS_VIOLATION,
    errno.EROFS: ErrorCode.ACCESS_VIOLATION,
    errno.EISDIR: ErrorCode.ACCESS_VIOLATION,
    errno.ELOOP: ErrorCode.ACCESS_VIOLATION,
    errno.ENXIO: ErrorCode.ACCESS_VIOLATION,
    errno.ENAMETOOLONG: ErrorCode.ACCESS_VIOLATION,
    errno.ENOSPC: ErrorCode.DISK_FULL,
    errno.EDQUOT: ErrorCode.DISK_FULL,
    errno.EFBIG: ErrorCode.DISK_FULL,
    errno.EEXIST: ErrorCode.FILE_EXISTS,
}

REASONS = {
    errno.ENOENT: mark("no such file or directory"),
    errno.ENOTDIR: mark("a part of the path is not a directory"),
    errno.EACCES: mark("permission denied"),
    errno.EPERM: mark("permission denied"),
    errno.EROFS: mark("the file system is read-only"),
    errno.EISDIR: mark("it is a directory"),
    errno.ELOOP: mark("there are too many symbolic links, or a link that may not be followed"),
    errno.ENXIO: mark("not a regular file"),
    errno.ENAMETOOLONG: mark("the name is too long"),
    errno.ENOSPC: mark("the disk is full"),
    errno.EDQUOT: mark("the disk quota is used up"),
    errno.EFBIG: mark("the file is larger than the limit"),
    errno.EEXIST: mark("it exists already"),
    errno.EPIPE: mark("the program that reads it has ended"),
}


class Refused(Exception):
    """A refusal by this package, not by the system. `failing` turns it into a `LocalError`."""

    def __init__(self, why: str, code: ErrorCode = ErrorCode.ACCESS_VIOLATION) -> None:
        super().__init__(why)
        self.why = why
        self.code = code


def known_code(code: object) -> ErrorCode:
    """Return the code that a user has chosen for an ERROR, or 0 if it is not for a file."""
    if isinstance(code, int) and 0 <= code < ErrorCode.REFUSED_OPTIONS:
        return ErrorCode(code)
    return ErrorCode.UNDEFINED


def check_max_size(size: int, limit: int | None) -> None:
    """Raise `Refused` with code 3 if a file of `size` octets is larger than `limit`."""
    if limit is not None and size > limit:
        why = sentence("the file is larger than the {limit} octets that are allowed", limit=limit)
        raise Refused(why, ErrorCode.DISK_FULL)


def check_written(written: object, offered: int) -> int:
    """Return the count that a write has returned. Raise `Refused` if it is not 1 to `offered`.

    A write of 0 octets would be repeated for ever, and a wrong count would lose octets.
    """
    if written is None:
        why = sentence(
            "its write returned None: the file is non-blocking and full, or write does not "
            "return a count"
        )
        raise Refused(why, ErrorCode.UNDEFINED)
    if not isinstance(written, int) or not 0 < written <= offered:
        shown = written if isinstance(written, int) else type(written).__name__
        why = sentence(
            "its write returned {count} for {offered} octets", count=shown, offered=offered
        )
        raise Refused(why, ErrorCode.UNDEFINED)
    return written


@contextmanager
def failing(what: str, where: str) -> Iterator[None]:
    """Turn a failure in the block into a `LocalError` with one line for people."""
    try:
        yield
    except (OSError, ValueError, Refused) as error:
        # `from None`, because the original error has paths of the host.
        raise local_error(error, what, where) from None


def local_error(error: OSError | ValueError | Refused, what: str, where: str) -> LocalError:
    """Return the `LocalError` for this failure. The peer gets neither `where` nor foreign text."""
    why, code = _reason(error)
    line = layout("{what}: {where}: {why}", what=marked(what), where=where, why=why)
    return LocalError(line, int(code), told=f"{what}: {_told(error)}")


def _told(error: OSError | ValueError | Refused) -> str:
    """Return the reason in words of this program or the system: other texts may have paths."""
    match error:
        case Refused():
            return error.why
        case OSError(errno=number):
            return REASONS.get(number or 0) or os.strerror(number or 0)
        case _:
            return "this name cannot be used here"


def _reason(error: OSError | ValueError | Refused) -> tuple[str, ErrorCode]:
    match error:
        case Refused():
            return error.why, error.code
        case UnicodeError():
            return sentence("the name cannot be written in this system's encoding"), _NO_NAME
        case ValueError():
            return _about_value(error), _NO_NAME
    number = error.errno or 0
    why = marked(REASONS.get(number) or error.strerror or os.strerror(number))
    return why, CODES.get(number, ErrorCode.UNDEFINED)


_NO_NAME = ErrorCode.ACCESS_VIOLATION


def _about_value(error: ValueError) -> str:
    return sentence("the name has a NUL in it") if "null" in str(error) else str(error)

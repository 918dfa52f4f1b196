"""Earlier versions of a file, kept by number when an upload replaces it.

The file `config` becomes `config.~1~`, the next version becomes `config.~2~`, and so on, as with
GNU cp. The largest number is the newest version. A version never changes its number and is never
overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.storage.directory import Directory

_DIGITS = 18  # the most digits of a version's number
_ATTEMPTS = 16  # an attempt fails only if another upload takes the number at the same moment


def keep_version(directory: Directory, name: str, most: int) -> None:
    """Give the file a second name, that of its version. Keep only the `most` newest versions.

    The file stays under its own name until the caller replaces it. Raises OSError.
    """
    numbers = _numbers(directory, name)
    newest = max(numbers, default=0)
    for number in range(newest + 1, newest + 1 + _ATTEMPTS):
        try:
            directory.link_new(name, _version(name, number))
            break
        except FileExistsError:
            continue
    else:
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
    for old in sorted((*numbers, number), reverse=True)[most:]:
        with contextlib.suppress(OSError):  # it was removed already, or it is not one of our files
            directory.unlink(_version(name, old))


def is_version(name: str) -> bool:
    """Return whether this is a name that only `keep_version` gives."""
    return _number(name[max(name.rfind(".~"), 0) :]) is not None


def _version(name: str, number: int) -> str:
    return f"{name}.~{number}~"


def _numbers(directory: Directory, name: str) -> list[int]:
    ends = (one[len(name) :] for one in directory.names() if one.startswith(name))
    return [number for number in map(_number, ends) if number is not None]


def _number(end: str) -> int | None:
    """Return N of `.~N~`, or None for any other text. N does not begin with 0."""
    digits = end[2:-1]
    if end != f".~{digits}~" or not (digits.isascii() and digits.isdigit()):
        return None
    return None if digits[0] == "0" or len(digits) > _DIGITS else int(digits)

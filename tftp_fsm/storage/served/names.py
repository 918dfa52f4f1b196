"""Checks of the names that peers ask for, before any file is touched.

RFC 1350 section 5 does not restrict names. A name is octets. Both slashes and backslashes separate
components, because Windows boot clients send backslashes. Empty components and `.` are dropped.
`..`, control characters and drive letters are refused anywhere in the name. `...` is an ordinary
name.
"""

from __future__ import annotations

import os
import re

from tftp_fsm.borders import terminal
from tftp_fsm.frozen import frozen
from tftp_fsm.language.sentences import sentence
from tftp_fsm.storage.failures import Refused
from tftp_fsm.wire.kinds import ErrorCode

COMPONENT_LIMIT = 255  # octets; the limit of all common file systems
DEPTH_LIMIT = 64  # components; each directory on the way is open for a moment
SHOWN_LIMIT = 120  # characters of a name in a message

_DRIVE = re.compile(rb"[A-Za-z]:")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)", re.IGNORECASE)
_WINDOWS_REFUSES = re.compile(r'[<>:"|?*]|[. ]$')


@frozen
class RequestedName:
    """The components of a name. `absolute` is true if it began with a separator."""

    parts: tuple[str, ...]
    absolute: bool


def parse_name(name: bytes, *, windows: bool = os.name == "nt") -> RequestedName:
    """The components of `name`. Raises `Refused`."""
    if _CONTROL.search(name):
        raise Refused(sentence("a name with control characters is refused"))
    octets = name.replace(b"\\", b"/")
    components = [part for part in octets.split(b"/") if part not in (b"", b".")]
    _check(components)
    parts = tuple(os.fsdecode(part) for part in components)
    if windows and any(map(_is_refused_by_windows, parts)):
        raise Refused(sentence("such a name is refused on this system"))
    return RequestedName(parts, octets.startswith(b"/"))


def name_text(name: bytes) -> str:
    """The name for a message: escaped, and cut if it is long."""
    return terminal(name, SHOWN_LIMIT) or "an empty name"


def _check(components: list[bytes]) -> None:
    if not components:
        raise Refused(sentence("it is not the name of a file"))
    if b".." in components:
        raise Refused(sentence("a name with .. in it is refused"))
    if _DRIVE.match(components[0]):
        raise Refused(sentence("a name with a drive letter is refused"))
    if max(map(len, components)) > COMPONENT_LIMIT or len(components) > DEPTH_LIMIT:
        raise Refused(sentence("the name is too long"), ErrorCode.FILE_NOT_FOUND)


def _is_refused_by_windows(part: str) -> bool:
    """Return whether Windows would open a device, a stream, or a file of another name."""
    stem = part.split(".", 1)[0].rstrip(" ")
    return bool(_WINDOWS_REFUSES.search(part) or _WINDOWS_DEVICE.fullmatch(stem))

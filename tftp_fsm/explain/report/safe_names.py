"""Make names for extracted files from requests, without dangerous parts.

The same octets give the same name on every system and with every Python. So names that are special
only on Windows are changed everywhere, and the fixed Unicode version 3.2 is used.
"""

from __future__ import annotations

from unicodedata import ucd_3_2_0 as unicode

LONGEST = 120  # octets of a name; file systems allow 255, and a number may be added
# Names that are devices on Windows, with any suffix, and also with spaces before it.
DEVICES = frozenset(
    {
        *("con", "prn", "aux", "nul", "conin_", "conout_", "clock_"),  # $ is _ by then
        *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10)),
    }
)
_SUPERSCRIPTS = str.maketrans("¹²³", "123")  # digits for Windows: COM¹ is COM1


def safe_name(name: bytes) -> str:
    """Return a name for a file in a folder, made from the last part of `name`."""
    last = name.replace(b"\\", b"/").rstrip(b"/").rpartition(b"/")[2].decode("utf-8", "replace")
    whole = unicode.normalize("NFC", last)
    safe = "".join(char if _is_plain(char) else "_" for char in whole).strip(". ")
    while len(safe.encode()) > LONGEST:
        safe = safe[:-1]
    safe = safe.rstrip(". ")
    if not safe:
        return "file"
    return f"file_{safe}" if _is_device(safe) or safe.startswith("-") else safe


def _is_plain(char: str) -> bool:
    if char.isascii():
        return char.isalnum() or char in "._-+ ()@,="
    return unicode.category(char)[0] in "LN"


def _is_device(name: str) -> bool:
    stem = name.partition(".")[0].rstrip(" ").lower()
    return stem.translate(_SUPERSCRIPTS) in DEVICES

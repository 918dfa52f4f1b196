"""Check whether the octets of a transfer in mode netascii are netascii, and a text."""

from __future__ import annotations

# Octets that are not in texts: control characters except BEL, BS, TAB, LF, VT, FF, CR and ESC.
BINARY = bytes(n for n in range(32) if n not in (0, 7, 8, 9, 10, 11, 12, 13, 27))


class TextCheck:
    """Examines the blocks in their order. It keeps the last octet for the next block.

    A lone LF has no CR before it, and a lone CR has neither LF nor NUL after it (RFC 764).
    """

    def __init__(self) -> None:
        self._last = 0
        self._is_behind_hole = False
        self.has_lone_lf = False
        self.has_lone_cr = False
        self.is_binary = False

    def lose(self) -> None:
        """Note that the next octets were not captured. They may belong to a CR or an LF."""
        self._last, self._is_behind_hole = 0, True

    def take(self, octets: bytes) -> None:
        """Examine the next block."""
        if self._is_behind_hole and octets[:1] in (b"\n", b"\0"):
            octets = octets[1:]
        self._is_behind_hole = False
        if not octets:
            return
        joined = bytes((self._last,)) + octets
        self._last = octets[-1]
        if not self.is_binary:
            nul = joined.replace(b"\r\0", b"")[1:]
            self.is_binary = b"\0" in nul or bool(octets.translate(None, BINARY) != octets)
        paired = joined.count(b"\r\n")
        self.has_lone_lf |= joined.count(b"\n", 1) > paired
        self.has_lone_cr |= joined[:-1].count(b"\r") > paired + joined.count(b"\r\0")

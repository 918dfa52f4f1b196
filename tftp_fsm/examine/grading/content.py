"""The files of the trials. They are made from a seed, and compared on arrival, without storing.

Each student has different octets for each trial, so no student can hand in another's file.
"""

from __future__ import annotations

from hashlib import shake_256

from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence, sentence_n
from tftp_fsm.storage.protocols import Octets, check_range, pieces
from tftp_fsm.wire.netascii import Encoder

PERIOD = 4099  # octets; a prime number, so that nearby blocks of 512 octets differ
LINE = 61  # octets of a line of text


class Pattern:
    """A source of `size` octets that repeat after PERIOD. Reading fails at `fails_at`."""

    def __init__(self, key: str, size: int, *, text: bool = False, fails_at: int | None = None):
        self.size = size
        self._octets = _text(key) if text else _digest(key)
        self._fails_at = fails_at

    def read(self, offset: int, count: int) -> bytes:
        """Return the octets at this place. Raises LocalError if the trial wants a failure."""
        if self._fails_at is not None and offset + count > self._fails_at:
            raise LocalError("the trial says so", told="the disk of the server has failed")
        return self.octets(offset, count)

    def octets(self, offset: int, count: int) -> bytes:
        """Return the octets at this place. Unlike `read`, this never fails."""
        check_range(offset, count, self.size)
        start = offset % PERIOD
        return (self._octets * (1 + (start + count) // PERIOD))[start : start + count]

    def whole(self) -> bytes:
        """Return all octets."""
        return self.octets(0, self.size)

    def close(self) -> None:
        """Do nothing, because nothing is open."""


class OnTheWire:
    """A text as netascii, which a client has to send. So the client must convert each line end."""

    def __init__(self, text: Pattern) -> None:
        self._octets = Encoder().encode(text.whole())
        self.size = len(self._octets)

    def octets(self, offset: int, count: int) -> bytes:
        """Return the octets at this place."""
        check_range(offset, count, self.size)
        return self._octets[offset : offset + count]


def _digest(key: str) -> bytes:
    return shake_256(key.encode()).digest(PERIOD)


def _text(key: str) -> bytes:
    """Return lines of letters."""
    letters = bytearray(97 + octet % 26 for octet in _digest(key))
    for start in range(LINE, PERIOD, LINE):
        letters[start] = 10
    return bytes(letters)


class Comparing:
    """A sink that keeps nothing: it compares the octets with the expected file.

    `fault` describes a difference. The sink takes at most `most` octets, and fails at `fails_at`.
    """

    def __init__(self, wanted: Pattern | OnTheWire, *, fails_at: int | None = None) -> None:
        self.size = 0
        self.is_whole = False
        self.wrong_at: int | None = None
        self._wanted = wanted
        self._fails_at = fails_at

    @property
    def fault(self) -> str:
        """The difference in the octets so far, or an empty text."""
        if self.wrong_at is not None:
            return sentence("octet {place} is wrong", place=self.wrong_at)
        if self.is_whole and self.size != self._wanted.size:
            return sentence_n(
                "it has {count} octet, not {wanted}",
                "it has {count} octets, not {wanted}",
                self.size,
                wanted=self._wanted.size,
            )
        return ""

    def expect(self, size: int) -> None:
        """Accept any announced size."""

    def write(self, octets: Octets) -> None:
        """Compare. Raises LocalError for too many octets, or if the trial wants a failure."""
        for piece in pieces(octets):
            self._compare(bytes(piece))

    def commit(self) -> None:
        """Note that the file is whole."""
        self.is_whole = True

    def discard(self) -> None:
        """Do nothing, because nothing was stored."""

    def _compare(self, piece: bytes) -> None:
        end = self.size + len(piece)
        if self._fails_at is not None and end > self._fails_at:
            raise LocalError("the trial says so", told="the disk of the server has failed")
        start, stop = (min(place, self._wanted.size) for place in (self.size, end))
        known = self._wanted.octets(start, stop - start)
        if self.wrong_at is None and piece != known:
            same = (i for i, (a, b) in enumerate(zip(piece, known, strict=False)) if a != b)
            self.wrong_at = self.size + next(same, len(known))
        self.size = end
        if end > 2 * self._wanted.size + 65536:
            raise LocalError("the file is far too long", told="the file is far too long")

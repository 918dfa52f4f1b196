"""Read the pixels of a PNG, for tests of pictures."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator

Colour = tuple[int, ...]


def colours_of(png: bytes) -> Counter[Colour]:
    """Count the pixels of each colour (red, green, blue). The PNG has 8 bits and no interlace."""
    chunks = list(_chunks(png))
    head = chunks[0][1]
    width, kind = int.from_bytes(head[:4], "big"), head[9]
    assert (head[8], head[12]) == (8, 0) and kind in (2, 6), "8 bits, RGB or RGBA, no interlace"
    size = 3 if kind == 2 else 4
    found: Counter[Colour] = Counter()
    for row in _rows(zlib.decompress(b"".join(d for n, d in chunks if n == b"IDAT")), width, size):
        found.update(zip(row[0::size], row[1::size], row[2::size], strict=True))
    return found


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at = 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _rows(raw: bytes, width: int, size: int) -> Iterator[bytearray]:
    """Yield each line of pixels without its filter (PNG section 9)."""
    wide, above = width * size, bytearray(width * size)
    for at in range(0, len(raw), wide + 1):
        how, line = raw[at], bytearray(raw[at + 1 : at + 1 + wide])
        for i in range(wide if how else 0):
            near = line[i - size] if i >= size else 0
            corner = above[i - size] if i >= size else 0
            line[i] = (line[i] + _guess(how, near, above[i], corner)) & 0xFF
        yield line
        above = line


def _guess(how: int, near: int, above: int, corner: int) -> int:
    if how == 4:  # Paeth
        first = near + above - corner
        return min((near, above, corner), key=lambda value: abs(first - value))
    return (0, near, above, (near + above) // 2)[how]

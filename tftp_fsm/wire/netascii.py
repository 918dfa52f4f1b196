"""The transfer mode `netascii`: encoding and decoding in pieces (RFC 1350 section 1, RFC 764).

On the wire a line ends in CR LF, and a carriage return that ends no line is CR NUL. In the local
form a line ends in LF on every system, so that the same file gives the same octets everywhere.

    wire = Encoder().encode(b"one\\ntwo\\r", final=True)         # b"one\\r\\ntwo\\r\\0"
    assert Decoder().decode(wire, final=True) == b"one\\ntwo\\r"

Decoding gives back the encoded octets, for any file and any cuts between pieces. Some peers do not
follow the standard, so decoding is lenient: a CR before neither LF nor NUL stays a CR, and an LF
without a CR before it stays an LF.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

Octets: TypeAlias = bytes | bytearray | memoryview


class Encoder:
    """Turns the local form into the wire's form. It keeps nothing between two pieces."""

    __slots__ = ()

    def encode(self, octets: Octets, final: bool = False) -> bytes:
        """The wire's form of these octets. `final` has no effect; the decoder has it too."""
        return bytes(octets).replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


class Decoder:
    """Turns the wire's form into the local form. A CR that ends a piece waits for the next one."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def decode(self, octets: Octets, final: bool = False) -> bytes:
        """The local form. Unless `final`, a CR at the end is held back for the next piece."""
        wire = self._held + bytes(octets)
        self._held = b"\r" if not final and wire.endswith(b"\r") else b""
        whole = wire[: len(wire) - len(self._held)]
        # CR LF comes first: a CR that comes from CR NUL must not be joined with an LF after it.
        return whole.replace(b"\r\n", b"\n").replace(b"\r\0", b"\r")


def encoded_size(octets: Octets) -> int:
    """The number of octets of the encoded form, computed without encoding."""
    local = bytes(octets)
    return len(local) + local.count(b"\n") + local.count(b"\r")

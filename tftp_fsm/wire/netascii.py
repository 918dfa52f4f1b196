"""The transfer mode `netascii`, both ways, a piece at a time (RFC 1350 section 1, RFC 764).

On the wire a line ends in CR LF and a carriage return that is just that is CR NUL. The local
form ends lines in LF, on every system, so that the same file gives the same octets everywhere.

    wire = Encoder().encode(b"one\\ntwo\\r", final=True)         # b"one\\r\\ntwo\\r\\0"
    assert Decoder().decode(wire, final=True) == b"one\\ntwo\\r"

Decoding what was encoded gives the file back, whatever it held and wherever it was cut.
Real peers send less than the standard asks, so decoding is lenient: a CR that neither LF nor
NUL follows stays a CR, and an LF that no CR precedes stays an LF.
"""

from __future__ import annotations

from typing import TypeAlias

Octets: TypeAlias = bytes | bytearray | memoryview


class Encoder:
    """From the local form to the wire's. Every octet stands alone, so nothing is held back."""

    __slots__ = ()

    def encode(self, octets: Octets, final: bool = False) -> bytes:
        """The wire's form of these octets; `final` is there to match the decoder."""
        return bytes(octets).replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


class Decoder:
    """From the wire's form to the local. A CR at the end of a piece waits for the next one."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def decode(self, octets: Octets, final: bool = False) -> bytes:
        """The local form of what can be decided so far; with `final`, of all the rest."""
        wire = self._held + bytes(octets)
        self._held = b"\r" if not final and wire.endswith(b"\r") else b""
        whole = wire[: len(wire) - len(self._held)]
        # In this order: no CR LF can appear out of a CR NUL that was undone before.
        return whole.replace(b"\r\n", b"\n").replace(b"\r\0", b"\r")


def encoded_size(octets: Octets) -> int:
    """How many octets these are on the wire, without building them."""
    local = bytes(octets)
    return len(local) + local.count(b"\n") + local.count(b"\r")

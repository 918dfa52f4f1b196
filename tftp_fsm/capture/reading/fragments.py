"""Fragments of IP packets, put together. There is room for a fixed number of packets."""

from __future__ import annotations

from collections import OrderedDict

from tftp_fsm.capture.reading.ip import Piece

KEPT = 64  # packets of which fragments are missing; the oldest gives way
LONGEST = 1 << 16  # octets of a packet
MOST_PIECES = 8192  # a packet has no more fragments of eight octets


class Fragments:
    """Takes fragments, and gives a packet when its last one has come, in whichever order.

    `incomplete` counts packets that never became whole. Of octets that come twice the first count.
    """

    def __init__(self) -> None:
        self._packets: OrderedDict[tuple[object, ...], _Packet] = OrderedDict()
        self._given_up = 0

    @property
    def incomplete(self) -> int:
        """Packets of which fragments are missing."""
        return self._given_up + len(self._packets)

    def add(self, piece: Piece) -> tuple[Piece, int] | None:
        """The whole packet and how many fragments it had, if nothing of it is missing now."""
        assert piece.key is not None, "it is a fragment"
        packet = self._packets.get(piece.key)
        if packet is None:
            packet = self._packets[piece.key] = _Packet()
            if len(self._packets) > KEPT:
                self._packets.popitem(last=False)
                self._given_up += 1
        if not packet.add(piece):
            del self._packets[piece.key]
            self._given_up += 1
            return None
        if not packet.is_whole:
            return None
        del self._packets[piece.key]
        return packet.joined(piece), packet.count


class _Packet:
    """The fragments of one packet: where each begins, its octets, and how many it had."""

    def __init__(self) -> None:
        self._pieces: dict[int, tuple[bytes, int]] = {}
        self._size: int | None = None
        self._have = 0
        self.count = 0

    def add(self, piece: Piece) -> bool:
        """Whether such a fragment is possible (RFC 791, RFC 8200)."""
        end = piece.offset + piece.size
        if end > LONGEST or self.count == MOST_PIECES or (piece.size % 8 and not piece.is_last):
            return False
        self.count += 1
        if piece.is_last:
            self._size = end
        if piece.offset not in self._pieces:
            self._pieces[piece.offset] = piece.octets, piece.size
            self._have += piece.size
        return True

    @property
    def is_whole(self) -> bool:
        """Whether the fragments follow each other without a gap, to the last one."""
        if self._size is None or self._have < self._size:
            return False
        at = 0
        for start in sorted(self._pieces):
            if start > at:
                return False
            at = max(at, start + self._pieces[start][1])
        return at >= self._size

    def joined(self, last: Piece) -> Piece:
        """The packet. It ends where the capture has cut a fragment."""
        assert self._size is not None, "it is whole"
        octets = bytearray()
        for start in sorted(self._pieces):
            if start > len(octets):
                break
            octets += self._pieces[start][0][len(octets) - start :]
        return Piece(last.source, last.to, bytes(octets[: self._size]), self._size)

"""Reassemble fragments of IP packets. There is room for a fixed number of packets."""

from __future__ import annotations

from collections import OrderedDict, deque

from tftp_fsm.capture.reading.ip import Piece

KEPT = 64  # incomplete packets; if there are more, the oldest is dropped
LONGEST = 1 << 16  # octets of a packet


class Fragments:
    """Takes fragments in any order, and returns a packet when no fragment is missing.

    `incomplete` counts packets that never became whole. If octets come twice, the first are kept.
    """

    def __init__(self) -> None:
        self._packets: OrderedDict[tuple[object, ...], _Packet] = OrderedDict()
        self._whole: OrderedDict[tuple[object, ...], _Packet] = OrderedDict()
        self._given_up = 0
        self._torn: deque[Piece] = deque(maxlen=KEPT)

    @property
    def incomplete(self) -> int:
        """The number of packets with missing fragments."""
        return self._given_up + len(self._left)

    @property
    def torn(self) -> list[Piece]:
        """The first fragments of the latest such packets, if they have come."""
        beginnings = (packet.beginning for packet in self._left)
        return [*self._torn, *(piece for piece in beginnings if piece is not None)]

    @property
    def _left(self) -> list[_Packet]:
        """Return incomplete packets. A second entry of fragments of a whole packet is left out."""
        return [each for key, each in self._packets.items() if not self._is_second(key, each)]

    def _is_second(self, key: tuple[object, ...], packet: _Packet) -> bool:
        whole = self._whole.get(key)
        return whole is not None and packet.is_part_of(whole)

    def add(self, piece: Piece) -> tuple[Piece, int] | None:
        """Return the packet and its number of fragments if it is whole now, or None."""
        assert piece.key is not None, "it is a fragment"
        packet = self._packets.get(piece.key)
        if packet is None:
            packet = self._packets[piece.key] = _Packet()
            if len(self._packets) > KEPT:
                key, oldest = self._packets.popitem(last=False)
                if not self._is_second(key, oldest):
                    self._give_up(oldest)
        if not packet.add(piece):
            self._give_up(self._packets.pop(piece.key))
            return None
        if not packet.is_whole:
            return None
        self._whole[piece.key] = self._packets.pop(piece.key)
        if len(self._whole) > KEPT:
            self._whole.popitem(last=False)
        return packet.joined(piece), packet.count

    def _give_up(self, packet: _Packet) -> None:
        self._given_up += 1
        if packet.beginning is not None:
            self._torn.append(packet.beginning)


class _Packet:
    """The fragments of one packet: the offset of each, its octets, and its real length."""

    def __init__(self) -> None:
        self._pieces: dict[int, tuple[bytes, int]] = {}
        self._size: int | None = None
        self._have = 0
        self.count = 0
        self.beginning: Piece | None = None

    def add(self, piece: Piece) -> bool:
        """Add a fragment. Return False if it is not possible (RFC 791, RFC 8200)."""
        end = piece.offset + piece.size
        if max(end, self._have) > LONGEST or (piece.size % 8 and not piece.is_last):
            return False  # a larger overlap is not possible either
        self.count += 1
        if not piece.offset:
            self.beginning = piece
        if piece.is_last:
            self._size = end
        if piece.offset not in self._pieces:
            self._pieces[piece.offset] = piece.octets, piece.size
            self._have += piece.size
        return True

    def is_part_of(self, whole: _Packet) -> bool:
        """Return whether the other packet has all these fragments."""
        return self._pieces.items() <= whole._pieces.items()

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
        """Return the packet. It ends at the first fragment that the capture has cut."""
        assert self._size is not None, "it is whole"
        octets = bytearray()
        for start in sorted(self._pieces):
            if start > len(octets):
                break
            octets += self._pieces[start][0][len(octets) - start :]
        whole = bytes(octets[: self._size])
        return Piece(
            last.source, last.to, whole, self._size, protocol=last.protocol, ident=last.ident
        )

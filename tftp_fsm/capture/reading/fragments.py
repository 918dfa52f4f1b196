"""Fragments of IP packets, put together. There is room for a fixed number of packets."""

from __future__ import annotations

from collections import OrderedDict, deque

from tftp_fsm.capture.reading.ip import Piece

KEPT = 64  # incomplete packets; the oldest gives way
LONGEST = 1 << 16  # octets of a packet


class Fragments:
    """Takes fragments, and gives a packet when its last one has come, in whichever order.

    `incomplete` counts packets that never became whole. Of octets that come twice the first count.
    """

    def __init__(self) -> None:
        self._packets: OrderedDict[tuple[object, ...], _Packet] = OrderedDict()
        self._whole: OrderedDict[tuple[object, ...], _Packet] = OrderedDict()
        self._given_up = 0
        self._torn: deque[Piece] = deque(maxlen=KEPT)

    @property
    def incomplete(self) -> int:
        """How many packets miss fragments."""
        return self._given_up + len(self._left)

    @property
    def torn(self) -> list[Piece]:
        """The first fragments of such packets: of the latest ones, if these have come."""
        beginnings = (packet.beginning for packet in self._left)
        return [*self._torn, *(piece for piece in beginnings if piece is not None)]

    @property
    def _left(self) -> list[_Packet]:
        """Incomplete packets, but not the second views on fragments of one that is whole."""
        return [each for key, each in self._packets.items() if not self._is_second(key, each)]

    def _is_second(self, key: tuple[object, ...], packet: _Packet) -> bool:
        whole = self._whole.get(key)
        return whole is not None and packet.is_part_of(whole)

    def add(self, piece: Piece) -> tuple[Piece, int] | None:
        """The whole packet and how many fragments it had, if nothing of it is missing now."""
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
    """The fragments of one packet: where each begins, its octets, and how many it had."""

    def __init__(self) -> None:
        self._pieces: dict[int, tuple[bytes, int]] = {}
        self._size: int | None = None
        self._have = 0
        self.count = 0
        self.beginning: Piece | None = None

    def add(self, piece: Piece) -> bool:
        """Whether such a fragment is possible (RFC 791, RFC 8200)."""
        end = piece.offset + piece.size
        if max(end, self._have) > LONGEST or (piece.size % 8 and not piece.is_last):
            return False  # nor may they overlap by so much
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
        """Whether the other one has all these fragments."""
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
        """The packet. It ends where the capture has cut a fragment."""
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

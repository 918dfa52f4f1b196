"""The packets that one end sends, each with a note whether it repeats an earlier one."""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.frozen import frozen
from tftp_fsm.ladder.identity import Identity, identity_of
from tftp_fsm.protocol.events import Effect, Send, SendAcks, SendBlocks
from tftp_fsm.wire.headers import HALF_RING
from tftp_fsm.wire.packets import Ack, Packet
from tftp_fsm.wire.words import packet_words


@frozen
class SentPacket:
    """One packet. If `elsewhere` is true, it went to a stranger, who has no lane."""

    identity: Identity
    words: str
    again: bool
    elsewhere: bool = False


class SentPackets:
    """All that one end has sent so far."""

    def __init__(self) -> None:
        self._packets: set[Packet] = set()
        self._last_ack: int | None = None
        self._last_block = -1

    def of(self, effect: Effect) -> Iterator[SentPacket]:
        """The packets that this effect sends."""
        match effect:
            case Send(packet, to):
                yield self._packet(packet, elsewhere=to is not None)
            case SendAcks(first, stride, acks):
                for block in range(first, first + acks * stride, stride):
                    yield self._packet(Ack(block & 0xFFFF))
            case SendBlocks(first, blocks):
                for block in range(first, first + blocks):
                    yield self._data(block)

    def _packet(self, packet: Packet, *, elsewhere: bool = False) -> SentPacket:
        again = self._ack_again(packet) if isinstance(packet, Ack) else self._again(packet)
        return SentPacket(identity_of(packet), packet_words(packet), again, elsewhere)

    def _ack_again(self, packet: Ack) -> bool:
        last, self._last_ack = self._last_ack, packet.block
        return last is not None and (last - packet.block) & 0xFFFF < HALF_RING

    def _again(self, packet: Packet) -> bool:
        again = packet in self._packets
        self._packets.add(packet)
        return again

    def _data(self, block: int) -> SentPacket:
        """Return a DATA packet. `block` is not limited to 16 bits."""
        again = block <= self._last_block
        self._last_block = max(block, self._last_block)
        number = block & 0xFFFF
        return SentPacket(("data", number), f"DATA {number}", again)

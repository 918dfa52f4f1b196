"""Lose the packets that a test names.

    losses = Losses(["ACK 2", "ACK 2", "every OACK"])

Each entry loses one packet: the first packet of its kind and block that no earlier entry has lost.
`every` loses all such packets. The block is the number in the packet, from 0 to 65535. Without a
number the entry means any block.
"""

from __future__ import annotations

from collections.abc import Iterable

from tftp_fsm.wire.headers import HEADER, Opcode, opcode_of

_NUMBERED = (Opcode.DATA, Opcode.ACK)
_FORM = "write RRQ, WRQ, OACK, ERROR, DATA, ACK, or with a block DATA 2, ACK 0 or every ACK 2"


class Losses:
    """The packets that are still to be lost. Raises ValueError for words that name no packet."""

    def __init__(self, words: Iterable[str]) -> None:
        if isinstance(words, str):
            raise ValueError(f'lose must be a list: ["{words}"]')
        self._once: list[tuple[Opcode, int | None]] = []
        self._every: list[tuple[Opcode, int | None]] = []
        for entry in words:
            kind, is_every = _parsed(entry)
            (self._every if is_every else self._once).append(kind)

    def take(self, datagram: bytes) -> bool:
        """Return whether to lose this datagram. This uses up an entry without `every`."""
        opcode = opcode_of(datagram)
        if opcode is None:
            return False
        kinds = ((opcode, None), (opcode, _block_of(datagram)))
        for kind in kinds:
            if kind in self._once:
                self._once.remove(kind)
                return True
        return any(kind in self._every for kind in kinds)


def packet_words(datagram: bytes) -> str:
    """Return the kind and the block of a packet, such as `ACK 2`."""
    opcode, block = opcode_of(datagram), _block_of(datagram)
    if opcode is None:
        return "no TFTP packet"
    return opcode.name if block is None else f"{opcode.name} {block}"


def _block_of(datagram: bytes) -> int | None:
    if opcode_of(datagram) not in _NUMBERED or len(datagram) < HEADER.size:
        return None
    return int(HEADER.unpack_from(datagram)[1])


def _parsed(entry: str) -> tuple[tuple[Opcode, int | None], bool]:
    words = entry.split()
    is_every = words[:1] == ["every"]
    name, *numbers = words[is_every:] or [""]
    if name not in Opcode.__members__ or len(numbers) > 1:
        raise ValueError(f"lose: {entry!r} does not name a packet: {_FORM}")
    opcode = Opcode[name]
    if numbers and (opcode not in _NUMBERED or not _is_block(numbers[0])):
        raise ValueError(f"lose: {entry!r} does not name a packet: {_FORM}")
    return (opcode, int(numbers[0]) if numbers else None), is_every


def _is_block(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 5 and int(word) <= 0xFFFF

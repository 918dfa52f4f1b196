"""Packets in words.

    packet_words(Oack((("blksize", "1428"),)))      # "OACK blksize=1428"
    octets_words(512)                               # "512 octets"

Names and texts of a peer go through `borders.brief`, so that no control character of a peer reaches
a terminal.
"""

from __future__ import annotations

from tftp_fsm.borders import LINE, brief, terminal
from tftp_fsm.language.sentences import layout, sentence, sentence_n
from tftp_fsm.wire.kinds import Ack, Data, Error, Oack, Packet, Pairs, Reading, Rrq, Wrq


def packet_words(packet: Packet) -> str:
    """Return words: `RRQ boot.img octet blksize=1428`, `ACK 3`, ..."""
    return bounded(_packet_words(packet))


def _packet_words(packet: Packet) -> str:
    match packet:
        case Rrq(filename, mode, options) | Wrq(filename, mode, options):
            kind = type(packet).__name__.upper()
            words = f"{kind} {brief(filename)} {brief(mode)} {pairs_words(options)}"
            return words.rstrip()
        case Data(block, payload):
            return data_words(block, len(payload))
        case Ack(block):
            return f"ACK {block}"
        case Error(code, message):
            return error_words(code, message)
        case Oack(options):
            return oack_words(options)


def malformed_words(size: int) -> str:
    """Return words: `malformed (3 octets)`."""
    return sentence("malformed ({size})", size=octets_words(size))


def data_words(block: int, octets: int) -> str:
    """Return words: `DATA 3 (512 octets)`."""
    return layout("DATA {block} ({size})", block=block, size=octets_words(octets))


def reading_words(reading: Reading, words: str = "") -> str:
    """Return words: `ACK 3 (25 octets of padding ignored)`. `words` may replace the packet's."""
    return with_flaws(words or packet_words(reading.packet), reading.tolerated)


def with_flaws(words: str, odd: str) -> str:
    """Return the words of a packet, with those about its tolerated flaws, if any."""
    return layout("{words} ({odd})", words=words, odd=brief(odd)) if odd else words


def oack_words(options: Pairs) -> str:
    """Return words: `OACK blksize=1428`."""
    return f"OACK {pairs_words(options)}".rstrip()


def error_words(code: int, message: str) -> str:
    """Return words: `ERROR 1 File not found`."""
    return f"ERROR {code} {brief(message)}".rstrip()


def pairs_words(options: Pairs) -> str:
    """Return words: `blksize=1428 windowsize=16`."""
    return " ".join(f"{brief(name)}={brief(value)}" for name, value in options)


def octets_words(count: int) -> str:
    """Return words: `1 octet`, `512 octets`."""
    return sentence_n("1 octet", "{count:,} octets", count)


def bounded(words: str) -> str:
    """Cut a long line. Each part of it went through `brief` already."""
    return words if len(words) <= LINE else terminal(words)

"""The odd packets, and the real devices that send them.

The octets are written here directly, because the product never builds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

NAME = "file"
BLOCK = 512  # octets
PLAIN = b"\0\1" + NAME.encode() + b"\0octet\0"
WITH_BLKSIZE = PLAIN + b"blksize\x001024\0"
JUNK = b"\xaa"


class Where(Enum):
    """The place of the odd packet: the request, or the answer to this packet or in this state."""

    REQUEST = "request"
    DATA = "DATA"  # the odd packet takes the place of ACK 1
    OACK = "OACK"  # of ACK 0
    ENDING = "ending"  # it is an ERROR in the place of ACK 1
    WRITING = "writing"  # it is DATA 1 after ACK 0


@dataclass(frozen=True, slots=True)
class Odd:
    """One row: the packet, how it ends, and its octets."""

    packet: str
    tail: str
    where: Where
    octets: bytes
    then: bytes = b""  # the plain packet that follows at once, if one does


ACK_0, ACK_1 = b"\0\4\0\0", b"\0\4\0\1"
GONE = b"\0\5\0\0gone"

TO_SERVERS = (
    Odd("RRQ", "1 NUL", Where.REQUEST, PLAIN + b"\0"),
    Odd("RRQ", "NULs up to 512 octets", Where.REQUEST, PLAIN.ljust(512, b"\0")),
    Odd("RRQ", "NULs up to 600 octets", Where.REQUEST, PLAIN.ljust(600, b"\0")),
    Odd("RRQ with blksize", "NULs up to 512 octets", Where.REQUEST, WITH_BLKSIZE.ljust(512, b"\0")),
    Odd("RRQ", "no NUL after the mode", Where.REQUEST, PLAIN[:-1]),
    Odd("RRQ with tsize", "no value", Where.REQUEST, PLAIN + b"tsize\0"),
    Odd("RRQ with tsize", "no value and no NUL", Where.REQUEST, PLAIN + b"tsize"),
    Odd("RRQ with tsize", "an empty value", Where.REQUEST, PLAIN + b"tsize\0\0"),
    Odd("RRQ with blksize", "no NUL after the value", Where.REQUEST, WITH_BLKSIZE[:-1]),
    Odd("RRQ with blksize", "blksize again", Where.REQUEST, WITH_BLKSIZE + b"blksize\x00600\0"),
    Odd(
        "RRQ of 700 octets",
        "an unknown option with a long value",
        Where.REQUEST,
        (PLAIN + b"x-long\0").ljust(699, b"x") + b"\0",
    ),
    Odd("ACK of DATA 1", "1 octet", Where.DATA, ACK_1 + JUNK),
    Odd("ACK of DATA 1", "4 octets", Where.DATA, ACK_1 + JUNK * 4),
    Odd("ACK of DATA 1", "25 NULs (29 octets in all)", Where.DATA, ACK_1 + bytes(25)),
    Odd("ACK of DATA 1", "508 octets", Where.DATA, ACK_1 + JUNK * 508),
    Odd("Empty datagram", "before the ACK of DATA 1", Where.DATA, b"", ACK_1),
    Odd("ACK of OACK", "25 NULs (29 octets in all)", Where.OACK, ACK_0 + bytes(25)),
    Odd("ERROR", "a second NUL", Where.ENDING, GONE + b"\0\0"),
    Odd("ERROR", "no NUL", Where.ENDING, GONE),
    Odd("ERROR", "no message and no NUL", Where.ENDING, GONE[:4]),
    Odd("ERROR", "NULs up to 512 octets", Where.ENDING, GONE.ljust(512, b"\0")),
    Odd("DATA", "one octet more than a block", Where.WRITING, b"\0\3\0\1" + JUNK * (BLOCK + 1)),
)

OACK = b"\0\6blksize\x001024\0"
WORDS = b"no such thing here"
REFUSAL = b"\0\5\0\1" + WORDS

TO_READERS = (
    Odd("OACK", "1 NUL", Where.OACK, OACK + b"\0"),
    Odd("OACK", "NULs up to 100 octets", Where.OACK, OACK.ljust(100, b"\0")),
    Odd("OACK", "NULs up to 516 octets", Where.OACK, OACK.ljust(516, b"\0")),
    Odd("OACK", "no NUL after the value", Where.OACK, OACK[:-1]),
    Odd("OACK", "a name without a value", Where.OACK, OACK + b"tsize\0"),
    Odd("OACK", "blksize again", Where.OACK, OACK + b"blksize\x001024\0"),
    Odd("OACK", "an unknown option, not offered", Where.OACK, OACK + b"x-new\x001\0"),
    Odd("ERROR", "a second NUL", Where.ENDING, REFUSAL + b"\0\0"),
    Odd("ERROR", "no NUL", Where.ENDING, REFUSAL),
    Odd("ERROR", "no message and no NUL", Where.ENDING, REFUSAL[:4]),
    Odd("ERROR", "NULs up to 512 octets", Where.ENDING, REFUSAL.ljust(512, b"\0")),
    Odd("Empty datagram", "before DATA 1", Where.DATA, b"", b"\0\3\0\1" + JUNK * BLOCK),
    Odd("DATA", "one octet more than a block", Where.DATA, b"\0\3\0\1" + JUNK * (BLOCK + 1)),
)
TO_WRITERS = (
    Odd("ACK of WRQ", "1 octet", Where.WRITING, ACK_0 + JUNK),
    Odd("ACK of WRQ", "4 octets", Where.WRITING, ACK_0 + JUNK * 4),
    Odd("ACK of WRQ", "25 NULs (29 octets in all)", Where.WRITING, ACK_0 + bytes(25)),
    Odd("ACK of WRQ", "508 octets", Where.WRITING, ACK_0 + JUNK * 508),
    Odd("Empty datagram", "before the ACK of WRQ", Where.WRITING, b"", ACK_0),
)
TO_CLIENTS = TO_READERS + TO_WRITERS

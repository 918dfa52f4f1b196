"""The six packets as values, and the codes of ERROR. `packets` reads and builds their octets."""

from __future__ import annotations

from enum import IntEnum

from tftp_fsm.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias


class ErrorCode(IntEnum):
    """The codes of RFC 1350's appendix, and 8 of RFC 2347.

    Peers send other numbers too. `Error.code` keeps them as numbers.
    """

    UNDEFINED = 0
    FILE_NOT_FOUND = 1
    ACCESS_VIOLATION = 2
    DISK_FULL = 3
    ILLEGAL_OPERATION = 4
    UNKNOWN_TID = 5
    FILE_EXISTS = 6
    NO_SUCH_USER = 7
    REFUSED_OPTIONS = 8


Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""The options of a packet in their order: (name, value)."""


@frozen
class Rrq:
    """Asks to read a file. `mode` is kept as it was sent. Its case does not matter."""

    filename: bytes
    mode: str = "octet"
    options: Pairs = ()


@frozen
class Wrq:
    """Asks to write a file."""

    filename: bytes
    mode: str = "octet"
    options: Pairs = ()


@frozen
class Data:
    """One block of the file. The last block is shorter than blksize. `block` is 0 to 65535."""

    block: int
    payload: bytes


@frozen
class Ack:
    """Says that this block has arrived, and every block before it (RFC 7440 section 4)."""

    block: int


@frozen
class Error:
    """Ends the transfer. It is never acknowledged or retransmitted (RFC 1350 section 7)."""

    code: int
    message: str


@frozen
class Oack:
    """Names the options of the request that the server accepts (RFC 2347)."""

    options: Pairs


Request: TypeAlias = Rrq | Wrq
Packet: TypeAlias = Rrq | Wrq | Data | Ack | Error | Oack


@frozen
class Reading:
    """A packet, with words about the tolerated flaws of its datagram.

    `tolerated` is empty if `build` would make exactly this datagram of the packet.
    """

    packet: Packet
    tolerated: str = ""

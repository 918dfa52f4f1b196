"""The session of a client, and the options that its request offers."""

from __future__ import annotations

from tftp_fsm.frozen import replaced
from tftp_fsm.wire.options import PLAIN_BLKSIZE, Options, blksize_for_mtu, offer
from tftp_fsm.wire.packets import Wrq, build
from tftp_fsm.wire.ranges import BLKSIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.client.settings import Settings
    from tftp_fsm.protocol.read_client import ReadClient
    from tftp_fsm.protocol.write_client import WriteClient
    from tftp_fsm.wire.address import Address
    from tftp_fsm.wire.packets import Request

ETHERNET_MTU = 1500  # octets; assumed if the kernel does not tell the MTU
# 16 blocks in Ethernet frames are 23 KiB. This fits into the smallest socket buffers and switch
# queues in use, and a lost datagram costs little. Twice as many blocks gain only a few percent.
WINDOWSIZE = 16
# Servers in Erlang, and many in Python, keep 8192 octets of a datagram and lose the rest without an
# error. A `put` to them would cut the file. So only a user who sets a larger blksize gets it.
SAFE_BLKSIZE = 8188
WINDOW_OCTETS = 128 * 1024  # the limit of a window; kernels give a socket about 200 KiB


def checked(request: Request) -> Request:
    """Return the request unchanged. Raises LocalError if it does not fit into a packet."""
    build(request)
    return request


def session_for(
    request: Request,
    settings: Settings,
    address: Address,
    *,
    size: int = 0,
    unanswered_patience: float | None = None,
) -> ReadClient | WriteClient:
    """Return the session that sends `request` to `address`, with the options of `settings`.

    `size` is the size of a WRQ's file in octets on the wire. For `unanswered_patience` see
    `Settings.retry_policy`.
    """
    most = SAFE_BLKSIZE if isinstance(request, Wrq) else BLKSIZE.most
    options = offered(settings, address, tsize=size, most=most)
    request = checked(replaced(request, options=options.pairs()))
    policy = settings.retry_policy(unanswered_patience)
    if isinstance(request, Wrq):
        from tftp_fsm.protocol.write_client import WriteClient  # late: only for a put

        return WriteClient(request, size, address, policy)
    from tftp_fsm.protocol.read_client import ReadClient  # imported late: a put needs no receiver

    return ReadClient(request, address, policy)


def offered(settings: Settings, address: Address, tsize: int, most: int) -> Options:
    """Return the options to offer to `address`.

    `tsize` is the size of the file on the wire, or 0 to ask for it (RFC 2349). `most` is the
    largest blksize (octets) that is offered if the user has not set one.
    """
    if not settings.options:
        return Options()
    blksize = settings.blksize
    if blksize == "auto":
        # The kernel knows the path only for UDP. Otherwise it might even query a name server.
        blksize = min(most, _blksize(address, ask=settings.transport is None))
    window = settings.windowsize
    if window == "auto":
        window = _windowsize(blksize or PLAIN_BLKSIZE)
    timeout = settings.offered_timeout
    return offer(blksize=blksize, windowsize=window, timeout=timeout, tsize=tsize)


def _windowsize(blksize: int) -> int | None:
    """Return the number of blocks that fit. A window of one block need not be offered."""
    blocks = min(WINDOWSIZE, WINDOW_OCTETS // blksize)
    return blocks if blocks > 1 else None


def _blksize(address: Address, *, ask: bool) -> int:
    from tftp_fsm.transports.tid import path_mtu

    ip_version = 4 if len(address) == 2 else 6
    known = path_mtu(address) if ask else None
    return blksize_for_mtu(known or ETHERNET_MTU, ip_version)

"""What the path between two ends may do: carry no large packets, or none to a new port.

No capture proves it. These are usual causes, and when they are likely.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import ip_version
from tftp_fsm.explain.look import Seen
from tftp_fsm.explain.transfer import Transfer
from tftp_fsm.language import sentence
from tftp_fsm.wire.options import IP_UDP_TFTP_HEADERS, PLAIN_BLKSIZE

MTU = 1500  # octets; of Ethernet, the smallest that is usual


def is_large(seen: Seen | None) -> bool:
    """Larger than most paths carry in one piece."""
    if seen is None or seen.kind != "DATA" or seen.size <= PLAIN_BLKSIZE:
        return False
    return seen.datagram.fragments > 1 or with_headers(seen) > MTU


def with_headers(seen: Seen) -> int:
    """The octets of the whole packet."""
    return seen.size + IP_UDP_TFTP_HEADERS[ip_version(seen.datagram.source)]


def too_large(transfer: Transfer, seen: Seen) -> str:
    """A usual cause, if no block has come through that is larger than those without options.

    `seen` is the packet that has no answer. Empty: it is not likely.
    """
    if transfer.blocks or transfer.begins_in_middle or transfer.blksize <= PLAIN_BLKSIZE:
        return ""
    if seen.kind == "DATA" and seen.size <= PLAIN_BLKSIZE:
        return ""
    return sentence(
        "a link on the way (PPPoE, VPN, a tunnel) drops packets with blocks of {blksize:,} octets: "
        "ask with a smaller blksize, or without options; or an end was stopped",
        blksize=transfer.blksize,
    )


def never_heard(transfer: Transfer, block: int) -> str:
    """A usual cause, if nothing of a client has reached the port that the server has chosen.

    `block` is the one that has no answer. Empty: it is not likely.
    """
    if transfer.verb != "get" or block > transfer.windowsize or transfer.oack is not None:
        return ""
    if transfer.tid in (None, transfer.asked):
        return ""
    return sentence(
        "a firewall drops what goes to the new port of the server; or the ACKs are lost between "
        "the capture and the sender, or the sender does not know them"
    )

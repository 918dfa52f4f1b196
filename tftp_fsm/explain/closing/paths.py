"""Possible faults of the path between two ends: large packets, or packets to new ports, are lost.

No capture proves them. These functions return usual causes if they are likely.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import ip_version
from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence
from tftp_fsm.wire.options import IP_UDP_TFTP_HEADERS, PLAIN_BLKSIZE

MTU = 1500  # octets; of Ethernet, the smallest that is usual


def is_large(seen: Seen | None) -> bool:
    """Return whether it is larger than most paths carry without fragments."""
    if seen is None or seen.kind != "DATA" or seen.size <= PLAIN_BLKSIZE:
        return False
    return seen.datagram.fragments > 1 or with_headers(seen) > MTU


def with_headers(seen: Seen) -> int:
    """Return the octets of the whole packet."""
    return seen.size + IP_UDP_TFTP_HEADERS[ip_version(seen.datagram.source)]


def too_large(transfer: Transfer, seen: Seen) -> str:
    """Return a usual cause if no block larger than without options has come through.

    `seen` is the packet without an answer. Return "" if the cause is not likely.
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
    """Return a usual cause if no packet of the client has reached the server's new port.

    `block` is the block without an answer. Return "" if the cause is not likely.
    """
    if transfer.verb != "get" or block > transfer.windowsize or transfer.oack is not None:
        return ""
    if transfer.tid in (None, transfer.asked):
        return ""
    return sentence(
        "a firewall drops what goes to the new port of the server; or the ACKs are lost between "
        "the capture and the sender, or the sender does not know them"
    )

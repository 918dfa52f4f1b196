"""Judge another port that sends to the server's TID: a stranger, or the client after a NAT change.

One packet does not show which of the two it is. So it stays open until one of these is seen:

- The server answers the new port with another packet than ERROR: the client's port has changed.
- The old port sends again: the other port was a stranger.
- The old port stays silent, and the packet was due from the client: its port has probably changed.
  A final ACK has no answer. If the server is silent after it, the server has accepted it.

A server that answers from the port of the request has all clients at this port. So a packet to it
counts only if it was due from the client of exactly one transfer.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.capture.reading.icmp import Undelivered
from tftp_fsm.explain.packets.seen import Seen, look
from tftp_fsm.explain.packets.words import error_5_or_silence
from tftp_fsm.explain.transfer.doubts import Mover
from tftp_fsm.explain.transfer.side import QUIET
from tftp_fsm.explain.transfer.transfer import CLIENT, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.wire.address import Address

MOST = 64  # packets of such a port that are kept
CONTENT = 10_000_000_000  # nanoseconds; a server that still waits retransmits sooner


def speaks(transfer: Transfer, datagram: Captured, *, is_shared: bool = False) -> None:
    """Take a packet to the server's TID from another address than the client's.

    `is_shared` is true if the server has all its clients at this port.
    """
    doubts, seen = transfer.doubts, look(datagram)
    mover = doubts.mover
    if mover is None or mover.address != datagram.source:
        is_stranger(transfer)
        mover = Mover(datagram.source, seen, _fits(transfer, seen), is_shared=is_shared)
        doubts.mover = mover
    if len(mover.packets) < MOST:
        mover.packets.append(datagram)
    _server_hears(transfer, seen)


def may_have_moved(transfer: Transfer, datagram: Captured) -> bool:
    """Return whether this packet to a shared port is due from this client, or a repetition."""
    mover = transfer.doubts.mover
    is_known = mover is not None and mover.address == datagram.source
    return is_known or _fits(transfer, look(datagram))


def answers(transfer: Transfer, datagram: Captured) -> bool:
    """Take the server's packet to such a port. Return True if this is the client's port now."""
    mover, seen = transfer.doubts.mover, look(datagram)
    assert mover is not None
    if seen.kind == "ERROR":
        mover.refused = sentence("the server answered {packet}", packet=seen.words)
        return False
    if mover.address[0] != transfer.peer[0] or transfer.is_over:
        transfer.doubts.mover = None
        _taken(transfer, mover)
        return False
    _moved(transfer, mover)
    return True


def undelivered(transfer: Transfer, told: Undelivered) -> None:
    """Note an ICMP message about a packet that another port has sent to the server's TID."""
    mover = transfer.doubts.mover
    if mover is not None and mover.address == told.source and not mover.refused:
        mover.refused = sentence("the answer was {message}", message=told.words)


def client_speaks(transfer: Transfer, source: Address) -> None:
    """Note that the client still sends, so packets of other ports were those of strangers."""
    doubts = transfer.doubts
    is_stranger(transfer)
    moved = doubts.moved
    if moved is None or source != doubts.moved_from:
        return
    doubts.moved = doubts.moved_from = None
    transfer.findings.retract("another-port", CLIENT)
    transfer.peer = source
    if transfer.server is not None:
        transfer.server.session.peer = source
    _taken(transfer, moved)


def is_stranger(transfer: Transfer) -> None:
    """Report the other port, if there is one, as a stranger's."""
    mover, transfer.doubts.mover = transfer.doubts.mover, None
    if mover is None or (mover.is_shared and not mover.refused):
        return
    words = sentence(
        "{packet} came to the server from {host} port {port}",
        packet=mover.first.words,
        host=mover.address[0],
        port=mover.address[1],
    )
    if mover.refused:
        words = sentence("{came}; {refused}", came=words, refused=mover.refused)
    transfer.find("stray", "network", mover.first, words)


def has_moved(transfer: Transfer, capture_ends: int) -> bool:
    """At the capture's end, return whether the client had a new port unknown to the server."""
    mover, server = transfer.doubts.mover, transfer.sides["server"]
    if mover is None:
        return False
    silence = capture_ends - (mover.first.datagram.at or transfer.last_at)
    was_asked = server.alone_again > 0 and server.last_at > transfer.sides["client"].last_at
    if mover.fits and not mover.refused and _is_final_ack(transfer, mover):
        return _ends_elsewhere(transfer, mover, silence)
    if transfer.is_over or not mover.fits or not (was_asked or silence >= QUIET):
        is_stranger(transfer)
        return False
    mover.is_unknown = True
    _moved(transfer, mover)
    return True


def _is_final_ack(transfer: Transfer, mover: Mover) -> bool:
    """Whether it acknowledges the last block of a get, and the server has sent nothing since."""
    final, seen = transfer.final_seen, mover.first
    is_last = final is not None and seen.block == final.block
    is_ack = is_last and seen.kind == "ACK" and transfer.receiver == CLIENT
    at = seen.datagram.at or transfer.last_at
    return is_ack and transfer.sides["server"].last_at <= at


def _ends_elsewhere(transfer: Transfer, mover: Mover, silence: int) -> bool:
    """Whether a final ACK from another port ends the transfer: the server is silent after it."""
    if silence < CONTENT:
        transfer.doubts.is_final_elsewhere = True
        is_stranger(transfer)
        return False
    at = mover.first.datagram.at or transfer.last_at
    _moved(transfer, mover)
    transfer.is_complete, transfer.ended_at, transfer.final_at = True, at, at
    return True


def _moved(transfer: Transfer, mover: Mover) -> None:
    doubts, before = transfer.doubts, transfer.peer[1]
    words = sentence(
        "{packet} came from port {port}, and the packets before it came from port {before}",
        packet=mover.first.words,
        port=mover.address[1],
        before=before,
    )
    if mover.refused:
        words = sentence("{came}; {refused}", came=words, refused=mover.refused)
    expected = sentence("port {port}", port=before)
    transfer.find("another-port", "client", mover.first, words, expected=expected)
    doubts.mover, doubts.moved, doubts.moved_from = None, mover, transfer.peer
    transfer.peer = mover.address
    if transfer.server is not None:
        transfer.server.session.peer = mover.address


def _taken(transfer: Transfer, mover: Mover) -> None:
    words = sentence(
        "the server answered {packet} of {host} port {port}",
        packet=mover.first.words,
        host=mover.address[0],
        port=mover.address[1],
    )
    transfer.find("stray-taken", "server", mover.first, words, expected=error_5_or_silence())


def _fits(transfer: Transfer, seen: Seen) -> bool:
    """Return whether it is from the client's host, and due from the client or a repetition."""
    if transfer.is_over or seen.datagram.source[0] != transfer.peer[0]:
        return False
    last = transfer.sides[CLIENT].last
    is_again = last is not None and (last.kind, last.block) == (seen.kind, seen.block)
    return is_again or transfer.client.due.has(seen.kind, seen.block)


def _server_hears(transfer: Transfer, seen: Seen) -> None:
    """Let the server's machine hear a stranger. Its ERROR 5 is not due: silence is allowed."""
    server = transfer.server
    if server is None or server.session.state.is_final:
        return
    at = transfer.last_at if seen.datagram.at is None else seen.datagram.at
    server.hear(server.event_of(seen, seen.datagram.source), transfer.seconds(at))
    transfer.log.heard(server.last_entry, CLIENT, seen)
    server.due = server.due.without("ERROR")

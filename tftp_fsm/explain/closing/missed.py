"""Find what the capture lacks: the server's answer, or a direction. Also compare the file's size.

A filter on port 69 leaves out all answers, because they come from another port. A switch may copy
only one direction. Such a gap is not a fault of the client or the server, and the captured packets
can still prove findings.
"""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.judging.skips import SWAPPED
from tftp_fsm.explain.packets.seen import REQUESTS, Seen, look
from tftp_fsm.explain.transfer.endpoint import Endpoint
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.explain.transfer.machines import server_of
from tftp_fsm.explain.transfer.transfer import CLIENT, OTHER, SERVER, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Event,
    OackReceived,
    RequestReceived,
)
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.wire.options import PLAIN_BLKSIZE, Options, read_options

# -- The answer -----------------------------------------------------------------------------------


def takes(transfer: Transfer, datagram: Captured) -> bool:
    """Take a packet with which the client goes on after an answer that was not captured.

    The packet shows the server's TID. Return whether it was taken.
    """
    seen = look(datagram)
    if datagram.to[0] != transfer.asked[0] or not _follows_an_answer(transfer, seen):
        return False
    options = _options(transfer, seen)
    transfer.tid = datagram.to
    transfer.oack = options.pairs() or None
    transfer.has_guessed_options = True
    session = server_of(transfer.request, options, transfer.peer)
    server = transfer.ends[SERVER] = Endpoint(SERVER, session, transfer.log.step)
    transfer.log.join(SERVER, session)
    now = transfer.seconds(datagram.at)
    server.hear(RequestReceived(transfer.peer), now)
    server.due.items.clear()  # the answer was sent, but not captured
    server.confirm()
    transfer.client.hear(_answer(transfer, seen), now)
    transfer.sides[SERVER].missing += seen.kind == "DATA" or seen.block == 0
    words = sentence("{packet} of the client answers it", packet=seen.words)
    found = Finding("answer-missed", "capture", seen.number, datagram.at, words)
    transfer.findings.add(found)
    return True


def _follows_an_answer(transfer: Transfer, seen: Seen) -> bool:
    if transfer.verb == "put":
        return (seen.kind, seen.block) == ("DATA", 1)
    return seen.kind == "ACK" and seen.block in (0, 1)


def _options(transfer: Transfer, seen: Seen) -> Options:
    """Return the options that the server has probably accepted.

    After a WRQ these are all options. ACK 0 shows an OACK: all options except tsize. ACK 1 shows
    DATA without an OACK: no options.
    """
    offered = read_options(transfer.request.options)
    if transfer.verb == "put":
        return offered
    return replace(offered, tsize=None) if seen.block == 0 else Options()


def _answer(transfer: Transfer, seen: Seen) -> Event:
    """Return the event of the missing answer for the client."""
    source = transfer.tid
    if transfer.oack is not None:
        return OackReceived(transfer.oack, source)
    if transfer.verb == "put":
        return AckReceived(0, source=source)
    if seen.block == 0:
        return OackReceived((), source)
    return DataReceived(1, PLAIN_BLKSIZE, source=source)


# -- One direction --------------------------------------------------------------------------------


def is_one_way(transfer: Transfer) -> bool:
    """Note, and return, whether one end goes on although no answer to it was captured.

    A sender that does not wait for ACKs looks the same.
    """
    name = _only(transfer)
    last = None if name is None else transfer.sides[name].last
    if name is None or last is None:
        return False
    words = sentence(
        "the {end} went on up to {packet}, without an answer of the {other}",
        end=end_word(name),
        packet=last.words,
        other=end_word(OTHER[name]),
    )
    found = Finding("one-way", "capture", last.number, last.datagram.at, words)
    transfer.findings.add(found)
    return True


def is_elsewhere(transfer: Transfer) -> bool:
    """Return whether the client goes on with another port of the server."""
    return transfer.doubts.elsewhere_at > transfer.sides[CLIENT].last_at


def _only(transfer: Transfer) -> str | None:
    """Return the end if only its packets were captured after the request, or None."""
    client, server = transfer.sides[CLIENT], transfer.sides[SERVER]
    if transfer.server is None or client.last is None:
        return None
    if server.last is None:
        return CLIENT
    if client.last.kind not in REQUESTS or client.last_at > server.first_at:
        return None  # the client has sent more, so its direction was captured
    if transfer.verb == "put":
        return SERVER if transfer.top[SERVER] > 0 else None
    first = SWAPPED if transfer.is_swapped else transfer.windowsize
    return SERVER if transfer.top[SERVER] > (transfer.oack is None) * first else None


# -- The size -------------------------------------------------------------------------------------


def size_differs(transfer: Transfer) -> None:
    """Note a finding if the size of the whole file is not the size that its sender announced.

    A file in mode netascii is not compared: many programs announce the size on the disk, not the
    size on the wire.
    """
    size, announced, last = transfer.file_size, transfer.announced, transfer.final_seen
    is_known = size is not None and announced is not None and last is not None
    if not is_known or size == announced or transfer.text is not None or transfer.begins_in_middle:
        return
    assert last is not None
    words = sentence(
        "tsize {announced:,} was announced, and {size:,} octets were moved",
        announced=announced,
        size=size,
    )
    expected = sentence("{announced:,} octets", announced=announced)
    transfer.find("size-differs", transfer.sender_name, last, words, expected=expected)

"""Packets of other addresses than the two of a transfer: strays, second sessions, changed ports."""

from __future__ import annotations

from ipaddress import ip_address

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.packets.seen import UNREADABLE, Seen, look, opens
from tftp_fsm.explain.packets.words import error_5_or_silence
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.gloss import end_word


def answered_from_elsewhere(transfer: Transfer, datagram: Captured) -> None:
    """Take a first answer from another host than that of the request."""
    if _is_group(transfer.asked[0], datagram.source[0]):
        return  # such an address never sends an answer
    seen = look(datagram)
    words = sentence(
        "the request went to {asked}, and {answered} answered with {packet}",
        asked=transfer.asked[0],
        answered=datagram.source[0],
        packet=seen.words,
    )
    expected = sentence("an answer from {host}", host=transfer.asked[0])
    transfer.find("another-address", "server", seen, words, expected=expected)


def is_unreadable_answer(transfer: Transfer, datagram: Captured) -> bool:
    """Note and return whether the first answer of the server's host is not TFTP."""
    is_of_asked = transfer.tid is None and datagram.source[0] == transfer.asked[0]
    if not is_of_asked or datagram.is_cut:
        return False
    seen = look(datagram)
    slug = UNREADABLE.get(seen.kind)
    if slug is not None:
        words = sentence("{end} sent {packet}", end=end_word("server"), packet=seen.words)
        transfer.find(slug, "server", seen, words)
    return slug is not None


def is_of_before(transfer: Transfer, datagram: Captured) -> bool:
    """Note and return whether it is a late packet of an earlier transfer of the client."""
    seen = look(datagram)
    if opens(seen) or seen.kind == "ERROR":
        return False
    _is_stray(transfer, seen)
    return True


def from_another(transfer: Transfer, datagram: Captured) -> None:
    """Take a packet to the client from another address than the server's TID."""
    seen, tid = look(datagram), transfer.tid
    assert tid is not None
    if transfer.doubts.again is not None:
        transfer.doubts.again.answers.append(datagram)
    server = transfer.server
    is_same_host = datagram.source[0] in (tid[0], transfer.asked[0])
    if is_same_host and opens(seen):
        words = sentence(
            "port {tid} has answered, and now port {port}: {packet}",
            tid=tid[1],
            port=datagram.source[1],
            packet=seen.words,
        )
        expected = sentence("packets of port {port} alone", port=tid[1])
        transfer.find("two-sessions", "server", seen, words, expected=expected)
    elif is_same_host and server is not None and server.due.has(seen.kind, seen.block):
        transfer.doubts.stranger = seen
    elif seen.kind == "ERROR" and is_same_host:
        _error_elsewhere(transfer, seen)
    else:
        _is_stray(transfer, seen)
    _client_hears(transfer, seen)


def to_another(transfer: Transfer, datagram: Captured) -> bool:
    """Take a client's packet to another address. Return True if it is the server's TID now."""
    seen, client = look(datagram), transfer.client
    if seen.kind == "ERROR":
        client.stray = None
        return False
    transfer.doubts.elsewhere_at = datagram.at or transfer.last_at
    stray = client.stray
    if stray is None or stray.datagram.source != datagram.to:
        return False
    if opens(stray) and transfer.is_unanswered:
        _first_was_lost(transfer, stray)
        return True
    if transfer.doubts.stranger is not None:
        transfer.find_moved_server(transfer.doubts.stranger)
        transfer.tid = datagram.to
        return True
    words = sentence(
        "the client answered {packet} of port {port} with {answer}",
        packet=stray.words,
        port=datagram.to[1],
        answer=seen.words,
    )
    transfer.find("stray-taken", "client", seen, words, expected=error_5_or_silence())
    return False


def _first_was_lost(transfer: Transfer, answer: Seen) -> None:
    """Note that the client uses the second session: it has not heard the first answer."""
    client = transfer.client
    client.session.peer, client.stray = answer.datagram.source, None
    transfer.tid = answer.datagram.source
    side = transfer.sides["server"]
    side.lost = max(side.lost, 1)


def _error_elsewhere(transfer: Transfer, seen: Seen) -> None:
    """Take an ERROR of another port: the end of a second session, or the port of the request."""
    if seen.datagram.source == transfer.asked:
        transfer.doubts.error_elsewhere = transfer.doubts.error_elsewhere or seen
        _is_stray(transfer, seen)


def was_last(transfer: Transfer) -> bool:
    """At the end, note whether nothing came after an ERROR of the request's port."""
    error = transfer.doubts.error_elsewhere
    if error is None or transfer.last_at > (error.datagram.at or 0) + transfer.clock_shift:
        return False
    words = sentence(
        "{packet} came from {host} port {port}, and nothing came after it",
        packet=error.words,
        host=error.datagram.source[0],
        port=error.datagram.source[1],
    )
    tid = transfer.tid or transfer.asked
    transfer.findings.retract("stray", "network")
    expected = sentence("port {port}", port=tid[1])
    transfer.find("error-elsewhere", "server", error, words, expected=expected)
    return True


def server_speaks(transfer: Transfer) -> None:
    """Note that the server still uses its TID, so another port was not its new one."""
    stranger, transfer.doubts.stranger = transfer.doubts.stranger, None
    if stranger is not None:
        _is_stray(transfer, stranger)


def _is_stray(transfer: Transfer, seen: Seen) -> None:
    source = seen.datagram.source
    words = sentence(
        "{packet} came from {host} port {port}", packet=seen.words, host=source[0], port=source[1]
    )
    transfer.find("stray", "network", seen, words)


def _client_hears(transfer: Transfer, seen: Seen) -> None:
    client = transfer.client
    if client.session.state.is_final:
        return
    at = seen.datagram.at or transfer.last_at
    client.hear(client.event_of(seen, seen.datagram.source), transfer.seconds(at))
    transfer.log.heard(client.last_entry, "server", seen)
    client.due = client.due.without("ERROR")  # another program may stay silent
    client.stray = seen


def _is_group(asked: str, answered: str) -> bool:
    """Return whether the request went to a multicast address, or probably to broadcast."""
    address = ip_address(asked.partition("%")[0])
    if address.version == 4 and int(address) & 0xFF == 0xFF:
        return asked == "255.255.255.255" or asked.split(".")[:3] == answered.split(".")[:3]
    return address.is_multicast

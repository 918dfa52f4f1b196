"""ICMP messages about a transfer's datagrams: a closed port, a firewall, or a packet too big.

The end may not have received such a message, and anybody can send one. So the machines do not hear
it. It is compared with the captured packets, and it can explain a silence after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tftp_fsm.capture.reading.datagram import ip_version
from tftp_fsm.capture.reading.icmp import Undelivered
from tftp_fsm.explain.packets.numbers import full_number
from tftp_fsm.explain.packets.words import all_fragments, the_packet
from tftp_fsm.explain.transfer.doubts import Said
from tftp_fsm.explain.transfer.findings import Finding, Who
from tftp_fsm.explain.transfer.side import Side
from tftp_fsm.explain.transfer.transfer import CLIENT, OTHER, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.transports.zones import host_text
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER, Opcode, opcode_of
from tftp_fsm.wire.options import blksize_for_mtu

FEW = 64  # live transfers; if there are more, a quote without ports is ignored
ORDER = ("too-big", "torn", "port-closed", "prohibited", "unreachable")


def note(transfer: Transfer, sender: str, told: Undelivered) -> None:
    """Keep an ICMP message about a packet that this end has sent."""
    message = told.message
    if not _may_be(transfer, sender, told):
        words = sentence(
            "{message} names {packet}, but the {end} seems not to have sent it",
            message=told.words,
            packet=_packet(told),
            end=end_word(sender),
        )
        finding = Finding("icmp-odd", "network", message.number, message.at, words)
        transfer.findings.add(finding)
        return
    key = sender, _why(told)
    said = transfer.doubts.said.setdefault(
        key, Said(sender, told, _news(transfer.sides[OTHER[sender]]))
    )
    said.count += 1
    said.last_packet = message.number
    said.last_at = transfer.last_at if message.at is None else message.at


def _way_of(transfer: Transfer, told: Undelivered) -> str:
    """Return the end that has sent the quoted packet, by its host, or "" if it is not certain."""
    hosts = transfer.peer[0], (transfer.tid or transfer.asked)[0]
    if hosts[0] == hosts[1]:
        return ""
    return {hosts: CLIENT, hosts[::-1]: OTHER[CLIENT]}.get((told.source[0], told.to[0]), "")


def sent_by(
    told: Undelivered, by_client: Mapping[Address, Transfer], live: Mapping[int, Transfer]
) -> tuple[Transfer, str] | None:
    """Return the transfer whose packet is quoted, and the end that has sent it.

    If the quote has no ports, any packet between the two hosts counts, but only one transfer may
    fit.
    """
    transfer = by_client.get(told.source)
    if transfer is not None:
        return (transfer, CLIENT) if told.to == transfer.asked else None
    is_known = told.source[1] or told.to[1] or told.why == "port-closed"
    if is_known or len(live) > FEW:
        return None
    ways = [(each, way) for each in live.values() if (way := _way_of(each, told))]
    return ways[0] if len(ways) == 1 else None


def explains(transfer: Transfer) -> bool:
    """Add the ICMP messages if they explain why the transfer stopped."""
    for why in ORDER:
        for (sender, known), said in transfer.doubts.said.items():
            if known == why and _was_the_end(transfer, said, why):
                del transfer.doubts.said[sender, known]
                _find(transfer, said, why)
                return True
    return False


def notes(transfer: Transfer) -> None:
    """Add the messages that explain nothing here."""
    for said in transfer.doubts.said.values():
        told, message = said.first, said.first.message
        words = sentence(
            "{message} from {host} for {packet} of the {end}",
            message=told.words,
            host=_host(told),
            packet=_packet(told),
            end=end_word(said.sender),
        )
        finding = Finding("undelivered", "network", message.number, message.at, words)
        transfer.findings.add(finding)


def _why(told: Undelivered) -> str:
    """Return the kind of trouble. "Port unreachable" from a router means a firewall."""
    is_firewall = told.why == "port-closed" and not told.is_of_peer
    return "prohibited" if is_firewall else told.why


def _may_be(transfer: Transfer, sender: str, told: Undelivered) -> bool:
    """Whether the capture has such a packet of this end."""
    octets, side = told.octets, transfer.sides[sender]
    if not side.packets:
        return False
    opcode = opcode_of(octets)
    if opcode in (Opcode.RRQ, Opcode.WRQ):
        return sender == CLIENT and transfer.opens_with(octets)
    if opcode in (Opcode.DATA, Opcode.ACK) and len(octets) >= HEADER.size:
        top = transfer.top[sender]
        is_data = sender == transfer.sender
        return (opcode is Opcode.DATA) is is_data and (
            full_number(top, int.from_bytes(octets[2:4], "big")) <= top
        )
    return opcode is not None or len(octets) < 2


def _was_the_end(transfer: Transfer, said: Said, why: str) -> bool:
    """Whether the peer has sent nothing new since this message."""
    other = transfer.sides[OTHER[said.sender]]
    if why == "port-closed":
        return not other.packets or other.last_at <= said.last_at
    return _news(other) == said.had


def _news(side: Side) -> int:
    """Return how many of its packets were neither repetitions nor copies."""
    return side.packets - side.again - side.went_back - side.copies


def _find(transfer: Transfer, said: Said, why: str) -> None:
    told, peer = said.first, transfer.other(said.sender)
    words: str = sentence(
        "{message} came from {host} for {packet} of the {end}",
        message=told.words,
        host=_host(told),
        packet=_packet(told),
        end=end_word(said.sender),
    )
    slug, cause, expected = why, "", ""
    who: Who = "network"
    if why == "port-closed":
        who, cause = peer, _cause_of_closed(transfer, peer)
        slug = "final-ack-unseen" if _has_all(transfer, peer) else why
    elif why == "too-big":
        words, expected = _too_big(told, words), _fits(told)
    elif why == "torn":
        slug, expected = "large-blocks-lost", all_fragments()
    at, number = told.message.at, told.message.number
    told_of = Finding(slug, who, number, at, words, expected, cause=cause)
    transfer.findings.add(replace(told_of, count=said.count, last=said.last_packet))


def _has_all(transfer: Transfer, peer: str) -> bool:
    """Whether this end receives, and the last block was sent to it."""
    return peer == transfer.receiver and transfer.file_size is not None


def _too_big(told: Undelivered, words: str) -> str:
    if told.mtu is None:
        return sentence("{told}, a packet of {size:,} octets", told=words, size=told.size)
    return sentence(
        "{told}, a packet of {size:,} octets; the next link allows {mtu:,}",
        told=words,
        size=told.size,
        mtu=told.mtu,
    )


def _fits(told: Undelivered) -> str:
    """Return a note about the largest blksize for the link."""
    if told.mtu is None:
        return sentence("a smaller block, or fragments")
    blksize = blksize_for_mtu(told.mtu, ip_version(told.to))
    return sentence("a blksize of {blksize:,} or less, or fragments", blksize=blksize)


def _cause_of_closed(transfer: Transfer, peer: str) -> str:
    if _has_all(transfer, peer):
        return sentence(
            "the receiver has ended: usually it has the whole file, and its final ACK was lost; "
            "otherwise it was stopped"
        )
    if peer == CLIENT and transfer.oack is not None and transfer.is_unanswered:
        return sentence(
            "the client ended when the OACK came: it refuses an option without an ERROR (curl "
            "ends at tsize=0), or it was stopped"
        )
    if peer == CLIENT:
        return sentence(
            "the client has ended: it was stopped, or it gave up before the packet came (its "
            "time-out is shorter than the server's)"
        )
    if transfer.tid is None or transfer.server is None:
        return sentence(
            "no TFTP server runs there, or it listens on another port or address; or a "
            "firewall on that host rejects packets with the same message"
        )
    return sentence(
        "the server's process for this transfer has ended: it was stopped, it crashed, or it gave "
        "up before the packet came"
    )


def _packet(told: Undelivered) -> str:
    """Return the quoted packet in words, such as `DATA 3`, or less for a short quote."""
    octets = told.octets
    opcode = opcode_of(octets)
    if opcode is None:
        return sentence("a packet")
    if opcode in (Opcode.DATA, Opcode.ACK) and len(octets) >= HEADER.size:
        return f"{opcode.name} {int.from_bytes(octets[2:4], 'big')}"
    return the_packet(opcode.name)


def _host(told: Undelivered) -> str:
    return host_text(told.message.source)

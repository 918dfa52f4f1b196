"""Findings of the network: ICMP messages, and packets that are lost, copied, overtaken or late."""

from __future__ import annotations

from tftp_fsm.explain.kinds.kind import Kind
from tftp_fsm.language import mark

NETWORK: dict[str, Kind] = {
    "port-closed": Kind(
        "trouble",
        mark("A port was closed: its host has answered with ICMP port unreachable."),
        "RFC 1122 section 4.1.3.1",
        mark("the program that had the port has ended, or never ran"),
    ),
    "prohibited": Kind(
        "trouble",
        mark("A firewall has refused a packet, and said so with ICMP."),
        "RFC 1812 section 5.2.7.1",
        mark(
            "a rule that rejects (REJECT of iptables or nftables); allow UDP to port 69 of the "
            "server, and the answers of the server, which come from other ports"
        ),
    ),
    "unreachable": Kind(
        "trouble",
        mark("A host or a network could not be reached, as ICMP says."),
        "RFC 1812 section 5.2.7.1",
        mark("a host that is off or has another address, or a route that is missing"),
    ),
    "too-big": Kind(
        "trouble",
        mark("A packet was too big for a link on the way, and was dropped there."),
        "RFC 1191, RFC 8201, RFC 2348",
        mark(
            "a tunnel or a VPN with a smaller MTU, and a sender whose packets must not be cut into "
            "fragments; use a smaller blksize"
        ),
    ),
    "undelivered": Kind(
        "note",
        mark("a packet was not delivered, as ICMP says"),
        "RFC 792, RFC 4443",
        mark("a packet that came late, or that was sent again in another way"),
    ),
    "icmp-odd": Kind(
        "note",
        mark("an ICMP message about a packet that is not in the capture"),
        "RFC 5927",
        mark("the capture has missed the packet, or somebody has forged the message"),
    ),
    "retransmission": Kind(
        "note",
        mark("sent again"),
        "RFC 1123 section 4.2.3.2",
        mark("packets are lost, or an end is slower than the other one waits"),
    ),
    "lost-behind": Kind(
        "note",
        mark("captured, but answered as if they had not come"),
        "",
        mark("they were lost between the capture and their receiver"),
    ),
    "copies": Kind(
        "note",
        mark("seen twice at once"),
        "RFC 1350 section 2",
        mark("the network delivers copies, or an end sent them again at once"),
    ),
    "overtaken": Kind(
        "note",
        mark("packets have overtaken others, on the way or in the capture"),
        "RFC 7440 section 4",
        mark(
            "two ways through the network; or a capture of several queues. In a window the "
            "receiver may report a gap, and then blocks come twice"
        ),
    ),
    "slow-answers": Kind(
        "note",
        mark("this end, or the path to it, is slower than the time-out of the other side"),
        "RFC 2349",
        mark("a slow disk or a busy host; raise the time-out of the other side"),
    ),
}

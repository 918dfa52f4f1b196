"""Find the IP packet in a tunnel: IP in IP, GRE with its payloads, and VXLAN.

Switches send mirrored packets through GRE (ERSPAN), and clouds and data centres use VXLAN.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.ip import UDP, Piece
from tftp_fsm.capture.reading.link import IPV4, IPV6, MOST_TAGS, VLAN_BITS, ethernet

MOST = 4  # nested tunnels
IP_IN_IP, IPV6_IN_IP, GRE = 4, 41, 47  # RFC 2003, RFC 4213, RFC 2784
BRIDGED, ERSPAN = 0x6558, 0x88BE  # EtherTypes in GRE
HAS_CHECKSUM, HAS_KEY, HAS_SEQUENCE = 0x80, 0x20, 0x10  # of the first octet (RFC 2890)
_TAGS = MOST_TAGS * VLAN_BITS  # bits of the number of a VLAN; the next bit marks a VXLAN
VXLAN = (4789).to_bytes(2, "big")  # its UDP port (RFC 7348)


def inside(packet: bytes, piece: Piece | None) -> bytes | None:
    """Return the packet inside the tunnel of this IP packet, or None without a tunnel.

    `piece` is the UDP or ICMP part of the packet.
    """
    if piece is None:
        return _in_ip(packet)
    if piece.protocol == UDP and piece.octets[2:4] == VXLAN and piece.key is None:
        return _in_vxlan(piece.octets[8:])
    return None


def network_in(piece: Piece | None, outside: int) -> int:
    """The network in the tunnel that this piece is: that of VXLAN has a number, and is no VLAN."""
    if piece is None:
        return outside
    vni = int.from_bytes(piece.octets[12:15], "big")
    return (outside << 1 | 1) << _TAGS | vni


def names_of(network: int) -> tuple[str, ...]:
    """Return the names of a network, such as `VLAN 10`, the outermost first. Untagged: none."""
    if network >> _TAGS:
        outside, vni = network >> _TAGS + 1, network & (1 << _TAGS) - 1
        return *names_of(outside), f"VXLAN {vni}"
    if not network:
        return ()
    return *names_of(network >> VLAN_BITS), f"VLAN {network & (1 << VLAN_BITS) - 1}"


def _in_ip(packet: bytes) -> bytes | None:
    version = packet[0] >> 4 if len(packet) >= 20 else 0
    if version == 4 and not int.from_bytes(packet[6:8], "big") & 0x3FFF:
        protocol, rest = packet[9], packet[(packet[0] & 15) * 4 :]
    elif version == 6:
        protocol, rest = packet[6], packet[40:]
    else:
        return None
    if protocol in (IP_IN_IP, IPV6_IN_IP):
        return rest
    return _in_gre(rest) if protocol == GRE else None


def _in_gre(octets: bytes) -> bytes | None:
    if len(octets) < 4 or octets[1] & 7:  # only version 0; PPTP has another version
        return None
    flags, kind, at = octets[0], int.from_bytes(octets[2:4], "big"), 4
    at += 4 * sum(bool(flags & each) for each in (HAS_CHECKSUM, HAS_KEY, HAS_SEQUENCE))
    if kind in (IPV4, IPV6):
        return octets[at:]
    if kind == BRIDGED:
        return _in_frame(octets[at:])
    if kind == ERSPAN:  # type II has a header and a sequence number, type I neither
        return _in_frame(octets[at + (8 if flags & HAS_SEQUENCE else 0) :])
    return None


def _in_vxlan(octets: bytes) -> bytes | None:
    is_vxlan = octets[:1] == b"\x08" and not any(octets[1:4]) and octets[7:8] == b"\0"
    return _in_frame(octets[8:]) if is_vxlan else None


def _in_frame(frame: bytes) -> bytes | None:
    start = ethernet(frame)
    return frame[start:] if start >= 0 else None

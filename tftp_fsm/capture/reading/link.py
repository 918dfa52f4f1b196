"""Find the IP packet in a frame, for each common kind of link."""

from __future__ import annotations

from collections.abc import Callable

IPV4, IPV6 = 0x0800, 0x86DD  # EtherTypes
TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)  # IEEE 802.1Q, 802.1ad and earlier forms of it
MOST_TAGS = 8
VLAN_BITS = 12  # of a tag: the number of the VLAN (IEEE 802.1Q)
PPPOE = 0x8864  # RFC 2516, a session
PPP_IPV4, PPP_IPV6 = 0x0021, 0x0057
# AF_INET is 2 everywhere. AF_INET6 is 10 on Linux, 23 on Windows, 24, 28 and 30 on BSD and macOS.
FAMILIES = frozenset((2, 10, 23, 24, 28, 30))
LLC = b"\xaa\xaa\x03\0\0\0"  # IEEE 802.3 with SNAP

UNTAGGED = {1: 14, 113: 16, 276: 20}  # octets before the IP packet in a frame without a tag

ToIp = Callable[[bytes], int]
"""A function that returns the offset of the IP packet in a frame, or -1 without one."""


def ethernet(frame: bytes) -> int:
    """Ethernet II, IEEE 802.3 with SNAP, and each with tags (VLAN, QinQ)."""
    return _behind_type(frame, 12)


def cooked(frame: bytes) -> int:
    """Linux "cooked" capture of `tcpdump -i any`: LINKTYPE_LINUX_SLL."""
    return _behind_type(frame, 14)


def cooked2(frame: bytes) -> int:
    """Its second version, in which the protocol comes first: LINKTYPE_LINUX_SLL2."""
    kind = int.from_bytes(frame[:2], "big")
    return 20 if kind in (IPV4, IPV6) else _behind_tags(frame, 20, kind)


def loopback(frame: bytes) -> int:
    """BSD loopback: the address family in the byte order of the host, which may be either."""
    head = frame[:4]
    known = int.from_bytes(head, "little") in FAMILIES or int.from_bytes(head, "big") in FAMILIES
    return 4 if known else -1


def ppp(frame: bytes) -> int:
    """PPP (RFC 1661), with or without the framing of HDLC (RFC 1662)."""
    return _behind_ppp(frame, 2 if frame[:2] == b"\xff\x03" else 0)


def pppoe(frame: bytes) -> int:
    """PPP over Ethernet, without the Ethernet header."""
    return _behind_ppp(frame, 6)


def cisco_hdlc(frame: bytes) -> int:
    """Cisco's HDLC."""
    return _behind_type(frame, 2)


def raw(frame: bytes) -> int:
    """The frame is an IP packet."""
    return 0


KINDS: dict[int, ToIp] = {
    0: loopback,
    1: ethernet,
    9: ppp,
    12: raw,
    14: raw,
    50: ppp,
    51: pppoe,
    101: raw,
    104: cisco_hdlc,
    108: loopback,
    113: cooked,
    228: raw,
    229: raw,
    276: cooked2,
}
"""The kinds of links by their LINKTYPE number."""


def vlan_of(link: int, frame: bytes) -> int:
    """The VLAN of a tagged frame, as one number: of several tags all count. 0: it has none.

    A tag for VLAN 0 has only a priority (IEEE 802.1Q).
    """
    at = UNTAGGED.get(link)
    if at is None:
        return 0
    kind = int.from_bytes(frame[:2] if link == 276 else frame[at - 2 : at], "big")
    number = 0
    for _ in range(MOST_TAGS):
        if kind not in TAGS:
            break
        vlan = int.from_bytes(frame[at : at + 2], "big") & (1 << VLAN_BITS) - 1
        number = number << VLAN_BITS | vlan if vlan else number
        kind = int.from_bytes(frame[at + 2 : at + 4], "big")
        at += 4
    return number


def _behind_type(frame: bytes, at: int) -> int:
    kind = int.from_bytes(frame[at : at + 2], "big")
    if kind in (IPV4, IPV6):
        return at + 2
    return _behind_tags(frame, at + 2, kind)


def _behind_tags(frame: bytes, at: int, kind: int) -> int:
    """Skip tags. `kind` is the EtherType of the data at `at`."""
    for _ in range(MOST_TAGS):
        if kind not in TAGS:
            break
        kind = int.from_bytes(frame[at + 2 : at + 4], "big")
        at += 4
    if kind <= 1500 and frame[at : at + 6] == LLC:
        kind = int.from_bytes(frame[at + 6 : at + 8], "big")
        at += 8
    if kind == PPPOE:
        return _behind_ppp(frame, at + 6)
    return at if kind in (IPV4, IPV6) else -1


def _behind_ppp(frame: bytes, at: int) -> int:
    """Skip the protocol field. A compressed one has one octet (RFC 1661 section 6.5)."""
    short = frame[at : at + 1]
    if short and short[0] & 1:
        return at + 1 if short[0] in (PPP_IPV4, PPP_IPV6) else -1
    kind = int.from_bytes(frame[at : at + 2], "big")
    return at + 2 if kind in (PPP_IPV4, PPP_IPV6) else -1

"""The address of one end of a transfer: a host and its TID (RFC 1350 section 4)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
"""A host and its UDP port, in the form that `socket` uses for IPv4 and for IPv6."""


def plain(address: Any) -> Address:
    """Return the address without its flow label, so that == compares host, TID and zone.

    Only a link-local address keeps its zone. For other addresses the kernel tells no zone, even if
    the user has typed one (`2001:db8::1%2`).
    """
    if len(address) == 2:
        ipv4: tuple[str, int] = address
        return ipv4
    host, port, _, zone = address
    return (host, port, 0, zone if is_link_local(host) else 0)


def needs_zone(address: Address) -> bool:
    """Whether it is a link-local address without a zone, so that the link is unknown."""
    return len(address) == 4 and not address[3] and is_link_local(address[0])


def has_zone(address: Address) -> bool:
    """Whether the address has a zone, which names its link."""
    return len(address) == 4 and address[3] != 0


def is_link_local(host: str) -> bool:
    """Whether the address, in the form of `socket`, is in fe80::/10."""
    return host.startswith(("fe8", "fe9", "fea", "feb")) and host.find(":") == 4


def bracketed(host: str) -> str:
    """The host in the form before a port: an IPv6 address is in brackets (RFC 3986)."""
    return f"[{host}]" if ":" in host else host

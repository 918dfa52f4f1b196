"""Whom a datagram is counted for: one IPv4 address, or one /64 of IPv6.

A host on an IPv6 link may use any of the 2 ** 64 addresses of its /64, so limits for each address
would limit nothing. A /64 is what one link has (RFC 4291 section 2.5.1), and the victim of a flood
is a link too. Link-local addresses all have the same first half, and nobody forges them from
outside of the link. So each of them counts alone.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import TypeAlias

Network: TypeAlias = str | bytes
"""An IPv4 address, a link-local address, or the first eight octets of another IPv6 address."""

LINK_LOCAL = b"\xfe\x80"


@lru_cache(4096)
def network_of(host: str) -> Network:
    """The network of an address, which may have a zone."""
    if ":" not in host:
        return host
    try:
        octets = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    except OSError:
        return host
    return host if octets.startswith(LINK_LOCAL) else octets[:8]

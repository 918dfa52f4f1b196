"""The network that a datagram is counted for: one IPv4 address, or one /64 of IPv6.

A host on an IPv6 link may use all 2 ** 64 addresses of its /64, so a limit for each address would
limit nothing. One link has one /64 (RFC 4291 section 2.5.1), and the victim of a flood is a link
too. All link-local addresses have the same first half, and they cannot be forged from outside the
link. So each link-local address counts alone.
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
    """Return the network of an address. The address may have a zone."""
    if ":" not in host:
        return host
    try:
        octets = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    except OSError:
        return host
    return host if octets.startswith(LINK_LOCAL) else octets[:8]

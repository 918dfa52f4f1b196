"""The addresses of a name, in the order in which they should be tried."""

from __future__ import annotations

import socket
from typing import Any

from tftp_fsm.errors import HostUnreachable
from tftp_fsm.wire.address import Address


def resolve(host: str, port: int, family: int | None = None) -> list[Address]:
    """The addresses of `host`, best first. It is a name, or a literal such as `[fe80::1%eth0]`.

    With `family` (socket.AF_INET or AF_INET6) the other family is left out. A literal that is
    IPv4-mapped is the IPv4 address. Raises HostUnreachable.
    """
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not name:
        raise HostUnreachable("no host was named")
    if ":" not in name:
        return _looked_up(name, port, family)
    from tftp_fsm.transports.zones import check_zone, ipv4_of, with_zone

    check_zone(name)
    ipv4 = ipv4_of(name)
    if ipv4 is not None and family == socket.AF_INET6:
        raise HostUnreachable(f"{name} is the IPv4 address {ipv4}, not an IPv6 one")
    return [with_zone(address) for address in _looked_up(ipv4 or name, port, family)]


def _looked_up(name: str, port: int, family: int | None) -> list[Address]:
    try:
        # Given octets, Python does not load its IDNA tables, which most names do not need.
        asked = name.encode() if name.isascii() else name
        found = socket.getaddrinfo(asked, port, family or socket.AF_UNSPEC, socket.SOCK_DGRAM)
    except (OSError, ValueError) as error:
        # ValueError: a NUL, or a label that IDNA refuses
        why = error.strerror if isinstance(error, OSError) else error
        raise HostUnreachable(f"cannot find the host {name!r}: {why}") from error
    return list(dict.fromkeys(plain(sockaddr) for *_, sockaddr in found))


def plain(address: Any) -> Address:
    """The address without its flow label, so that == compares host, TID and zone.

    Only a link-local address keeps its zone: the kernel tells none for others, even if the user
    typed one (`2001:db8::1%2`).
    """
    if len(address) == 2:
        ipv4: tuple[str, int] = address
        return ipv4
    host, port, _, zone = address
    return (host, port, 0, zone if host.startswith(_LINK_LOCAL) else 0)


# fe80::/10, as the kernel and inet_ntop write it
_LINK_LOCAL = ("fe8", "fe9", "fea", "feb")


def family_of(address: Address) -> socket.AddressFamily:
    """The family of a socket that can reach `address`."""
    return socket.AF_INET if len(address) == 2 else socket.AF_INET6

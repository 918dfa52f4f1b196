"""The addresses of a name, in the order in which they should be tried."""

from __future__ import annotations

import socket
from typing import Any

from tftp_fsm.errors import HostUnreachable
from tftp_fsm.wire.address import Address


def resolve(host: str, port: int, family: int | None = None) -> list[Address]:
    """The addresses of `host`, best first. It is a name, or a literal such as `[fe80::1%eth0]`.

    With `family` (socket.AF_INET or AF_INET6) the other family is left out. Raises
    HostUnreachable.
    """
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not name:
        raise HostUnreachable("no host was named")
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
    """The address without its flow label, so that == compares host, TID and zone."""
    if len(address) == 2:
        ipv4: tuple[str, int] = address
        return ipv4
    host, port, _, zone = address
    return (host, port, 0, zone)


def family_of(address: Address) -> socket.AddressFamily:
    """The family of a socket that can reach `address`."""
    return socket.AF_INET if len(address) == 2 else socket.AF_INET6

"""The addresses of a name, in the order in which they should be tried."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tftp_fsm.errors import HostUnreachable
from tftp_fsm.wire.address import Address, is_link_local, needs_zone


def resolve(host: str, port: int, family: int | None = None) -> list[Address]:
    """The addresses of `host`, best first. It is a name, or a literal such as `[fe80::1%eth0]`.

    With `family` (socket.AF_INET or AF_INET6) the other family is left out. A literal that is
    IPv4-mapped is the IPv4 address. Raises HostUnreachable.
    """
    name = name_to_ask(host, family)
    with failed_look_up(name):
        found = socket.getaddrinfo(*question(name, port, family))
    return usable(found)


def name_to_ask(host: str, family: int | None) -> str:
    """The name or literal that `getaddrinfo` is asked for. Raises HostUnreachable."""
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not name:
        raise HostUnreachable("no host was named")
    if family == socket.AF_INET6 and _IPV4.fullmatch(name):
        raise HostUnreachable(f"{name} is an IPv4 address, not an IPv6 one")
    return _literal(name, family) if ":" in name else name


def question(name: str, port: int, family: int | None) -> tuple[bytes | str, int, int, int]:
    """The arguments of `getaddrinfo`: host, port, family, type."""
    # Given octets, Python does not load its IDNA tables, which most names do not need.
    asked = name.encode() if name.isascii() else name
    return asked, port, family or socket.AF_UNSPEC, socket.SOCK_DGRAM


@contextmanager
def failed_look_up(name: str) -> Iterator[None]:
    """Within, what `getaddrinfo` raises becomes HostUnreachable."""
    try:
        yield
    except (OSError, ValueError) as error:
        # ValueError: a NUL, or a label that IDNA refuses
        why = error.strerror if isinstance(error, OSError) else error
        raise HostUnreachable(f"cannot find the host {name!r}: {why}") from error


def usable(found: list[Any]) -> list[Address]:
    """The addresses in an answer of `getaddrinfo`, each once. Raises HostUnreachable."""
    addresses = list(dict.fromkeys(plain(sockaddr) for *_, sockaddr in found))
    return _with_zones(addresses) if any(map(needs_zone, addresses)) else addresses


def _literal(name: str, family: int | None) -> str:
    from tftp_fsm.transports.zones import check_zone, ipv4_of

    check_zone(name)
    ipv4 = ipv4_of(name)
    if ipv4 is not None and family == socket.AF_INET6:
        raise HostUnreachable(f"{name} is the IPv4 address {ipv4}, not an IPv6 one")
    if ipv4 is None and family == socket.AF_INET:
        raise HostUnreachable(f"{name} is an IPv6 address, not an IPv4 one")
    return ipv4 or name


_IPV4 = re.compile(r"\d+(\.\d+){3}")


def _with_zones(found: list[Address]) -> list[Address]:
    """An address whose zone is unclear is left out, if the name has another address."""
    from tftp_fsm.transports.zones import with_zone

    usable: list[Address] = []
    for address in found:
        try:
            usable.append(with_zone(address))
        except HostUnreachable:
            if len(found) == 1:
                raise
    return usable or [with_zone(found[0])]


def plain(address: Any) -> Address:
    """The address without its flow label, so that == compares host, TID and zone.

    Only a link-local address keeps its zone: the kernel tells none for others, even if the user
    typed one (`2001:db8::1%2`).
    """
    if len(address) == 2:
        ipv4: tuple[str, int] = address
        return ipv4
    host, port, _, zone = address
    return (host, port, 0, zone if is_link_local(host) else 0)


def family_of(address: Address) -> socket.AddressFamily:
    """The family of a socket that can reach `address`."""
    return socket.AF_INET if len(address) == 2 else socket.AF_INET6

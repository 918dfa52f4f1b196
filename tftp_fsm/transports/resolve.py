"""The addresses of a name, in the order in which they should be tried."""

from __future__ import annotations

import socket
from contextlib import contextmanager

from tftp_fsm.errors import HostUnreachable
from tftp_fsm.language.sentences import reason, sentence
from tftp_fsm.wire.address import needs_zone, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tftp_fsm.wire.address import Address


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
    """Return the name or literal for `getaddrinfo`. Raises HostUnreachable."""
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not name:
        raise HostUnreachable(sentence("the name of the host is missing"))
    if family == socket.AF_INET6 and _is_ipv4(name):
        why = sentence("{name} is an IPv4 address, not an IPv6 one", name=name)
        raise HostUnreachable(why)
    return _literal(name, family) if ":" in name else name


def question(name: str, port: int, family: int | None) -> tuple[bytes | str, int, int, int]:
    """The arguments of `getaddrinfo`: host, port, family, type."""
    # With octets Python does not load its IDNA tables, which most names do not need.
    asked = name.encode() if name.isascii() else name
    return asked, port, family or socket.AF_UNSPEC, socket.SOCK_DGRAM


@contextmanager
def failed_look_up(name: str) -> Iterator[None]:
    """Within this context, an error of `getaddrinfo` becomes HostUnreachable."""
    try:
        yield
    except (OSError, ValueError) as error:
        # ValueError: a NUL, or a label that IDNA refuses
        why = reason(error) if isinstance(error, OSError) else str(error)
        told = sentence("cannot find the host {name!r}: {why}", name=name, why=why)
        raise HostUnreachable(told) from error


def usable(found: list[Any]) -> list[Address]:
    """The addresses in an answer of `getaddrinfo`, each once. Raises HostUnreachable."""
    addresses = list(dict.fromkeys(plain(sockaddr) for *_, sockaddr in found))
    return _with_zones(addresses) if any(map(needs_zone, addresses)) else addresses


def _literal(name: str, family: int | None) -> str:
    from tftp_fsm.transports.zones import check_zone, ipv4_of

    check_zone(name)
    ipv4 = ipv4_of(name)
    if ipv4 is not None and family == socket.AF_INET6:
        why = sentence("{name} is the IPv4 address {ipv4}, not an IPv6 one", name=name, ipv4=ipv4)
        raise HostUnreachable(why)
    if ipv4 is None and family == socket.AF_INET:
        why = sentence("{name} is an IPv6 address, not an IPv4 one", name=name)
        raise HostUnreachable(why)
    return ipv4 or name


def _is_ipv4(name: str) -> bool:
    numbers = name.split(".")
    return len(numbers) == 4 and all(map(str.isdecimal, numbers))


def _with_zones(found: list[Address]) -> list[Address]:
    """Add zones. Leave out an address with an unclear zone if the name has another address."""
    from tftp_fsm.transports.zones import with_zone

    usable: list[Address] = []
    for address in found:
        try:
            usable.append(with_zone(address))
        except HostUnreachable:
            if len(found) == 1:
                raise
    return usable or [with_zone(found[0])]


def family_of(address: Address) -> socket.AddressFamily:
    """The family of a socket that can reach `address`."""
    return socket.AF_INET if len(address) == 2 else socket.AF_INET6

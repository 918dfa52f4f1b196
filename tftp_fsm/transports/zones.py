"""The zone of a link-local address: the interface whose link it is on (RFC 4007).

`fe80::1` alone may be a host on any link, so a program must know the interface. If this host has
one interface, that is clear. If it has several, the user must name one, as in `fe80::1%eth0`.
"""

from __future__ import annotations

import contextlib
import socket

from tftp_fsm.errors import HostUnreachable
from tftp_fsm.language.sentences import sentence
from tftp_fsm.wire.address import has_zone, needs_zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.wire.address import Address

_TABLE = "/proc/net/if_inet6"  # Linux: address, index, prefix length, scope, flags, name
_LINK_SCOPE = "20"
_MAPPED = bytes(10) + b"\xff\xff"


def ipv4_of(host: str) -> str | None:
    """The IPv4 address in the IPv4-mapped literal `host` (RFC 4291 section 2.5.5.2), or None."""
    packed = _packed(host)
    if packed is None or not packed.startswith(_MAPPED):
        return None
    return socket.inet_ntop(socket.AF_INET, packed[12:])


def with_zone(address: Address) -> Address:
    """The address with its zone, if it needs one and has none. Raises HostUnreachable."""
    if len(address) == 2 or not needs_zone(address):
        return address
    return (*address[:3], _zone_of(address[0]))


def host_text(address: Address) -> str:
    """The host for people and for `resolve`: `fe80::1%eth0` if it has a zone."""
    if len(address) == 2 or not has_zone(address):
        return address[0]
    names = dict(_interfaces())
    return f"{address[0]}%{names.get(address[3], address[3])}"


def check_zone(host: str) -> None:
    """Raise HostUnreachable if `host` names an interface that this host does not have."""
    _, percent, zone = host.partition("%")
    if percent and not zone.isdigit() and zone not in _names():
        why = sentence(
            "cannot find the host {host!r}: this host has no interface {zone!r} (there are "
            "{names})",
            host=host,
            zone=zone,
            names=", ".join(_names()) or sentence("none"),
        )
        raise HostUnreachable(why)


def _zone_of(host: str) -> int:
    links = _links()
    own = {index for octets, index in links if octets == _packed(host)}
    found = own or {index for _, index in links}
    if len(found) == 1:
        return found.pop()
    if not found:
        why = sentence(
            "{host} is a link-local address: no interface here has such an address, so it cannot be"
            " reached",
            host=host,
        )
        raise HostUnreachable(why)
    names = sorted(map(socket.if_indextoname, found))
    why = sentence(
        "{host} is a link-local address, and this host has several interfaces: name the interface,"
        " as in {host}%{first} (there are {names})",
        host=host,
        first=names[0],
        names=", ".join(names),
    )
    raise HostUnreachable(why)


def _links() -> list[tuple[bytes, int]]:
    """Return this host's link-local addresses with interfaces, or all except the loopback."""
    try:
        with open(_TABLE, encoding="ascii") as table:
            lines = [line.split() for line in table]
    except OSError:
        return [(b"", index) for index, name in _interfaces() if not name.startswith("lo")]
    return [(bytes.fromhex(line[0]), int(line[1], 16)) for line in lines if line[3] == _LINK_SCOPE]


def _names() -> list[str]:
    return [name for _, name in _interfaces()]


def _interfaces() -> list[tuple[int, str]]:
    with contextlib.suppress(OSError):
        return socket.if_nameindex()
    return []


def _packed(host: str) -> bytes | None:
    """The 16 octets of an IPv6 literal; None for any other text."""
    if ":" not in host:
        return None
    with contextlib.suppress(OSError, ValueError):  # ValueError: a NUL in it
        return socket.inet_pton(socket.AF_INET6, host)
    return None

"""The server that a user names: a host, a host with its port, or an address."""

from __future__ import annotations

from tftp_fsm.errors import HostUnreachable
from tftp_fsm.language import sentence
from tftp_fsm.wire.address import Address, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from tftp_fsm.client.settings import Settings

Host: TypeAlias = str | Address
_ANY = ("0.0.0.0", "::")


def name_and_port(host: Host, settings: Settings) -> tuple[str, int] | None:
    """Return the name to look up, or None if `host` is already a whole socket address."""
    if isinstance(host, str):
        return host, settings.port
    return None if len(host) != 2 else host


def whole(address: Address) -> Address:
    """Return the address with its zone, if it needs a zone. Raises HostUnreachable."""
    from tftp_fsm.transports.zones import with_zone

    return with_zone(plain(address))


def checked(name: str, found: list[Address]) -> list[Address]:
    """Return the addresses `found`. HostUnreachable: they are like 0.0.0.0, which is no host."""
    if found[0][0] in _ANY:
        # Linux sends such a packet to this host, which answers from 127.0.0.1. That is another TID.
        raise HostUnreachable(
            sentence("{name} is not the address of a host: use localhost for this host", name=name)
        )
    return found

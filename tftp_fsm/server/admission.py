"""Serve only clients of the networks that are allowed and not denied."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from tftp_fsm.language import sentence

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

_MAPPED = 96  # bits before the IPv4 address in ::ffff:192.0.2.1
IpNetwork: TypeAlias = "IPv4Network | IPv6Network"


def read_networks(setting: str, texts: Sequence[str]) -> tuple[IpNetwork, ...]:
    """Read networks such as 192.0.2.0/24, or single addresses. Raises ValueError otherwise."""
    return tuple(_network(setting, text) for text in texts)


def _network(setting: str, text: str) -> IpNetwork:
    from ipaddress import ip_network  # imported late, because few servers need it

    try:
        found = ip_network(text)
    except ValueError as wrong:
        why = (
            str(wrong)
            if "host bits" in str(wrong)
            else sentence("{text!r} is not a network", text=text)
        )
        raise ValueError(
            sentence(
                "{setting} needs a network such as 192.0.2.0/24: {why}", setting=setting, why=why
            )
        ) from None
    # A client of IPv4 is always known by its IPv4 address (RFC 4291 section 2.5.5.2).
    within = getattr(found.network_address, "ipv4_mapped", None)
    if within is None or found.prefixlen < _MAPPED:
        return found
    return ip_network((int(within), found.prefixlen - _MAPPED))


class Admission:
    """Admits an address that is in no network of `deny`. If `allow` has any, it must be in one."""

    def __init__(self, allow: Sequence[str], deny: Sequence[str]) -> None:
        self._allow = read_networks("allow", allow)
        self._deny = read_networks("deny", deny)
        self.admits = lru_cache(4096)(self._decide) if allow or deny else _everybody

    def _decide(self, host: str) -> bool:
        """Return whether this client is served. Its address may have a zone."""
        from ipaddress import ip_address

        address = ip_address(host.partition("%")[0])
        if any(address in network for network in self._deny):
            return False
        return not self._allow or any(address in network for network in self._allow)


def _everybody(host: str) -> bool:
    return True

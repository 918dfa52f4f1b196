"""The interface of a link-local address, and the message if it is not clear."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tftp_fsm.errors import HostUnreachable
from tftp_fsm.transports import zones
from tftp_fsm.transports.resolve import resolve
from tftp_fsm.transports.zones import host_text, ipv4_of, with_zone
from tftp_fsm.wire.address import plain

LINE = "fe8000000000000000000000000000{last} {index} 40 20 80 {name}\n"
NAMES = {1: "lo", 2: "eth0", 3: "eth1"}


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the kernel's table; three interfaces have names."""
    path = tmp_path / "if_inet6"
    path.write_text("00000000000000000000000000000001 01 80 10 80 lo\n")
    monkeypatch.setattr(zones, "_TABLE", str(path))
    monkeypatch.setattr(socket, "if_nameindex", lambda: list(NAMES.items()))
    monkeypatch.setattr(socket, "if_indextoname", NAMES.__getitem__)
    return path


def add(table: Path, last: str, index: int) -> None:
    with table.open("a") as file:
        file.write(LINE.format(last=last, index=f"{index:02x}", name=NAMES[index]))


def test_the_only_interface_is_the_zone(table: Path) -> None:
    add(table, "01", 3)
    assert resolve("fe80::9", 69) == [("fe80::9", 69, 0, 3)]
    assert resolve("fe80::9%2", 69) == [("fe80::9", 69, 0, 2)], "what was typed counts"


def test_an_address_of_our_own_is_on_its_interface(table: Path) -> None:
    add(table, "01", 2)
    add(table, "02", 3)
    assert with_zone(("fe80::2", 69, 0, 0)) == ("fe80::2", 69, 0, 3)
    with pytest.raises(HostUnreachable, match=r"as in fe80::9%eth0 \(there are eth0, eth1\)"):
        with_zone(("fe80::9", 69, 0, 0))


def test_without_such_an_interface_it_cannot_be_reached(table: Path) -> None:
    with pytest.raises(HostUnreachable, match="cannot be reached"):
        resolve("fe80::9", 69)


def test_without_the_kernels_table_every_interface_counts(table: Path) -> None:
    table.unlink()
    with pytest.raises(HostUnreachable, match="eth0, eth1"):
        resolve("fe80::9", 69)


def test_an_unknown_interface_is_named_with_those_that_there_are(table: Path) -> None:
    with pytest.raises(HostUnreachable, match="'nope' \\(there are lo, eth0, eth1\\)"):
        resolve("fe80::9%nope", 69)


def test_a_name_may_lead_to_a_link_local_address(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [("fe80::9", 69, 0, 0), ("192.0.2.1", 69)]
    answers = [(0, 0, 0, "", sockaddr) for sockaddr in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: answers)
    assert resolve("switch", 69) == [("192.0.2.1", 69)], "the one whose zone is unclear is left out"
    add(table, "01", 3)
    assert resolve("switch", 69) == [("fe80::9", 69, 0, 3), ("192.0.2.1", 69)]


@pytest.mark.parametrize(
    "host, kept",
    [("fe80::1", 2), ("febf::1", 2), ("fe8::1", 0), ("fec0::1", 0), ("2001:db8::1", 0), ("::1", 0)],
)
def test_only_a_link_local_address_has_a_zone(host: str, kept: int) -> None:
    assert plain((host, 69, 7, 2)) == (host, 69, 0, kept)


@pytest.mark.parametrize(
    "host", ["::ffff:192.0.2.1", "[::FFFF:c000:201]", "0:0:0:0:0:ffff:192.0.2.1"]
)
def test_a_mapped_literal_is_the_ipv4_address(host: str) -> None:
    assert resolve(host, 69) == resolve(host, 69, socket.AF_INET) == [("192.0.2.1", 69)]
    with pytest.raises(HostUnreachable, match=r"is the IPv4 address 192\.0\.2\.1"):
        resolve(host, 69, socket.AF_INET6)


@pytest.mark.parametrize("host", ["192.0.2.1", "::1", "::192.0.2.1", "host", "", "a:b\0"])
def test_nothing_else_is_mapped(host: str) -> None:
    assert ipv4_of(host) is None


def test_a_host_is_shown_with_its_zone(table: Path) -> None:
    assert host_text(("fe80::1", 69, 0, 2)) == "fe80::1%eth0"
    assert host_text(("fe80::1", 69, 0, 9)) == "fe80::1%9"
    assert host_text(("::1", 69, 0, 0)) == "::1"
    assert host_text(("192.0.2.1", 69)) == "192.0.2.1"

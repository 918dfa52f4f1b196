"""Names and literals become addresses, and what is known of the path to them."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tftp_fsm.errors import HostUnreachable
from tftp_fsm.transports.resolve import family_of, resolve
from tftp_fsm.transports.tid import path_mtu
from tftp_fsm.wire.address import plain

HOST = "127.0.0.1"


def test_the_path_over_loopback_is_wide_and_a_bad_address_has_none() -> None:
    mtu = path_mtu((HOST, 69))
    assert mtu is None or mtu >= 1500
    assert path_mtu(("255.255.255.255", 69)) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "[127.0.0.1]"])
def test_an_ipv4_literal_is_its_own_address(host: str) -> None:
    assert resolve(host, 69) == [("127.0.0.1", 69)]


@pytest.mark.parametrize("host", ["::1", "[::1]", "0:0::1"])
def test_an_ipv6_literal_may_stand_in_brackets(host: str) -> None:
    assert resolve(host, 6969) == [("::1", 6969, 0, 0)]


@pytest.mark.skipif(not hasattr(socket, "if_nameindex"), reason="no interface names")
def test_a_zone_is_kept_as_its_number() -> None:
    index, name = socket.if_nameindex()[0]
    assert resolve(f"[fe80::1%{name}]", 69) == [("fe80::1", 69, 0, index)]


def test_a_name_has_all_its_addresses_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [("::2", 69, 7, 0), ("192.0.2.1", 69), ("::2", 69, 0, 0), ("192.0.2.2", 69)]
    answers = [(0, 0, 0, "", sockaddr) for sockaddr in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: answers)
    assert resolve("many", 69) == [("::2", 69, 0, 0), ("192.0.2.1", 69), ("192.0.2.2", 69)]


def test_a_family_leaves_out_the_other() -> None:
    with pytest.raises(HostUnreachable, match="::1 is an IPv6 address, not an IPv4 one"):
        resolve("::1", 69, socket.AF_INET)
    with pytest.raises(HostUnreachable, match="127.0.0.1 is an IPv4 address, not an IPv6 one"):
        resolve("127.0.0.1", 69, socket.AF_INET6)


@pytest.mark.parametrize("host", ["", "[]", "a\0b", "x" * 70, "fe80::1%nosuch"])
def test_a_name_that_is_no_host_is_one_clear_line(host: str) -> None:
    with pytest.raises(HostUnreachable, match="host") as caught:
        resolve(host, 69)
    assert len(str(caught.value).splitlines()) == 1


def test_an_unknown_name_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    line = "cannot find the host 'nowhere': Name or service not known"
    with pytest.raises(HostUnreachable, match=line):
        resolve("nowhere", 69)


def test_flow_labels_tell_no_peers_apart_but_zones_do() -> None:
    assert plain(("fe80::1", 69, 5, 2)) == plain(("fe80::1", 69, 0, 2))
    assert plain(("fe80::1", 69, 0, 2)) != plain(("fe80::1", 69, 0, 3))


def test_the_family_follows_from_the_address() -> None:
    assert family_of((HOST, 69)) == socket.AF_INET
    assert family_of(("::1", 69, 0, 0)) == socket.AF_INET6

"""Clients of some networks are served, and others get no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.served import serving
from tftp_fsm.server.admission import Admission
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.wire.packets import Ack, Data


@pytest.mark.parametrize(
    "allow, deny, admitted, refused",
    [
        ((), (), ["192.0.2.1", "2001:db8::1"], []),
        (("192.0.2.0/24",), (), ["192.0.2.1"], ["192.0.3.1", "2001:db8::1"]),
        ((), ("192.0.2.0/24",), ["192.0.3.1", "2001:db8::1"], ["192.0.2.255"]),
        (("192.0.2.0/24",), ("192.0.2.7",), ["192.0.2.6"], ["192.0.2.7", "192.0.3.7"]),
        (("2001:db8::/32", "192.0.2.1"), (), ["2001:db8:1::1", "192.0.2.1"], ["192.0.2.2"]),
        (("fe80::/10",), (), ["fe80::1%eth0", "fe80::1"], ["fec0::1"]),
        ((), ("0.0.0.0/0",), ["::1"], ["127.0.0.1"]),
        ((), ("::ffff:192.0.2.0/120",), ["192.0.3.1", "::1"], ["192.0.2.255"]),
        (("::ffff:192.0.2.1",), (), ["192.0.2.1"], ["192.0.2.2", "::1"]),
    ],
)
def test_a_network_admits_its_addresses(
    allow: tuple[str, ...], deny: tuple[str, ...], admitted: list[str], refused: list[str]
) -> None:
    admission = Admission(allow, deny)
    assert [host for host in admitted if not admission.admits(host)] == []
    assert [host for host in refused if admission.admits(host)] == []


@pytest.mark.parametrize("text", ["192.0.2.1/24", "192.0.2.0/33", "example.org", "", "1.2.3"])
@pytest.mark.parametrize("setting", ["allow", "deny"])
def test_what_is_no_network_is_told(setting: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"{setting} needs a network such as 192.0.2.0/24"):
        ServerConfig(".", **{setting: (text,)})  # type: ignore[arg-type]


@pytest.mark.parametrize("single_port", [False, True])
def test_a_client_that_is_not_admitted_hears_nothing(tmp_path: Path, single_port: bool) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with serving(tmp_path, deny=("127.0.0.2/31",), single_port=single_port) as served:
        stranger, friend = served.peer("127.0.0.2"), served.peer("127.0.0.1")
        for packet in (None, Data(1, b"x"), Ack(1), b"", b"\0\1"):
            stranger.ask("file") if packet is None else stranger.say(packet)
            assert stranger.hears_nothing()
        assert friend.get("file") == b"content"
        assert served.loop.totals.silent == 5
        assert "not served" in served.refused[0].why
        assert served.refused[0].name == b"file"

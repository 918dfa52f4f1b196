"""The library: arguments, results and exceptions of `get` and `put`, over a simulated network."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any, Unpack

import pytest

import tftp_fsm
from tests.support.hostile import Hostile, Saying, serving, spoilt, taking
from tftp_fsm.client.hosts import Host
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.client.names import base_name, local_path, remote_name
from tftp_fsm.client.offer import session_for
from tftp_fsm.client.settings import Settings
from tftp_fsm.client.url import TftpUrl, parse_url
from tftp_fsm.protocol.events import DataReceived, Step
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.transports.faults import Faults
from tftp_fsm.transports.impaired import FaultyTransport
from tftp_fsm.transports.udp import UdpTransport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, Rrq, Wrq

CONTENT = bytes(range(256)) * 5  # three blocks
TEXT = b"one\ntwo\rthree\n"
WIRE = b"one\r\ntwo\r\0three\r\n"


def last_error(server: Hostile) -> Error:
    """Return the last packet that the server received."""
    heard = server.heard[-1]
    assert isinstance(heard, Error), f"heard {heard}"
    return heard


# -- Places ----------------------------------------------------------------------------------------


def test_get_writes_a_path(tmp_path: Path) -> None:
    result = Hostile(serving(CONTENT)).get(local=tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert result.local == str(tmp_path / "file") and result.data is None


def test_get_into_a_directory_takes_the_remote_base_name(tmp_path: Path) -> None:
    Hostile(serving(CONTENT)).get_named("boot\\x/image", local=tmp_path)
    assert (tmp_path / "image").read_bytes() == CONTENT


def test_get_without_a_place_keeps_the_octets() -> None:
    assert Hostile(serving(CONTENT)).get().data == CONTENT


def test_get_leaves_a_file_object_open_and_where_it_stands() -> None:
    stream = io.BytesIO()
    stream.write(b"before ")
    Hostile(serving(CONTENT)).get(local=stream)
    assert stream.getvalue() == b"before " + CONTENT


def test_put_reads_a_path_a_file_object_and_octets(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with path.open("rb") as stream:
        for local in (path, stream, bytearray(CONTENT), memoryview(CONTENT)):
            store = bytearray()
            Hostile(taking(store)).put(local)
            assert bytes(store) == CONTENT, f"{type(local)}"
        assert not stream.closed


def test_put_names_a_path_after_itself(tmp_path: Path) -> None:
    path = tmp_path / "config.txt"
    path.write_bytes(b"")
    server = Hostile(taking(bytearray()))
    tftp_fsm.put("server", path, options=False, transport=server.client)
    assert server.heard[0] == Wrq(b"config.txt")


def test_put_needs_a_name_for_what_has_none() -> None:
    with pytest.raises(ValueError, match="remote name"):
        tftp_fsm.put("server", b"octets")


def test_netascii_is_translated_both_ways() -> None:
    assert Hostile(serving(WIRE)).get(mode="netascii").data == TEXT
    store = bytearray()
    result = Hostile(taking(store)).put(TEXT, mode="NETASCII")
    assert bytes(store) == WIRE and result.octets == len(WIRE)


def test_the_digest_is_of_the_local_form() -> None:
    expected = hashlib.sha256(TEXT).hexdigest()
    got = Hostile(serving(WIRE)).get(mode="netascii", sha256=True)
    put = Hostile(taking(bytearray())).put(TEXT, mode="netascii", sha256=True)
    assert got.sha256 == put.sha256 == expected
    assert Hostile(serving(WIRE)).get().sha256 is None


@pytest.mark.parametrize("remote", [b"", b".", b"..", b"a/", b"a/..", b"a\\..", b"x\0y"])
def test_a_remote_name_that_names_no_file_gives_no_local_name(remote: bytes) -> None:
    with pytest.raises(tftp_fsm.LocalError, match="name for a local file"):
        base_name(remote)


def test_base_names() -> None:
    assert base_name(b"../../etc/passwd") == "passwd"
    assert base_name(b"C:\\boot\\x.img") == "x.img"
    assert local_path("plain", b"remote") == "plain"
    assert remote_name("a/b/c") == b"c"
    assert remote_name("a/b/c", b"d/e/") == b"d/e/c"


# -- Results ---------------------------------------------------------------------------------------


def test_the_result_says_what_was_asked_and_what_was_agreed() -> None:
    oack = (("blksize", "600"), ("tsize", str(len(CONTENT))))
    server = Hostile(serving(CONTENT, 600, oack))
    result = server.get(options=True, blksize=1024, windowsize=4, timeout=3)
    assert result.offered.as_dict() == {"blksize": 1024, "timeout": 3, "tsize": 0, "windowsize": 4}
    assert result.agreed.as_dict() == {"blksize": 600, "tsize": len(CONTENT)}
    assert (result.verb, result.remote, result.mode) == ("get", b"file", "octet")
    assert result.octets == len(CONTENT) and result.retransmissions == 0
    assert result.peer == ("server", 2048)
    assert result.rate == pytest.approx(len(CONTENT) / result.seconds)


@pytest.mark.parametrize(
    "told, mode, otherwise",
    [
        (len(CONTENT), "octet", None),
        (len(CONTENT) + 1, "octet", len(CONTENT) + 1),
        (1, "octet", 1),
        (0, "octet", None),
        (len(CONTENT) + 1, "netascii", None),
        (None, "octet", None),
    ],
)
def test_a_size_that_was_told_otherwise_is_in_the_result(
    told: int | None, mode: str, otherwise: int | None
) -> None:
    oack = (("blksize", "600"),) if told is None else (("tsize", str(told)),)
    script = serving(CONTENT, 600 if told is None else 512, oack)
    result = Hostile(script).get(options=True, blksize=1024, mode=mode)
    assert (result.octets, result.announced_size) == (len(CONTENT), otherwise)


def test_with_strict_size_a_size_of_zero_or_none_says_nothing() -> None:
    zero = serving(CONTENT, oack=(("tsize", "0"),))
    assert Hostile(zero).get(options=True, strict_size=True).data == CONTENT
    assert Hostile(serving(CONTENT)).get(options=True, strict_size=True).data == CONTENT


def test_with_strict_size_the_digest_and_the_memory_are_still_those_of_the_file() -> None:
    honest = serving(CONTENT, oack=(("tsize", str(len(CONTENT))),))
    result = Hostile(honest).get(options=True, strict_size=True, sha256=True)
    assert (result.data, result.sha256) == (CONTENT, hashlib.sha256(CONTENT).hexdigest())


def test_by_default_blocks_fit_an_ethernet_frame_and_windows_are_sixteen() -> None:
    server = Hostile(serving(CONTENT))
    assert server.get(options=True).offered.as_dict() == {
        "blksize": 1468,
        "tsize": 0,
        "windowsize": 16,
    }


def test_a_put_offers_no_larger_blocks_by_itself_than_every_server_keeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some servers keep only 8192 octets of a datagram, and would cut the file without an ERROR."""
    monkeypatch.setattr("tftp_fsm.transports.tid.path_mtu", lambda address: 65536)
    peer = ("127.0.0.1", 69)

    def blksize(request: Rrq | Wrq, **keywords: Unpack[Keywords]) -> str:
        return dict(session_for(request, Settings(**keywords), peer).request.options)["blksize"]

    assert blksize(Wrq(b"file")) == "8188"
    assert blksize(Rrq(b"file")) == "65464"
    assert blksize(Wrq(b"file"), blksize=65464) == "65464"


def test_large_blocks_make_small_windows() -> None:
    offered = Hostile(serving(CONTENT)).get(options=True, blksize=65464).offered
    assert offered.windowsize == 2


@pytest.mark.parametrize("timeout, option", [(1, 1), (2.0, 2), (0.5, None), (2.5, None)])
def test_whole_seconds_of_timeout_are_offered(timeout: float, option: int | None) -> None:
    server = Hostile(lambda packet: [])
    with pytest.raises(tftp_fsm.TransferTimedOut):
        server.get(options=True, timeout=timeout, retries=1)
    request = server.heard[0]
    assert isinstance(request, Rrq)
    assert dict(request.options).get("timeout") == (None if option is None else str(option))
    assert server.heard_at[1] - server.heard_at[0] == pytest.approx(timeout)


def test_the_total_and_the_octets_so_far_are_reported() -> None:
    reports: list[tuple[int, int | None]] = []
    server = Hostile(serving(CONTENT, oack=(("tsize", str(len(CONTENT))),)))
    server.get(options=True, progress=lambda *report: reports.append(report))
    assert reports[-1] == (len(CONTENT), len(CONTENT))
    assert reports == sorted(reports, key=lambda report: report[0])
    reports.clear()
    Hostile(taking(bytearray())).put(CONTENT, progress=lambda *report: reports.append(report))
    assert reports[0] == (0, len(CONTENT)) and reports[-1] == (len(CONTENT), len(CONTENT))


# -- Observers -------------------------------------------------------------------------------------


def test_an_observer_sees_each_step_and_the_session_before_the_first() -> None:
    steps: list[Step] = []
    sessions: list[Session] = []

    def join(session: Session) -> None:
        assert not steps
        sessions.append(session)

    Hostile(serving(CONTENT)).get(observer=steps.append, on_session=join)
    assert len(sessions) == 1
    assert [step.event.block for step in steps if isinstance(step.event, DataReceived)] == [1, 2, 3]
    assert all(step.row is not None for step in steps)


@pytest.mark.parametrize("hook", ["observer", "progress"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_of_the_callers_ends_the_transfer_cleanly(
    hook: str, error: type[BaseException], tmp_path: Path
) -> None:
    server = Hostile(serving(CONTENT))
    local = tmp_path / "file"
    local.write_bytes(b"before")

    def fail(*_: object) -> None:
        if len(server.heard) > 1:
            raise error("mine")

    with pytest.raises(error, match="mine"):
        server.get(local=local, **{hook: fail})
    assert last_error(server).code == 0
    assert local.read_bytes() == b"before" and os.listdir(tmp_path) == ["file"]


def test_an_interrupt_while_putting_tells_the_server() -> None:
    server = Hostile(taking(bytearray()))

    def interrupt(octets: int, _: object) -> None:
        if octets:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        server.put(CONTENT, progress=interrupt)
    assert "abort" in last_error(server).message


# -- Our own failures ------------------------------------------------------------------------------


def test_a_place_that_cannot_be_written_is_told_before_the_server_is_asked(tmp_path: Path) -> None:
    server = Hostile(serving(CONTENT))
    (tmp_path / "file").write_bytes(b"")
    for where in (tmp_path / "file" / "x", tmp_path / "none" / "x"):
        with pytest.raises(tftp_fsm.LocalError, match="cannot write"):
            server.get(local=where)
    assert server.heard == []


@pytest.mark.parametrize("name", ["", "nul\0name", "x" * 600])
def test_a_name_that_cannot_be_said_is_told_before_hosts_and_files_are_looked_for(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(tftp_fsm.LocalError, match="RRQ"):
        tftp_fsm.get("no-such-host.invalid", name, tmp_path / "none" / "x")
    with pytest.raises(tftp_fsm.LocalError, match="WRQ"):
        tftp_fsm.put("no-such-host.invalid", tmp_path / "none", name)


def test_an_existing_file_can_be_protected(tmp_path: Path) -> None:
    server = Hostile(serving(CONTENT))
    (tmp_path / "file").write_bytes(b"before")
    with pytest.raises(tftp_fsm.LocalError, match="exists"):
        server.get(local=tmp_path / "file", overwrite=False)
    assert server.heard == []


def test_a_file_that_is_not_there_is_told_before_the_server_is_asked(tmp_path: Path) -> None:
    server = Hostile(taking(bytearray()))
    with pytest.raises(tftp_fsm.LocalError, match="no such file"):
        server.put(tmp_path / "none")
    assert server.heard == []


def test_a_tsize_that_the_disk_cannot_hold_is_refused_at_once(tmp_path: Path) -> None:
    server = Hostile(serving(CONTENT, oack=(("tsize", str(2**62)),)))
    with pytest.raises(tftp_fsm.LocalError, match="disk is full"):
        server.get(options=True, local=tmp_path / "file")
    assert last_error(server).code == 3
    assert os.listdir(tmp_path) == []


def test_a_disk_that_is_full_at_the_end_is_no_success() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    server = Hostile(serving(CONTENT))
    with pytest.raises(tftp_fsm.LocalError, match="disk is full"):
        server.get(local="/dev/full")
    assert last_error(server).code == 3


@pytest.mark.parametrize(
    "keywords",
    [
        {"port": 0},
        {"port": 70000},
        {"blksize": 7},
        {"blksize": 65465},
        {"windowsize": 0},
        {"windowsize": 65536},
        {"mode": "mail"},
        {"mode": "binary"},
        {"timeout": 0},
        {"timeout": 256},
        {"retries": -1},
        {"dally": -1.0},
        {"patience": -1.0},
        {"patience": float("inf")},
        {"max_time": float("nan")},
    ],
    ids=str,
)
def test_settings_that_no_transfer_can_have_are_value_errors(keywords: dict[str, object]) -> None:
    server = Hostile(serving(CONTENT))
    with pytest.raises(ValueError, match=next(iter(keywords))):
        server.get(**keywords)
    assert server.heard == []


def test_keywords_are_the_settings() -> None:
    assert Keywords.__annotations__.keys() == {field.name for field in fields(Settings)}


def test_patience_is_what_was_set() -> None:
    known = Settings(timeout=3, retries=2, dally=1.0, patience=50.0).retry_policy()
    assert known == RetryPolicy(2, 3, 1.0, patience=50.0, least_rto=3)
    assert Settings().retry_policy(unanswered_patience=4.0).unanswered_patience == 4.0


# -- Several addresses -----------------------------------------------------------------------------

SERVER: Address = ("server", 69)
DEAD: Address = ("dead", 69)
SILENT: Address = ("stranger", 2048)


@pytest.mark.parametrize("first", [DEAD, SILENT], ids=["refuses", "silent"])
@pytest.mark.parametrize("verb", ["get", "put"])
def test_the_next_address_is_tried(
    first: Address, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: [first, SERVER])
    if verb == "get":
        assert Hostile(serving(CONTENT)).get().data == CONTENT
    else:
        store = bytearray()
        Hostile(taking(store)).put(CONTENT)
        assert bytes(store) == CONTENT


def test_a_silent_first_address_costs_seconds_not_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: [SILENT, SERVER])
    server = Hostile(serving(CONTENT))
    server.get()
    assert server.ended_at is not None and server.ended_at < 10
    assert server.strangers_heard == [Rrq(b"file")] * 3


def test_a_server_that_says_no_is_not_asked_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: [SERVER, SILENT])
    server = Hostile(lambda packet: [Error(1, "no")])
    with pytest.raises(tftp_fsm.PeerError):
        server.get()
    assert server.strangers_heard == []


def test_an_address_that_has_answered_gets_all_the_patience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: [SERVER, DEAD])
    server = Hostile(spoilt(serving(CONTENT), Ack(1), lambda answer: []))
    with pytest.raises(tftp_fsm.TransferTimedOut, match="8 attempts"):
        server.get()
    assert server.heard.count(Ack(1)) == 8


def test_a_disk_that_fails_on_the_first_block_is_no_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another address would fail in the same way, and its message would hide the reason."""

    class Broken(io.BytesIO):
        def write(self, octets: object) -> int:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: [SERVER, DEAD])
    server = Hostile(serving(CONTENT))
    with pytest.raises(tftp_fsm.LocalError, match="Input/output error"):
        server.get(local=Broken())
    assert [type(packet) for packet in server.heard] == [Rrq, Ack, Error]


def test_if_nobody_answers_all_addresses_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: [SILENT, DEAD, DEAD])
    with pytest.raises(tftp_fsm.HostUnreachable) as caught:
        Hostile(serving(CONTENT)).get()
    said = str(caught.value)
    assert "no program listens at dead port 69" in said and "\n" not in said
    assert said.endswith("; tried before: stranger: no answer, dead: no program listens")


@pytest.mark.parametrize("host", ["server.example", ("server.example", 69)], ids=["name", "pair"])
@pytest.mark.parametrize("faulty", [False, True], ids=["bare", "faulty"])
def test_a_transport_that_looks_names_up_is_asked(host: Host, faulty: bool) -> None:
    server = Hostile(serving(CONTENT))

    class Resolving:
        def addresses_of(self, host: str, port: int) -> list[Address]:
            assert (host, port) == ("server.example", 69)
            return [("server", port)]

        def __getattr__(self, name: str) -> Any:
            return getattr(server.client, name)

    transport: Any = Resolving()
    if faulty:
        transport = FaultyTransport(transport, Faults())
    assert tftp_fsm.get(host, "file", transport=transport, options=False).data == CONTENT


def test_a_udp_transport_of_ones_own_looks_names_up() -> None:
    with closing(UdpTransport(socket.AF_INET)) as transport:
        assert transport.addresses_of("localhost", 69) == [("127.0.0.1", 69)]


# -- URLs (RFC 3617) -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, url",
    [
        ("tftp://h/f", TftpUrl("h", b"f")),
        ("TFTP://h:6969/a/b", TftpUrl("h", b"a/b", 6969)),
        ("tftp://h//abs", TftpUrl("h", b"/abs")),
        ("tftp://h/f;mode=netascii", TftpUrl("h", b"f", 69, "netascii")),
        ("tftp://h/f;x;MODE=Octet", TftpUrl("h", b"f;x", 69, "octet")),
        ("tftp://h/f;mode=octet;v2", TftpUrl("h", b"f;mode=octet;v2")),
        ("tftp://h/a%20b%ff%3Bmode=netascii", TftpUrl("h", b"a b\xff;mode=netascii")),
        ("tftp://h/caf\u00e9", TftpUrl("h", b"caf\xc3\xa9")),
        ("tftp://[::1]/f", TftpUrl("::1", b"f")),
        ("tftp://[fe80::1%25eth0]:70/f", TftpUrl("fe80::1%eth0", b"f", 70)),
        ("tftp://h/", TftpUrl("h", b"")),
    ],
)
def test_a_url_names_a_file_on_a_host(text: str, url: TftpUrl) -> None:
    assert parse_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "http://h/f",
        "tftp:/h/f",
        "tftp://h",
        "tftp:///f",
        "tftp://h:0/f",
        "tftp://h:70000/f",
        "tftp://h:/f",
        "tftp://h:x/f",
        "tftp://u@h/f",
        "tftp://[::1/f",
        "tftp://::1/f",
        "tftp://h/a%zz",
        "tftp://h/a%",
        "tftp://h/a?b",
        "tftp://h/a#b",
    ],
)
def test_what_is_no_tftp_url_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="tftp|http|%25"):
        parse_url(text)


# -- Imports ---------------------------------------------------------------------------------------


def modules_after(code: str) -> set[str]:
    """Return the imported modules after `code` has run in a new interpreter."""
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(said.stdout.split())


def test_a_transfer_imports_neither_rich_nor_json_nor_asyncio() -> None:
    loaded = modules_after("from tftp_fsm.cli import transfer\nfrom tftp_fsm import get, put")
    assert not {"rich", "json", "asyncio", "tftp_fsm.trace.trace", "tftp_fsm.server"} & loaded


def test_the_server_hears_data_in_order_whatever_the_source() -> None:
    def script(packet: Packet) -> Iterable[Saying]:
        return [Ack(packet.block if isinstance(packet, Data) else 0)]

    server = Hostile(script)
    server.put(io.BytesIO(CONTENT))
    sent = [packet.payload for packet in server.heard if isinstance(packet, Data)]
    assert b"".join(sent) == CONTENT

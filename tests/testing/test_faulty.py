"""A server with faults on purpose: what its clients get, and what its reports have."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.peers import client as real_client
from tftp_fsm.testing.faulty import FaultyServer
from tftp_fsm.wire.packets import ErrorCode

PROMPT: Any = {"timeout": 0.05, "blksize": 512, "windowsize": None}


def test_named_packets_are_lost_and_the_file_arrives_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(2000))
    with FaultyServer(tmp_path, lose=["RRQ", "OACK", "DATA 2", "ACK 3"]) as server:
        got = tftp_fsm.get(server.host, "file", port=server.port, **PROMPT)
        report = server.wait()
    assert got.data == bytes(2000) and report.outcome.value == "succeeded"
    assert sorted(server.mishaps) == [
        "ACK 3 to the server: lost",
        "DATA 2 to the client: lost",
        "OACK to the client: lost",
        "RRQ to the server: lost",
    ]
    assert server.faults_in_words == "lose=['RRQ', 'OACK', 'DATA 2', 'ACK 3'], seed=0"


def test_over_a_bad_network_files_go_there_and_back(tmp_path: Path) -> None:
    faults: Any = {"loss": 0.05, "duplicate": 0.1, "reorder": 0.1, "delay": 0.002, "seed": 11}
    with FaultyServer(tmp_path, writable=True, timeout=0.05, **faults) as server:
        tftp_fsm.put(server.host, bytes(range(256)) * 40, "file", port=server.port, **PROMPT)
        got = tftp_fsm.get(server.host, "file", port=server.port, **PROMPT)
    assert got.data == bytes(range(256)) * 40
    assert any(mishap.endswith(": lost") for mishap in server.mishaps)


def test_a_report_names_the_client_and_not_the_relay(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"octets")
    with FaultyServer(tmp_path, lose=["RRQ"]) as server:
        ports = range(40000, 60000)
        got = tftp_fsm.get(server.host, "file", port=server.port, ports=ports, **PROMPT)
        assert got.data == b"octets" and server.wait().peer[1] in ports


def test_without_a_fault_of_the_network_there_is_no_relay(tmp_path: Path) -> None:
    with FaultyServer(tmp_path, refuse={"file": 1}) as server:
        assert server._relay is None and server.mishaps == [] and server.faults_in_words == ""


@pytest.mark.parametrize("name", ["secret", "/secret"])
@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_name_is_refused_with_the_code_and_the_text(tmp_path: Path, verb: str, name: str) -> None:
    (tmp_path / "other").write_bytes(b"octets")
    refuse: Any = {"secret": (4242, "not today"), "busy": ErrorCode.NO_SUCH_USER}
    with FaultyServer(tmp_path, writable=True, refuse=refuse) as server:
        with pytest.raises(tftp_fsm.PeerError, match="error 4242: not today"):
            move(verb, server, name)
        with pytest.raises(tftp_fsm.PeerError, match="error 7: no such user"):
            move(verb, server, "busy")
        assert tftp_fsm.get(server.host, "other", port=server.port).data == b"octets"
    assert os.listdir(tmp_path) == ["other"]


def move(verb: str, server: FaultyServer, name: str) -> None:
    if verb == "get":
        tftp_fsm.get(server.host, name, port=server.port)
    else:
        tftp_fsm.put(server.host, b"octets", name, port=server.port)


@pytest.mark.parametrize("options", [True, False])
@pytest.mark.parametrize("mode", ["octet", "netascii"])
def test_a_full_disk_ends_an_upload_and_leaves_nothing(
    tmp_path: Path, mode: str, options: bool
) -> None:
    more: Any = {"options": options, "mode": mode}
    with FaultyServer(tmp_path, writable=True, disk_full=1000) as server:
        tftp_fsm.put(server.host, bytes(400), "fits", port=server.port, **more)
        with pytest.raises(tftp_fsm.PeerError, match="error 3: .*the disk is full"):
            tftp_fsm.put(server.host, b"x" * 100_000, "large", port=server.port, **more)
        assert server.wait(2).code == ErrorCode.DISK_FULL
    assert os.listdir(tmp_path) == ["fits"]


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"loss": 2}, "loss"),
        ({"lose": ["ACK two"]}, "does not name a packet"),
        ({"refuse": {"file": -1}}, "is not a code of an ERROR"),
        ({"disk_full": -1}, "number of octets"),
        ({"no_such": 1}, "no_such"),
    ],
)
def test_a_wrong_argument_is_told_when_the_server_is_made(
    tmp_path: Path, wrong: Any, words: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        FaultyServer(tmp_path, **wrong)


def test_another_client_meets_the_faults_too(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").write_bytes(bytes(1100))
    asking = real_client("tftp-hpa")
    with FaultyServer(tmp_path / "root", lose=["DATA 2"], refuse={"secret": 2}) as server:
        done = asking.get(server.host, server.port, "file", tmp_path / "file")
        assert done.returncode == 0 and (tmp_path / "file").read_bytes() == bytes(1100)
        assert server.mishaps == ["DATA 2 to the client: lost"]
        assert asking.get(server.host, server.port, "secret", tmp_path / "none").returncode != 0

"""The relay between a client and a server: its TIDs, its seeds, and its end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import tftp_fsm
from tftp_fsm.testing import relay as relays
from tftp_fsm.testing.relay import Relay
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.packets import Ack, build

HOST = "127.0.0.1"
WAIT = 20.0  # seconds; only a failing test waits that long
CONTENT = bytes(range(256)) * 8  # four blocks and an empty one


def socket_here() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((HOST, 0))
    sock.settimeout(WAIT)
    return sock


@pytest.fixture
def far() -> Iterator[socket.socket]:
    """A server that does nothing by itself."""
    with socket_here() as sock:
        yield sock


@pytest.fixture
def near() -> Iterator[socket.socket]:
    with socket_here() as sock:
        yield sock


def test_each_tid_of_the_server_is_a_port_of_its_own(
    far: socket.socket, near: socket.socket
) -> None:
    with Relay(far.getsockname(), Faults()) as relay, socket_here() as tid:
        near.sendto(b"request", relay.address)
        octets, asking = far.recvfrom(100)
        assert octets == b"request" and relay.client_of(asking) == near.getsockname()
        tid.sendto(b"answer", asking)
        octets, answering = near.recvfrom(100)
        assert octets == b"answer" and answering[1] not in (relay.port, tid.getsockname()[1])
        near.sendto(b"goes on", answering)
        assert tid.recvfrom(100) == (b"goes on", asking)


def fates(faults: Faults, lose: list[str]) -> list[str]:
    """Return the fates of 100 ACKs. An empty datagram after them shows that all are decided.

    A copy that is late goes to the sockets of this run, which the next one does not have.
    """
    with socket_here() as near, socket_here() as far, Relay(far.getsockname(), faults, lose) as one:
        far.settimeout(0.01)
        for block in range(100):
            near.sendto(build(Ack(block)), one.address)
        while one.passed <= 100:
            near.sendto(b"", one.address)
            with suppress(TimeoutError):
                far.recv(100)
        return [mishap for mishap in one.mishaps if mishap.startswith("ACK")]


def test_a_seed_decides_the_fate_of_the_nth_datagram() -> None:
    first, again, other = (
        fates(Faults(loss=0.1, duplicate=0.1, seed=seed), []) for seed in (3, 3, 4)
    )
    assert first == again != other
    assert any(mishap.endswith(": lost") for mishap in first)
    assert any(mishap.endswith(": duplicated") for mishap in first)


def test_a_named_loss_leaves_the_fates_of_the_others() -> None:
    faults = Faults(duplicate=0.3, seed=5)
    plain, named = fates(faults, []), fates(faults, ["ACK 3"])
    assert "ACK 3 to the server: lost" in named and plain
    without = [[one for one in found if not one.startswith("ACK 3 ")] for found in (plain, named)]
    assert without[0] == without[1]


def test_what_was_said_before_the_end_arrives(far: socket.socket, near: socket.socket) -> None:
    relay = Relay(far.getsockname(), Faults())
    near.sendto(b"last words", relay.address)
    relay.start()
    relay.stop()
    relay.stop()
    assert far.recv(100) == b"last words"


def test_the_ports_of_old_clients_are_given_back(
    far: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "CLIENTS", 3)
    asking = set()
    with Relay(far.getsockname(), Faults()) as relay:
        for _ in range(10):
            with socket_here() as client:
                client.sendto(b"request", relay.address)
                asking.add(far.recvfrom(100)[1])
        assert len(relay._clients) == 3
        assert sum(relay.client_of(peer) == peer for peer in asking) >= len(asking) - 3


@pytest.mark.parametrize("host", [HOST, "::1"])
def test_a_file_goes_through_in_both_families(tmp_path: Path, host: str) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    try:
        server = tftp_fsm.Server(tmp_path, bind=host)
        server.start()
    except tftp_fsm.LocalError:
        pytest.skip(f"this host has no {host}")
    with Relay(server.address, Faults(delay=0.001, seed=1)) as relay:
        got = tftp_fsm.get(host, "file", port=relay.port, blksize=512)
    server.stop()
    assert got.data == CONTENT and relay.passed >= 10

"""Which session gives its place if all are taken: those that lose little, fairly by network."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.amplification import Attack, attack, request
from tests.support.descriptors import open_descriptors
from tests.support.serve_process import serve_process, until
from tests.support.served import Peer, Served, error
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.server import Server, ServerConfig
from tftp_fsm.server.networks import network_of
from tftp_fsm.server.session_table import STILL
from tftp_fsm.wire.packets import Ack, Data, Error, Rrq, build

SLOW = {"timeout": 255}
ASK = build(Rrq(b"file"))
WAIT = 20.0  # seconds that a socket of a test waits at the most


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Attack]:
    """Yield a table with six places, and a clock that the test moves."""
    with attack(tmp_path, max_sessions=6) as on:
        yield on


def proven(on: Attack, host: str) -> Peer:
    """Return a client that acknowledges a block, and then is silent for 255 seconds."""
    peer = on.served.peer(host)
    peer.say(request(SLOW), on.served.address)
    peer.hear()
    peer.say(Ack(0))
    assert isinstance(peer.hear(), Data)
    return peer


def raw(host: str) -> socket.socket:
    """Return a client's socket that waits for packets."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.settimeout(WAIT)
    return sock


def begin(sock: socket.socket, port: int) -> None:
    """Ask for the file and acknowledge its first block."""
    sock.sendto(ASK, ("127.0.0.1", port))
    _, tid = sock.recvfrom(600)
    sock.sendto(build(Ack(1)), tid)
    sock.recv(600)


def hosts(served: Served) -> list[str]:
    return sorted(transfer.peer[0] for transfer in served.loop.sessions)


def test_clients_that_hold_all_places_and_do_not_move_give_way(held: Attack) -> None:
    first, *_ = (proven(held, f"127.0.0.{number + 2}") for number in range(6))
    client = held.served.peer("127.0.0.9")
    client.ask("file")
    assert "busy" in error(client.hear(), 0), "a moment ago they moved"
    held.pass_time(STILL)
    client.ask("file")
    assert isinstance(client.hear(), Data)
    assert "place was needed" in error(first.heard()[-1], 0), "the stillest, and it is told"
    assert held.served.reports[-1].outcome is Outcome.ABORTED


def test_a_session_that_moves_keeps_its_place(held: Attack) -> None:
    still, *moving = (proven(held, f"127.0.0.{number + 2}") for number in range(6))
    held.pass_time(STILL - 1)
    for peer in moving:
        peer.say(Ack(1))
        peer.hear()
    held.pass_time(1)
    proven(held, "127.0.0.9")
    client = held.served.peer("127.0.0.10")
    client.ask("file")
    assert "busy" in error(client.hear(), 0)
    assert isinstance(still.heard()[-1], Error)
    for peer in moving:
        peer.say(Ack(2))
        assert isinstance(peer.hear(), Data)


def test_one_network_keeps_its_share_of_the_places_by_moving_and_no_more(held: Attack) -> None:
    first, second, *others = (proven(held, "127.0.0.2") for _ in range(6))
    for peer in (second, *others, first):  # the second one has moved before all others
        held.pass_time(0.1)
        peer.say(Ack(1))
        peer.hear()
    for _ in range(3):
        proven(held, "127.0.0.3")
    assert hosts(held.served) == ["127.0.0.2"] * 3 + ["127.0.0.3"] * 3
    assert "more than its share" in error(second.heard()[-1], 0), "the stillest, and it is told"
    for host in ("127.0.0.2", "127.0.0.3"):
        asking = held.served.peer(host)
        asking.ask("file")
        assert "busy" in error(asking.hear(), 0), "each has its half"
    proven(held, "127.0.0.4")
    proven(held, "127.0.0.4")
    assert hosts(held.served) == [f"127.0.0.{n}" for n in (2, 2, 3, 3, 4, 4)]


def test_forged_requests_take_one_place_of_a_network_that_moves(held: Attack) -> None:
    """Each comes from a network of its own. The first takes a place, the next take its place."""
    moving = [proven(held, "127.0.0.2") for _ in range(6)]
    for number in range(20):
        held.served.peer(f"127.0.1.{number + 1}").ask("file")
        held.hear()
    assert hosts(held.served).count("127.0.0.2") == len(moving) - 1


def test_the_session_that_has_waited_longest_gives_its_place(held: Attack) -> None:
    first, second, *_ = (proven(held, "127.0.0.2") for _ in range(6))
    held.pass_time(1)
    first.say(Ack(1))
    assert isinstance(first.hear(), Data)
    held.pass_time(STILL)
    proven(held, "127.0.0.3")
    assert isinstance(second.heard()[-1], Error)
    assert not any(isinstance(packet, Error) for packet in first.heard())


def test_the_address_with_most_sessions_gives_way_first(held: Attack) -> None:
    proven(held, "127.0.0.3")  # the stillest of all
    held.pass_time(1)
    for _ in range(5):
        proven(held, "127.0.0.2")
    held.pass_time(STILL)
    for _ in range(3):
        proven(held, "127.0.0.4")
    assert hosts(held.served) == ["127.0.0.2"] * 2 + ["127.0.0.3"] + ["127.0.0.4"] * 3


def test_the_address_with_most_forged_requests_gives_its_places_first(held: Attack) -> None:
    """Otherwise a flood would drop a client before its first ACK can come."""
    client = held.served.peer("127.0.0.3")
    client.ask("file")
    assert isinstance(client.hear(), Data)
    for _ in range(30):
        held.served.peer("127.0.0.2").ask("file")
        held.hear()
    client.say(Ack(1))
    assert isinstance(client.hear(), Data)


def test_an_ack_that_waits_at_its_socket_is_heard_before_the_place_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came after the loop had looked at the sockets, and the request was read before it."""
    with attack(tmp_path, max_sessions=1) as on:
        client, other = on.served.peer(), on.served.peer("127.0.0.2")
        client.ask("file")
        assert isinstance(client.hear(), Data)
        with monkeypatch.context() as patch:
            turn = "tftp_fsm.server.session_runner.SessionRunner.take_turn"
            patch.setattr(turn, lambda runner, transfer: False)
            client.say(Ack(1))
            other.ask("file")
            assert "busy" in error(other.hear(), 0)
        assert isinstance(client.hear(), Data)


def test_no_request_looks_at_all_sessions_while_all_of_them_move(
    held: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        proven(held, f"127.0.0.{number + 4}")
    looks: list[float] = []
    monkeypatch.setattr(
        "tftp_fsm.server.transfer.ActiveTransfer.is_still",
        lambda transfer, now: looks.append(now),
    )
    for _ in range(20):
        held.served.peer("127.0.0.3").ask("file")
        held.hear()
    assert len(looks) == 6


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2:3", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", False),
        ("fe80::1", "fe80::1", True),
        ("no address", "no address", True),
    ],
)
def test_a_network_is_an_ipv4_address_or_a_64_of_ipv6(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


# -- Descriptors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, places",
    [
        ({}, 1000),
        ({"max_descriptors": 60}, 29),
        ({"max_descriptors": 60, "writable": True}, 19),
        ({"max_descriptors": 60, "single_port": True}, 60),
        ({"max_descriptors": 1}, 1),
        ({"max_descriptors": 2 * 640 + 10}, 640),
        ({"max_descriptors": 60, "max_sessions": 7}, 7),
    ],
)
def test_descriptors_are_part_of_the_limit(options: dict[str, object], places: int) -> None:
    assert ServerConfig(".", **options).places == places  # type: ignore[arg-type]


def test_a_server_in_a_program_leaves_it_most_of_its_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(bytes(600))
    monkeypatch.setattr("tftp_fsm.server.embedded.descriptor_limit", lambda: 64)
    with Server(tmp_path) as server, ExitStack() as stack:
        peers = [stack.enter_context(raw("127.0.0.1")) for _ in range(8)]
        for peer in peers[:7]:  # a quarter of 64: one for their group, and two for each download
            begin(peer, server.port)
        before = open_descriptors()
        peers[7].sendto(ASK, ("127.0.0.1", server.port))
        assert b"busy" in peers[7].recv(600)
        assert (server.sessions, open_descriptors()) == (7, before)


FEW = 64  # descriptors
FORGED = 400  # requests


def low_limit() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, FEW))


def test_with_few_descriptors_forged_requests_keep_no_client_out(tmp_path: Path) -> None:
    """Each forged request comes from an address of its own, so none of them has most sessions."""
    (tmp_path / "file").write_bytes(bytes(2000))
    with (
        serve_process(tmp_path, "--grace", "0", preexec_fn=low_limit) as server,
        ExitStack() as stack,
    ):
        warning = server.line("warning")["message"]
        assert "64 files" in warning and "sessions at a time, not 1000" in warning
        victims = [stack.enter_context(raw(f"127.0.{n // 200}.{n % 200 + 2}")) for n in range(50)]
        for number in range(FORGED):
            victims[number % 50].sendto(ASK, ("127.0.0.1", server.port))
            if number % 40 == 39:  # the client gets in while the flood goes on
                got = tftp_fsm.get("127.0.0.1", "file", port=server.port)
                assert got.data == bytes(2000)
        assert server.descriptors() < FEW - 10
        assert server.stop() == 0
        assert server.lines("error") == []


def test_few_addresses_with_long_timeouts_do_not_close_the_server(tmp_path: Path) -> None:
    """A real process, whose places are all held by silent clients."""
    (tmp_path / "file").write_bytes(bytes(2000))
    slow = build(Rrq(b"file", "octet", (("timeout", "255"),)))
    flags = ("--grace", "0", "--max-sessions", "20", "--max-sessions-per-address", "10")
    with serve_process(tmp_path, *flags) as server, ExitStack() as stack:
        for number in range(20):
            holder = stack.enter_context(raw(f"127.0.0.{number // 10 + 2}"))
            holder.sendto(slow, ("127.0.0.1", server.port))
            _, tid = holder.recvfrom(600)
            holder.sendto(build(Ack(0)), tid)
            holder.recv(600)
        # Until they have been silent for long enough, the client gets "busy", and asks again.
        assert until(lambda: _gets(server.port))
        assert server.stop() == 0


def _gets(port: int) -> bool:
    try:
        return tftp_fsm.get("127.0.0.1", "file", port=port).data == bytes(2000)
    except tftp_fsm.TftpError:
        return False

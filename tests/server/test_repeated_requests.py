"""The same TID sends a request again.

The client was reset, or the network has made a copy, or the client wants the next file.

The clock of the server moves only where a test moves it, so nothing here waits.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.served import Peer, Served, error, serving
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.server.waited import waited
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq

FILE = bytes(range(256)) * 10  # exactly five blocks, so the sixth is empty
BOTH_PORTS = pytest.mark.parametrize("single_port", [False, True])


class Clock:
    """The clock of the loop. Only the test moves it."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.waited = 0.0  # seconds that the next requests have waited

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        """Let this number of seconds pass."""
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """`time.monotonic` for this test."""
    found = Clock()
    monkeypatch.setattr(time, "monotonic", found)
    monkeypatch.setattr("tftp_fsm.server.listener.waited", lambda control: found.waited)
    return found


@contextmanager
def serving_file(root: Path, **options: Any) -> Iterator[Served]:
    (root / "file").write_bytes(FILE)
    with serving(root, **{"writable": True, "overwrite": True, **options}) as served:
        yield served


def outcomes(served: Served) -> list[Outcome]:
    return [report.outcome for report in served.reports]


# -- A client that was reset ----------------------------------------------------------------------


@BOTH_PORTS
@pytest.mark.parametrize("options", [{}, {"timeout": 5}, {"windowsize": 2}], ids=str)
def test_a_reader_that_was_reset_hears_a_fresh_answer_at_once(
    tmp_path: Path, clock: Clock, single_port: bool, options: dict[str, int]
) -> None:
    with serving_file(tmp_path, single_port=single_port, max_windowsize=2) as served:
        client = served.peer()
        client.ask_with("file", options)
        first = client.hear()
        if options:
            client.say(Ack(0))
            client.hear_all()
        client.say(Ack(1))
        client.hear_all()
        clock.move(2.0)  # it starts again
        client.ask_with("file", options)
        heard = client.hear_all()
        assert heard[-1:] == [first], "the first answer, and not the next block of the old transfer"
        assert outcomes(served) == [Outcome.RESTARTED]
        assert "asked again" in served.reports[0].message
        assert len(served.loop.sessions) == 1
        assert (served.loop.totals.requests, served.loop.totals.repeated) == (2, 0)
        client.say(Ack(0 if options else 1))
        assert isinstance(client.hear(), Data)


@BOTH_PORTS
def test_a_writer_that_was_reset_brings_its_file_from_the_beginning(
    tmp_path: Path, clock: Clock, single_port: bool
) -> None:
    with serving_file(tmp_path, single_port=single_port) as served:
        client = served.peer()
        client.ask("new", Wrq)
        client.hear()
        client.say(Data(1, b"1" * 512))
        assert client.hear() == Ack(1)
        clock.move(2.0)
        client.ask("new", Wrq)
        assert client.hear_all() == [Ack(0)]
        client.say(Data(1, b"2"))
        assert client.hear_all() == [Ack(1)]
        assert (tmp_path / "new").read_bytes() == b"2"
        assert outcomes(served) == [Outcome.RESTARTED, Outcome.SUCCEEDED]
        assert {path.name for path in tmp_path.iterdir()} == {"file", "new"}


def test_a_late_block_of_a_request_that_was_overtaken_gets_into_no_other_file(
    tmp_path: Path,
) -> None:
    with serving_file(tmp_path) as served:
        client = served.peer()
        client.ask("one", Wrq)
        client.hear()
        overtaken = client.server
        client.ask("two", Wrq)
        assert client.hear() == Ack(0)
        client.say(Data(1, b"one"), overtaken)
        assert client.hears_nothing()
        client.say(Data(1, b"two"))
        assert client.hear() == Ack(1)
        assert (tmp_path / "two").read_bytes() == b"two"
        assert not (tmp_path / "one").exists()


def test_a_late_ack_of_a_request_that_was_overtaken_acknowledges_no_other_block(
    tmp_path: Path,
) -> None:
    (tmp_path / "other").write_bytes(b"y" * 600)
    with serving_file(tmp_path) as served:
        client = served.peer()
        client.ask("file")
        client.hear()
        overtaken = client.server
        client.ask("other")
        assert client.hear() == Data(1, b"y" * 512)
        client.say(Ack(1), overtaken)
        assert client.hears_nothing()
        client.say(Ack(1))
        assert client.hear() == Data(2, b"y" * 88)


def test_a_copy_that_waited_at_a_busy_server_ends_no_transfer(tmp_path: Path, clock: Clock) -> None:
    with serving_file(tmp_path) as served:
        client = served.peer()
        client.ask("file")
        client.hear()
        client.say(Ack(1))
        client.hear()
        clock.move(3.0)
        clock.waited = 3.5
        client.ask("file")
        client.hear_all()
        assert outcomes(served) == []
        client.say(Ack(2))
        assert any(isinstance(packet, Data) for packet in client.hear_all())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long a datagram waited")
@pytest.mark.parametrize("verb", [Rrq, Wrq])
def test_a_request_that_crossed_its_answer_is_a_copy_however_short_it_waited(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, verb: type[Rrq] | type[Wrq]
) -> None:
    """The server repeats its answer, and the loop reads the repeated request and an ACK at once."""
    monkeypatch.setattr("tftp_fsm.server.listener.waited", waited)
    with serving_file(tmp_path) as served:
        client = served.peer()
        client.ask("file" if verb is Rrq else "new", verb)
        client.hear()
        client.ask("file" if verb is Rrq else "new", verb)
        client.say(Ack(1) if verb is Rrq else Data(1, bytes(512)))
        assert len(client.hear_all()) == 1, "the next block, or its ACK, which the network loses"
        clock.move(1.5)  # the client waits for it
        client.hear_all()
        assert outcomes(served) == []
        client.say(Ack(2) if verb is Rrq else Data(2, b"end"))
        assert client.hear() == (Data(3, FILE[:512]) if verb is Rrq else Ack(2))


def test_a_copy_of_a_wrq_that_was_held_up_does_not_take_the_final_ack_away(
    tmp_path: Path, clock: Clock
) -> None:
    """An overloaded server reads the copy late. Before that, the final ACK was lost."""
    with serving_file(tmp_path, dally=30.0) as served:
        client = served.peer()
        client.ask("new", Wrq)
        client.hear()
        client.say(Data(1, b"whole"))
        assert client.hear() == Ack(1)
        owes = client.server
        clock.move(2.0)
        client.ask("new", Wrq)
        assert client.hear() == Ack(0)
        client.say(Error(5, "unknown transfer ID"))
        client.say(Data(1, b"whole"), owes)
        assert client.hear_all() == [Ack(1)]
        assert (tmp_path / "new").read_bytes() == b"whole"


@BOTH_PORTS
def test_a_client_that_was_reset_at_once_is_answered_when_its_silence_shows_it(
    tmp_path: Path, clock: Clock, single_port: bool
) -> None:
    with serving_file(tmp_path, single_port=single_port) as served:
        client = served.peer()
        client.ask("file", timeout=5)
        client.hear()
        client.say(Ack(0))
        client.hear()
        client.ask("file", timeout=5)
        assert client.hears_nothing(), "it may be a late copy"
        clock.move(1.01)
        assert client.hear_all() == [Oack((("timeout", "5"),))]
        assert outcomes(served) == [Outcome.RESTARTED]
        assert len(served.loop.sessions) == 1


def test_a_client_is_reset_as_often_as_it_likes(tmp_path: Path, clock: Clock) -> None:
    with serving_file(tmp_path) as served:
        client = served.peer()
        for _ in range(5):
            client.ask("file")
            assert client.hear() == Data(1, FILE[:512])
            client.say(Ack(1))
            assert client.hear() == Data(2, FILE[512:1024])
            clock.move(1.5)
        assert outcomes(served) == [Outcome.RESTARTED] * 4
        assert len(served.loop.sessions) == 1


# -- A copy that the network made -----------------------------------------------------------------


@BOTH_PORTS
@pytest.mark.parametrize("delay", [0.0, 0.1, 0.9])
def test_a_copy_of_the_request_in_mid_transfer_disturbs_nothing(
    tmp_path: Path, clock: Clock, single_port: bool, delay: float
) -> None:
    with serving_file(tmp_path, single_port=single_port, timeout=30.0) as served:
        client = served.peer()
        client.ask("file", timeout=5)
        client.hear()
        for block in range(3):
            client.say(Ack(block))
            assert isinstance(client.hear(), Data)
        clock.move(delay)
        client.ask("file", timeout=5)
        assert client.hears_nothing()
        for block in range(3, 7):
            client.say(Ack(block))
            client.hear_all()
            clock.move(0.5)
        assert outcomes(served) == [Outcome.SUCCEEDED]
        assert (served.loop.totals.requests, served.loop.totals.repeated) == (1, 1)


def test_data_that_waits_does_not_change_the_request_that_is_judged(tmp_path: Path) -> None:
    """The listening port and the sessions receive into the same memory."""
    with serving_file(tmp_path, timeout=30.0) as served:
        client = served.peer()
        client.ask("new", Wrq, windowsize=4)
        client.hear()
        session = client.server
        client.say(Data(1, b"1" * 512))
        served.turn()
        client.ask("new", Wrq, windowsize=4)
        for block in (2, 3, 4):
            client.say(Data(block, bytes([block]) * 512), session)
        assert client.hear_all() == [Ack(4)]
        assert (served.reports, served.loop.totals.repeated) == ([], 1)


# -- A client that is done with one file and asks for the next -------------------------------------


def read_one_octet(client: Peer, name: str, options: dict[str, int]) -> None:
    """Read a file of one octet. The server has not read its last ACK yet."""
    client.ask_with(name, options)
    if options:
        assert isinstance(client.hear(), Oack)
        client.say(Ack(0))
    assert client.hear() == Data(1, b"1")
    client.say(Ack(1))


@BOTH_PORTS
@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("options", [{}, {"windowsize": 4}], ids=str)
def test_the_last_ack_counts_though_the_next_request_is_read_first(
    tmp_path: Path, single_port: bool, same: bool, options: dict[str, int]
) -> None:
    """The ACK and the request wait in two sockets. The listening socket is read first."""
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(b"1")
    with serving(tmp_path, timeout=30.0, single_port=single_port) as served:
        client = served.peer()
        for number in range(20):
            read_one_octet(client, "one" if same or number % 2 else "two", options)
        served.turn()
        assert outcomes(served) == [Outcome.SUCCEEDED] * 20
        assert {report.octets for report in served.reports} == {1}


def test_a_session_whose_ack_waits_does_not_lose_its_place(tmp_path: Path) -> None:
    """Its client has answered, but the server has not read the answer yet."""
    with serving_file(tmp_path, timeout=30.0, max_sessions=1) as served:
        client, other = served.peer(), served.peer()
        client.ask("file")
        assert client.hear() == Data(1, FILE[:512])
        client.say(Ack(1))
        listener = served.listeners[0]
        other.ask("file")
        for arrival in listener.arrivals(memoryview(bytearray(1000)), 1):
            served.loop.hear(listener, arrival)
        assert "busy" in error(other.hear(), 0)
        assert client.hear() == Data(2, FILE[512:1024])
        assert served.reports == []


def test_a_server_that_closes_hears_the_last_ack_first(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1")
    with serving(tmp_path, timeout=30.0) as served:
        client = served.peer()
        read_one_octet(client, "one", {})
        served.loop.close()
        assert outcomes(served) == [Outcome.SUCCEEDED]
        assert client.peek() is None, "a client that has its file gets no ERROR"


# -- What gets no session --------------------------------------------------------------------------


def test_a_request_that_gets_no_session_leaves_a_line(tmp_path: Path, clock: Clock) -> None:
    with serving_file(tmp_path, timeout=30.0, max_sessions=1) as served:
        client, other = served.peer(), served.peer()
        client.ask("file")
        client.hear()
        client.say(Ack(1))
        client.hear()
        other.ask("wanted", Wrq)
        other.hear()
        other.say(b"\0\1broken", served.address)
        other.hear()
        other.say(b"\0\x09what", served.address)
        other.say(b"", served.address)
        served.turn()
        host, port = other.sock.getsockname()
        busy, broken, unknown, empty = map(str, served.refused)
        assert busy == f'{host}:{port} WRQ "wanted" refused: busy: try again later'
        assert broken.startswith(f'{host}:{port} RRQ "broken" refused: malformed: ')
        assert unknown.startswith(f"{host}:{port} a datagram refused: malformed: ")
        assert empty.startswith(f"{host}:{port} a datagram refused: malformed: ")
        assert served.refused[0].fields() == {
            "peer": host,
            "port": port,
            "verb": "WRQ",
            "file": "wanted",
            "message": "busy: try again later",
            "unlogged": 0,
        }


def test_a_flood_of_broken_requests_leaves_few_lines_and_their_count(
    tmp_path: Path, clock: Clock
) -> None:
    with serving_file(tmp_path) as served:
        client = served.peer()
        for _ in range(200):
            client.say(b"\0\1\x1b[2J\n", served.address)
            served.loop.turn(0)
        assert len(served.refused) == 10
        assert "\x1b" not in str(served.refused[0])
        clock.move(1.0)
        client.say(b"\0\1again", served.address)
        served.turn()
        assert len(served.refused) == 11
        assert served.refused[-1].unlogged == 190
        assert str(served.refused[-1]).endswith("; 190 more before it are not in this log")
        totals = served.loop.totals
        assert (totals.malformed, totals.silent) == (101, 100), "an address gets a hundred ERRORs"


def test_an_error_5_for_an_oack_is_in_the_log_as_the_peers_error(tmp_path: Path) -> None:
    with serving_file(tmp_path, timeout=30.0) as served:
        client = served.peer()
        client.say(Rrq(b"file", "octet", (("tsize", "0"),)))
        client.hear()
        client.say(Error(5, "unknown transfer ID"))
        assert client.hears_nothing()
        assert outcomes(served) == [Outcome.PEER_ERROR]


def test_each_refusal_has_the_outcome_that_is_true_of_it(tmp_path: Path) -> None:
    options = {"overwrite": False, "max_size": 100_000, "timeout": 30.0}
    asked: list[tuple[str, type[Rrq] | type[Wrq], dict[str, int], Outcome]] = [
        ("nothing", Rrq, {}, Outcome.NOT_FOUND),
        ("nothing/in/it", Rrq, {}, Outcome.NOT_FOUND),
        ("../secret", Rrq, {}, Outcome.ACCESS_DENIED),
        ("file", Wrq, {}, Outcome.FILE_EXISTS),
        ("new", Wrq, {"tsize": 100_001}, Outcome.NO_ROOM),
    ]
    with serving_file(tmp_path, **options) as served:
        for name, verb, offered, outcome in asked:
            client = served.peer()
            client.ask_with(name, offered, verb)
            assert isinstance(client.hear(), Error)
            assert served.reports[-1].outcome is outcome, name
        client = served.peer()
        client.say(Rrq(b"file", "mail"), served.address)
        client.hear()
        assert served.reports[-1].outcome is Outcome.REFUSED
        assert sum(served.loop.totals.ended.values()) == len(asked) + 1
        assert served.loop.totals.ended["not-found"] == 2
    with serving(tmp_path) as served:
        client = served.peer()
        client.ask("new", Wrq)
        client.hear()
        assert outcomes(served) == [Outcome.ACCESS_DENIED], "it is read-only"

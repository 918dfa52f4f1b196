"""The server as a whole: limits, addresses, files, outcomes, and its use as a library."""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.descriptors import open_descriptors
from tests.support.served import Peer, Served, error, serving
from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.server import Server, ServerConfig
from tftp_fsm.server.config import ServerConfig as Config
from tftp_fsm.server.late_imports import load_late_imports
from tftp_fsm.server.listener import _cannot_listen, adopt, listen
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.wire.headers import lay_headers
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the destination")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"content")
    return tmp_path


def put(peer: Peer, name: str, content: bytes) -> list[Packet]:
    """Put a file of one block. Return the packets that came back."""
    peer.ask(name, Wrq)
    heard = peer.hear_all()
    if heard == [Ack(0)]:
        peer.say(Data(1, content))
        heard += peer.hear_all()
    return heard


# -- Files ----------------------------------------------------------------------------------------


def test_a_server_is_read_only_by_default(root: Path) -> None:
    with serving(root) as served:
        client = served.peer()
        client.ask("new", Wrq)
        assert "read-only" in error(client.hear(), 2)
        assert not (root / "new").exists()


def test_writable_creates_and_does_not_replace(root: Path) -> None:
    with serving(root, writable=True) as served:
        assert put(served.peer(), "new", b"x") == [Ack(0), Ack(1)]
        client = served.peer()
        client.ask("file", Wrq)
        assert error(client.hear(), 6)
        assert (root / "file").read_bytes() == b"content"


def test_overwrite_replaces(root: Path) -> None:
    with serving(root, writable=True, overwrite=True) as served:
        assert put(served.peer(), "file", b"new") == [Ack(0), Ack(1)]
        assert (root / "file").read_bytes() == b"new"


def test_a_file_that_is_too_large_is_refused_before_its_first_block(root: Path) -> None:
    with serving(root, writable=True, max_size=1000) as served:
        client = served.peer()
        client.ask("new", Wrq, tsize=1001)
        assert error(client.hear(), 3)
        client.ask("new", Wrq, tsize=1000)
        assert client.hear() == Oack((("tsize", "1000"),))


def test_without_tsize_a_file_that_is_too_large_is_refused_on_the_way(root: Path) -> None:
    with serving(root, writable=True, max_size=1000) as served:
        client = served.peer()
        client.ask("new", Wrq)
        assert client.hear() == Ack(0)
        for block in (1, 2):
            client.say(Data(block, bytes(512)))
        # In the middle of a file the ACK goes out before the disk is asked.
        heard = client.hear_all()
        assert error(heard[-1], 3)
        assert [path.name for path in root.iterdir()] == ["file"]


def test_a_disk_without_room_is_error_3(root: Path) -> None:
    with serving(root, writable=True) as served:
        client = served.peer()
        client.ask("new", Wrq, tsize=2**62)
        assert "full" in error(client.hear(), 3)
        assert [path.name for path in root.iterdir()] == ["file"]


def test_tsize_tells_sizes_over_four_gigabytes(root: Path) -> None:
    with (root / "large").open("wb") as large:
        large.truncate(5 * 2**30)
    with serving(root) as served:
        client = served.peer()
        client.ask("large", tsize=0)
        assert client.hear() == Oack((("tsize", str(5 * 2**30)),))
        client.say(Error(0, "thanks"))
        served.turn()


def test_one_of_two_uploads_of_one_name_wins_whole(root: Path) -> None:
    with serving(root, writable=True, overwrite=True, timeout=30.0) as served:
        one, two = served.peer(), served.peer()
        for client in (one, two):
            client.ask("file", Wrq)
            assert client.hear() == Ack(0)
        one.say(Data(1, b"1" * 512))
        two.say(Data(1, b"2" * 512))
        assert one.hear() == two.hear() == Ack(1)
        two.say(Data(2, b"2"))
        assert two.hear() == Ack(2)
        one.say(Data(2, b"1"))
        assert error(one.hear(), 6)
        assert (root / "file").read_bytes() == b"2" * 513


def test_a_file_is_whole_on_disk_before_its_final_ack_leaves(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    with serving(root, writable=True) as served:
        client = served.peer()
        client.ask("new", Wrq)
        client.hear()
        real = os.fsync

        def fsync(fd: int) -> None:
            synced.append(client.peek() is None)
            real(fd)

        monkeypatch.setattr(os, "fsync", fsync)
        client.say(Data(1, b"x"))
        assert client.hear() == Ack(1)
        assert synced and all(synced)


def test_a_file_that_shrinks_while_it_is_sent_ends_in_an_error(root: Path) -> None:
    (root / "log").write_bytes(bytes(1 << 20))
    with serving(root, timeout=30.0) as served:
        client = served.peer()
        client.ask("log", blksize=65464)
        client.hear()
        client.say(Ack(0))
        assert isinstance(client.hear(), Data)
        os.truncate(root / "log", 100)
        last: Packet | None = None
        for block in range(1, 17):
            client.say(Ack(block))
            last = client.hear()
            if isinstance(last, Error):
                break
        assert last is not None and "became shorter" in error(last, 0)


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1000])
def test_a_file_that_is_written_anew_while_it_is_sent_ends_in_an_error(
    root: Path, size: int
) -> None:
    """The client must not get a mixture of both files."""
    (root / "image").write_bytes(b"1" * (1 << 20))
    os.utime(root / "image", ns=(0, 0))
    with serving(root, timeout=30.0) as served:
        client = served.peer()
        client.ask("image", blksize=65464)
        client.hear()
        client.say(Ack(0))
        assert client.hear() == Data(1, b"1" * 65464)
        (root / "image").write_bytes(b"2" * size)
        last: Packet | None = None
        for block in range(1, 17):
            client.say(Ack(block))
            last = client.hear()
            if isinstance(last, Error):
                break
            assert isinstance(last, Data) and last.payload == b"1" * 65464
        assert last is not None and "changed while it was being sent" in error(last, 0)


def test_names_may_differ_in_case_where_that_is_asked_for(root: Path) -> None:
    with serving(root, fold_case=True) as served:
        assert served.peer().get("FILE") == b"content"
    with serving(root) as served:
        client = served.peer()
        client.ask("FILE")
        assert error(client.hear(), 1)


@pytest.mark.parametrize("name", ["../file", "/etc/passwd", "a/../../etc/passwd", "link", "fifo"])
def test_no_message_holds_a_path_of_this_host(root: Path, name: str) -> None:
    served_root = root / "root"
    served_root.mkdir()
    (served_root / "link").symlink_to("/etc/passwd")
    os.mkfifo(served_root / "fifo")
    with serving(served_root, writable=True, overwrite=True) as served:
        for verb in (Rrq, Wrq):
            client = served.peer()
            client.ask(name, verb)
            heard = client.hear()
            assert isinstance(heard, Error) or heard == Ack(0), heard
            assert str(root) not in getattr(heard, "message", "")
            client.say(Error(0, "enough"))
            served.turn()


# -- Addresses ------------------------------------------------------------------------------------


@LINUX
@pytest.mark.parametrize("single_port", [False, True])
def test_the_answer_comes_from_the_address_that_was_asked(root: Path, single_port: bool) -> None:
    with serving(root, bind=("0.0.0.0",), single_port=single_port) as served:
        for asked in ("127.0.0.1", "127.0.0.2", "127.1.2.3"):
            client = served.peer()
            client.say(Rrq(b"file"), (asked, served.address[1]))
            assert client.hear() == Data(1, b"content")
            assert client.server[0] == asked
            assert (client.server[1] == served.address[1]) is single_port
            client.say(Ack(1))
            served.turn()
        refused = served.peer()
        refused.say(b"\0\1", ("127.0.0.9", served.address[1]))
        assert error(refused.hear(), 4)
        assert refused.server == ("127.0.0.9", served.address[1])


@LINUX
def test_a_request_to_a_broadcast_address_is_ignored(root: Path) -> None:
    with serving(root, bind=("0.0.0.0",)) as served:
        client = served.peer()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.say(Rrq(b"file"), ("127.255.255.255", served.address[1]))
        assert client.hears_nothing()
        assert served.loop.totals.requests == 0
        client.say(Rrq(b"file"), ("127.0.0.1", served.address[1]))
        assert client.hear() == Data(1, b"content")


@LINUX
def test_both_families_are_served_on_one_port(root: Path) -> None:
    with serving(root, bind=()) as served:
        port = served.address[1]
        assert {listener.address[1] for listener in served.listeners} == {port}
        for host in ("127.0.0.1", "::1"):
            client = served.peer(host)
            client.say(Rrq(b"file"), (host, port))
            assert client.hear() == Data(1, b"content")
            assert client.server[0] == host


@LINUX
@pytest.mark.parametrize("single_port", [False, True])
def test_a_socket_for_both_families_serves_both(root: Path, single_port: bool) -> None:
    """As systemd binds it: IPv4 peers come with mapped addresses."""
    with serving(root, bind=("::1",), single_port=single_port) as served:
        both = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind(("::", 0))
        (listener,) = adopt(range(both.fileno(), both.detach() + 1))
        client = served.peer()
        client.say(Rrq(b"file"), ("127.0.0.3", listener.address[1]))
        for arrival in listener.arrivals(memoryview(bytearray(1000)), 1):
            assert arrival.peer == client.sock.getsockname()
            assert arrival.host == "127.0.0.3"
            served.loop.hear(listener, arrival)
        assert client.hear() == Data(1, b"content")
        assert client.server[0] == "127.0.0.3"
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.say(Rrq(b"file"), ("127.255.255.255", listener.address[1]))
        assert list(listener.arrivals(memoryview(bytearray(1000)), 1)) == []
        listener.close()


def test_a_request_that_came_before_the_socket_was_handed_over_is_answered(root: Path) -> None:
    """It is the very request for which a service manager starts the server."""
    with serving(root) as served:
        early = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        early.bind(("127.0.0.1", 0))
        client = served.peer()
        client.say(Rrq(b"file"), early.getsockname())
        (listener,) = adopt(range(early.fileno(), early.detach() + 1))
        (arrival,) = listener.arrivals(memoryview(bytearray(1000)), 1)
        served.loop.hear(listener, arrival)
        assert client.hear() == Data(1, b"content")
        listener.close()


def test_a_stream_socket_is_not_adopted() -> None:
    stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    number = stream.detach()
    with pytest.raises(LocalError, match="ListenDatagram"):
        adopt(range(number, number + 1))


def test_successive_sessions_have_ports_that_cannot_be_foreseen(root: Path) -> None:
    with serving(root) as served:
        ports = []
        for _ in range(8):
            client = served.peer()
            client.ask("file")
            client.hear()
            ports.append(client.server[1])
        steps = {after - before for before, after in pairwise(ports)}
        assert len(set(ports)) == 8 and len(steps) > 2
        assert served.address[1] not in ports


def test_a_port_range_is_kept_to_and_says_busy_when_it_is_used_up(root: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    served = Served(root, timeout=30.0, port_range=range(port, port + 1))
    first, second = served.peer(), served.peer()
    first.ask("file")
    assert first.hear() == Data(1, b"content")
    assert first.server[1] == port
    second.ask("file")
    assert "busy" in error(second.hear(), 0)
    assert len(served.complaints) == 1 and "no UDP port is free" in served.complaints.pop()
    served.close()


def test_port_69_without_rights_names_the_ways() -> None:
    said = _cannot_listen(PermissionError(13, "Permission denied"), Config("."))
    for way in ("setcap", "systemd", "another port"):
        assert way in str(said)
    assert "\n" not in str(said)
    assert said.setting == "port"


def test_a_port_that_is_taken_is_one_line(root: Path) -> None:
    with serving(root) as served, pytest.raises(LocalError, match="another program listens there"):
        listen(ServerConfig(root, bind=("127.0.0.1",), port=served.address[1]))


# -- Limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["max_sessions", "max_sessions_per_address"])
def test_a_client_above_the_limit_hears_busy(root: Path, limit: str) -> None:
    (root / "two").write_bytes(bytes(600))
    with serving(root, timeout=30.0, **{limit: 2}) as served:
        first, second, third = (served.peer() for _ in range(3))
        for client in (first, second):
            client.ask("two")
            assert client.hear() == Data(1, bytes(512))
            client.say(Ack(1))
            assert client.hear() == Data(2, bytes(88))
        third.ask("file")
        assert "busy" in error(third.hear(), 0)
        if limit == "max_sessions_per_address":
            assert served.peer("127.0.0.2").get("file") == b"content"
        first.say(Ack(2))
        served.turn()
        third.ask("file")
        assert third.hear() == Data(1, b"content")


@pytest.mark.parametrize(
    "options, granted",
    [
        ({}, "64"),
        ({"max_windowsize": 3}, "3"),
        ({"single_port": True}, "1"),
        ({"single_port": True, "max_windowsize": 3}, "3"),
    ],
    ids=str,
)
def test_windows_are_no_larger_than_the_configuration_says(
    root: Path, options: dict[str, Any], granted: str
) -> None:
    with serving(root, **options) as served:
        client = served.peer()
        client.ask("file", windowsize=1000)
        assert client.hear() == Oack((("windowsize", granted),))
        client.ask("file", windowsize=1)
        assert client.hear() == Oack((("windowsize", "1"),))


def test_a_dallying_session_gives_way_to_a_new_one(root: Path) -> None:
    with serving(root, writable=True, max_sessions=1, dally=60.0) as served:
        assert put(served.peer(), "one", b"1") == [Ack(0), Ack(1)]
        assert len(served.loop.sessions) == 1
        assert put(served.peer(), "two", b"2") == [Ack(0), Ack(1)]


def test_a_peer_that_floods_does_not_keep_others_waiting(root: Path) -> None:
    with serving(root, timeout=30.0) as served:
        flood, client = served.peer(), served.peer()
        flood.ask("file")
        flood.hear()
        for _ in range(100):
            flood.say(Ack(0))  # nothing was sent that this would acknowledge
        client.ask("file")
        served.loop.turn(0)
        assert client.peek() == Data(1, b"content")


def test_a_session_holds_no_more_for_a_large_window(root: Path) -> None:
    """What the loop's docstring states; 64 blocks of 64 KiB are read and sent in parts."""
    (root / "large").write_bytes(bytes(8 << 20))
    load_late_imports()  # once for all sessions, as the table of block numbers is
    lay_headers(memoryview(bytearray(4)), 4, 1, 1)
    with serving(root, timeout=30.0) as served:
        client = served.peer()
        client.ask("large", blksize=65464, windowsize=64)
        client.hear()
        tracemalloc.start()
        try:
            client.say(Ack(0))
            served.turn()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert isinstance(client.hear(), Data)
        assert held < 300_000


@pytest.mark.slow
def test_thousands_of_aborted_transfers_leave_nothing_behind(root: Path) -> None:
    with serving(root, writable=True, timeout=30.0, max_sessions=100) as served:
        client = served.peer()

        def aborted(count: int) -> None:
            for number in range(count):
                client.server = None
                client.ask("file" if number % 2 else f"new{number}", Rrq if number % 2 else Wrq)
                served.loop.turn(0)
                assert client.peek() is not None
                client.say(Error(0, "never mind"))
                served.loop.turn(0)
            served.reports.clear()

        aborted(2000)  # until the caches have what they keep
        descriptors = open_descriptors()
        tracemalloc.start()  # the resident memory of a process changes with all that it did before
        try:
            held = []
            for _ in range(2):
                aborted(2000)
                served.turn()
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
        assert len(served.loop.sessions) == 0
        assert open_descriptors() <= descriptors
        assert held[1] - held[0] < 100_000, held  # octets; a session that stays has thousands
    assert [path.name for path in root.iterdir()] == ["file"]


# -- Ends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("single_port", [False, True])
def test_stopping_takes_no_new_requests_and_lets_running_transfers_end(
    root: Path, single_port: bool
) -> None:
    (root / "two").write_bytes(bytes(600))
    with serving(root, timeout=30.0, single_port=single_port) as served:
        running, late = served.peer(), served.peer()
        running.ask("two")
        running.hear()
        served.loop.stop(grace=30.0)
        served.turn()
        late.ask("file")
        assert late.hears_nothing()
        assert served.loop.totals.requests == 1
        running.say(Ack(1))
        assert running.hear() == Data(2, bytes(88))
        running.say(Ack(2))
        served.loop.run()
        assert [r.outcome for r in served.reports] == [Outcome.SUCCEEDED]


def test_stopping_lets_a_lost_final_ack_be_repeated(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tftp_fsm.protocol.receiver.BURST", 0.0)  # as if the copy came later
    with serving(root, writable=True, timeout=30.0, dally=30.0) as served:
        client = served.peer()
        assert put(client, "new", b"x") == [Ack(0), Ack(1)]
        served.loop.call_soon(lambda: client.say(Data(1, b"x")))  # it has not heard the ACK
        served.loop.call_soon(lambda: served.loop.call_soon(lambda: client.say(Error(0, "bye"))))
        served.loop.stop(grace=30.0)
        served.loop.run()
        assert client.heard() == [Ack(1)]


def test_a_transfer_that_still_runs_after_the_grace_time_gets_an_error(root: Path) -> None:
    with serving(root, timeout=30.0) as served:
        client = served.peer()
        client.ask("file")
        client.hear()
        served.loop.stop(grace=0.0)
        served.loop.run()
        assert "closing" in error(client.peek() or Ack(0), 0)
        assert served.reports[-1].outcome is Outcome.ABORTED


def test_a_bug_in_one_session_ends_that_session_alone(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(root, timeout=30.0)
    one, two = served.peer(), served.peer()
    for client in (one, two):
        client.ask("file")
        client.hear()
    found = served.loop.sessions.find((one.sock.getsockname(), "127.0.0.1"))
    assert found is not None
    take, broken = Driver.take, found.driver

    def breaks(driver: Driver, arrived: Burst | Unreachable | None) -> None:
        if driver is broken:
            raise ZeroDivisionError
        take(driver, arrived)

    monkeypatch.setattr(Driver, "take", breaks)
    one.say(Ack(1))
    two.say(Ack(1))
    served.turn()
    assert len(served.loop.sessions) == 0
    assert served.loop.totals.bugs == 1
    assert "ZeroDivisionError" in served.complaints.pop()
    assert Outcome.SUCCEEDED in [report.outcome for report in served.reports]
    served.close()


def test_a_listener_that_fails_does_not_end_the_server(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(root)
    monkeypatch.setattr(served.loop._runner, "_report", lambda report: 1 // 0)
    for _ in range(2):
        assert served.peer().get("file") == b"content"
    assert served.loop.totals.bugs == 2
    assert "ZeroDivisionError" in served.complaints.pop()
    served.complaints.clear()
    served.close()


# -- As a library ---------------------------------------------------------------------------------


@pytest.fixture
def server(root: Path) -> Iterator[Server]:
    with tftp_fsm.Server(root, writable=True) as one:
        yield one


def test_ten_lines_make_a_fixture(server: Server, root: Path) -> None:
    assert tftp_fsm.get(server.host, "file", port=server.port).data == b"content"
    tftp_fsm.put(server.host, b"new", "new", port=server.port)
    assert (root / "new").read_bytes() == b"new"
    assert server.wait(2).outcome is Outcome.SUCCEEDED
    assert server.url("a file") == f"tftp://127.0.0.1:{server.port}/a%20file"
    assert server.address == ("127.0.0.1", server.port)


def test_it_prints_nothing(server: Server, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(tftp_fsm.PeerError):
        tftp_fsm.get(server.host, "nothing", port=server.port)
    server.stop()
    assert capfd.readouterr() == ("", "")


def test_it_leaves_no_thread_and_no_descriptor(root: Path) -> None:
    threads, descriptors = set(threading.enumerate()), open_descriptors()
    for _ in range(5):
        with tftp_fsm.Server(root) as server:
            tftp_fsm.get(server.host, "file", port=server.port)
    assert set(threading.enumerate()) <= threads  # those of other tests may have ended
    assert open_descriptors() <= descriptors


def test_it_may_be_stopped_twice_and_never_started(root: Path) -> None:
    server = tftp_fsm.Server(root)
    server.stop()
    server.start()
    server.stop()
    server.stop()
    with pytest.raises(LocalError, match="started already"):
        server.start()
    with pytest.raises(LocalError, match="not been started"):
        _ = tftp_fsm.Server(root).port


def test_its_steps_can_be_watched(root: Path) -> None:
    seen: list[str] = []
    with tftp_fsm.Server(root, observer=lambda peer, step: seen.append(step.after.value)) as server:
        tftp_fsm.get(server.host, "file", port=server.port, options=False)
        server.wait()
    assert seen == ["awaiting-ack", "done"]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"port": 70000}, "port is a whole number from 0 to 65535, not 70000"),
        ({"max_blksize": 7}, "max_blksize is a whole number of octets from 8 to 65464"),
        ({"max_windowsize": 0}, "max_windowsize is a whole number of blocks from 1"),
        ({"timeout": 0}, "timeout is a number of seconds from 0.001 to 255"),
        ({"timeout": float("nan")}, "timeout is"),
        ({"overwrite": True}, "writable"),
        ({"single_port": True, "port_range": range(5000, 5001)}, "single_port"),
        ({"port_range": range(5000, 5000)}, "port_range"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tftp_fsm.Server(".", **options)  # type: ignore[arg-type]

"""A slow disk delays only the client whose file it writes."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.served import Peer, Served, error
from tests.support.served import serving as serving_any
from tftp_fsm.protocol.events import Commit, Outcome, Step
from tftp_fsm.server.commits import Commits
from tftp_fsm.storage import partial as partial_files
from tftp_fsm.transports.offload import can_segment, cut_every
from tftp_fsm.wire.packets import Ack, Data, Rrq, Wrq, build

WAIT = 20.0  # seconds, at the most
serving = partial(serving_any, waits_for_disk=False)
BOTH_PORTS = pytest.mark.parametrize("single_port", [False, True])


class Disk:
    """A sync lasts until `go` is set, and then fails with `failure` if that is given."""

    def __init__(self) -> None:
        self.entered, self.go = threading.Event(), threading.Event()
        self.failure: BaseException | None = None

    def sync(self, fd: int) -> None:
        self.entered.set()
        assert self.go.wait(WAIT)
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    found = Disk()
    monkeypatch.setattr(partial_files, "_sync", found.sync)
    yield found
    found.go.set()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"content")
    return tmp_path


def upload(served: Served, disk: Disk) -> Peer:
    """Return a client whose file is complete, and is being written to the disk."""
    client = served.peer()
    client.ask("new", Wrq)
    assert client.hear() == Ack(0)
    client.say(Data(1, b"x" * 512))
    assert client.hear() == Ack(1)
    client.say(Data(2, b"end"))
    served.turn()
    assert disk.entered.wait(WAIT)
    return client


@BOTH_PORTS
def test_others_are_served_and_the_final_ack_waits(
    root: Path, disk: Disk, single_port: bool
) -> None:
    with serving(root, writable=True, single_port=single_port) as served:
        client = upload(served, disk)
        for _ in range(3):
            assert served.peer().get("file") == b"content"
        assert client.hears_nothing()
        assert not (root / "new").exists()
        assert [report.verb for report in served.reports] == ["RRQ"] * 3
        disk.go.set()
        assert client.hear() == Ack(2)
        assert (root / "new").read_bytes() == b"x" * 512 + b"end"
        assert served.reports[-1].outcome is Outcome.SUCCEEDED


@BOTH_PORTS
def test_a_last_block_that_comes_again_is_acknowledged_when_the_file_is_safe(
    root: Path, disk: Disk, single_port: bool
) -> None:
    with serving(root, writable=True, single_port=single_port, dally=5.0) as served:
        client = upload(served, disk)
        for _ in range(2):
            client.say(Data(2, b"end"))
            assert client.hears_nothing()
        disk.go.set()
        assert client.hear() == Ack(2)
        assert set(client.hear_all()) <= {Ack(2)}
        assert client.say_until_heard(Data(2, b"end")) == Ack(2)
        assert served.loop.totals.ended == {"succeeded": 1}


@pytest.mark.parametrize("windowsize", [1, 64])
def test_a_last_block_that_comes_twice_at_once_is_heard_once_until_the_file_is_safe(
    root: Path, disk: Disk, windowsize: int
) -> None:
    """With large windows, both may come to the loop in one burst."""
    steps: list[Step] = []
    with serving(root, writable=True, observer=lambda _, step: steps.append(step)) as served:
        client = served.peer()
        client.ask("new", Wrq, windowsize=windowsize)
        client.hear()
        client.sock.connect(client.server)
        twice = [build(Data(1, b"end"))] * 2
        if windowsize == 1 or not can_segment():
            for datagram in twice:
                client.sock.send(datagram)
        else:
            client.sock.sendmsg([b"".join(twice)], cut_every(len(twice[0])))
        served.turn()
        assert disk.entered.wait(WAIT)
        assert client.hears_nothing()
        assert Commit() in steps[-1].effects
        disk.go.set()
        assert client.hear() == Ack(1)
        assert set(client.hear_all()) <= {Ack(1)}


@BOTH_PORTS
def test_a_disk_that_fails_late_is_told_in_place_of_the_final_ack(
    root: Path, disk: Disk, single_port: bool
) -> None:
    with serving(root, writable=True, single_port=single_port) as served:
        client = upload(served, disk)
        disk.failure = OSError(errno.ENOSPC, "")
        disk.go.set()
        assert "disk is full" in error(client.hear(), 3)
        assert client.hears_nothing()
        assert served.reports[-1].outcome is Outcome.NO_ROOM
        assert os.listdir(root) == ["file"]
        assert len(served.loop.sessions) == 0


@BOTH_PORTS
def test_no_time_out_comes_while_the_disk_works_and_the_client_is_dallied_for_then(
    root: Path, disk: Disk, single_port: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with serving(root, writable=True, single_port=single_port, dally=6.0) as served:
        client = upload(served, disk)
        now += 10.0  # longer than it dallies
        client.say(Data(2, b"end"))
        assert client.hears_nothing()
        assert len(served.loop.sessions) == 1
        disk.go.set()
        assert client.hear() == Ack(2)
        assert client.hear_all() == [Ack(2)]
        now += 1.0
        client.say(Data(2, b"end"))
        assert client.hear() == Ack(2)
        now += 60.0
        served.turn()
        assert len(served.loop.sessions) == 0


@BOTH_PORTS
def test_a_request_that_comes_again_meanwhile_begins_nothing_anew(
    root: Path, disk: Disk, single_port: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with serving(root, writable=True, single_port=single_port) as served:
        client = upload(served, disk)
        now += 5.0  # so long after the last block it would be no copy
        client.ask("new", Wrq)
        assert client.hears_nothing()
        disk.go.set()
        assert client.hear() == Ack(2)
        assert client.hears_nothing()
        assert served.loop.totals.ended == {"succeeded": 1}
        assert served.loop.totals.repeated == 1


def test_a_client_that_asks_for_another_file_meanwhile_gets_it(root: Path, disk: Disk) -> None:
    with serving(root, writable=True) as served:
        client = upload(served, disk)
        client.say(Rrq(b"file"), served.address)
        assert client.hear() == Data(1, b"content")
        client.say(Ack(1))
        served.turn()
        disk.go.set()
        assert client.hear() == Ack(2)
        assert served.loop.totals.ended == {"succeeded": 2}


def test_on_one_port_the_new_transfer_hears_nothing_of_the_old_one(root: Path, disk: Disk) -> None:
    with serving(root, writable=True, single_port=True) as served:
        client = upload(served, disk)
        client.say(Rrq(b"file"), served.address)
        assert client.hear() == Data(1, b"content")
        disk.go.set()
        served.loop.finish_commits()
        assert client.hears_nothing()
        assert served.reports[-1].outcome is Outcome.ABORTED
        assert (root / "new").stat().st_size == 515  # it was whole, and no commit can be undone


def test_a_session_that_commits_gives_its_place_to_nobody(
    root: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with serving(root, writable=True, max_sessions=1) as served:
        client, other = upload(served, disk), served.peer()
        now += 100.0  # it has not moved for long
        other.ask("file")
        assert "busy" in error(other.hear(), 0)
        disk.go.set()
        assert client.hear() == Ack(2)
        assert other.get("file") == b"content"


def test_a_server_that_closes_waits_for_the_disk_and_tells_the_client(
    root: Path, disk: Disk
) -> None:
    with serving(root, writable=True) as served:
        client = upload(served, disk)
        served.loop.stop(grace=0.0)
        closing = threading.Thread(target=served.loop.run)
        closing.start()
        disk.go.set()
        closing.join(WAIT)
        assert client.heard() == [Ack(2)]
        assert served.loop.totals.ended == {"succeeded": 1}


def test_a_last_block_that_waits_when_the_server_closes_is_committed_and_acknowledged(
    root: Path,
) -> None:
    with serving(root, writable=True) as served:
        client = served.peer()
        client.ask("new", Wrq)
        assert client.hear() == Ack(0)
        client.say(Data(1, b"end"))
        served.loop.close()
        assert client.heard() == [Ack(1)]
        assert (root / "new").read_bytes() == b"end"
        assert served.loop.totals.ended == {"succeeded": 1}


def test_a_fault_of_ours_in_a_commit_ends_that_session_alone(root: Path, disk: Disk) -> None:
    with serving(root, writable=True) as served:
        client = upload(served, disk)
        disk.failure = ZeroDivisionError()
        disk.go.set()
        for _ in range(100):
            served.loop.turn(0.2)
            if not len(served.loop.sessions):
                break
        assert "ZeroDivisionError" in served.complaints.pop()
        assert served.peer().get("file") == b"content"
        assert client.hears_nothing()


def test_the_library_waits_for_the_disk_before_it_says_that_the_file_is_there(
    root: Path, disk: Disk
) -> None:
    with tftp_fsm.Server(root, writable=True) as server:
        port, ended = server.port, threading.Event()

        def put() -> None:
            tftp_fsm.put("127.0.0.1", b"octets", "new", port=port)
            ended.set()

        thread = threading.Thread(target=put)
        thread.start()
        assert disk.entered.wait(WAIT)
        assert tftp_fsm.get("127.0.0.1", "file", port=port).data == b"content"
        assert not ended.is_set()
        disk.go.set()
        thread.join(WAIT)
        assert ended.is_set() and (root / "new").read_bytes() == b"octets"


def test_without_threads_the_loop_commits_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", cannot)
    heard: list[object] = []
    commits = Commits(lambda action: action())
    commits.start(lambda: heard.append("commit"), heard.append)
    assert heard == ["commit", None]

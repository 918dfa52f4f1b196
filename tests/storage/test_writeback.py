"""A sink syncs parts of its file while the file still grows."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from tests.support.descriptors import open_descriptors
from tftp_fsm.errors import LocalError
from tftp_fsm.storage import open_sink, writeback


@pytest.fixture(autouse=True)
def every_octet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writeback, "EVERY", 1)


class Disk:
    """A disk that syncs when the test allows it, and fails if the test says so."""

    def __init__(self, fails: bool = False) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()
        self.synced: list[int] = []
        self._fails = fails

    def sync(self, fd: int) -> None:
        self.began.set()
        assert self.may_end.wait(60)
        self.synced.append(os.fstat(fd).st_size)
        if self._fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_one_sync_at_a_time_while_the_file_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    monkeypatch.setattr(writeback, "_sync", disk.sync)
    sink = open_sink(tmp_path / "file")
    for piece in (b"one", b"two", b"three"):
        sink.write(piece)
    assert disk.began.wait(60)
    disk.may_end.set()
    sink.commit()
    assert disk.synced == [len(b"onetwothree")]
    assert (tmp_path / "file").read_bytes() == b"onetwothree"


def test_an_error_of_a_background_sync_fails_the_commit_and_the_earlier_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(fails=True)
    disk.may_end.set()
    monkeypatch.setattr(writeback, "_sync", disk.sync)
    (tmp_path / "file").write_bytes(b"earlier")
    sink = open_sink(tmp_path / "file")
    sink.write(b"later")
    with pytest.raises(LocalError, match=os.strerror(errno.EIO)):
        sink.commit()
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"earlier"


def test_a_discarded_file_waits_for_no_disk_and_its_sync_keeps_its_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    monkeypatch.setattr(writeback, "_sync", disk.sync)
    before = set(threading.enumerate())  # those of other tests may still be ending
    sink = open_sink(tmp_path / "file")
    sink.write(b"some")
    assert disk.began.wait(60)
    sink.discard()
    assert os.listdir(tmp_path) == []
    disk.may_end.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
    assert disk.synced == [len(b"some")]
    assert set(threading.enumerate()) <= before


def test_a_count_of_descriptors_waits_for_a_sync_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_descriptors()
    disk, join = Disk(), threading.Thread.join
    monkeypatch.setattr(writeback, "_sync", disk.sync)

    def waits(thread: threading.Thread, timeout: float | None = None) -> None:
        disk.may_end.set()
        join(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", waits)
    sink = open_sink(tmp_path / "file")
    sink.write(b"some")
    sink.discard()
    assert open_descriptors() == before


def test_without_threads_the_commit_syncs_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    descriptors = open_descriptors()
    sink = open_sink(tmp_path / "file")
    sink.write(b"some")
    sink.commit()
    assert (tmp_path / "file").read_bytes() == b"some"
    assert open_descriptors() == descriptors

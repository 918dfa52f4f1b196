"""Partial files of killed writers are found by their locks, and not only by their age."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tftp_fsm.storage import directory as directories
from tftp_fsm.storage import leftovers, open_sink, partial
from tftp_fsm.storage.directory import Directory
from tftp_fsm.storage.leftovers import sweep
from tftp_fsm.storage.served.jail import ServedRoot

LEFT = ".tftp-fsm-0123456789abcdef.part"
ROOT = str(Path(__file__).resolve().parents[2])

pytestmark = pytest.mark.skipif(not partial.can_lock(), reason="no locks on this system")


@pytest.fixture(autouse=True, params=["descriptors", "paths"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directories, "USE_DESCRIPTORS", request.param == "descriptors")


def hidden(folder: Path) -> set[str]:
    return {path.name for path in folder.glob(".tftp-fsm-*")}


def killed_in_mid_write(target: Path) -> None:
    script = (
        "import os, signal, sys; from tftp_fsm.storage import open_sink\n"
        "open_sink(sys.argv[1]).write(b'half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    command = [sys.executable, "-c", script, str(target)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": ROOT}, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(hidden(target.parent)) == 1


def test_the_next_writer_into_a_directory_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    killed_in_mid_write(tmp_path / "file")
    sink = open_sink(tmp_path / "another")
    assert len(hidden(tmp_path)) == 1, "that of the new writer alone"
    sink.commit()
    assert os.listdir(tmp_path) == ["another"]


def test_a_running_server_removes_it_with_the_next_upload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(leftovers, "time", SimpleNamespace(monotonic=lambda: now))
    with ServedRoot(tmp_path, writable=True, overwrite=True) as root:
        killed_in_mid_write(tmp_path / "file")
        root.open_write(b"file").commit()
        assert hidden(tmp_path) == set()
        (tmp_path / LEFT).touch()
        root.open_write(b"file").commit()
        assert hidden(tmp_path) == {LEFT}, "a directory is not listed for each upload"
        now += leftovers.PAUSE
        root.open_write(b"file").commit()
        assert hidden(tmp_path) == set()


def test_a_writer_that_runs_is_left_in_peace_however_old_its_file_is(tmp_path: Path) -> None:
    sink = open_sink(tmp_path / "file")
    sink.write(b"whole")
    (running,) = hidden(tmp_path)
    os.utime(tmp_path / running, (0, 0))
    (tmp_path / LEFT).touch()
    assert sweep(str(tmp_path)) == 1
    assert hidden(tmp_path) == {running}
    sink.commit()
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_a_file_is_locked_until_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Directory.replace

    def swept_first(self: Directory, old: str, new: str) -> None:
        assert sweep(str(tmp_path)) == 0
        real(self, old, new)

    monkeypatch.setattr(Directory, "replace", swept_first)
    open_sink(tmp_path / "file").commit()
    assert (tmp_path / "file").exists()


def sweep_during(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[int]]:
    """Sweep at the first call of `moment`: before or after the new file is locked."""
    swept: list[int] = []
    real = partial.lock

    def lock(fd: int) -> bool | None:
        if moment == "before" and not swept:
            swept.append(sweep(str(tmp_path)))
        held = real(fd)
        if moment == "after" and not swept:
            swept.append(sweep(str(tmp_path)))
        return held

    monkeypatch.setattr(partial, "lock", lock)
    return lambda: swept


@pytest.mark.parametrize("moment, removed", [("before", 1), ("after", 0)])
def test_a_file_that_is_swept_in_the_moment_before_its_lock_is_created_again(
    moment: str, removed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = sweep_during(moment, tmp_path, monkeypatch)
    sink = open_sink(tmp_path / "file")
    assert swept() == [removed]
    assert len(hidden(tmp_path)) == 1
    sink.commit()
    assert os.listdir(tmp_path) == ["file"]


def test_a_lock_that_a_sweep_holds_for_a_moment_means_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [False, True]
    monkeypatch.setattr(partial, "lock", lambda fd: answers.pop(0))
    open_sink(tmp_path / "file").commit()
    assert os.listdir(tmp_path) == ["file"] and not answers


def test_where_there_are_no_locks_the_age_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "lock", lambda fd: None)
    monkeypatch.setattr(leftovers, "time", SimpleNamespace(time=lambda: 1_000_000.0))
    for name, age in ((LEFT, leftovers.AGE), (LEFT.replace("0", "f"), leftovers.AGE - 1)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 1_000_000.0 - age))
    assert sweep(str(tmp_path)) == 1
    assert hidden(tmp_path) == {LEFT.replace("0", "f")}


@pytest.mark.parametrize(
    "name", [".tftp-fsm-notes.part", ".tftp-fsm-0123456789abcdef.part.bak", "x" + LEFT]
)
def test_a_file_with_a_name_of_its_own_is_never_removed(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    os.utime(tmp_path / name, (0, 0))
    open_sink(tmp_path / "file").commit()
    assert sweep(str(tmp_path)) == 0
    assert (tmp_path / name).exists()


@pytest.mark.parametrize("kind", ["directory", "link", "fifo"])
def test_only_regular_files_are_removed(kind: str, tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    match kind:
        case "directory":
            (tmp_path / LEFT).mkdir()
        case "link":
            (tmp_path / LEFT).symlink_to("kept")
        case _:
            os.mkfifo(tmp_path / LEFT)
    assert sweep(str(tmp_path)) == 0
    assert os.path.lexists(tmp_path / LEFT) and (tmp_path / "kept").exists()

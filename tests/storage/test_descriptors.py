"""Paths that name a descriptor of this process are written through it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.storage import open_sink
from tftp_fsm.storage.descriptors import own_descriptor

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/fd/0"), reason="no /dev/fd here")
LINUX = pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="no /proc here")


@pytest.mark.parametrize(
    "path, number",
    [
        ("/dev/stdout", 1),
        ("/dev/stderr", 2),
        ("/dev/fd/1", 1),
        ("/dev/./fd//1", 1),
        pytest.param("/proc/self/fd/1", 1, marks=LINUX),
        pytest.param("/proc/thread-self/fd/7", 7, marks=LINUX),
        ("/dev/null", None),
        ("/dev/fd", None),
        ("/dev/fd/x", None),
        ("1", None),
        ("-", None),
        ("", None),
    ],
)
def test_a_path_names_a_descriptor_or_not(path: str, number: int | None) -> None:
    assert own_descriptor(path) == number


def test_links_to_such_a_path_count_and_a_loop_ends(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("further")
    (tmp_path / "further").symlink_to("/dev/stdout")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").symlink_to("/dev/fd")
    assert own_descriptor(f"{tmp_path}/out") == 1
    assert own_descriptor(f"{tmp_path}/folder/9") == 9
    assert own_descriptor(f"{tmp_path}/loop") is None


def test_another_process_has_descriptors_of_its_own() -> None:
    assert own_descriptor(f"/proc/{os.getppid()}/fd/1") is None


def test_an_ordinary_name_is_not_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short transfer calls this function three times, and looking up the folders takes long."""
    looked: list[object] = []
    monkeypatch.setattr(os.path, "realpath", looked.append)
    assert own_descriptor(f"{tmp_path}/boot.img") is None
    assert not looked


@pytest.fixture
def redirected(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """Open a regular file, as `exec N> file` does."""
    path = tmp_path / "file"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    yield path, fd
    os.close(fd)


def test_a_redirected_file_is_written_on_where_it_stands(redirected: tuple[Path, int]) -> None:
    path, fd = redirected
    os.write(fd, b"before ")
    sink = open_sink(f"/dev/fd/{fd}")
    sink.write(b"the file")
    sink.commit()
    os.write(fd, b" after")
    assert path.read_bytes() == b"before the file after"


def test_a_descriptor_that_is_not_open_is_one_line() -> None:
    with pytest.raises(LocalError, match="cannot write: /dev/fd/999: Bad file descriptor"):
        open_sink("/dev/fd/999")

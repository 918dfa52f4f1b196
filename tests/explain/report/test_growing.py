"""Growing files: only a few are open, for any number of files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tftp_fsm.explain.report.growing import KEPT, Growing, OpenFiles


def test_files_in_turn_are_closed_and_opened_again(tmp_path: Path) -> None:
    opened = OpenFiles(most=2)
    files = [Growing(tmp_path, opened) for _ in range(5)]
    for turn in range(3):
        for number, file in enumerate(files):
            file.write(bytes([number + 10 * turn]) * KEPT)
            assert len(opened._descriptors) <= 2
    for number, file in enumerate(files):
        octets = file.finish().read_bytes()
        assert octets == b"".join(bytes([number + 10 * turn]) * KEPT for turn in range(3))
    assert not opened._descriptors


def test_a_file_is_made_when_there_is_something_to_write(tmp_path: Path) -> None:
    file = Growing(tmp_path, OpenFiles())
    file.write(b"x")
    assert not list(tmp_path.iterdir())
    assert file.finish().read_bytes() == b"x"


def test_an_empty_file_is_made_at_its_end(tmp_path: Path) -> None:
    assert Growing(tmp_path, OpenFiles()).finish().read_bytes() == b""


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_another_file_in_its_place_is_neither_written_nor_removed(
    tmp_path: Path, link: type
) -> None:
    opened = OpenFiles(most=1)
    file, other = Growing(tmp_path, opened), Growing(tmp_path, opened)
    file.write(bytes(KEPT))
    (place,) = tmp_path.iterdir()
    other.write(bytes(KEPT))  # closes the first
    (tmp_path / "mine").write_bytes(b"mine")
    place.unlink()
    link(tmp_path / "mine", place)
    why = "Too many levels of symbolic links" if link is os.symlink else "replaced"
    with pytest.raises(OSError, match=why):  # a link is not even followed
        file.write(bytes(KEPT))
    file.drop()
    assert place.read_bytes() == b"mine"
    other.drop()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_its_place_holds_up_nobody(tmp_path: Path) -> None:
    opened = OpenFiles(most=1)
    file, other = Growing(tmp_path, opened), Growing(tmp_path, opened)
    file.write(bytes(KEPT))
    (place,) = tmp_path.iterdir()
    other.write(bytes(KEPT))  # closes the first
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(OSError, match="No such device"):
        file.write(bytes(KEPT))

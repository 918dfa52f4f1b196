"""Earlier versions of a file that is replaced, kept by number."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.storage import versions
from tftp_fsm.storage.directory import Directory
from tftp_fsm.storage.served.jail import ServedRoot


def upload(root: ServedRoot, content: bytes, name: bytes = b"file") -> None:
    sink = root.open_write(name)
    sink.write(content)
    sink.commit()


def files(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in path.iterdir()}


def test_the_newest_versions_are_kept_and_have_the_largest_numbers(tmp_path: Path) -> None:
    with ServedRoot(tmp_path, writable=True, overwrite=True, keep_versions=2) as root:
        for number in range(5):
            upload(root, b"%d" % number)
    assert files(tmp_path) == {"file": b"4", "file.~4~": b"3", "file.~3~": b"2"}


def test_without_the_option_none_is_kept(tmp_path: Path) -> None:
    with ServedRoot(tmp_path, writable=True, overwrite=True) as root:
        upload(root, b"1")
        upload(root, b"2")
    assert files(tmp_path) == {"file": b"2"}


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    others = {
        "file.~x~": b"a",
        "file.~01~": b"b",
        "file.1": b"c",
        "file2.~1~": b"d",
        "file.~9~x": b"e",
        "file.~" + "9" * 30 + "~": b"f",
    }
    for name, content in others.items():
        (tmp_path / name).write_bytes(content)
    with ServedRoot(tmp_path, writable=True, overwrite=True, keep_versions=1) as root:
        for number in range(3):
            upload(root, b"%d" % number)
    assert files(tmp_path) == {**others, "file": b"2", "file.~2~": b"1"}


def test_a_client_cannot_write_a_version(tmp_path: Path) -> None:
    """Its number could be the largest that there is, or push the real versions out."""
    (tmp_path / "file.~1~").write_bytes(b"1")
    (tmp_path / "link").symlink_to("file.~1~")
    with ServedRoot(tmp_path, writable=True, overwrite=True, keep_versions=1) as root:
        for name in (b"file.~1~", b"file.~7~", b"file.~" + b"9" * 18 + b"~", b"link"):
            with pytest.raises(LocalError, match="name of an earlier version"):
                root.open_write(name)
        with closing(root.open_read(b"file.~1~")) as source:
            assert bytes(source.read(0, 1)) == b"1"
    with ServedRoot(tmp_path, writable=True, overwrite=True) as root:
        upload(root, b"2", b"file.~1~")
    assert files(tmp_path)["file.~1~"] == b"2"


def test_a_version_is_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another upload takes the number at the same moment."""
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file.~1~").write_bytes(b"other")
    monkeypatch.setattr(versions, "_numbers", lambda directory, name: [])
    directory = Directory.at(str(tmp_path))
    versions.keep_version(directory, "file", 5)
    assert files(tmp_path) == {"file": b"old", "file.~1~": b"other", "file.~2~": b"old"}
    monkeypatch.setattr(versions, "_ATTEMPTS", 2)
    with pytest.raises(FileExistsError):
        versions.keep_version(directory, "file", 5)
    directory.close()


def test_a_file_system_without_hard_links_keeps_them_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    with ServedRoot(tmp_path, writable=True, overwrite=True, keep_versions=1) as root:
        upload(root, b"1")
        upload(root, b"2")
        upload(root, b"3")
    assert files(tmp_path) == {"file": b"3", "file.~2~": b"2"}


def test_a_name_that_leaves_no_room_for_a_number_is_not_replaced(tmp_path: Path) -> None:
    name = b"x" * 254
    with ServedRoot(tmp_path, writable=True, overwrite=True, keep_versions=1) as root:
        upload(root, b"1", name)
        with pytest.raises(LocalError, match="the name is too long"):
            upload(root, b"2", name)
    assert files(tmp_path) == {name.decode(): b"1"}


def test_a_link_is_followed_and_the_version_is_beside_its_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_bytes(b"1")
    (tmp_path / "link").symlink_to("real/file")
    with ServedRoot(tmp_path, writable=True, overwrite=True, keep_versions=1) as root:
        upload(root, b"2", b"link")
    assert files(tmp_path / "real") == {"file": b"2", "file.~1~": b"1"}

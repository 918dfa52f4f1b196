"""A file that replaces another gets the same access rights, and never more before that."""

from __future__ import annotations

import errno
import os
import stat
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.users import as_nobody
from tftp_fsm.storage import Sink, open_sink
from tftp_fsm.storage import directory as directories
from tftp_fsm.storage.access import _warn
from tftp_fsm.storage.served.jail import ServedRoot

ACL = "system.posix_acl_access"
NAMED_USER = 12345
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

pytestmark = pytest.mark.skipif(not hasattr(os, "fchown"), reason="no POSIX modes")
as_root = pytest.mark.skipif(not IS_ROOT, reason="only root gives files away")


@pytest.fixture(params=["client", "server", "client by paths"])
def opened(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, object]]:
    """A file in a folder that everybody may write in, and who replaces it."""
    monkeypatch.setattr(directories, "USE_DESCRIPTORS", "paths" not in request.param)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        path = folder / "switch.cfg"
        path.write_bytes(b"earlier")
        yield path, request.param


def replacing(opened: tuple[Path, object]) -> Sink:
    path, which = opened
    if which != "server":
        return open_sink(path)
    with ServedRoot(path.parent, writable=True, overwrite=True) as root:
        return root.open_write(path.name.encode())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def hidden(folder: Path) -> Path:
    (found,) = folder.glob(".tftp-fsm-*.part")
    return found


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o664, 0o755, 0o606])
def test_the_mode_is_kept_and_the_hidden_file_is_for_its_user_alone(
    kept: int, opened: tuple[Path, object]
) -> None:
    path, _ = opened
    path.chmod(kept)
    sink = replacing(opened)
    assert mode(hidden(path.parent)) == 0o600
    sink.write(b"later")
    sink.commit()
    assert path.read_bytes() == b"later" and mode(path) == kept


def test_a_mode_that_changes_during_the_transfer_is_kept_too(opened: tuple[Path, object]) -> None:
    path, _ = opened
    sink = replacing(opened)
    path.chmod(0o600)
    sink.commit()
    assert mode(path) == 0o600


@pytest.mark.parametrize("call", ["fchmod", "setxattr"])
def test_a_file_system_that_keeps_no_access_still_keeps_the_file(
    opened: tuple[Path, object],
    call: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path, _ = opened
    path.chmod(0o640)
    _warn.cache_clear()
    sink = replacing(opened)
    sink.write(b"new")
    if call == "setxattr":
        monkeypatch.setattr("tftp_fsm.storage.access._acl_of", lambda *_: b"an ACL")
    with monkeypatch.context() as refusing:
        refusing.setattr(os, call, refuse)
        sink.commit()
    assert path.read_bytes() == b"new"
    assert mode(path) == 0o600
    (record,) = caplog.records
    assert "keeps no mode, owner or ACL" in record.getMessage()


def refuse(*_: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def test_the_warning_comes_once(
    opened: tuple[Path, object],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _warn.cache_clear()
    monkeypatch.setattr(os, "fchmod", refuse)
    for _ in range(2):
        sink = replacing(opened)
        sink.write(b"new")
        sink.commit()
    assert len(caplog.records) == 1


@as_root
def test_owner_and_group_are_kept(opened: tuple[Path, object]) -> None:
    path, _ = opened
    os.chown(path, 123, 456)
    path.chmod(0o640)
    sink = replacing(opened)
    assert hidden(path.parent).stat().st_uid == 0
    sink.commit()
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (123, 456, 0o640)


def test_a_program_that_is_replaced_loses_its_special_rights(opened: tuple[Path, object]) -> None:
    path, _ = opened
    path.chmod(0o6755)
    replacing(opened).commit()
    assert mode(path) == 0o755


@as_root
@pytest.mark.parametrize("earlier, later", [(0o666, 0o666), (0o676, 0o666), (0o662, 0o622)])
def test_without_the_right_to_keep_the_group_another_group_may_do_no_more_than_all(
    earlier: int, later: int, opened: tuple[Path, object]
) -> None:
    path, _ = opened
    os.chown(path, 123, 456)
    path.chmod(earlier)
    as_nobody(lambda: replacing(opened).commit())
    found = path.stat()
    assert found.st_uid == 65534 and stat.S_IMODE(found.st_mode) == later


def acl_of(path: Path) -> bytes | None:
    try:
        return os.getxattr(path, ACL)
    except OSError:
        return None


@pytest.fixture
def acl(opened: tuple[Path, object]) -> bytes:
    """Give the earlier file an ACL: one named user may read it."""
    anybody = 0xFFFFFFFF
    entries = [(1, 6, anybody), (2, 4, NAMED_USER), (4, 0, anybody), (16, 4, anybody)]
    octets = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", *entry) for entry in [*entries, (32, 0, anybody)]
    )
    try:
        os.setxattr(opened[0], ACL, octets)
    except (OSError, AttributeError):
        pytest.skip("no ACLs on this file system")
    return octets


def test_an_acl_is_kept(acl: bytes, opened: tuple[Path, object]) -> None:
    path, _ = opened
    replacing(opened).commit()
    assert acl_of(path) == acl and mode(path) == 0o640


def test_an_acl_that_the_folder_gives_to_new_files_does_not_open_a_closed_one(
    acl: bytes, opened: tuple[Path, object]
) -> None:
    path, _ = opened
    os.setxattr(path.parent, "system.posix_acl_default", acl)
    os.removexattr(path, ACL)
    path.chmod(0o640)
    replacing(opened).commit()
    assert acl_of(path) is None and mode(path) == 0o640


@as_root
def test_an_acl_of_a_group_that_is_not_kept_leaves_the_file_to_its_owner(
    opened: tuple[Path, object], acl: bytes
) -> None:
    path, _ = opened
    os.chown(path, 123, 456)
    os.setxattr(path, ACL, acl.replace(struct.pack("<I", NAMED_USER), struct.pack("<I", 65534)))
    os.setxattr(path, ACL, _may_write(os.getxattr(path, ACL)))
    as_nobody(lambda: replacing(opened).commit())
    assert acl_of(path) is None and mode(path) == 0o600


def _may_write(acl: bytes) -> bytes:
    """Return the same ACL, in which the named user and the mask may write too."""
    entries = [struct.unpack_from("<HHI", acl, at) for at in range(4, len(acl), 8)]
    more = [(tag, 6 if tag in (2, 16) else perm, who) for tag, perm, who in entries]
    return acl[:4] + b"".join(struct.pack("<HHI", *entry) for entry in more)

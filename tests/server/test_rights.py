"""A server that root starts gives up the rights of root, unless an option keeps them."""

from __future__ import annotations

import errno
import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.peers.parts import is_root
from tests.support.serve_process import REPOSITORY, serve_process
from tests.support.served import error, serving
from tftp_fsm.errors import LocalError
from tftp_fsm.server import rights
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.log import Journal
from tftp_fsm.server.service import _check_temporary
from tftp_fsm.wire.packets import Data, Wrq

ROOT = pytest.mark.skipif(not is_root(), reason="only root can become somebody else")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


def ids(pid: str, what: str) -> set[int]:
    """Return the users (Uid), groups (Gid) or further groups (Groups) of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{what}:"))
    return {int(word) for word in line.split()[1:]}


@ROOT
@LINUX
@pytest.mark.parametrize("workers", ["1", "2"])
def test_started_as_root_it_becomes_an_unprivileged_user_and_says_so(
    tmp_path: Path, workers: str
) -> None:
    user = rights.unprivileged_user()
    assert user is not None
    entry = pwd.getpwnam(user)
    tmp_path.chmod(0o777)
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "private").write_bytes(b"content")
    (tmp_path / "private").chmod(0o600)
    flags = ("--workers", workers, "--writable", "--dally", "0")
    with serve_process(tmp_path, *flags, keeps_root=False) as server:
        assert f"has become the user {user}" in server.line("rights")["message"]
        pid = server.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (str(pid), *children):
            assert ids(one, "Uid") == {entry.pw_uid}
            assert ids(one, "Gid") == {entry.pw_gid}
            assert 0 not in ids(one, "Groups")
        assert tftp_fsm.get("127.0.0.1", "file", port=server.port).data == b"content"
        with pytest.raises(tftp_fsm.PeerError, match="denied"):
            tftp_fsm.get("127.0.0.1", "private", port=server.port)
        tftp_fsm.put("127.0.0.1", b"new", "new", port=server.port)
        assert (tmp_path / "new").stat().st_uid == entry.pw_uid
        assert server.stop() == 0


@ROOT
def test_a_folder_of_failures_that_this_user_cannot_write_is_told_at_the_start(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o777)
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o755)  # of root
    with serve_process(tmp_path, "--keep-failures", str(kept), keeps_root=False) as server:
        said = server.line("warning")["message"]
        assert f"cannot keep the last steps in {kept}: Permission denied" in said
        assert server.stop() == 0
    assert not list(kept.iterdir())


@pytest.mark.parametrize("there_is", [False, True])
def test_no_place_for_temporary_files_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, there_is: bool
) -> None:
    lines: list[str] = []
    if not there_is:
        monkeypatch.setattr(tempfile, "tempdir", None)
        monkeypatch.setattr(tempfile, "_get_default_tempdir", no_directory)
    for options in ({}, {"proxy": "http://127.0.0.1/"}, {"provider": print}):
        config = ServerConfig(".", **options)
        _check_temporary(config, Journal(lines.append))
    assert len(lines) == (0 if there_is else 2)
    assert all("No usable temporary directory" in line for line in lines)


def no_directory() -> str:
    raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")


def test_a_folder_of_failures_that_can_be_written_is_not_told(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with serve_process(tmp_path, "--keep-failures", str(kept)) as server:
        assert server.stop() == 0
        assert "cannot keep" not in str(server.lines("warning"))
    assert not list(kept.iterdir())


@ROOT
@LINUX
def test_root_is_kept_if_that_is_said(tmp_path: Path) -> None:
    with serve_process(tmp_path, "--user", "root") as server:
        assert "rights of root" in server.line("rights")["message"]
        assert ids(str(server.process.pid), "Uid") == {0}
        assert server.stop() == 0


@ROOT
def test_a_directory_that_only_root_may_open_names_the_option(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    words = ["serve", str(tmp_path), "--bind", "127.0.0.1", "--port", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "tftp_fsm", *words],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=20.0,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "may not open files in it (see --user)" in done.stderr
    assert done.stderr.count("\n") == 1


@ROOT
def test_rights_that_were_not_given_up_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for call in ("initgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, call, lambda *_: None)
    with pytest.raises(LocalError, match="could not give up"):
        rights.become("nobody")


def test_rights_that_come_back_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for call in ("getresuid", "getresgid"):
        monkeypatch.setattr(os, call, lambda: (7, 7, 7), raising=False)
    monkeypatch.setattr(os, "getgroups", lambda: [7])
    monkeypatch.setattr(os, "setuid", lambda user: None)
    with pytest.raises(LocalError, match="came back"):
        rights._check_rights(7, 7)


def test_a_system_without_these_users_has_none_to_become(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "UNPRIVILEGED", ("no-such-user", "nor-this"))
    assert rights.unprivileged_user() is None


@pytest.mark.parametrize("public_only", [False, True])
def test_by_choice_only_files_of_everybody_are_sent_and_replaced(
    tmp_path: Path, public_only: bool
) -> None:
    for name, mode in (("open", 0o666), ("read", 0o644), ("private", 0o640)):
        (tmp_path / name).write_bytes(b"content")
        (tmp_path / name).chmod(mode)
    options = {"writable": True, "overwrite": True, "public_only": public_only}
    with serving(tmp_path, **options) as served:
        for name, sent, replaced in (
            ("open", True, True),
            ("read", True, False),
            ("private", False, False),
        ):
            reader, writer = served.peer(), served.peer()
            reader.ask(name)
            heard = reader.hear()
            assert isinstance(heard, Data) == (sent or not public_only)
            writer.ask(name, Wrq)
            heard = writer.hear()
            if public_only and not replaced:
                assert "permission denied" in error(heard, 2)
            else:
                assert heard.block == 0  # type: ignore[union-attr]

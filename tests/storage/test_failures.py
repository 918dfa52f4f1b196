"""The peer's message about a storage failure never has a path of this host."""

from __future__ import annotations

import ast
import errno
import importlib
import io
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.served import serving
from tftp_fsm.driver.effects import UNTOLD, storage_failed
from tftp_fsm.errors import LocalError
from tftp_fsm.language import shown, speaking
from tftp_fsm.protocol.events import Opened, RequestReceived
from tftp_fsm.protocol.roles import ReadClient, WriteServer
from tftp_fsm.storage import open_sink, open_source
from tftp_fsm.storage.failures import local_error
from tftp_fsm.wire.kinds import Ack, Error, Rrq, Wrq
from tftp_fsm.wire.options import Options
from tools.house import PACKAGE, ROOT

SECRET = "home-of-somebody"
ERRORS = sorted(errno.errorcode)
CALLS = ["open", "write", "writev", "fsync", "replace", "link", "pread", "fstat", "stat"]


def told_by(failed: LocalError) -> str:
    """Return the text of the ERROR that the failure causes in mid-transfer."""
    session = WriteServer(Wrq(b"f"), Options(), ("192.0.2.1", 2048))
    session.handle(RequestReceived(), 0.0)
    sent = session.handle(storage_failed(failed), 0.0).effects[0].packet  # type: ignore[union-attr]
    assert isinstance(sent, Error)
    return sent.message


def use(path: Path) -> None:
    """Make every call of a source and of a sink."""
    source = open_source(path)
    try:
        source.read(0, 3)
    finally:
        source.close()
    new = path.with_name(f"{path.name}-new")
    new.unlink(missing_ok=True)
    for target, overwrite in ((path, True), (new, False)):
        sink = open_sink(target, overwrite=overwrite)
        try:
            sink.expect(10)
            sink.write(b"abc")
            sink.write([b"abc", b"def"])
            sink.commit()
        finally:
            sink.discard()


@pytest.mark.parametrize("call", CALLS)
def test_no_failure_of_the_system_tells_the_peer_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / SECRET
    heard = 0
    for number in ERRORS:
        path.write_bytes(b"abc")

        def fails(*_: Any, number: int = number, **__: Any) -> Any:
            raise OSError(number, f"{os.strerror(number)}: {path}", str(path))

        with monkeypatch.context() as patched:
            patched.setattr(os, call, fails)
            with suppress(OSError):  # some errors have a meaning of their own
                try:
                    use(path)
                except LocalError as failed:
                    heard += 1
                    text = told_by(failed)
                    assert SECRET not in text, text
                    assert SECRET in str(failed)
    assert heard, f"no failure of {call} was seen"


@pytest.mark.parametrize(
    "error",
    [
        OSError(f"/{SECRET} fell off"),
        OSError(errno.EIO, f"/{SECRET} fell off"),
        ValueError(f"/{SECRET} is closed"),
        UnicodeEncodeError("utf-8", f"/{SECRET}", 0, 1, "no"),
    ],
    ids=repr,
)
def test_no_failure_of_a_stream_tells_the_peer_its_text(error: OSError | ValueError) -> None:
    failed = local_error(error, "cannot write", f"/{SECRET}/file")
    assert SECRET not in told_by(failed)
    assert told_by(failed).startswith("cannot write: ")

    class Stream(io.BytesIO):
        def write(self, octets: object) -> int:
            raise error

    with pytest.raises(LocalError) as caught:
        open_sink(Stream()).write(b"abc")
    assert SECRET not in told_by(caught.value)


def test_an_error_that_says_nothing_for_the_peer_is_told_in_general_words() -> None:
    assert told_by(LocalError(f"cannot bind to /{SECRET}", 3)) == UNTOLD
    assert told_by(LocalError("long story", 3, told="short story")) == "short story"


def test_a_client_whose_disk_fails_tells_no_path_of_its_own() -> None:
    session = ReadClient(Rrq(b"f"), ("192.0.2.1", 69))
    session.handle(Opened(), 0.0)
    failed = local_error(OSError(errno.ENOSPC, ""), "cannot write", f"/{SECRET}/file")
    session.handle(storage_failed(failed), 0.0)
    assert session.outcome is not None and SECRET in session.outcome.message


@pytest.mark.parametrize("failure", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_served_failure_names_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: int
) -> None:
    root = tmp_path / SECRET
    root.mkdir()

    def fails(fd: int) -> None:
        raise OSError(failure, os.strerror(failure), str(root / "new"))

    monkeypatch.setattr(os, "fsync", fails)
    with serving(root, writable=True) as served:
        client = served.peer()
        client.ask("new", Wrq)
        assert client.hear() == Ack(0)
        client.sock.sendto(b"\0\3\0\1end", client.server)
        heard = client.hear()
        assert isinstance(heard, Error)
        assert heard.message.startswith("cannot write: ") and SECRET not in heard.message


def what_fails() -> Iterator[str]:
    """Yield what the blocks of `failing` cannot do: `cannot read`."""
    for path in (ROOT / PACKAGE / "storage").rglob("*.py"):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="failing"), args=[ast.Constant(value=str(what)), _]):
                    yield what
                case ast.Call(func=ast.Name(id="failing"), args=[ast.Name(id=name), _]):
                    yield from [vars(module)[name]] if name.isupper() else []


def test_what_cannot_be_done_is_said_in_korean() -> None:
    found = set(what_fails())
    assert {"cannot read", "cannot write", "cannot serve"} <= found
    with speaking("ko"):
        for what in found:
            failed = local_error(OSError(errno.ENOENT, ""), what, "f")
            assert shown(failed).isascii() is False and what not in shown(failed), what
            assert str(failed).startswith(f"{what}: f: ")

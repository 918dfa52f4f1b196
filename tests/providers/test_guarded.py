"""Providers of users: the server gets a file, a refusal, or one line for its log."""

from __future__ import annotations

import gzip
import io
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.providers.asked import Asked, Denial, Provider
from tftp_fsm.providers.guarded import Guarded, load
from tftp_fsm.storage import BytesSource, FileSink, FileSource, Sink, Source
from tftp_fsm.storage.served.jail import ServedRoot

READ = Asked("RRQ", b"name", peer=("192.0.2.7", 2070))
WRITE = Asked("WRQ", b"name", peer=("192.0.2.7", 2070))
LARGEST = 100_000
PATHS_OF_HOST = "/etc/shadow"


def content(answer: Any, largest: int = LARGEST) -> bytes:
    source = Guarded(lambda asked: answer, 20, largest).open_read(READ)
    assert isinstance(source, BytesSource | FileSource), source
    octets = bytes(source.read(0, source.size))
    source.close()
    return octets


def failure(answer: Any, verb: Asked = READ) -> LocalError:
    guarded = Guarded(answer if callable(answer) else lambda asked: answer, 20, LARGEST)
    with pytest.raises(LocalError) as failed:
        guarded.open_read(verb) if verb is READ else guarded.open_write(verb)
    assert PATHS_OF_HOST not in failed.value.told
    assert failed.value.told
    return failed.value


class OwnSource:
    """A source of a user. It may be slow, so a thread beside the loop copies it."""

    def __init__(self, octets: bytes, said: int | None = None) -> None:
        self.size = len(octets) if said is None else said
        self.closed = False
        self._octets = octets

    def read(self, offset: int, count: int) -> bytes:
        return self._octets[offset : offset + count]

    def close(self) -> None:
        self.closed = True


class Gives(OwnSource):
    """Gives all of its octets, for any number that is asked for."""

    def read(self, offset: int, count: int) -> bytes:
        return self._octets


class NoSeek(io.RawIOBase):
    """A stream without seek, like that of a socket."""

    def __init__(self, octets: bytes) -> None:
        self._rest = octets

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def test_a_file_may_be_given_in_many_ways(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"octets")
    with gzip.open(tmp_path / "zipped", "wb") as zipped:
        zipped.write(b"octets")
    for answer in (
        b"octets",
        bytearray(b"octets"),
        memoryview(b"octets"),
        path,
        path.open("rb"),
        path.open("rb", buffering=0),
        io.BytesIO(b"octets"),
        gzip.GzipFile(tmp_path / "zipped"),
        NoSeek(b"octets"),
        OwnSource(b"octets"),
        BytesSource(b"octets"),
    ):
        assert content(answer) == b"octets", answer
    assert content(b"") == b""


def test_what_was_given_is_closed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"octets")
    given: list[Any] = [OwnSource(b"octets"), io.BytesIO(b"octets"), (tmp_path / "file").open("rb")]
    for answer in given:
        content(answer)
    assert all(answer.closed for answer in given)


def test_a_provider_says_next_and_refuses() -> None:
    denial = Denial("not today", 2)
    assert Guarded(lambda asked: None).open_read(READ) is None
    assert Guarded(lambda asked: None).open_write(WRITE) is None
    assert Guarded(lambda asked: denial).open_read(READ) is denial
    assert Guarded(lambda asked: denial).open_write(WRITE) is denial


def test_an_object_may_have_one_of_the_methods_or_both() -> None:
    class Reads:
        def open_read(self, asked: Asked) -> bytes:
            return asked.name

    class Nothing(Provider):
        pass

    reads: Any = Reads()
    source = Guarded(reads).open_read(READ)
    assert isinstance(source, BytesSource) and bytes(source.read(0, 4)) == b"name"
    assert Guarded(reads).open_write(WRITE) is None
    assert Guarded(Nothing()).open_read(READ) is None
    with pytest.raises(ValueError, match="provider is not a function"):
        Guarded(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer, why",
    [
        ("text", "returned text: return octets, or a Path"),
        (7, "returned int"),
        (io.StringIO("text"), "opened as text"),
        (bytes(LARGEST + 1), "larger than the limit"),
        (NoSeek(bytes(LARGEST + 1)), "larger than the limit"),
        (OwnSource(bytes(LARGEST + 1)), "larger than the limit"),
        (OwnSource(b"half", said=8), "not the size that it announced"),
        (OwnSource(b"", said=-1), "not the size that it announced"),
        (Gives(b"too much", said=3), "not the size that it announced"),
        (Path("/nonexistent/file"), "No such file|no such file"),
    ],
    ids=str,
)
def test_what_is_no_file_is_told_in_the_log(answer: Any, why: str) -> None:
    failed = failure(answer)
    assert re.search(why, str(failed))
    assert "nonexistent" not in failed.told


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs a file that never ends")
def test_a_file_that_never_ends_is_refused_at_its_limit() -> None:
    failed = failure(Path("/dev/zero"))
    assert failed.code == 3 and "larger than the limit" in failed.told


class Hostile(Exception):
    def __str__(self) -> str:
        raise RuntimeError(PATHS_OF_HOST)


class Ending(Exception):
    def __str__(self) -> str:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "raised",
    [
        OSError(2, "No such file or directory", PATHS_OF_HOST),
        ValueError(f"bad {PATHS_OF_HOST}\x1b[2J"),
        SystemExit(PATHS_OF_HOST),
        KeyboardInterrupt(),
        Hostile(),
        Ending(),
        LocalError(f"cannot: {PATHS_OF_HOST}"),
        RecursionError(),
    ],
    ids=lambda raised: type(raised).__name__,
)
@pytest.mark.parametrize("verb", [READ, WRITE], ids=["read", "write"])
def test_whatever_it_raises_the_client_hears_that_it_failed(
    raised: BaseException, verb: Asked
) -> None:
    def fails(asked: Asked) -> None:
        raise raised

    failed = failure(fails, verb)
    assert failed.told.endswith("the provider failed")
    if not isinstance(raised, LocalError):
        assert type(raised).__name__ in str(failed) and "test_guarded.py" in str(failed)
    assert "\x1b" not in str(failed)


class OwnSink:
    """A sink of a user."""

    def __init__(self, hangs: threading.Event | None = None) -> None:
        self.size = 0
        self.written = b""
        self.calls: list[str] = []
        self.discarded = threading.Event()
        self.thread = ""
        self._hangs = hangs

    def expect(self, size: int) -> None:
        self.calls.append("expect")

    def write(self, octets: Any) -> None:
        self.thread = threading.current_thread().name
        self.written += bytes(octets)

    def commit(self) -> None:
        if self._hangs is not None:
            assert self._hangs.wait(20)
        self.calls.append("commit")

    def discard(self) -> None:
        self.calls.append("discard")
        self.discarded.set()


def opened(answer: Any, seconds: float = 20) -> Sink:
    sink = Guarded(lambda asked: answer, seconds, LARGEST).open_write(WRITE)
    assert sink is not None and not isinstance(sink, Denial)
    return sink


def test_an_upload_reaches_the_sink_of_a_user_when_it_is_whole() -> None:
    own = OwnSink()
    sink = opened(own)
    sink.expect(7)
    sink.write(b"one")
    sink.write([b"tw", b"o!"])
    assert own.written == b"" and sink.size == 7
    sink.commit()
    assert own.written == b"onetwo!" and own.calls == ["commit"]
    assert own.thread == "tftp-fsm provider"
    sink.discard()
    assert own.calls == ["commit"]


def test_an_upload_may_go_to_a_path_or_to_a_stream(tmp_path: Path) -> None:
    stream = (tmp_path / "stream").open("wb")
    for answer in (tmp_path / "path", stream):
        sink = opened(answer)
        sink.write(b"octets")
        sink.commit()
    assert stream.closed
    assert (tmp_path / "path").read_bytes() == (tmp_path / "stream").read_bytes() == b"octets"


def test_the_sink_of_a_served_root_is_used_as_it_is(tmp_path: Path) -> None:
    with ServedRoot(tmp_path, writable=True, max_size=10) as root:
        sink = opened(root.open_local(b"new"))
        assert isinstance(sink, FileSink)
        sink.discard()


def test_a_broken_upload_is_discarded_beside_the_loop() -> None:
    own = OwnSink()
    sink = opened(own)
    sink.write(b"half")
    sink.discard()
    assert own.discarded.wait(20) and own.written == b""


def test_an_upload_that_is_too_large_is_refused() -> None:
    sink = opened(OwnSink())
    with pytest.raises(LocalError, match="larger than the limit"):
        sink.expect(LARGEST + 1)
    with pytest.raises(LocalError, match="larger than the limit") as failed:
        sink.write(bytes(LARGEST + 1))
    assert failed.value.code == 3
    sink.discard()


def test_a_sink_that_hangs_or_fails_is_told() -> None:
    go = threading.Event()
    sink = opened(OwnSink(go), seconds=0.02)
    sink.write(b"octets")
    with pytest.raises(LocalError, match="cannot write: it took too long"):
        sink.commit()
    go.set()

    class Fails(OwnSink):
        def commit(self) -> None:
            raise ValueError(PATHS_OF_HOST)

    own = Fails()
    sink = opened(own)
    with pytest.raises(LocalError) as failed:
        sink.commit()
    assert failed.value.told == "cannot write: the provider failed"
    assert own.calls == ["discard"]


@pytest.mark.parametrize("answer", ["text", 7, b"octets"], ids=str)
def test_what_takes_no_upload_is_told(answer: Any) -> None:
    assert failure(answer, WRITE).told == "cannot write: the provider failed"


# -- Loading ---------------------------------------------------------------------------------------

MODULE = """
from pathlib import Path
def make(asked): return b"made"
class Maker:
    def open_read(self, asked): return b"made by a class"
broken = 7
class Cannot:
    def __init__(self): raise OSError("no")
class Ends:
    def __init__(self): raise SystemExit(3)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "recipes_of_a_test.py").write_text(MODULE)
    (tmp_path / "broken_recipes.py").write_text("import json\njson.loads('{')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    return "recipes_of_a_test"


@pytest.mark.parametrize("name, octets", [("make", b"made"), ("Maker", b"made by a class")])
def test_a_provider_is_loaded_by_its_name(module: str, name: str, octets: bytes) -> None:
    source: Source | Denial | None = Guarded(load(f"{module}:{name}")).open_read(READ)
    assert isinstance(source, BytesSource) and bytes(source.read(0, source.size)) == octets


@pytest.mark.parametrize(
    "name, why",
    [
        ("recipes", "name it as MODULE:FUNCTION"),
        (":make", "name it as MODULE:FUNCTION"),
        ("no_such_module_here:make", "ModuleNotFoundError"),
        ("recipes_of_a_test:none", "recipes_of_a_test has no none"),
        ("recipes_of_a_test:broken", "provider is not a function"),
        ("recipes_of_a_test:Cannot", "OSError: no"),
        ("recipes_of_a_test:Ends", "SystemExit: 3"),
        ("broken_recipes:make", "JSONDecodeError"),
        ("..:x", "TypeError|ValueError"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_one_line(module: str, name: str, why: str) -> None:
    with pytest.raises(LocalError, match=f"cannot load the provider .*(?:{why})") as failed:
        load(name)
    assert "\n" not in str(failed.value)

"""Files of an HTTP server: a real one of the standard library, and one that is hostile."""

from __future__ import annotations

import gc
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from weakref import ref

import pytest

from tests.support.descriptors import open_descriptors
from tftp_fsm.errors import LocalError
from tftp_fsm.providers import proxy
from tftp_fsm.providers.asked import Asked, Denial
from tftp_fsm.providers.proxy import Proxy
from tftp_fsm.providers.settings import parse_url
from tftp_fsm.storage import FileSource

LARGE = Random(1).randbytes(300_000)


class Quiet(SimpleHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        Quiet.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "large").write_bytes(LARGE)
    (tmp_path / "sub" / "a b?%#").write_bytes(b"odd")
    (tmp_path / "secret").write_bytes(b"secret")
    return tmp_path


@pytest.fixture
def url(files: Path) -> Iterator[str]:
    Quiet.asked.clear()
    with listening(partial(Quiet, directory=str(files))) as base:
        yield base


def read(part: Proxy, name: bytes) -> bytes | None:
    source = part.open_read(Asked("RRQ", name, peer=("192.0.2.7", 2070)))
    if source is None:
        return None
    assert isinstance(source, FileSource), source
    octets = bytes(source.read(0, source.size))
    source.close()
    return octets


def fails(part: Proxy, name: bytes = b"file") -> LocalError:
    with pytest.raises(LocalError) as failed:
        part.open_read(Asked("RRQ", name, peer=("192.0.2.7", 2070)))
    assert "127.0.0.1" not in failed.value.told and failed.value.told.startswith("cannot read: ")
    return failed.value


def test_a_file_is_fetched_whole(url: str) -> None:
    part = Proxy(url)
    assert read(part, b"large") == LARGE
    assert read(part, b"/sub\\a b?%#") == b"odd"
    assert read(part, b"none") is None
    assert Quiet.asked == ["/large", "/sub/a%20b%3F%25%23", "/none"]


def test_the_path_of_the_url_is_never_left(url: str) -> None:
    part = Proxy(f"{url}/sub")
    assert read(part, b"secret") is None
    assert read(part, b"a b?%#") == b"odd"
    assert read(part, b"%2e%2e/secret") is None
    for name in (b"../secret", b"..\\secret", b"x\r\nHost: y", b"", b"C:/secret"):
        assert fails(part, name).code == 2
    assert not any("secret" in asked and "sub" not in asked for asked in Quiet.asked)


def test_a_file_that_was_fetched_a_moment_ago_is_not_fetched_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, now = Proxy(url), time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    sources = [part.open_read(Asked("RRQ", b"large")) for _ in range(3)]
    assert Quiet.asked == ["/large"]
    for source in sources:
        assert isinstance(source, FileSource)
        assert bytes(source.read(0, source.size)) == LARGE
        source.close()
    now += proxy.FRESH + 1
    assert read(part, b"large") == LARGE
    assert Quiet.asked == ["/large", "/large"]


def test_clients_that_ask_together_share_one_fetch() -> None:
    go, begun = threading.Event(), threading.Event()
    asked: list[str] = []

    class Slow(Answers):
        def do_GET(self) -> None:
            asked.append(self.path)
            begun.set()
            assert go.wait(20)
            self.answer(b"octets")

    found: list[bytes | None] = []
    with listening(Slow) as url:
        part = Proxy(url)
        threads = [
            threading.Thread(target=lambda: found.append(read(part, b"file"))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        assert begun.wait(20)
        go.set()
        for thread in threads:
            thread.join(20)
    assert found == [b"octets"] * 4
    assert asked == ["/file"]


def test_few_files_are_kept(url: str, files: Path) -> None:
    before = open_descriptors()
    part = Proxy(url)
    for number in range(2 * proxy.SHELVED):
        (files / f"f{number}").write_bytes(b"x")
        assert read(part, f"f{number}".encode()) == b"x"
    assert open_descriptors() <= before + proxy.SHELVED + 2
    small = Proxy(url, largest=len(LARGE))
    assert read(small, b"large") == LARGE and read(small, b"f1") == b"x"


def test_files_that_are_kept_are_closed_with_their_proxy(url: str) -> None:
    part = Proxy(url)
    assert read(part, b"large") == LARGE
    (fd,) = (one.fd for one in part._shelf._files.values())
    os.fstat(fd)
    del part
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_files_are_closed_when_nobody_asks_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "FRESH", 0.01)
    part = Proxy(url)
    assert read(part, b"large") == LARGE
    while awaited := timers_of(part):
        for timer in awaited:
            timer.join(20)
    assert part._shelf._files == {}


def test_one_thread_waits_for_all_files_and_keeps_no_proxy(url: str, files: Path) -> None:
    part = Proxy(url)
    for name in (b"large", b"secret"):
        assert read(part, name)
    (timer,) = timers_of(part)
    shelf, part._shelf = ref(part._shelf), Proxy(url)._shelf
    gc.collect()
    assert shelf() is None
    timer.function(*timer.args)  # nothing is left to tidy
    timer.cancel()


def timers_of(part: Proxy) -> list[threading.Timer]:
    timers = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    return [one for one in timers if next(iter(one.args))() is part._shelf]


# -- A hostile server ------------------------------------------------------------------------------


class Answers(BaseHTTPRequestHandler):
    """Answers with what the test says."""

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def raw(answer: bytes, hangs: threading.Event | None = None) -> type[BaseHTTPRequestHandler]:
    """Run a server that answers with these octets, and then hangs."""

    class Raw(Answers):
        def do_GET(self) -> None:
            self.wfile.write(answer)
            self.wfile.flush()
            if hangs is not None:
                hangs.wait(20)

    return Raw


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer, why",
    [
        (OK + b"Content-Length: 10\r\n\r\nshort", "5 octets, and 10 were announced"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nshort", "IncompleteRead|incomplete"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "fetch|IncompleteRead|invalid"),
        (OK + b"\r\nno end is told", "does not tell how long"),
        (OK + b"Content-Length: 1000\r\n\r\n" + bytes(1000), "larger than the limit"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + bytes(1000), "larger than the limit"),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "sends it encoded"),
        (OK + b"X: " + b"x" * 70_000, "LineTooLong|header line"),
        (OK + b"X: x\r\n" * 200, "got more than 100 headers"),
        (b"HTTP/1.1 206 Part\r\nContent-Length: 1\r\n\r\nx", "the server says 206"),
        (b"HTTP/1.1 500 \x1b[2J\r\nContent-Length: 0\r\n\r\n", "the server says 500"),
        (b"SSH-2.0\r\n", "SSH-2.0"),
        (b"", "Remote end closed"),
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_used_is_told_in_the_log(answer: bytes, why: str) -> None:
    with listening(raw(answer)) as url:
        failed = fails(Proxy(url, largest=100))
    assert re.search(why, str(failed))
    assert "\x1b" not in str(failed) and "\n" not in str(failed)


def test_a_server_that_refuses_has_the_client_refused() -> None:
    for status in (401, 403):
        with listening(raw(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)) as url:
            denial = Proxy(url).open_read(Asked("RRQ", b"file"))
        assert denial == Denial("cannot read: permission denied")


def test_nobody_listens() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        failed = fails(Proxy(f"http://127.0.0.1:{port}"))
    assert failed.told == "cannot read: the file could not be fetched"
    assert f"http://127.0.0.1:{port}/file" in str(failed)


@pytest.mark.parametrize("sent", [b"", OK, OK + b"Content-Length: 10\r\n\r\nx"], ids=str)
def test_a_server_that_hangs_is_left_in_time(sent: bytes) -> None:
    hangs = threading.Event()
    with listening(raw(sent, hangs)) as url:
        try:
            failed = fails(Proxy(url, seconds=0.1))
            assert "took too long" in failed.told or "timed out" in str(failed)
        finally:
            hangs.set()


def test_a_server_that_drips_is_left_in_time_and_its_thread_ends() -> None:
    """Each octet comes before a time-out of the socket. Only the whole fetch has a limit."""
    stop = threading.Event()

    class Drips(Answers):
        def do_GET(self) -> None:
            self.wfile.write(OK)
            while not stop.wait(0.01):
                try:
                    self.wfile.write(b"X")
                except OSError:
                    return

    with listening(Drips) as url:
        part = Proxy(url, seconds=0.2)
        fails(part)
        for thread in threading.enumerate():
            if thread.name == "tftp-fsm provider":
                thread.join(20)
        assert part.under_way == 0
        stop.set()


class Moves(Answers):
    to = ""

    def do_GET(self) -> None:
        if self.path == "/file":
            self.answer(b"", 302, Location=self.to)
        elif "?" in self.path:
            self.answer(self.path.encode())
        elif self.path == "/loop":
            self.answer(b"", 302, Location="/loop")
        else:
            self.answer(b"moved")


def test_a_redirection_is_followed_on_the_same_server_alone() -> None:
    def moved(to: str) -> type[Moves]:
        return type("MovesTo", (Moves,), {"to": to})

    with listening(moved("/other")) as url:
        assert read(Proxy(url), b"file") == b"moved"
        assert "5 redirections" in str(fails(Proxy(url), b"loop"))
    with listening(moved("/signed?key=1&to=%2F")) as url:
        assert read(Proxy(url), b"file") == b"/signed?key=1&to=%2F"
    handler = moved("")
    with listening(handler) as url:
        handler.to = f"{url}?key=1"  # it has no path
        assert read(Proxy(url), b"file") == b"/?key=1"
    with listening(moved("/other")) as other, listening(moved(f"{other}/other")) as url:
        assert "which is another server" in str(fails(Proxy(url)))
    for to in ("http://127.0.0.2/x", "file:///etc/passwd", "//127.0.0.1:1/x", "https://[", ""):
        with listening(moved(to)) as url:
            failed = fails(Proxy(url))
            assert "passwd" not in failed.told


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/",
        "host/path",
        "http://",
        "http://user:word@host/",
        "http://host/?x",
        "http://host/#x",
        "http://host/ä",
        "http://host/a b",
        "http://host:99999/",
        "file:///etc",
    ],
)
def test_a_url_that_cannot_be_used_is_told(url: str) -> None:
    with pytest.raises(ValueError, match="proxy|[Pp]ort|port"):
        parse_url(url)


def test_uploads_are_not_for_a_proxy(url: str) -> None:
    assert Proxy(url).open_write(Asked("WRQ", b"file")) is None

"""Files made on request, for real clients and by slow or hostile providers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.providers.test_proxy import Quiet, listening
from tests.support.peers import Client
from tests.support.served import error
from tests.support.served import serving as serving_any
from tftp_fsm import aio
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.providers.asked import Asked, Denial, Provider, ReadAnswer, WriteAnswer
from tftp_fsm.providers.maps.map import Map
from tftp_fsm.server import Server
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.session_factory import open_root
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq

WAIT = 20.0  # seconds, at the most
BOTH_PORTS = pytest.mark.parametrize("single_port", [False, True])
serving = partial(serving_any, waits_for_disk=False)
MADE = Random(7).randbytes(70_000)
HIDDEN = "/srv/secret/place"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_bytes(b"content")
    return root


class Hangs(Provider):
    """Answers for the name `slow` when it is told to, and says "next" for all others."""

    def __init__(self, answer: ReadAnswer = b"made") -> None:
        self.go, self.asked = threading.Event(), threading.Semaphore(0)
        self.calls: list[Asked] = []
        self._answer = answer

    def open_read(self, asked: Asked) -> ReadAnswer:
        if asked.name != b"slow":
            return None
        self.calls.append(asked)
        self.asked.release()
        assert self.go.wait(WAIT)
        return self._answer

    def begun(self) -> None:
        assert self.asked.acquire(timeout=WAIT)


@pytest.fixture
def slow() -> Iterator[Hangs]:
    made = Hangs()
    yield made
    made.go.set()


# -- Real clients ----------------------------------------------------------------------------------

CLIENTS = pytest.mark.parametrize("name", ["curl", "tftp-hpa", "busybox"])


@CLIENTS
def test_a_real_client_gets_what_a_provider_makes(
    root: Path, tmp_path: Path, real_client: Callable[[str], Client], name: str
) -> None:
    def make(asked: Asked) -> ReadAnswer:
        return MADE if asked.name == b"made" else None

    client = real_client(name)
    with Server(root, provider=make) as server:
        for remote, octets in (("made", MADE), ("file", b"content")):
            done = client.get("127.0.0.1", server.port, remote, tmp_path / "got")
            assert done.returncode == 0, done
            assert (tmp_path / "got").read_bytes() == octets
    assert not server.complaints


@CLIENTS
def test_a_real_client_puts_to_what_a_provider_takes(
    root: Path, tmp_path: Path, real_client: Callable[[str], Client], name: str
) -> None:
    class Takes(Provider):
        def open_write(self, asked: Asked) -> WriteAnswer:
            return (tmp_path / "taken").open("wb") if asked.name == b"ours" else None

    (tmp_path / "mine").write_bytes(MADE)
    client = real_client(name)
    with Server(root, provider=Takes(), writable=True) as server:
        for remote, path in (("ours", tmp_path / "taken"), ("new", root / "new")):
            done = client.put("127.0.0.1", server.port, tmp_path / "mine", remote)
            assert done.returncode == 0, done
            assert path.read_bytes() == MADE
    assert not server.complaints


@CLIENTS
def test_a_real_client_gets_what_an_http_server_has(
    root: Path, tmp_path: Path, real_client: Callable[[str], Client], name: str
) -> None:
    (tmp_path / "image").write_bytes(MADE)
    client = real_client(name)
    files = partial(Quiet, directory=str(tmp_path))
    with listening(files) as url, Server(root, proxy=url) as server:
        done = client.get("127.0.0.1", server.port, "image", tmp_path / "got")
        assert done.returncode == 0, done
        assert (tmp_path / "got").read_bytes() == MADE
        missing = client.get("127.0.0.1", server.port, "missing", tmp_path / "none")
        assert missing.returncode != 0
        assert server.wait(2).outcome is Outcome.NOT_FOUND


@CLIENTS
def test_a_real_client_is_mapped_and_has_a_directory_and_templates(
    root: Path, tmp_path: Path, real_client: Callable[[str], Client], name: str
) -> None:
    (root / "127.0.0.1").mkdir()
    (root / "127.0.0.1" / "menu.tmpl").write_text("$ip $server\n")
    client, names = real_client(name), Map.parse("ri ^DEFAULT$ menu")
    with Server(root, map=names, root_per_client="ip", templates=True) as server:
        done = client.get("127.0.0.1", server.port, "default", tmp_path / "got")
        assert done.returncode == 0, done
        assert (tmp_path / "got").read_text() == "127.0.0.1 127.0.0.1\n"
        assert client.get("127.0.0.1", server.port, "file", tmp_path / "none").returncode != 0


def test_files_are_made_in_an_event_loop_too(root: Path) -> None:
    async def serve_and_get() -> bytes | None:
        async with aio.Server(root, provider=lambda asked: asked.host.encode()) as server:
            return (await aio.get("127.0.0.1", "any", port=server.port)).data

    assert asyncio.run(serve_and_get()) == b"127.0.0.1"


# -- The loop waits for none -----------------------------------------------------------------------


@BOTH_PORTS
def test_others_are_served_while_a_provider_is_slow(
    root: Path, slow: Hangs, single_port: bool
) -> None:
    (root / "large").write_bytes(MADE)
    with serving(root, provider=slow, single_port=single_port) as served:
        client = served.peer()
        client.ask("slow")
        served.turn()
        slow.begun()
        for _ in range(3):
            assert served.peer().get("large", blksize=1428) == MADE
        assert client.hears_nothing()
        slow.go.set()
        assert client.hear() == Data(1, b"made")
        client.say(Ack(1))
        served.turn()
        assert [report.name for report in served.reports] == [b"large"] * 3 + [b"slow"]


@BOTH_PORTS
def test_a_request_that_comes_again_meanwhile_asks_once(
    root: Path, slow: Hangs, single_port: bool
) -> None:
    with serving(root, provider=slow, single_port=single_port) as served:
        client = served.peer()
        for _ in range(3):
            client.ask("slow")
            served.turn()
        slow.begun()
        slow.go.set()
        assert client.hear() == Data(1, b"made")
        assert len(slow.calls) == 1
        assert served.loop.totals.repeated == 2 and served.loop.totals.requests == 1


@BOTH_PORTS
def test_another_request_of_the_client_is_answered_instead(
    root: Path, slow: Hangs, single_port: bool
) -> None:
    with serving(root, provider=slow, single_port=single_port) as served:
        client = served.peer()
        client.ask("slow")
        served.turn()
        slow.begun()
        client.ask("file")
        assert client.hear() == Data(1, b"content")
        slow.go.set()
        client.say(Ack(1))
        served.until_idle()
        assert client.heard() == []
        assert [report.name for report in served.reports] == [b"file"]


def open_below(root: Path) -> list[str]:
    """Return the files in `root` that this process has open, as far as the system tells."""
    found = []
    for name in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):  # that of the listing, and where these are no links
            found.append(os.readlink(f"/dev/fd/{name}"))
    return [path for path in found if path.startswith(str(root))]


def test_a_server_closes_while_a_provider_hangs_and_no_file_is_left_open(root: Path) -> None:
    slow = Hangs(root / "file")
    with serving(root, provider=slow) as served:
        client = served.peer()
        client.ask("slow")
        served.turn()
        slow.begun()
    slow.go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("tftp-fsm"):
            thread.join(WAIT)
    assert open_below(root) == []


def test_a_stop_leaves_requests_that_wait_for_a_provider(root: Path, slow: Hangs) -> None:
    with serving(root, provider=slow) as served:
        client = served.peer()
        client.ask("slow")
        served.turn()
        slow.begun()
        served.loop.stop(1.0)
        served.turn()
        assert served.loop.is_over
        slow.go.set()
        assert client.hears_nothing()


def test_a_new_configuration_leaves_requests_that_wait_their_old_files(
    root: Path, tmp_path: Path
) -> None:
    """The root that they began with stays open until they have ended."""

    class First(Hangs):
        def open_read(self, asked: Asked) -> ReadAnswer:
            super().open_read(asked)
            return None  # then the file of the root

    first = First()
    (root / "slow").write_bytes(b"old")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "slow").write_bytes(b"new")
    with serving(root, provider=first) as served:
        client = served.peer()
        client.ask("slow")
        served.turn()
        first.begun()
        config = replace(served.config, root=tmp_path / "new", provider=None, deny=("127.0.0.2",))
        old, served.root = served.root, open_root(config)
        served.loop.reconfigure(config, served.root)
        old.close()
        assert served.peer().get("slow") == b"new"
        stranger = served.peer("127.0.0.2")
        stranger.ask("slow")
        assert stranger.hears_nothing()
        first.go.set()
        assert client.hear() == Data(1, b"old")


def test_a_client_whose_request_waits_too_long_is_told(root: Path, slow: Hangs) -> None:
    with serving(root, provider=slow, provider_timeout=0.05) as served:
        client = served.peer()
        client.ask("slow")
        assert error(client.hear(), 0) == "cannot read: it took too long"
        assert served.reports[-1].outcome is Outcome.STORAGE_FAILED
        assert served.peer().get("file") == b"content"


def test_requests_beyond_the_limit_are_told_that_the_server_is_busy(
    root: Path, slow: Hangs
) -> None:
    with serving(root, provider=slow, max_sessions_per_address=2) as served:
        clients = [served.peer() for _ in range(3)]
        for client in clients:
            client.ask("slow")
        assert "busy" in error(clients[-1].hear(), 0)
        slow.go.set()
        assert clients[0].hear() == clients[1].hear() == Data(1, b"made")


# -- What it is told, and what leaks ---------------------------------------------------------------


def test_a_provider_hears_who_asks_for_what(root: Path) -> None:
    heard: list[Asked] = []

    def note(asked: Asked) -> None:
        heard.append(asked)

    with serving(root, provider=note, writable=True) as served:
        client = served.peer()
        client.ask("file", tsize=0)
        assert isinstance(client.hear(), Oack)
        other = served.peer()
        other.ask("new", Wrq, tsize=7)
        assert isinstance(other.hear(), Oack)
        here = client.sock.getsockname()
    read, write = heard
    assert read == Asked("RRQ", b"file", "octet", (("tsize", "0"),), here, "127.0.0.1")
    assert (write.verb, write.name, write.size) == ("WRQ", b"new", 7)


def test_a_denial_and_a_failure_are_told_and_nothing_of_the_host(root: Path) -> None:
    def fails(asked: Asked) -> Any:
        if asked.name == b"denied":
            return Denial("come back tomorrow", 6)
        raise OSError(5, "I/O error", HIDDEN)

    with serving(root, provider=fails, writable=True) as served:
        client = served.peer()
        client.ask("denied")
        assert error(client.hear(), 6) == "come back tomorrow"
        for verb, what in ((Rrq, "read"), (Wrq, "write")):
            other = served.peer()
            other.ask("x", verb)
            assert error(other.hear(), 0) == f"cannot {what}: the provider failed"
            assert "OSError" in served.reports[-1].message


WORDS = ["", "x" * 10_000, "zero\0byte", "caf\u00e9 \x1b[2J", "\ud800"]


@pytest.mark.parametrize("why", WORDS, ids=lambda why: ascii(why[:20]))
def test_a_denial_in_any_words_is_an_error_that_can_be_read(root: Path, why: str) -> None:
    with serving(root, provider=lambda asked: Denial(why, 2)) as served:
        client = served.peer()
        client.ask("x")
        packet = client.hear()
        assert isinstance(packet, Error) and packet.code == 2
        assert 0 < len(packet.message) <= 300 and packet.message.isprintable()


@pytest.mark.parametrize("code", [-1, 9, 70_000, None, "2"], ids=str)
def test_a_code_that_is_none_becomes_zero(root: Path, code: Any) -> None:
    with serving(root, provider=lambda asked: Denial("no", code)) as served:
        client = served.peer()
        client.ask("x")
        assert error(client.hear(), 0) == "no"


def test_text_is_converted_whoever_gives_it(root: Path) -> None:
    taken: list[bytes] = []

    class Takes(Provider):
        def open_read(self, asked: Asked) -> ReadAnswer:
            return b"one\ntwo\n"

        def open_write(self, asked: Asked) -> WriteAnswer:
            return root / "text"

    with serving(root, provider=Takes(), writable=True) as served:
        assert served.peer().get("text", mode="netascii") == b"one\r\ntwo\r\n"
        client = served.peer()
        client.say(Wrq(b"text", "netascii", (("tsize", "10"),)), served.address)
        assert isinstance(client.hear(), Oack)
        client.say(Data(1, b"one\r\ntwo\r\n"))
        assert client.hear() == Ack(1)
    assert (root / "text").read_bytes() == b"one\ntwo\n" and taken == []


def test_an_upload_that_a_provider_cannot_take_is_told_before_its_last_ack(root: Path) -> None:
    class Full:
        size = 0

        def expect(self, size: int) -> None: ...
        def write(self, octets: Any) -> None: ...
        def discard(self) -> None: ...
        def commit(self) -> None:
            raise OSError(28, "No space left on device", HIDDEN)

    with serving(root, provider=lambda asked: Full(), writable=True) as served:
        client = served.peer()
        client.ask("new", Wrq)
        assert client.hear() == Ack(0)
        client.say(Data(1, b"octets"))
        assert error(client.hear(), 0) == "cannot write: the provider failed"


def test_a_map_refuses_and_changes_on_its_way(root: Path) -> None:
    names = Map.parse("rgg [\\\\] /\naP ^ no\\ uploads\nr ^other$ file")
    with serving(root, map=names, writable=True) as served:
        assert served.peer().get("other") == b"content"
        client = served.peer()
        client.ask("new", Wrq)
        assert error(client.hear(), 2) == "no uploads"
        outside = served.peer()
        outside.ask("..\\secret")
        assert ".. in it is refused" in error(outside.hear(), 2)


def test_a_pathological_map_holds_nobody(root: Path) -> None:
    """With Python's own expressions this name would take years."""
    names = Map.parse("\n".join(["r ^((a+)+)+$ x"] * 50))
    with serving(root, map=names) as served:
        client = served.peer()
        client.ask("a" * 480 + "!")
        served.turn()
        assert served.peer().get("file") == b"content"
        message = client.hear()
        assert isinstance(message, Error)


# -- The configuration -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, why",
    [
        ({"provider": 7}, "provider is not a function"),
        ({"proxy": "ftp://host"}, "proxy must be a URL"),
        ({"root_per_client": "name"}, "root_per_client takes ip or mac"),
        ({"refuse_option": ("speed",)}, "refuse_option takes blksize"),
        ({"keep_versions": 1}, "keep_versions has no effect unless overwrite"),
        ({"provider_timeout": 0}, "provider_timeout"),
        ({"keep_versions": -1, "writable": True, "overwrite": True}, "keep_versions"),
    ],
)
def test_what_cannot_be_is_told(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ServerConfig(".", **options)


def test_a_server_without_any_of_it_starts_no_thread(root: Path) -> None:
    before = set(threading.enumerate())
    with serving(root) as served:
        assert served.peer().get("file") == b"content"
        assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("refused", [("blksize",), ("BLKSIZE", "tsize")])
def test_a_refused_option_is_never_accepted(root: Path, refused: tuple[str, ...]) -> None:
    with serving(root, refuse_option=refused) as served:
        client = served.peer()
        client.ask("file", BlkSize=1024, tsize=0, windowsize=2)
        packet = client.hear()
        assert isinstance(packet, Oack)
        names = {name for name, _ in packet.options}
        assert names == {"tsize", "windowsize"} - {name.lower() for name in refused}
        plain = served.peer()
        plain.ask("file", blksize=1024)
        assert plain.hear() == Data(1, b"content")

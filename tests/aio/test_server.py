"""A server in an event loop: it is the same server, and its clients hear when it is cancelled."""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import tftp_fsm
from tests.support.loops import RawPeer, Run
from tftp_fsm import aio
from tftp_fsm.storage import partial as partial_files
from tftp_fsm.wire.packets import Ack, Data, Error, Rrq, Wrq

HOST = "127.0.0.1"


def test_reports_totals_and_urls_are_those_of_the_server_in_a_thread(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"content")

    async def scenario() -> None:
        async with aio.Server(tmp_path) as server:
            assert server.url("file") == f"tftp://127.0.0.1:{server.port}/file"
            await aio.get(HOST, "file", port=server.port)
            report = await server.wait()
            assert report.outcome is tftp_fsm.Outcome.SUCCEEDED and report.name == b"file"
            assert server.totals.requests == 1 and list(server.complaints) == []
            with pytest.raises(tftp_fsm.TransferTimedOut, match="1 of 2"):
                await server.wait(2, seconds=0.001)
            with pytest.raises(tftp_fsm.LocalError, match="already"):
                await server.start()
        await server.stop()  # a second time it does nothing

    run(scenario())


def test_an_observer_that_raises_costs_no_client_its_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")

    def observer(*_: object) -> None:
        raise SystemExit("of the observer")

    async def scenario() -> None:
        async with aio.Server(tmp_path, observer=observer, writable=True) as server:
            assert (await aio.get(HOST, "file", port=server.port)).data == b"content"
            await aio.put(HOST, io.BytesIO(b"new"), "new", port=server.port)
            await server.wait(2)
            assert server.totals.bugs == len(server.complaints) == 2
        assert (tmp_path / "new").read_bytes() == b"new"

    run(scenario())


def test_a_port_that_is_taken_is_an_error(run: Run, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with aio.Server(tmp_path) as server:
            with pytest.raises(tftp_fsm.LocalError, match="listens there"):
                await aio.Server(tmp_path, server.port).start()

    run(scenario())


def test_a_client_in_a_thread_is_served(run: Run, tmp_path: Path) -> None:
    """Its session is the only one, and yet the event loop goes on while it waits."""

    async def scenario() -> None:
        async with aio.Server(tmp_path, writable=True) as server:
            options: Any = {"port": server.port, "blksize": 512, "windowsize": None}
            await asyncio.to_thread(tftp_fsm.put, HOST, bytes(50_000), "file", **options)
            got = await asyncio.to_thread(tftp_fsm.get, HOST, "file", **options)
            assert got.data == bytes(50_000)

    run(scenario())


Reach: TypeAlias = Callable[[RawPeer, Any], Coroutine[Any, Any, None]]


async def sending(peer: RawPeer, server: Any) -> None:
    peer.say(Rrq(b"file"), server)
    assert await peer.hear() == Data(1, bytes(512))


async def offering(peer: RawPeer, server: Any) -> None:
    peer.say(Rrq(b"file", options=(("blksize", "1024"),)), server)
    await peer.hear()


async def receiving_first(peer: RawPeer, server: Any) -> None:
    peer.say(Wrq(b"file"), server)
    assert await peer.hear() == Ack(0)


async def receiving(peer: RawPeer, server: Any) -> None:
    await receiving_first(peer, server)
    peer.say(Data(1, bytes(512)))
    assert await peer.hear() == Ack(1)


@pytest.mark.parametrize("reach", [offering, sending, receiving_first, receiving])
def test_a_server_that_is_cancelled_tells_its_client_and_leaves_nothing(
    run: Run, tmp_path: Path, reach: Reach
) -> None:
    (tmp_path / "file").write_bytes(bytes(600))

    async def serve(started: asyncio.Future[Any]) -> None:
        async with aio.Server(tmp_path, writable=True, overwrite=True) as server:
            started.set_result(server.address)
            await asyncio.Event().wait()

    async def scenario() -> None:
        with RawPeer() as peer:
            started = asyncio.get_running_loop().create_future()
            serving = asyncio.create_task(serve(started))
            await reach(peer, await started)
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving
            assert isinstance(await peer.hear(), Error)
        assert os.listdir(tmp_path) == ["file"]
        assert (tmp_path / "file").read_bytes() == bytes(600)

    run(scenario())


@pytest.mark.parametrize("how", ["stop", "cancelled stop"])
def test_an_upload_that_has_come_whole_is_safe_before_stop_returns(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The event loop goes on while the disk works, unless the stop itself is cancelled."""
    entered, go = threading.Event(), threading.Event()

    def sync(fd: int) -> None:
        entered.set()
        assert go.wait(20)

    monkeypatch.setattr(partial_files, "_sync", sync)

    async def scenario() -> None:
        with RawPeer() as peer:
            server = aio.Server(tmp_path, writable=True)
            await server.start()
            await receiving_first(peer, server.address)
            peer.say(Data(1, b"all"))
            assert await asyncio.to_thread(entered.wait, 20)
            stopping = asyncio.create_task(server.stop())
            for _ in range(5):
                await asyncio.sleep(0)
            assert not stopping.done() and os.listdir(tmp_path) != ["file"]
            if how == "cancelled stop":
                stopping.cancel()
            go.set()
            if how == "cancelled stop":
                with pytest.raises(asyncio.CancelledError):
                    await stopping
            else:
                await stopping
            assert await peer.hear() == Ack(1)
        assert (tmp_path / "file").read_bytes() == b"all"

    run(scenario())


def test_running_transfers_get_the_grace(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(600))

    async def scenario() -> None:
        with RawPeer() as peer:
            server = aio.Server(tmp_path)
            await server.start()
            await sending(peer, server.address)
            stopping = asyncio.create_task(server.stop(grace=20))
            peer.say(Ack(1))
            assert await peer.hear() == Data(2, bytes(88))
            peer.say(Ack(2))
            await stopping
            assert server.totals.ended == {"succeeded": 1}

    run(scenario())


def test_many_clients_of_one_loop_are_served_by_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(1000))

    async def scenario() -> None:
        async def one() -> int:
            return (await aio.get(HOST, "file", port=server.port)).octets

        limits: Any = {"max_descriptors": 500, "max_sessions_per_address": 200}
        async with aio.Server(tmp_path, **limits) as server:
            assert await asyncio.gather(*(one() for _ in range(200))) == [1000] * 200

    run(scenario())


def test_an_event_loop_that_cannot_watch_sockets_is_named(tmp_path: Path) -> None:
    class Proactor(asyncio.SelectorEventLoop):
        def add_reader(self, *_: Any) -> Any:  # type: ignore[override]
            raise NotImplementedError

    async def scenario() -> None:
        with pytest.raises(tftp_fsm.LocalError, match="SelectorEventLoop"):
            await aio.Server(tmp_path).start()
        with pytest.raises(tftp_fsm.LocalError, match="SelectorEventLoop"):
            await aio.get(HOST, "file", port=9)

    with asyncio.Runner(loop_factory=Proactor) as runner:
        runner.run(scenario())

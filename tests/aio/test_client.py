"""`get` and `put` in an event loop: the same as in a thread, and cancelled at any moment."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import tftp_fsm
from tests.support.descriptors import open_descriptors
from tests.support.loops import RawPeer, Run
from tftp_fsm import aio
from tftp_fsm.aio import client as aio_client
from tftp_fsm.protocol.rows import State
from tftp_fsm.storage import partial as partial_files
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq, parse

CONTENT = bytes(range(256)) * 400  # 200 blocks of 512 octets
HOST = "127.0.0.1"
AT_ONCE = 1000


# -- What the blocking client does too -------------------------------------------------------------


@pytest.mark.parametrize("windowsize", [None, 16])
@pytest.mark.parametrize("size", [0, 512, len(CONTENT)])
def test_a_file_goes_there_and_back(
    run: Run, tmp_path: Path, size: int, windowsize: int | None
) -> None:
    async def scenario() -> None:
        async with aio.Server(tmp_path, writable=True) as server:
            options: Any = {"port": server.port, "windowsize": windowsize, "blksize": 512}
            put = await aio.put(HOST, CONTENT[:size], "file", **options)
            got = await aio.get(HOST, "file", **options)
            assert got.data == CONTENT[:size]
            assert put.octets == got.octets == size
            path = await aio.get(HOST, "file", tmp_path / "copy", sha256=True, **options)
            assert path.local == str(tmp_path / "copy") and path.sha256 is not None
            assert (tmp_path / "copy").read_bytes() == CONTENT[:size]

    run(scenario())


def test_the_result_is_that_of_the_blocking_client(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    with tftp_fsm.Server(tmp_path) as server:
        blocking = tftp_fsm.get(HOST, "file", port=server.port)

        async def scenario() -> None:
            result = await aio.get(HOST, "file", port=server.port)
            for name in ("data", "octets", "offered", "agreed", "mode", "remote", "verb"):
                assert getattr(result, name) == getattr(blocking, name), name

        run(scenario())


def test_an_error_of_the_server_is_raised_with_its_last_steps(run: Run, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with aio.Server(tmp_path) as server:
            with pytest.raises(tftp_fsm.PeerError) as failed:
                await aio.get(HOST, "nofile", tmp_path / "here", port=server.port)
            assert failed.value.code == 1 and failed.value.trace is not None
            assert os.listdir(tmp_path) == []

    run(scenario())


def test_a_closed_port_is_unreachable(run: Run) -> None:
    async def scenario() -> None:
        with RawPeer() as peer:
            port = peer.port
        with pytest.raises(tftp_fsm.HostUnreachable):
            await aio.get(HOST, "file", port=port)

    run(scenario())


def test_an_answer_and_the_whole_file_may_come_together(run: Run, tmp_path: Path) -> None:
    async def scenario() -> None:
        with RawPeer() as peer:
            path = tmp_path / "file"
            getting = asyncio.create_task(aio.get(HOST, "file", path, port=peer.port, dally=0))
            await peer.hear()
            peer.say(Oack((("tsize", "3"),)))
            peer.say(Data(1, b"all"))
            await getting
            assert path.read_bytes() == b"all"

    run(scenario())


def test_silence_ends_by_the_patience_of_the_settings(run: Run) -> None:
    async def scenario() -> None:
        with RawPeer() as peer:
            with pytest.raises(tftp_fsm.TransferTimedOut, match="no answer"):
                await aio.get(HOST, "file", port=peer.port, timeout=0.01, retries=2)
            assert [type(await peer.hear()) for _ in range(3)] == [Rrq] * 3

    run(scenario())


def test_a_transfer_ends_after_max_time(run: Run) -> None:
    async def scenario() -> None:
        with RawPeer() as peer, pytest.raises(tftp_fsm.TransferTimedOut, match="longer than"):
            await aio.get(HOST, "file", port=peer.port, max_time=0.01)

    run(scenario())


def test_over_a_bad_network_the_file_arrives_whole(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT[:9000])
    faults = Faults(loss=0.1, duplicate=0.1, reorder=0.1, delay=0.002, seed=3)

    async def scenario() -> None:
        async with aio.Server(tmp_path, timeout=0.02) as server:
            options: Any = {"port": server.port, "blksize": 512, "timeout": 0.02}
            got = await aio.get(HOST, "file", faults=faults, **options)
            assert got.data == CONTENT[:9000]

    run(scenario())


def test_the_second_address_is_tried_when_nobody_listens_at_the_first(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"content")

    async def scenario() -> None:
        with RawPeer() as peer:
            dead = (HOST, peer.port)
        async with aio.Server(tmp_path) as server:

            async def look_up(*_: object) -> list[Any]:
                return [dead, (HOST, server.port)]

            monkeypatch.setattr(aio_client, "_looked_up", look_up)
            assert (await aio.get("server", "file")).data == b"content"
            monkeypatch.setattr(aio_client, "_looked_up", lambda *_: _ready([dead, dead]))
            with pytest.raises(
                tftp_fsm.HostUnreachable, match=r"tried before: 127\.0\.0\.1: no program"
            ):
                await aio.get("server", "file")

    run(scenario())


async def _ready(found: list[Any]) -> list[Any]:
    return found


def test_the_event_loop_looks_names_up_and_not_literals(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"content")
    asked: list[object] = []
    real = socket.getaddrinfo

    def answer(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real(HOST, *rest, **more)

    class Loop(asyncio.SelectorEventLoop):
        async def getaddrinfo(self, *args: Any, **more: Any) -> Any:
            return answer(*args, **more)

    async def scenario() -> None:
        async with aio.Server(tmp_path) as server:
            assert (await aio.get(HOST, "file", port=server.port)).data == b"content"
            assert asked == []
            assert (await aio.get("server.test", "file", port=server.port)).data == b"content"
            assert asked == [b"server.test"]

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(scenario())


@pytest.mark.parametrize(
    "host, why", [("", "the name of the host is missing"), ("0.0.0.0", "localhost")]
)
def test_a_host_that_is_none_is_unreachable(run: Run, host: str, why: str) -> None:
    async def scenario() -> None:
        with pytest.raises(tftp_fsm.HostUnreachable, match=why):
            await aio.get(host, "file")

    run(scenario())


def test_a_blocking_transport_is_refused() -> None:
    from tftp_fsm.transports.udp import UdpTransport

    transport = UdpTransport(socket.AF_INET)
    with pytest.raises(ValueError, match="to_thread"):
        asyncio.run(aio.get(HOST, "file", transport=transport))
    transport.close()


def test_an_exception_of_a_function_of_the_user_ends_the_transfer(run: Run) -> None:
    def refuse(octets: int, total: int | None) -> None:
        if octets:
            raise StopIteration("enough")

    async def scenario() -> None:
        with RawPeer() as peer:
            getting = asyncio.create_task(aio.get(HOST, "file", port=peer.port, progress=refuse))
            await peer.hear()
            peer.say(Data(1, bytes(512)))
            assert await peer.hear() == Ack(1)
            assert isinstance(await peer.hear(), Error)
            with pytest.raises(RuntimeError) as failed:  # a coroutine cannot raise StopIteration
                await getting
            assert isinstance(failed.value.__cause__, StopIteration)

    run(scenario())


# -- Many ------------------------------------------------------------------------------------------


def test_a_thousand_transfers_are_under_way_at_once_in_one_loop(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server answers only after all requests have come, so all transfers run at once."""
    monkeypatch.setattr(aio_client, "ASKING", AT_ONCE)
    resource = pytest.importorskip("resource", reason="this system has no limit of open files")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < AT_ONCE + 200:
        pytest.skip(f"this process may open {hard} files at the most")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, AT_ONCE + 200), hard))

    async def scenario() -> None:
        with RawPeer() as peer:
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            async with asyncio.TaskGroup() as group:
                options: Any = {"port": peer.port, "options": False, "dally": 0}
                tasks = [
                    group.create_task(aio.get(HOST, str(n), **options)) for n in range(AT_ONCE)
                ]
                names: dict[Any, bytes] = {}
                while len(names) < AT_ONCE:
                    request = await peer.hear()
                    assert isinstance(request, Rrq)
                    names[peer.peer] = request.filename
                for client, name in names.items():
                    peer.say(Data(1, name), client)
            assert [task.result().data for task in tasks] == [b"%d" % n for n in range(AT_ONCE)]

    try:
        run(scenario())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def requests(peer: RawPeer) -> list[bytes]:
    """The names that are asked for now: over the loopback a datagram is there when it is sent."""
    for _ in range(50):
        await asyncio.sleep(0)
    heard = []
    with suppress(BlockingIOError):
        while True:
            octets, peer.peer = peer.sock.recvfrom(1000)
            heard.append(parse(octets))
    return [packet.filename for packet in heard if isinstance(packet, Rrq)]


@pytest.mark.parametrize("answer", [Data(1, bytes(512)), None])
def test_only_some_wait_for_a_first_answer_at_once(
    run: Run, monkeypatch: pytest.MonkeyPatch, answer: Data | None
) -> None:
    """The next transfer asks if an earlier one has its answer, its end, or has waited enough."""
    monkeypatch.setattr(aio_client, "ASKING", 2)
    monkeypatch.setattr(aio_client, "ASKS_FOR", 1000.0)

    async def scenario() -> None:
        with RawPeer() as peer:
            options: Any = {"port": peer.port, "timeout": 100.0, "patience": 600.0}
            gets = [asyncio.create_task(aio.get(HOST, str(n), **options)) for n in range(4)]
            assert await requests(peer) == [b"0", b"1"]
            if answer is None:
                gets[0].cancel()
            else:
                peer.say(answer)
            assert await requests(peer) == [b"2"]
            for get in gets:
                get.cancel()
            await asyncio.gather(*gets, return_exceptions=True)

    run(scenario())


def test_hosts_that_are_off_hold_nobody_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aio_client, "ASKING", 1)
    monkeypatch.setattr(aio_client, "ASKS_FOR", 0.0)

    async def scenario() -> None:
        with RawPeer() as peer:
            gets = [asyncio.create_task(aio.get(HOST, "f", port=peer.port)) for _ in range(3)]
            asked: set[Any] = set()
            while len(asked) < 3:
                await peer.hear()
                asked.add(peer.peer)
            for get in gets:
                get.cancel()
            await asyncio.gather(*gets, return_exceptions=True)

    run(scenario())


def test_one_that_fails_ends_its_task_group_and_tells_every_peer(run: Run, tmp_path: Path) -> None:
    async def scenario() -> None:
        with RawPeer() as refusing, RawPeer() as sending:

            async def both() -> None:
                async with asyncio.TaskGroup() as group:
                    group.create_task(aio.get(HOST, "a", tmp_path / "a", port=sending.port))
                    group.create_task(aio.get(HOST, "b", tmp_path / "b", port=refusing.port))

            task = asyncio.create_task(both())
            await sending.hear()
            sending.say(Data(1, bytes(512)))
            assert await sending.hear() == Ack(1)
            await refusing.hear()
            refusing.say(Error(1, "no such file"))
            assert isinstance(await sending.hear(), Error)
            with pytest.raises(ExceptionGroup) as failed:
                await task
            assert [type(error) for error in failed.value.exceptions] == [tftp_fsm.PeerError]
        assert os.listdir(tmp_path) == []

    run(scenario())


# -- Cancelled at each state -----------------------------------------------------------------------

Reach: TypeAlias = Callable[[RawPeer], Coroutine[Any, Any, None]]


async def requesting(peer: RawPeer) -> None:
    await peer.hear()


async def receiving(peer: RawPeer) -> None:
    await peer.hear()
    peer.say(Data(1, bytes(512)))
    assert await peer.hear() == Ack(1)


async def receiving_options(peer: RawPeer) -> None:
    await peer.hear()
    peer.say(Oack((("blksize", "1024"),)))
    assert await peer.hear() == Ack(0)


async def awaiting_ack(peer: RawPeer) -> None:
    await peer.hear()
    peer.say(Ack(0))
    data = await peer.hear()
    assert isinstance(data, Data) and data.block == 1


async def awaiting_last_ack(peer: RawPeer) -> None:
    await awaiting_ack(peer)
    peer.say(Ack(1))
    data = await peer.hear()
    assert isinstance(data, Data) and data.block == 2


@pytest.mark.parametrize(
    "verb, reach, state",
    [
        ("get", requesting, State.REQUESTING),
        ("get", receiving, State.RECEIVING),
        ("get", receiving_options, State.RECEIVING),
        ("put", requesting, State.REQUESTING),
        ("put", awaiting_ack, State.AWAITING_ACK),
        ("put", awaiting_last_ack, State.AWAITING_ACK),
    ],
)
@pytest.mark.parametrize("how", ["cancel", "timeout"])
def test_a_client_that_is_cancelled_tells_its_server_and_leaves_nothing(
    run: Run, tmp_path: Path, verb: str, reach: Reach, state: State, how: str
) -> None:
    (tmp_path / "file").write_bytes(bytes(600))

    async def scenario() -> None:
        sessions: list[Any] = []
        before = open_descriptors()
        with RawPeer() as peer:
            options: Any = {"port": peer.port, "on_session": sessions.append}
            transfer = (
                aio.get(HOST, "file", tmp_path / "file", **options)
                if verb == "get"
                else aio.put(HOST, tmp_path / "file", "file", **options)
            )
            moving = asyncio.create_task(_within(transfer))
            await reach(peer)
            assert sessions[-1].state is state
            if how == "cancel":
                moving.cancel()
            else:
                limits[-1].reschedule(0)
            with pytest.raises(asyncio.CancelledError if how == "cancel" else TimeoutError):
                await moving
            if state is not State.REQUESTING:
                assert isinstance(await peer.hear(), Error)
            with pytest.raises(BlockingIOError):  # while the TID is unknown nothing is sent
                peer.sock.recv(100)
        assert sessions[-1].state is State.ERROR
        assert os.listdir(tmp_path) == ["file"]
        assert (tmp_path / "file").read_bytes() == bytes(600)
        assert open_descriptors() == before

    limits: list[asyncio.Timeout] = []

    async def _within(transfer: Coroutine[Any, Any, object]) -> None:
        async with asyncio.timeout(None) as limit:
            limits.append(limit)
            await transfer

    run(scenario())


def test_a_client_that_is_cancelled_before_it_begins_sends_nothing(
    run: Run, tmp_path: Path
) -> None:
    async def scenario() -> None:
        with RawPeer() as peer:
            getting = asyncio.create_task(aio.get(HOST, "file", tmp_path / "x", port=peer.port))
            await asyncio.sleep(0)  # it waits for its turn to begin
            getting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await getting
            with pytest.raises(BlockingIOError):
                peer.sock.recv(100)
        assert os.listdir(tmp_path) == []

    run(scenario())


def test_a_client_that_is_cancelled_while_it_dallies_has_its_file(run: Run, tmp_path: Path) -> None:
    async def scenario() -> None:
        finished: list[object] = []
        with RawPeer() as peer:
            options: Any = {"port": peer.port, "dally": 60, "on_finished": finished.append}
            getting = asyncio.create_task(aio.get(HOST, "file", tmp_path / "file", **options))
            await peer.hear()
            peer.say(Data(1, b"all"))
            assert await peer.hear() == Ack(1)
            getting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await getting
        assert (tmp_path / "file").read_bytes() == b"all" and len(finished) == 1

    run(scenario())


@pytest.mark.parametrize("fails", [False, True])
def test_a_client_that_is_cancelled_during_its_commit_waits_for_that(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """Others go on meanwhile. The server gets the outcome of the commit."""
    (tmp_path / "file").write_bytes(b"before")
    entered, go = threading.Event(), threading.Event()

    def sync(fd: int) -> None:
        entered.set()
        assert go.wait(20)
        if fails:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(partial_files, "_sync", sync)

    async def scenario() -> None:
        with RawPeer() as peer:
            getting = asyncio.create_task(
                aio.get(HOST, "file", tmp_path / "file", port=peer.port, dally=60)
            )
            await peer.hear()
            peer.say(Data(1, b"after"))
            assert await asyncio.to_thread(entered.wait, 20)
            assert (await _other(peer)).data == b"memory"
            getting.cancel()
            await asyncio.sleep(0)
            getting.cancel()  # the wait for the disk cannot be cancelled either
            await asyncio.sleep(0)
            assert not getting.done()
            go.set()
            with pytest.raises(asyncio.CancelledError):
                await getting
            answer = await peer.hear()
            assert isinstance(answer, Error) if fails else answer == Ack(1)
        assert os.listdir(tmp_path) == ["file"]
        assert (tmp_path / "file").read_bytes() == (b"before" if fails else b"after")

    async def _other(peer: RawPeer) -> tftp_fsm.Transfer:
        with RawPeer() as other:
            getting = asyncio.create_task(aio.get(HOST, "other", port=other.port, dally=0))
            await other.hear()
            other.say(Data(1, b"memory"))
            return await getting

    run(scenario())


def test_a_put_goes_on_when_its_first_block_is_acknowledged_late(run: Run) -> None:
    async def scenario() -> None:
        with RawPeer() as peer:
            putting = asyncio.create_task(
                aio.put(HOST, bytes(600), "file", port=peer.port, timeout=0.02, options=False)
            )
            assert isinstance(await peer.hear(), Wrq)
            assert isinstance(await peer.hear(), Wrq)  # asked again
            peer.say(Ack(0))
            while (heard := await peer.hear()) == Wrq(b"file"):
                pass
            assert heard == Data(1, bytes(512))
            peer.say(Ack(1))
            while (heard := await peer.hear()) != Data(2, bytes(88)):
                assert heard == Data(1, bytes(512))
            peer.say(Ack(2))
            assert (await putting).octets == 600

    run(scenario())

"""Event loops for the tests, and a raw peer that works inside an event loop.

def test_it(run: Run) -> None:         # once in each event loop that is installed here
    async def scenario() -> None:
        with RawPeer() as peer:
            getting = asyncio.create_task(aio.get("127.0.0.1", "file", port=peer.port))
            assert await peer.hear() == Rrq(...)
            peer.say(Data(1, b"all"))
    run(scenario())
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Self, TypeAlias

import pytest

from tftp_fsm.wire.packets import Packet, build, parse

Run: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]
NAMES = ("asyncio", "uvloop")
WAIT = 60.0  # seconds; only a failing test waits that long


def runner(name: str) -> Run:
    """A function that runs a coroutine in a new event loop. Skip the test if uvloop is missing."""
    if name == "uvloop" and find_spec("uvloop") is None:
        pytest.skip("uvloop is not installed: pip install uvloop")

    def run(scenario: Coroutine[Any, Any, None]) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(WAIT):
                await scenario

        with asyncio.Runner(loop_factory=factory(name)) as loop:
            loop.run(bounded())

    return run


def factory(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the factory of a loop. None means the usual one of asyncio."""
    if name == "asyncio":
        return None
    new: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    return new


class RawPeer:
    """A socket in the event loop. The test decides each packet that it sends."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)
        self.peer: Any = None  # the sender of the last packet

    @property
    def port(self) -> int:
        port: int = self.sock.getsockname()[1]
        return port

    def say(self, packet: Packet | bytes, to: Any = None) -> None:
        octets = packet if isinstance(packet, bytes) else build(packet)
        self.sock.sendto(octets, to or self.peer)

    async def hear(self) -> Packet:
        """Return the next packet. Its sender becomes the peer."""
        while True:
            with contextlib.suppress(BlockingIOError):
                octets, self.peer = self.sock.recvfrom(70000)
                return parse(octets)
            await self._readable()

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        loop.add_reader(self.sock, came.set)
        try:
            await came.wait()
        finally:
            loop.remove_reader(self.sock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

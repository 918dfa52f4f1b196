"""A transfer between our own client and server is cancelled at each state: both ends are clean."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.descriptors import open_descriptors
from tests.support.loops import Run
from tftp_fsm import aio
from tftp_fsm.protocol.rows import State

HOST = "127.0.0.1"
BEFORE, CONTENT = b"before", bytes(range(256)) * 1000  # 500 blocks, which take many turns
STATES = {
    "get": (State.REQUESTING, State.RECEIVING, State.DALLYING),
    "put": (State.REQUESTING, State.AWAITING_ACK),
}
WAYS = [(verb, state, 1) for verb in STATES for state in STATES[verb]]
MIDDLE = [("get", State.RECEIVING, 100), ("put", State.AWAITING_ACK, 100)]


@pytest.mark.parametrize(("verb", "state", "nth"), WAYS + MIDDLE)
def test_a_cancelled_transfer_leaves_nothing_at_either_end(
    run: Run, tmp_path: Path, verb: str, state: State, nth: int
) -> None:
    """The transfer is cancelled at its first step to this state, or in the middle of the file."""
    here, root = tmp_path / "here", tmp_path / "root"
    for folder, content in ((here, BEFORE), (root, CONTENT)):
        folder.mkdir()
        (folder / "file").write_bytes(content if verb == "get" else CONTENT)
    if verb == "put":
        (root / "file").write_bytes(BEFORE)

    async def scenario() -> None:
        before = open_descriptors()
        options: Any = {"writable": True, "overwrite": True, "timeout": 0.05, "dally": 0.1}
        async with aio.Server(root, **options) as server:
            seen: list[State] = []

            def look(step: Any) -> None:
                seen.append(step.after)
                if seen.count(state) == nth:
                    moving.cancel()

            keywords: Any = {"port": server.port, "observer": look, "dally": 60}
            keywords |= {"blksize": 512, "windowsize": None}
            transfer = (
                aio.get(HOST, "file", here / "file", **keywords)
                if verb == "get"
                else aio.put(HOST, here / "file", "file", **keywords)
            )
            moving = asyncio.ensure_future(transfer)
            await asyncio.wait([moving])
            assert moving.cancelled()
            while server.sessions:
                await asyncio.sleep(0.001)
            assert list(server.complaints) == []
        assert open_descriptors() == before

    run(scenario())
    assert os.listdir(here) == os.listdir(root) == ["file"]
    local, remote = (here / "file").read_bytes(), (root / "file").read_bytes()
    if verb == "get":
        assert remote == CONTENT and local == (CONTENT if state is State.DALLYING else BEFORE)
    else:
        assert local == CONTENT and remote == BEFORE

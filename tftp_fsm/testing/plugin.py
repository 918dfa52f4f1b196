"""Fixtures for pytest. pytest finds them by the entry point `pytest11`, so no import is needed.

def test_boots(tftp_server):
    (tftp_server.folder / "boot.img").write_bytes(b"...")
    my_loader.load(tftp_server.url("boot.img"))
    assert tftp_server.wait().outcome.value == "succeeded"

pytest imports this module at each start, so it imports the server only when a fixture is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from tftp_fsm.testing.faulty import FaultyServer


class Factory(Protocol):
    """The type of the fixture `tftp_server_factory`."""

    def __call__(
        self,
        root: str | os.PathLike[str] | None = None,
        *,
        loss: float = 0.0,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        delay: float = 0.0,
        corrupt: float = 0.0,
        seed: int = 0,
        lose: Iterable[str] = (),
        refuse: Mapping[str, int | tuple[int, str]] | None = None,
        disk_full: int | None = None,
        **options: Any,
    ) -> FaultyServer:
        """Start a server of `root`, or of a new folder. `options` are those of `Server`."""


@pytest.fixture
def tftp_server_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Factory]:
    """Start TFTP servers: `tftp_server_factory(root, writable=True, lose=["ACK 2"], seed=7)`.

    Without `root` it serves a new, empty folder (`server.folder`). The faults are those of
    `tftp_fsm.testing.faulty.FaultyServer`, and the other arguments are those of `tftp_fsm.Server`.
    Each server has a thread and a free port on the loopback, and is stopped after the test. If the
    test fails, pytest shows the faults with their seed, and the packets that had a fault.
    """
    from tftp_fsm.testing.faulty import FaultyServer

    with ExitStack() as started:

        def start(root: str | os.PathLike[str] | None = None, **options: Any) -> FaultyServer:
            folder = tmp_path_factory.mktemp("tftp") if root is None else root
            server = FaultyServer(folder, **options)
            started.callback(_print_mishaps, server)
            if server.faults_in_words:
                print(f"tftp_server_factory: {server.faults_in_words}")
            return started.enter_context(server)

        yield start


def _print_mishaps(server: FaultyServer) -> None:
    for mishap in server.mishaps:
        print(f"tftp_server_factory: {mishap}")


@pytest.fixture
def tftp_server(tftp_server_factory: Factory) -> FaultyServer:
    """A TFTP server over a new, empty folder, in which files can be created and replaced."""
    return tftp_server_factory(writable=True, overwrite=True)

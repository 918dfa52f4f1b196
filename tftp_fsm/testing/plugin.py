"""Fixtures for pytest. pytest finds them by the entry point `pytest11`; nothing has to be imported.

def test_boots(tftp_server):
    (tftp_server.folder / "boot.img").write_bytes(b"...")
    my_loader.load(tftp_server.url("boot.img"))
    assert tftp_server.wait().outcome.value == "succeeded"

pytest imports this module at each start, so it imports the server only when a fixture is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from tftp_fsm.server.embedded import Server


class Factory(Protocol):
    """The type of the fixture `tftp_server_factory`."""

    def __call__(self, root: str | os.PathLike[str] | None = None, **options: Any) -> Server:
        """Start a server of `root`, or of a new folder. `options` are those of `Server`."""


@pytest.fixture
def tftp_server_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Factory]:
    """Start TFTP servers: `tftp_server_factory(root, writable=True, max_blksize=512)`.

    Without `root` it serves a new, empty folder (`server.folder`). The other arguments are those of
    `tftp_fsm.Server`. Each server has a thread and a free port of the loopback, and is stopped
    after the test.
    """
    from tftp_fsm.server.embedded import Server

    with ExitStack() as started:

        def start(root: str | os.PathLike[str] | None = None, **options: Any) -> Server:
            folder = tmp_path_factory.mktemp("tftp") if root is None else root
            return started.enter_context(Server(folder, **options))

        yield start


@pytest.fixture
def tftp_server(tftp_server_factory: Factory) -> Server:
    """A TFTP server over a new, empty folder, in which files can be created and replaced."""
    return tftp_server_factory(writable=True, overwrite=True)

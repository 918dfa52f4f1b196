"""Fixtures and settings of all test files: Hypothesis, and the real peers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.support.peers import Client, Server, Servers, client
from tests.support.peers.parts import (
    require as require,  # for tests that need a tool rather than a peer
)
from tests.support.refused import Refused

# There is no deadline, because the machine's speed varies. A failing example is printed for copies.
settings.register_profile("here", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")


@pytest.fixture(scope="session", autouse=True)
def _state_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let programs write their user's files to a temporary folder, not to the real user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _signals_reach_programs() -> Iterator[None]:
    """Let programs receive SIGINT even if the shell of the tests ignores it (`trap "" INT`).

    A new program inherits SIG_IGN but no handler; this process ignores the signal as before.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    ignored = [number for number in numbers if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda number, frame: None)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    started = Servers(tmp_path_factory.mktemp("peers"))
    try:
        yield started
    finally:
        started.close()


@pytest.fixture
def real_server(servers: Servers) -> Callable[..., Server]:
    """`real_server(name, *flags)` starts that server over a new folder, and returns it."""
    return servers.get


@pytest.fixture
def real_client() -> Callable[[str], Client]:
    """`real_client(name)` returns that client, ready to `get` and `put`."""
    return client


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """`refused("lab", "--port", "70000")` returns the message for a refused command line."""
    return Refused(capsys)


@pytest.fixture
def tftpd_hpa(servers: Servers) -> Server:
    return servers.get("tftpd-hpa")


@pytest.fixture
def atftpd(servers: Servers) -> Server:
    return servers.get("atftpd")


@pytest.fixture
def dnsmasq(servers: Servers) -> Server:
    return servers.get("dnsmasq")

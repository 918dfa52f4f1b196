"""What every test file shares: how Hypothesis runs, and the real peers."""

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

# A test that times the machine is not deterministic; a failing example must be there to copy.
settings.register_profile("here", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")


@pytest.fixture(scope="session", autouse=True)
def _state_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What programs leave for their user is not left for the one who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _signals_reach_programs() -> Iterator[None]:
    """A program hears a signal also where the shell of the tests ignores it (`trap "" INT`).

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
    """`real_server(name, *flags)`: that server, running, over a fresh folder."""
    return servers.get


@pytest.fixture
def real_client() -> Callable[[str], Client]:
    """`real_client(name)`: that client, ready to `get` and `put`."""
    return client


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """`refused("lab", "--port", "70000")`: what is said of a command line that is refused."""
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

"""Private networks for tests: Linux namespaces with virtual cables. No packet leaves them.

with network("client", "server") as net:
    net.cable("client", "eth0", "server", "eth0")
    net.address("client", "eth0", "fe80::2/64")
    subprocess.run([*net.within("client"), "tftp-fsm", ...])
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.peers.parts import is_root


class Network:
    """The namespaces by their names in the test."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._cables = 0

    def add(self, name: str) -> None:
        """Add a host; it has a loopback interface."""
        self._names[name] = f"tftp{os.getpid()}{name}"
        ip("netns", "add", self._names[name])
        self.ip(name, "link", "set", "lo", "up")

    def cable(self, one: str, interface: str, other: str, its_interface: str) -> None:
        """Join two hosts. Neither interface has an address."""
        self._cables += 1
        ends = [f"tf{os.getpid()}{end}{self._cables}" for end in "ab"]
        ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for end, host, name in zip(ends, (one, other), (interface, its_interface), strict=True):
            ip("link", "set", end, "netns", self._names[host], "name", name)
            self.ip(host, "link", "set", name, "addrgenmode", "none", "up")

    def address(self, host: str, interface: str, address: str) -> None:
        """Give the interface an address that is usable at once."""
        nodad = ["nodad"] if ":" in address else []
        self.ip(host, "address", "add", address, "dev", interface, *nodad)

    def index(self, host: str, interface: str) -> int:
        """Return the number of the interface."""
        return int(self.ip(host, "-o", "link", "show", interface).split(":")[0])

    def within(self, host: str) -> list[str]:
        """Return the words before a command that runs on `host`."""
        return ["ip", "netns", "exec", self._names[host]]

    def ip(self, host: str, *words: str) -> str:
        return ip("-n", self._names[host], *words)

    def close(self) -> None:
        for name in self._names.values():
            ip("netns", "delete", name)


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
    return done.stdout


@contextmanager
def network(*hosts: str) -> Iterator[Network]:
    """Make hosts without cables. The test is skipped if namespaces cannot be made."""
    if not is_root() or shutil.which("ip") is None:
        pytest.skip("only root makes network namespaces, with ip(8)")
    made = Network()
    try:
        try:
            for host in hosts:
                made.add(host)
        except AssertionError as refused:
            pytest.skip(f"no network namespaces here: {refused}")
        yield made
    finally:
        made.close()

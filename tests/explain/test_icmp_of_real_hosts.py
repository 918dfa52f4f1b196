"""ICMP messages of real kernels, captured by dumpcap: hosts and a router in network namespaces.

TFTP_FSM_ICMP=1 pytest tests/explain/test_icmp_of_real_hosts.py     # all with IPv4 and IPv6
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import require
from tests.support.namespaces import Network, network
from tests.support.overheard import explained, slugs
from tests.support.serve_process import REPOSITORY, serve_process, until
from tftp_fsm.errors import LocalError
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of

WAIT = 30.0  # seconds, at the most, for one short program
PORT = "6969"
CONTENT = bytes(range(256)) * 40
SERVERS = {4: "198.51.100.2", 6: "2001:db8:2::2"}
PROHIBITED = {4: "198.51.100.9", 6: "2001:db8:2::9"}
UNREACHABLE = {4: "198.51.100.8", 6: "2001:db8:2::8"}
NARROW = "1280"  # octets; the least MTU of IPv6
MORE = os.environ.get("TFTP_FSM_ICMP") == "1"
# It asks, may receive the first answer, and ends as if it was killed.
LEAVER = """
import socket, sys
sock = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
sock.sendto(b"\\0\\1file\\0octet\\0", (sys.argv[1], int(sys.argv[2])))
if sys.argv[3:]:
    sock.settimeout(20)
    sock.recvfrom(600)
"""


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    """The router's link to the client takes 1280 octets, and two hosts lie behind no route."""
    with network("client", "router", "server") as made:
        made.cable("client", "eth0", "router", "eth0")
        made.cable("server", "eth0", "router", "eth1")
        made.ip("router", "link", "set", "eth0", "mtu", NARROW)
        for number, (host, interface) in enumerate(
            (("client", "eth0"), ("router", "eth0"), ("router", "eth1"), ("server", "eth0")), 1
        ):
            made.address(host, interface, f"fe80::{number}/64")  # to find neighbours with
        for mask, (client, left, right, server) in {
            "/24": ("192.0.2.2", "192.0.2.1", "198.51.100.1", SERVERS[4]),
            "/64": ("2001:db8:1::2", "2001:db8:1::1", "2001:db8:2::1", SERVERS[6]),
        }.items():
            made.address("client", "eth0", client + mask)
            made.address("router", "eth0", left + mask)
            made.address("router", "eth1", right + mask)
            made.address("server", "eth0", server + mask)
            made.ip("client", "route", "add", "default", "via", left)
            made.ip("server", "route", "add", "default", "via", right)
        for version in (4, 6):
            made.ip("router", "route", "add", "prohibit", PROHIBITED[version])
            made.ip("router", "route", "add", "unreachable", UNREACHABLE[version])
        for path in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            switch = ["sh", "-c", f"echo 1 > /proc/sys/net/{path}"]
            subprocess.run([*made.within("router"), *switch], check=True, timeout=WAIT)
        yield made


class Sniffed:
    """A capture that still grows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def has(self, kind: str) -> bool:
        """Whether something of this kind was found so far."""
        return any(each.slug == kind for facts in self._so_far() for each in facts.findings)

    def is_complete(self) -> bool:
        """Whether it shows a transfer up to its end by now."""
        return any(facts.outcome == "complete" for facts in self._so_far())

    def _so_far(self) -> list[Facts]:
        try:
            return list(explained(self._path.read_bytes()))
        except LocalError:  # not even its beginning was written
            return []

    def facts(self) -> Facts:
        (facts,) = explained(self._path.read_bytes())
        return facts


@contextmanager
def sniffing(net: Network, host: str, path: Path, kind: str) -> Iterator[Sniffed]:
    """Capture on `host` until a finding of this kind can be made."""
    words = [require("dumpcap"), "-q", "-i", "eth0", "-w", str(path), "-f", "udp or icmp or icmp6"]
    process = subprocess.Popen([*net.within(host), *words], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        assert any("File:" in line for line in iter(process.stderr.readline, ""))
        sniffed = Sniffed(path)
        yield sniffed
        until(lambda: sniffed.has(kind))
    finally:
        process.terminate()
        process.communicate(timeout=WAIT)


def asks(net: Network, host: str, *words: str) -> None:
    """Let a client ask, and end."""
    leaver = [sys.executable, "-c", LEAVER, host, PORT, *words]
    subprocess.run([*net.within("client"), *leaver], check=True, timeout=WAIT)


def get(net: Network, host: str, folder: Path, *words: str) -> int:
    """Run our client. Return its exit status."""
    command = [sys.executable, "-m", "tftp_fsm", host, "-p", PORT, "get", "file", str(folder / "g")]
    done = subprocess.run(
        [*net.within("client"), *command, *words, "--keep-failures", "none"],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        timeout=WAIT,
        check=False,
    )
    return done.returncode


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(
    "hosts, slug, words",
    [
        (SERVERS, "port-closed", "port unreachable"),
        (PROHIBITED, "prohibited", "communication prohibited"),
        (UNREACHABLE, "unreachable", ""),
    ],
)
def test_a_request_that_is_refused(
    hosts: dict[int, str], slug: str, words: str, version: int, net: Network, tmp_path: Path
) -> None:
    with sniffing(net, "client", tmp_path / "c.pcapng", slug) as sniffed:
        asks(net, hosts[version])
    facts = sniffed.facts()
    assert slugs(facts) == [slug], list(lines_of(facts))
    (finding,) = (each for each in facts.findings if each.slug == slug)
    who = (
        SERVERS[version] if slug == "port-closed" else {4: "192.0.2.1", 6: "2001:db8:1::1"}[version]
    )
    assert f" came from {who} for the RRQ of the client" in finding.seen
    assert words in finding.seen and finding.seen.startswith("ICMPv6 " if version == 6 else "ICMP ")


@pytest.mark.parametrize("version", [4, 6] if MORE else [4])
def test_a_client_that_is_gone(version: int, net: Network, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    flags = ["--bind", SERVERS[version], "--port", PORT]
    with (
        serve_process(tmp_path, *flags, within=net.within("server")),
        sniffing(net, "client", tmp_path / "c.pcapng", "port-closed") as sniffed,
    ):
        asks(net, SERVERS[version], "and hears")
    facts = sniffed.facts()
    (finding,) = (each for each in facts.findings if each.kind.severity != "note")
    assert (finding.slug, finding.who) == ("port-closed", "client")
    assert "port unreachable" in finding.seen and "for DATA 1 of the server" in finding.seen
    assert "the client has ended" in finding.usual_cause


@pytest.mark.parametrize("version", [4, 6] if MORE else [6])
def test_a_block_that_a_router_finds_too_big_and_that_is_sent_in_fragments_then(
    version: int, net: Network, tmp_path: Path
) -> None:
    """The server's kernel learns the MTU, so the block that comes again arrives."""
    (tmp_path / "file").write_bytes(CONTENT)
    flags = ["--bind", SERVERS[version], "--port", PORT, "--no-offload"]
    with (
        serve_process(tmp_path, *flags, within=net.within("server")),
        sniffing(net, "server", tmp_path / "c.pcapng", "undelivered") as sniffed,
    ):
        assert get(net, SERVERS[version], tmp_path, "--blksize", "1400") == 0
        until(sniffed.is_complete)
    facts = sniffed.facts()
    assert facts.is_clean and facts.octets == len(CONTENT), list(lines_of(facts))
    (note,) = (each for each in facts.findings if each.slug == "undelivered")
    wanted = "packet too big" if version == 6 else "fragmentation needed"
    assert wanted in note.seen and note.seen.endswith("for DATA 1 of the server")

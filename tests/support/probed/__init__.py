"""The report cards of real servers and of ours, made by `probe`.

python -m tests.support.probed      examines each server that is here; writes docs/report-cards.md
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.peers import Servers
from tests.support.peers.parts import find
from tests.support.peers.versions import version
from tests.support.serve_process import REPOSITORY
from tests.support.simulated_server import LINES
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.checks import Result
from tftp_fsm.examine.probing.desk import Desk, Wishes
from tftp_fsm.examine.probing.plan import card_of, examined
from tftp_fsm.server import Server
from tftp_fsm.transports.udp import UdpTransport
from tftp_fsm.wire.address import Address

PAGE = REPOSITORY / "docs" / "report-cards.md"
OURS = "tftp-fsm"
REAL = ("tftpd-hpa", "atftpd", "dnsmasq")
LONG = bytes(range(256)) * 2100  # octets; 67,200 blocks of 8
TEXT = LINES.replace(b" ", b"\r", 1)  # with a CR inside a line
LATER = ", but only 1 s later"  # atftpd writes a part after its last ACK
ROOT = "/srv/tftp"  # is shown in place of the real folder, which differs each time
FILES = {"file": TEXT, "empty": b"", "long": LONG}


@dataclass(frozen=True)
class Served:
    """A server that runs over a folder with FILES. `name` has its version."""

    name: str
    address: Address
    root: Path

    def card(self, **wishes: object) -> Card:
        """Examine it."""
        chosen = Wishes(b"file", b"new", b"empty", b"long", **wishes)  # type: ignore[arg-type]
        desk = Desk(self.address, chosen, lambda: UdpTransport(socket.AF_INET))
        results = [self._steady(result) for result in examined(desk)]
        return card_of(desk, results)

    def _steady(self, result: Result) -> Result:
        """Leave out what differs from run to run: the folder, and whether a busy disk was late."""
        seen = result.finding.seen.replace(str(self.root), ROOT).replace(LATER, "")
        return replace(result, finding=replace(result.finding, seen=seen))


@contextmanager
def served(folder: Path, *names: str) -> Iterator[dict[str, Served]]:
    """Yield the installed servers of these names. Their files are in `folder`."""
    with closing(Servers(folder)) as servers:
        found = {name: _real(servers, name) for name in names if name != OURS and find(name)}
        if OURS not in names:
            yield found
            return
        root = folder / OURS
        root.mkdir()
        _fill(root)
        with Server(root, writable=True, overwrite=True) as ours:
            yield {OURS: Served(OURS, ("127.0.0.1", ours.port), root)} | found


def _real(servers: Servers, name: str) -> Served:
    server = servers.whole(name)
    _fill(server.root)
    server.root.chmod(0o777)
    return Served(f"{name} {version(name)}", (server.host, server.port), server.root)


def _fill(root: Path) -> None:
    for name, content in FILES.items():
        (root / name).write_bytes(content)
        (root / name).chmod(0o644)
    (root / "new").write_bytes(b"")
    (root / "new").chmod(0o666)  # atftpd overwrites only files that all users may write

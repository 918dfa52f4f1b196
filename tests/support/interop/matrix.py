"""Runs the matrix: our client against each server, and each client against our server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.support.interop.exchange import CASES, OUR_CASES, Case, Result, exchange
from tests.support.interop.record import Cell, Row
from tests.support.peers import Client, Server, Servers, client
from tests.support.peers.clients import EVERY_CLIENT
from tests.support.peers.parts import find
from tests.support.peers.servers import EVERY_SERVER
from tests.support.peers.versions import version

OURS = "tftp-fsm"
LIMIT = 60.0  # seconds for one transfer
# The program that takes our place if a transfer fails. If it fails too, it is not our fault.
OTHER_CLIENT, OTHER_SERVER = "tftp-hpa", "tftpd-hpa"


ORDER = [
    *(("server", name) for name in EVERY_SERVER if name != OURS),
    *(("client", name) for name in EVERY_CLIENT if name != OURS),
]
Say = Callable[[str], None]


def rows(names: Sequence[str], started: Servers, folder: Path, say: Say) -> Iterator[Row]:
    """Yield the row of each installed program. With names, yield only the rows of these."""
    for name in EVERY_SERVER:
        if _wanted(name, names):
            yield _server_row(name, started, folder, say)
    for name in EVERY_CLIENT:
        if _wanted(name, names):
            yield _client_row(name, started, folder, say)


def _wanted(name: str, names: Sequence[str]) -> bool:
    return name in names if names else name != OURS and find(name) is not None


def missing() -> list[str]:
    return sorted(name for name in {*EVERY_SERVER, *EVERY_CLIENT} if find(name) is None)


def _server_row(name: str, started: Servers, folder: Path, say: Say) -> Row:
    row, server = Row(name, "server", version(name)), started.whole(name)
    other = client(OTHER_CLIENT)
    for verb in ("get", "put") if server.writable else ("get",):
        for case in OUR_CASES:
            run = _cell(row, client(OURS), server, verb, case, folder, say)
            row.cells.append(run(other, server))
    return row


def _client_row(name: str, started: Servers, folder: Path, say: Say) -> Row:
    row, peer = Row(name, "client", version(name)), client(name)
    ours, other = started.whole(OURS), started.whole(OTHER_SERVER)
    for verb in ("get", "put"):
        for case in CASES:
            if case.mode in peer.modes:
                run = _cell(row, peer, ours, verb, case, folder, say)
                row.cells.append(run(peer, other))
    return row


def _cell(
    row: Row, peer: Client, server: Server, verb: str, case: Case, folder: Path, say: Say
) -> Callable[[Client, Server], Cell]:
    """Run it. If it fails, the returned function runs it again with another pair."""
    result = exchange(peer, server, verb, case, folder, LIMIT)
    say(f"{row.peer} as a {row.role}: {verb} {case.title}: {_told(result)}")

    def finish(other: Client, elsewhere: Server) -> Cell:
        # Other programs do not know our flags. Without options tftp-hpa does the same.
        if result.moved or case.mode not in other.modes:
            return Cell(verb, case.title, result.moved, result.words)
        plain = Case(case.title, case.size, case.mode)
        instead = exchange(other, elsewhere, verb, plain, folder, LIMIT)
        say(f"    with {OTHER_CLIENT} or {OTHER_SERVER} instead: {_told(instead)}")
        return Cell(verb, case.title, result.moved, result.words, instead.moved)

    return finish


def _told(result: Result) -> str:
    return f"yes, {result.seconds:.1f} s" if result.moved else f"no, {result.words}"

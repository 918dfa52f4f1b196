"""Test one peer, or ours, with all packets of a table."""

from __future__ import annotations

from pathlib import Path

from tests.support.peers import Client, Server
from tests.support.tolerance import ask_client
from tests.support.tolerance.ask_client import Run
from tests.support.tolerance.ask_server import CONTENT, ask_server
from tests.support.tolerance.odd import NAME, TO_CLIENTS, TO_SERVERS, Where
from tftp_fsm.server import Server as OurServer

SERVERS = ("tftpd-hpa", "atftpd", "dnsmasq")
CLIENTS = ask_client.CLIENTS
NO_WRITING = "-"


def server_column(server: Server) -> list[str]:
    server.holds(NAME, CONTENT)
    return _of_server(server.host, server.port, server.path(f"put-{NAME}"), server.writable)


def our_server_column(root: Path) -> list[str]:
    (root / NAME).write_bytes(CONTENT)
    with OurServer(root, writable=True, overwrite=True) as server:
        return _of_server("127.0.0.1", server.port, root / f"put-{NAME}", writable=True)


def _of_server(host: str, port: int, written: Path, writable: bool) -> list[str]:
    column = []
    for odd in TO_SERVERS:
        if odd.where is Where.WRITING and not writable:
            column.append(NO_WRITING)
            continue
        column.append(ask_server(odd, host, port))
        written.unlink(missing_ok=True)
    return column


def client_column(client: Client, folder: Path) -> list[str]:
    return _of_client(ask_client.program(client), folder)


def our_client_column(folder: Path) -> list[str]:
    return _of_client(ask_client.ours, folder)


def _of_client(run: Run, folder: Path) -> list[str]:
    return [ask_client.ask_client(odd, run, folder) for odd in TO_CLIENTS]

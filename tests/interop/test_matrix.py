"""The quick part of docs/interoperability.md: small files, through every program that is here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.interop.exchange import QUICK, exchange
from tests.support.interop.library import Library
from tests.support.interop.matrix import LIMIT, OURS
from tests.support.interop.page import PAGE
from tests.support.interop.reasons import REASONS, why
from tests.support.peers import Client, Servers
from tests.support.peers.clients import EVERY_CLIENT
from tests.support.peers.servers import EVERY_SERVER

VERBS = ("get", "put")
SERVERS = [name for name in EVERY_SERVER if name != OURS]
CLIENTS = [name for name in EVERY_CLIENT if name != OURS]

every_verb = pytest.mark.parametrize("verb", VERBS)
RealClient = Callable[[str], Client]


@every_verb
@pytest.mark.parametrize("name", SERVERS)
def test_our_client_moves_small_files_with_each_server(
    name: str, verb: str, servers: Servers, tmp_path: Path
) -> None:
    server, ours = servers.whole(name), Library()
    if verb == "put" and not server.writable:
        pytest.skip(f"{name} takes no files")
    for case in QUICK:
        result = exchange(ours, server, verb, case, tmp_path, LIMIT)
        assert result.moved or why(name, "server", verb, case.title), f"{case.title}: {result}"


@every_verb
@pytest.mark.parametrize("name", CLIENTS)
def test_our_server_moves_small_files_with_each_client(
    name: str, verb: str, servers: Servers, real_client: RealClient, tmp_path: Path
) -> None:
    client, ours = real_client(name), servers.whole(OURS)
    for case in QUICK:
        result = exchange(client, ours, verb, case, tmp_path, LIMIT)
        assert result.moved or why(name, "client", verb, case.title), f"{case.title}: {result}"


def test_the_page_has_every_reason_and_understands_every_no() -> None:
    text = PAGE.read_text()
    assert "NOT UNDERSTOOD" not in text
    for reason in REASONS:
        assert reason.now_and_then or " ".join(reason.text.split()) in text, reason


def test_the_page_has_every_program() -> None:
    lines = PAGE.read_text().splitlines()
    listed = {line.split("|")[1].strip() for line in lines if line.startswith("| ")}
    assert {*SERVERS, *CLIENTS} <= listed

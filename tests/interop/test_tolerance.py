"""docs/tolerance.md says what our ends and real peers do with odd packets.

After a change on purpose, `python -m tests.support.tolerance` writes the page again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.peers import Client, Servers
from tests.support.peers.parts import require
from tests.support.peers.versions import version
from tests.support.tolerance import ask
from tests.support.tolerance.table import CLIENTS, OURS, PAGE, SERVERS, Part, recorded


def column(part: Part, head: str) -> list[str]:
    return recorded(part, PAGE.read_text())[head]


def column_of_peer(part: Part, peer: str) -> list[str]:
    """Return the page's words for the installed version. Another version may differ."""
    require(peer)
    here = version(peer)
    columns = recorded(part, PAGE.read_text())
    if f"{peer} {here}" not in columns:
        pytest.skip(f"the page has no {peer} {here}")
    return columns[f"{peer} {here}"]


def by_row(part: Part, words: list[str]) -> dict[str, str]:
    pairs = zip(part.rows, words, strict=True)
    return {f"{odd.packet}, {odd.tail}": word for odd, word in pairs}


def test_our_server_takes_odd_packets_as_the_page_says(tmp_path: Path) -> None:
    found = ask.our_server_column(tmp_path)
    assert by_row(SERVERS, found) == by_row(SERVERS, column(SERVERS, OURS))


def test_our_client_takes_odd_packets_as_the_page_says(tmp_path: Path) -> None:
    found = ask.our_client_column(tmp_path)
    assert by_row(CLIENTS, found) == by_row(CLIENTS, column(CLIENTS, OURS))


@pytest.mark.parametrize("peer", ask.SERVERS)
def test_a_real_server_takes_odd_packets_as_the_page_says(peer: str, servers: Servers) -> None:
    expected = column_of_peer(SERVERS, peer)
    found = ask.server_column(servers.whole(peer))
    assert by_row(SERVERS, found) == by_row(SERVERS, expected)


@pytest.mark.parametrize("peer", ask.CLIENTS)
def test_a_real_client_takes_odd_packets_as_the_page_says(
    peer: str, real_client: Callable[[str], Client], tmp_path: Path
) -> None:
    expected = column_of_peer(CLIENTS, peer)
    found = ask.client_column(real_client(peer), tmp_path)
    assert by_row(CLIENTS, found) == by_row(CLIENTS, expected)

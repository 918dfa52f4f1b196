"""docs/report-cards.md has what `probe` finds in our server and in real servers.

`python -m tests.support.probed` writes the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.support.peers.parts import require
from tests.support.probed import OURS, REAL, served
from tests.support.probed.page import CHECKS, of_card, recorded, with_checks
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.probing.plan import NAMES

PATIENCE = 4.0
# These checks take up to half a minute each, so this test does not make them.
LONG = ("retransmission", "roll-over", "write-roll-over")
TIMED = (
    "timeout",
    "lost-final-ack",
    "write-lost-final-ack",
)  # their times differ on a busy machine and with dnsmasq


@pytest.fixture(name="cards", scope="module")
def _cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Card]]]:
    """Examine all servers at the same time, because an examination mostly waits."""
    folder = tmp_path_factory.mktemp("probed")
    folder.chmod(0o755)
    only = tuple(name for name in NAMES if name not in LONG)
    with served(folder, OURS, *REAL) as servers, ThreadPoolExecutor() as pool:
        yield {
            server.name: pool.submit(server.card, patience=PATIENCE, only=only)
            for server in servers.values()
        }


@pytest.mark.parametrize("name", [OURS, *REAL])
def test_a_server_is_found_to_be_as_the_page_says(
    name: str, cards: dict[str, Future[Card]]
) -> None:
    if name != OURS:
        require(name)
    (head,) = (head for head in cards if head.split()[0] == name)
    page = recorded().get(head)
    if page is None:
        pytest.skip(f"the page has no {head}")
    found = of_card(cards[head].result())
    expected = {check: page[check] for check in page if check not in LONG}
    assert _comparable(found) == _comparable(expected)


def _comparable(rows: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return the rows without the number of sessions, and without times that differ."""
    left_out = (*TIMED, "port")
    return {check: (row[0], "" if check in left_out else row[1]) for check, row in rows.items()}


def test_the_page_of_the_command_has_all_checks() -> None:
    text = CHECKS.read_text("utf-8")
    assert "| sorcerer | " in text
    assert with_checks(text) == text


def test_our_server_departs_from_nothing() -> None:
    assert {verdict for verdict, _ in recorded()[OURS].values()} <= {"kept", "noted"}

"""How much a forger can have sent to a victim, in each mode of the server.

`docs/amplification.md` has the same figures; `python -m tests.support.amplification` writes it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.amplification import (
    ATTACKS,
    MODES,
    OWN,
    RANGE_11,
    RANGE_179,
    RANGE_1000,
    SINGLE,
    Mode,
    measured,
    tids,
)
from tests.support.amplification.page import PAGE, page
from tests.support.served import serving
from tftp_fsm.server import ServerConfig
from tftp_fsm.transports.kernel import EPHEMERAL_PORTS, ephemeral_ports
from tftp_fsm.wire.packets import Oack

SPRAYED = [name for name in ATTACKS if "each TID" in name]
FORGED = [name for name in ATTACKS if "each TID" not in name]
BIG = {"blksize": 65464, "windowsize": 64}


def by_name(mode: Mode) -> str:
    return mode.name


@pytest.mark.parametrize("mode", MODES, ids=by_name)
@pytest.mark.parametrize("name", FORGED)
def test_a_forged_request_brings_four_datagrams_at_most(
    tmp_path: Path, mode: Mode, name: str
) -> None:
    figures = measured(tmp_path, mode, name)
    assert figures.datagrams_out <= 4
    assert figures.octets_out <= 2064
    assert figures.seconds <= 30


@pytest.mark.parametrize("mode", [OWN, RANGE_1000, RANGE_179], ids=by_name)
@pytest.mark.parametrize("name", SPRAYED)
def test_acks_to_every_tid_bring_less_than_they_cost(tmp_path: Path, mode: Mode, name: str) -> None:
    """The headers of the many small datagrams are counted."""
    assert measured(tmp_path, mode, name).wire_factor <= 1.0


@pytest.mark.parametrize("mode", [RANGE_11, SINGLE], ids=by_name)
@pytest.mark.parametrize("name", SPRAYED)
def test_where_an_ack_proves_nothing_each_brings_one_small_datagram(
    tmp_path: Path, mode: Mode, name: str
) -> None:
    figures = measured(tmp_path, mode, name)
    heard = (figures.datagrams_in - 1) // tids(mode)  # one in so many reaches the session
    resent = 4 if name.startswith("a WRQ") else 3
    assert figures.datagrams_out <= 1 + heard + resent
    assert figures.octets_out <= 60 + (heard + 3) * 1432


@pytest.mark.parametrize(
    "options, blksize, windowsize",
    [
        ({}, "65464", "2"),
        ({"port_range": range(40000, 41000)}, "8000", "1"),
        ({"port_range": range(40000, 40178)}, "1428", "1"),
        ({"port_range": range(40000, 40011)}, "1428", "1"),
        ({"port_range": range(40000, 40011), "max_windowsize": 64}, "1428", "64"),
        ({"max_windowsize": 64}, "65464", "64"),
    ],
)
def test_a_window_is_worth_no_more_than_the_acks_that_a_forger_needs(
    tmp_path: Path, options: dict[str, object], blksize: str, windowsize: str
) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with serving(tmp_path, **options) as served:
        client = served.peer()
        client.ask_with("file", BIG)
        assert client.hear() == Oack((("blksize", blksize), ("windowsize", windowsize)))


def test_with_few_tids_a_window_is_one_block_of_any_size(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with serving(tmp_path, port_range=range(40000, 40178)) as served:
        client = served.peer()
        client.ask("file", blksize=8, windowsize=64)
        assert client.hear() == Oack((("blksize", "8"), ("windowsize", "1")))


def test_few_tids_have_the_limits_of_a_single_port() -> None:
    single, few = (
        ServerConfig(".", single_port=True),
        ServerConfig(".", port_range=range(5000, 5178)),
    )
    assert few.is_guessable and few.retry_policy == single.retry_policy
    assert not ServerConfig(".", port_range=range(5000, 5179)).is_guessable


def test_this_host_has_as_many_tids_as_the_bounds_suppose() -> None:
    assert ephemeral_ports() <= EPHEMERAL_PORTS
    assert not ServerConfig(".").is_guessable


def test_the_page_has_these_figures(tmp_path: Path) -> None:
    """`python -m tests.support.amplification` writes the page."""
    assert PAGE.read_text() == page(tmp_path)

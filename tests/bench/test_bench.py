"""The results that `bench` computes without a network: turns, shares, advice, table, picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from tftp_fsm.bench import (
    Budget,
    Cell,
    Report,
    Sample,
    Setting,
    Target,
    advise,
    as_record,
    as_svg,
    as_text,
    grid_of,
    measure,
)
from tftp_fsm.bench.chart import nice_ceiling
from tftp_fsm.bench.plan import ROUNDS
from tftp_fsm.bench.transfer import patience_within
from tftp_fsm.errors import PeerError, TransferTimedOut
from tftp_fsm.protocol.timing import PATIENCE

MIB = 1 << 20
TARGET = Target("get", "192.0.2.1", 69, "boot.img")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def cell(blksize: int, windowsize: int, rate: float, **more: object) -> Cell:
    setting = Setting(blksize, windowsize)
    fields = {"agreed": setting, "octets": round(rate), "seconds": 1.0} | more
    return Cell(setting, (Sample(**fields),))  # type: ignore[arg-type]


def transfer(
    clock: Clock, seconds: float, octets: int, seen: list[tuple[Setting, Budget]]
) -> Callable[[Setting, Budget], Sample]:
    """Every transfer takes this time and moves these octets."""

    def move(setting: Setting, budget: Budget) -> Sample:
        seen.append((setting, budget))
        clock.now += seconds
        return Sample(setting, octets, seconds)

    return move


# -- Turns and shares -----------------------------------------------------------------------------


def test_the_grid_is_gone_through_in_rounds() -> None:
    clock, seen = Clock(), list[tuple[Setting, Budget]]()
    grid = grid_of([512, 1428], [1, 16])
    cells = measure(transfer(clock, 0.1, 1000, seen), grid, Budget(20, MIB), clock)
    assert [setting for setting, _ in seen] == grid * ROUNDS
    assert [len(one.samples) for one in cells] == [ROUNDS] * 4


def test_a_setting_that_is_named_twice_is_measured_once() -> None:
    assert grid_of([512, 512], [16, 1, 16]) == [Setting(512, 1), Setting(512, 16)]


def test_no_transfer_begins_when_the_seconds_are_spent() -> None:
    clock, seen = Clock(), list[tuple[Setting, Budget]]()
    measure(transfer(clock, 3, 1000, seen), grid_of([512], [1, 4]), Budget(7, MIB), clock)
    assert len(seen) == 3


def test_no_transfer_begins_when_the_octets_are_spent() -> None:
    clock, seen = Clock(), list[tuple[Setting, Budget]]()
    measure(transfer(clock, 0, 400, seen), grid_of([512], [1, 4]), Budget(20, 1000), clock)
    assert len(seen) == 3


def test_what_a_fast_setting_leaves_is_shared_among_the_rest() -> None:
    clock, seen = Clock(), list[tuple[Setting, Budget]]()
    measure(transfer(clock, 0, 0, seen), grid_of([512], [1, 4]), Budget(60, 6000), clock)
    assert [budget.seconds for _, budget in seen] == [10, 12, 15, 20, 30, 60]
    assert [budget.octets for _, budget in seen] == [1000, 1200, 1500, 2000, 3000, 6000]


def test_no_share_is_too_short_for_a_few_round_trips() -> None:
    assert Budget(3, MIB).share(100).seconds == 1.0
    assert Budget(0.5, MIB).share(100).seconds == 0.5


def test_what_fails_at_once_is_raised() -> None:
    def move(setting: Setting, budget: Budget) -> Sample:
        raise PeerError(1, "no such file")

    with pytest.raises(PeerError, match="no such file"):
        measure(move, grid_of([512], [1]), Budget(), Clock())


def test_a_setting_that_fails_later_is_noted_and_left() -> None:
    tried = []

    def move(setting: Setting, budget: Budget) -> Sample:
        tried.append(setting)
        if setting.windowsize == 64:
            raise TransferTimedOut("silence")
        return Sample(setting, 1000, 1.0)

    cells = measure(move, grid_of([512], [1, 64]), Budget(), Clock())
    assert tried.count(Setting(512, 64)) == 1
    assert [one.failure for one in cells] == ["", "silence"]


@pytest.mark.parametrize(("seconds", "patience"), [(0.1, 3), (3, 3), (7, 7), (1000, PATIENCE)])
def test_silence_is_given_up_in_about_the_share(seconds: float, patience: float) -> None:
    assert patience_within(seconds) == patience


# -- Advice ---------------------------------------------------------------------------------------


def test_among_equally_fast_settings_the_smallest_window_is_recommended() -> None:
    cells = [cell(1428, 1, 10e6), cell(1428, 16, 98e6), cell(1428, 64, 100e6)]
    advice = advise(cells)
    assert advice is not None
    assert advice.setting == Setting(1428, 16)
    assert advice.reasons == (
        "9.8 times as fast as blksize 1428 windowsize 1",
        "98% of the rate of blksize 1428 windowsize 64, and a loss costs fewer octets",
        "no retransmissions",
    )


def test_datagrams_in_fragments_have_to_be_much_faster() -> None:
    whole = cell(1428, 16, 100e6)
    little, much = cell(8192, 16, 110e6, fits=False), cell(8192, 16, 200e6, fits=False)
    for fragmented, chosen in ((little, whole), (much, much)):
        advice = advise([whole, fragmented])
        assert advice is not None and advice.setting == chosen.setting


def test_a_setting_that_sends_much_again_is_not_recommended() -> None:
    calm, hasty = cell(1428, 16, 100e6), cell(1428, 64, 200e6, retransmissions=10_000)
    advice = advise([calm, hasty])
    assert advice is not None and advice.setting == calm.setting
    assert "which has too many retransmissions" in " ".join(advice.reasons)


def test_what_the_server_did_not_agree_to_is_not_recommended() -> None:
    other = cell(8192, 64, 300e6, agreed=Setting(512, 1))
    assert advise([other]) is None
    assert "nothing to recommend" in as_text(Report(TARGET, (other,)))


@pytest.mark.parametrize("octets", [0, 1024, 65_535])
def test_nothing_is_recommended_from_a_small_file(octets: int) -> None:
    little = cell(512, 1, 300e6, octets=octets)
    assert advise([little]) is None
    assert "nothing to recommend" in as_text(Report(TARGET, (little,)))
    assert octets == 0 or "larger file" in as_text(Report(TARGET, (little,)))


def test_a_setting_of_which_less_than_two_windows_were_moved_is_not_recommended() -> None:
    tried = cell(8192, 64, 900e6, octets=8192 * 64)
    moved = cell(512, 1, 300e6)
    advice = advise([tried, moved])
    assert advice is not None and advice.setting == moved.setting


# -- Table, record, picture -----------------------------------------------------------------------

REPORT = Report(
    TARGET,
    (
        cell(512, 1, 2_500_000, round_trip=0.0002),
        cell(512, 16, 30_000_000, round_trip=0.0009),
        cell(1428, 1, 7_000_000, retransmissions=3),
        cell(1428, 16, 80_000_000, agreed=Setting(1428, 8)),
        Cell(Setting(8192, 1), (), "no answer"),
    ),
)


def test_the_table_says_rates_and_marks_what_was_not_as_it_should_be() -> None:
    assert as_text(REPORT) == "\n".join(
        [
            "get boot.img from 192.0.2.1 port 69, round trip 0.2 ms",
            "",
            "octets a second   windowsize",
            "  blksize           1          16",
            "      512      2.5 MB     30.0 MB",
            "     1428     7.0 MB!    80.0 MB*",
            "     8192           -           -",
            "",
            "! blksize 1428 windowsize 1: 3 retransmitted",
            "* blksize 1428 windowsize 16: the server agreed to blksize 1428 windowsize 8",
            "blksize 8192 windowsize 1 failed: no answer",
            "recommended: --blksize 512 --windowsize 16",
            "  30.0 MB a second; 12.0 times as fast as blksize 512 windowsize 1; "
            "no retransmissions",
        ]
    )


def test_the_record_is_json_and_says_the_same() -> None:
    record = json.loads(json.dumps(as_record(REPORT)))
    assert record["recommended"]["windowsize"] == 16
    assert [one["octets_per_second"] for one in record["cells"][:2]] == [2_500_000, 30_000_000]
    assert record["cells"][4]["failure"] == "no answer"
    assert record["round_trip"] == 0.0002


def test_the_picture_is_the_same_for_the_same_figures_and_runs_nothing() -> None:
    svg = as_svg(REPORT)
    assert svg == as_svg(REPORT)
    assert "prefers-color-scheme:dark" in svg
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "path", "text", "g", "circle"}


def test_the_picture_has_a_mark_for_each_setting_that_moved_something() -> None:
    titles = [e.text or "" for e in ElementTree.fromstring(as_svg(REPORT)).iter() if e.text]
    for one in REPORT.cells[:4]:
        name = f"blksize {one.setting.blksize} windowsize {one.setting.windowsize}:"
        assert any(title.startswith(name) for title in titles), name


def test_a_name_that_looks_like_markup_is_text() -> None:
    target = Target("put", "192.0.2.1", 69, "<script>&")
    svg = as_svg(Report(target, REPORT.cells))
    assert ElementTree.fromstring(svg)[0].text == "put <script>& to 192.0.2.1 port 69"


def test_a_picture_of_nothing_is_still_a_picture() -> None:
    ElementTree.fromstring(as_svg(Report(TARGET, (Cell(Setting(512, 1)),))))


@pytest.mark.parametrize(("value", "top"), [(0.9, 1), (1, 1), (11, 20), (21, 25), (260, 500)])
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert nice_ceiling(value) == top

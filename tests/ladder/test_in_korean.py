"""Ladders in Korean: no English sentence, straight columns, and words that stay in the picture."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.support.english import english
from tftp_fsm.borders.columns import columns
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.frames import entries_of
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.ladder import Ladder, build, mermaid_ladder, svg_ladder, text_ladder
from tftp_fsm.language import speaking
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import record
from tftp_fsm.transports.faults import Faults

PACKETS = ("unknown transfer ID", "no options here")  # what packets say
STORM = Faults(loss=0.15, duplicate=0.1, reorder=0.1, corrupt=0.05, seed=5)


def ladders() -> dict[str, Ladder]:
    found = {"storm": build(record(Setup("get", bytes(30_000), STORM))[1])}
    for name in ("lost-final-ack", "window-gap", "wrong-tid", "option-refused"):
        debugger = opened(SCENARIOS[name])
        debugger.run("continue")
        found[name] = build(entries_of(debugger.stepper.frames))
    return found


LADDERS = ladders()
each_ladder = pytest.mark.parametrize("ladder", LADDERS.values(), ids=list(LADDERS))


def words_of(svg: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "\n", svg.partition("</style>")[2]))


@each_ladder
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_text_has_straight_lanes_and_no_english_sentence(ladder: Ladder, width: int) -> None:
    with speaking("ko"):
        lines = text_ladder(ladder, width).splitlines()
    assert english("\n".join(lines), PACKETS) == []
    lane = columns(lines[0].partition("클라이언트")[0]) - 1
    legend = next(number for number, line in enumerate(lines) if line.startswith("상태: "))
    assert {letter_at(line, lane) for line in lines[1:legend]} == {"│"}
    assert max(map(columns, lines)) <= width


@pytest.mark.parametrize("width", [20, 40, 80])
def test_the_states_of_the_text_have_their_meanings_below_it(width: int) -> None:
    ladder = LADDERS["lost-final-ack"]
    with speaking("ko"):
        text = text_ladder(ladder, width)
    told = " ".join(text.partition("상태: ")[2].split())
    names = re.findall(r"([\w-]+)\s*\(", told)
    drawn = {span.state.value for span in ladder.spans}
    assert names == list(dict.fromkeys(names)) and set(names) <= drawn and "receiving" in names
    assert "dallying" in names and "머무름" in told
    assert width < 80 or all(line.count("(") == line.count(")") for line in text.splitlines())
    assert max(map(columns, text.partition("상태: ")[2].splitlines())) <= width
    assert "states" not in text_ladder(ladder, width)


def letter_at(line: str, column: int) -> str:
    return next((letter for at, letter in enumerate(line) if columns(line[:at]) == column), "")


@each_ladder
def test_the_picture_has_no_english_sentence_and_its_words_stay_in_it(ladder: Ladder) -> None:
    with speaking("ko"):
        svg = svg_ladder(ladder)
        sequence = mermaid_ladder(ladder).split("\n", 3)[3]  # without the participants
    assert english(re.sub(r"Note \w+ (of)?", "|", sequence), PACKETS) == []
    assert 'lang="ko"' in svg and english(words_of(svg), PACKETS) == []
    width = float(re.findall(r'<svg [^>]*width="([\d.]+)"', svg)[0])
    for x, long in re.findall(r'<text [^>]*x="([\d.]+)"[^>]*textLength="([\d.]+)"', svg):
        assert float(x) + float(long) <= width


def test_a_state_is_named_and_its_meaning_is_in_the_legend_and_the_tooltip() -> None:
    with speaking("ko"):
        svg = svg_ladder(LADDERS["lost-final-ack"])
    assert ">dallying</text>" in svg
    assert svg.count("dallying(머무름)") >= 2
    assert "<title>dallying(머무름)" in svg

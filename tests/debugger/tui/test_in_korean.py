"""The terminal program in Korean: no English sentence, and straight columns."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("textual")

from tests.support.english import english
from tests.support.screens import LARGE, SMALL, screens, typed
from tftp_fsm.__main__ import main
from tftp_fsm.borders.columns import columns
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.keys import KEYS, listed
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.debugger.tui.widgets import keys_text
from tftp_fsm.language import speaking

NAMES = ("page, home, end", "unknown transfer ID")  # keys, and what a packet says
IDENTIFIERS = r"\w+_\w+|data, ack, erro\w*"  # of guards, actions and events
TOUR = (
    ["space"] * 9,
    ["tab"],
    ["tab"],
    ["tab"],
    ["tab"],
    ["z"],
    ["z", "z", "d"],
    ["f"],
    ["escape", "g"],
    ["escape", "question_mark"],
    ["escape", "o"],
    ["escape", "ctrl+p"],
    ["escape", *typed("goto 99")],
    typed("find nothing"),
    ["equals_sign"],
    ["c"],
)


@pytest.mark.parametrize("name", ["lost-ack", "window-gap", "wrong-tid"])
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_no_screen_has_an_english_sentence(name: str, size: tuple[int, int]) -> None:
    with speaking("ko"):
        for keys, screen in zip(
            TOUR, screens(opened(SCENARIOS[name]), *TOUR, size=size), strict=True
        ):
            assert english(re.sub(IDENTIFIERS, "|", screen), NAMES) == [], keys
            assert max(map(columns, screen.splitlines())) <= size[0], keys


def test_the_lanes_of_the_ladder_are_straight() -> None:
    with speaking("ko"):
        (screen,) = screens(opened(SCENARIOS["lost-ack"]), ["space"] * 12, size=LARGE)
    rungs = [line for line in screen.splitlines() if line[2:5].strip().isdigit() and "│" in line]
    assert len(rungs) > 6
    assert len({columns(line.partition("│")[0]) for line in rungs if "║" not in line}) == 1


def test_a_quiz_in_korean_asks_and_judges() -> None:
    debugger = opened(SCENARIOS["plain"], quiz=True)
    with speaking("ko"):
        found = screens(debugger, ["space"], typed("requesting")[1:], size=SMALL)
    assert [english(screen, NAMES) for screen in found] == [[], []]


def test_the_keys_fit_and_a_file_of_keys_is_the_same_in_both_languages() -> None:
    before = list(listed())[1:]
    with speaking("ko"):
        assert list(listed())[1:] == before and english(next(iter(listed()))) == []
        text = keys_text(KEYS, 80).plain
    assert "d 버리기" in text and max(map(columns, text.splitlines())) <= 80


def test_list_keys_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "ko", "debug", "--list-keys"]) == 0
    assert capsys.readouterr().out.startswith("# `tftp-fsm debug`의 키")

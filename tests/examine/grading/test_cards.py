"""The pages about grading have the present trials, and cards that can be made again.

TFTP_FSM_GRADE=1 (or `make grade-cards`) grades every client that is here with all trials.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.grading.page import PAGE, grade, sections
from tests.support.grading.programs import NAMES, OURS, commands
from tftp_fsm.examine.grading.handout import listed_as_markdown
from tftp_fsm.examine.grading.trials.published import BY_NAME, TRIALS, all_checks

GUIDE = PAGE.with_name("grade.md")
# A few trials that take little time, and show something about each client.
QUICK = ("get-512", "duplicate-data", "long-data", "put-512", "put-duplicate-ack", "new-port")


def rows(card: str) -> dict[str, str]:
    """Return the verdict and the observation of each check by its name."""
    lines = [line.split(" | ") for line in card.splitlines() if line.startswith("| ")]
    return {cells[0].removeprefix("| "): " | ".join(cells[1:3]) for cells in lines}


def test_the_guide_has_the_trials_that_are_run() -> None:
    text = GUIDE.read_text()
    shown = text.split("<!-- trials: begin -->\n")[1].split("\n<!-- trials: end -->")[0]
    assert shown == listed_as_markdown()


def test_every_client_has_a_card_with_every_check() -> None:
    cards = sections(PAGE.read_text())
    assert tuple(cards) == NAMES
    names = {check.name for trial in TRIALS for check in all_checks(trial)}
    for card in cards.values():
        assert names <= set(rows(card))


def test_our_client_has_all_points() -> None:
    assert "**departed**" not in sections(PAGE.read_text())[OURS]


@pytest.mark.parametrize("name", [name for name in NAMES if name != OURS])
def test_a_client_gets_the_card_that_is_shown(name: str, tmp_path: Path) -> None:
    from tftp_fsm.examine.card_markdown import as_markdown

    chosen = TRIALS if os.environ.get("TFTP_FSM_GRADE") else tuple(BY_NAME[n] for n in QUICK)
    card = rows(as_markdown(grade(tmp_path, commands(name), chosen)))
    shown = rows(sections(PAGE.read_text())[name])
    for trial in chosen:
        for check in all_checks(trial):
            assert verdict(card[check.name]) == verdict(shown[check.name]), check.name


def verdict(cells: str) -> str:
    return cells.split(" | ")[0].strip("*")

"""Results are judged by their moves alone, and not by what they claim."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.lab.feed import truth_of
from tftp_fsm.lab.lessons.all import EXERCISES
from tftp_fsm.lab.lessons.grade import (
    MISSING,
    MOST_MOVES,
    ONLY_ANSWERED,
    Result,
    grade,
    graded_to_json,
    grades,
    result_of,
)
from tftp_fsm.lab.lessons.lesson import FORMAT
from tftp_fsm.lab.lessons.teacher import ANSWERS


def model_result() -> dict[str, Any]:
    """Return a result with all exercises, as a page saves it."""
    exercises = {
        name: {
            "answer": truth_of(name),
            "open": {
                **(ANSWERS[name].opens or exercise.opens),
                "moves": list(ANSWERS[name].moves),
            },
        }
        for name, exercise in EXERCISES.items()
    }
    return {"format": FORMAT, "student": "Kim", "exercises": exercises}


def test_all_model_runs_are_done_and_all_answers_right() -> None:
    graded = list(grades(result_of(json.dumps(model_result()))))
    assert [one.exercise for one in graded] == list(EXERCISES)
    assert [one.exercise for one in graded if not (one.done and one.right)] == []


def test_one_lesson_is_graded_alone() -> None:
    graded = list(grades(Result("", {}), 2))
    assert [one.exercise for one in graded] == ["lost-data", "lost-ack", "nobody-there"]
    assert all(one.missing == (MISSING,) for one in graded)


def test_a_flag_is_not_believed() -> None:
    handed_in = {
        "answer": "nothing",
        "right": True,
        "done": True,
        "open": {"scenario": "plain", "moves": ["continue"]},
    }
    graded = grade("lost-ack", handed_in)
    assert not graded.done and not graded.right
    assert "An ACK was lost." in graded.missing
    assert graded_to_json(graded)["done"] is False


def test_a_task_is_judged_without_an_answer_and_an_answer_without_a_task() -> None:
    full = model_result()["exercises"]["gap"]
    graded = grade("gap", {"open": full["open"]})
    assert graded.done and graded.answer is None and not graded.right
    graded = grade("gap", {"answer": "ACK 2"})
    assert graded.right and not graded.done and graded.missing == (ONLY_ANSWERED,)


def test_a_run_cannot_say_at_which_exercise_it_was_made() -> None:
    open_ = {**model_result()["exercises"]["lost-data"]["open"], "exercise": "lost-data"}
    assert not grade("lost-ack", {"answer": "ACK 2", "open": open_}).done
    open_ = {"begin": True, "scenario": "plain", "moves": []}
    assert not grade("lost-ack", {"answer": "ACK 2", "open": open_}).done


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is not a result of the lab"),
        ('{"format": "other"}', "its format is 'other'"),
        (f'{{"format": "{FORMAT}", "student": "x"}}', "it is not a result"),
        (f'{{"format": "{FORMAT}", "student": 1, "exercises": {{}}}}', "it is not a result"),
    ],
    ids=["empty", "deep", "a list", "a format", "nothing", "a number"],
)
def test_what_is_no_result_is_told(text: str, told: str) -> None:
    with pytest.raises(LocalError, match=told):
        result_of(text)


@pytest.mark.parametrize(
    "handed_in",
    [
        None,
        [],
        {"open": None},
        {"open": {}},
        {"open": {"moves": "step"}},
        {"open": {"moves": [1]}},
        {"open": {"moves": ["step"] * (MOST_MOVES + 1)}},
        {"open": {"moves": ["save /tmp/x", "step"]}},
        {"open": {"scenario": {"a": 1}, "moves": []}},
        {"open": {"scenario": "own", "settings": [1], "moves": ["step"]}},
        {"open": {"scenario": "own", "settings": {"size": "9" * 5000}, "moves": ["step"]}},
        {"open": {"tables": {"python": "1/0"}, "moves": ["step"]}},
        {"open": {"tables": {"rows": [7]}, "moves": ["step"]}},
        {"answer": {"a": 1}, "open": {"scenario": "plain", "moves": ["\x1b[31m"]}},
    ],
    ids=lambda one: str(one)[:40],
)
def test_a_hostile_run_is_not_done_and_harms_nobody(handed_in: Any) -> None:
    graded = grade("first-answer", handed_in)
    assert not graded.done and graded.missing
    assert all("\x1b" not in words for words in graded.missing)


def test_a_run_has_a_bounded_number_of_moves() -> None:
    moves = ["continue", *["show"] * MOST_MOVES]
    graded = grade("first-answer", {"open": {"scenario": "plain", "moves": moves}})
    assert not graded.done and graded.missing == ("A run must be a list of at most 500 moves.",)
    assert grade("first-answer", {"open": {"scenario": "plain", "moves": moves[:-1]}}).done


def test_typed_python_of_a_result_is_never_run() -> None:
    tables = {"python": "raise SystemExit('it ran')"}
    graded = grade("sorcerer", {"open": {"scenario": "late-ack", "moves": [], "tables": tables}})
    assert not graded.done and "typed Python is refused" in graded.missing[0]

"""Each exercise: its question is covered while it is open, and its task is done by a model run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tftp_fsm.lab.feed import Lab, truth_of
from tftp_fsm.lab.lessons import checks
from tftp_fsm.lab.lessons.all import EXERCISES, LESSONS, place_of
from tftp_fsm.lab.lessons.lesson import MINUTES, Run
from tftp_fsm.lab.lessons.sitting import COVERED, FIRST
from tftp_fsm.lab.lessons.teacher import ANSWERS, TALK
from tftp_fsm.protocol.events import Outcome

each = pytest.mark.parametrize("name", EXERCISES)


def asked(name: str, **more: Any) -> Any:
    return Lab().ask({"open": {"exercise": name, **more}})


def model(name: str) -> dict[str, Any]:
    """Return the teacher's run, as a page sends it."""
    answer, exercise = ANSWERS[name], EXERCISES[name]
    opens = answer.opens or exercise.opens
    return {**opens, "exercise": name, "answer": truth_of(name), "moves": list(answer.moves)}


# -- Lessons --------------------------------------------------------------------------------------


def test_there_are_six_lessons_of_three_exercises() -> None:
    assert [len(lesson.exercises) for lesson in LESSONS] == [3] * 6
    assert len(EXERCISES) == 18 and set(ANSWERS) == set(EXERCISES)
    assert place_of("gap") == (6, 1)


def test_an_outcome_is_explained_before_it_is_offered() -> None:
    read = ""
    for exercise in EXERCISES.values():
        read += exercise.look
        for option in set(exercise.question.options) & {outcome.value for outcome in Outcome}:
            assert f"{option} (" in read, (exercise.name, option)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_takes_its_time_and_each_question_has_an_answer(lesson: Any) -> None:
    assert sum(minutes for minutes, _ in lesson.plan) == MINUTES
    assert len(TALK[lesson.name]) == len(lesson.talk)


# -- The question ---------------------------------------------------------------------------------


@each
def test_the_right_answer_is_one_of_the_options(name: str) -> None:
    options = EXERCISES[name].question.options
    assert truth_of(name) in options and len({*options}) == len(options) >= 3


@each
def test_nothing_of_the_answer_is_in_the_reply_while_the_question_is_open(name: str) -> None:
    reply = asked(name)
    assert reply["ok"] and reply["said"] == []
    exercise, view = reply["exercise"], reply["view"]
    assert exercise["open"] and not {"truth", "right", "task", "checks", "think"} & {*exercise}
    assert view["next"] == [] == view["stage"]["due"]
    assert view["position"] == view["length"] == len(view["steps"]), "no step ahead is told"
    for end, machine in reply["machines"].items():
        seen = [i for i, row in enumerate(machine["rows"]) if row["why"] != COVERED]
        assert seen in ([], [view["ends"][end]["row"]])
        hidden = [row for row in machine["rows"] if row["why"] == COVERED]
        assert not any(row["dest"] or row["guards"] or row["trigger"] for row in hidden)
    assert all(one["passes"] for one in view["step"]["candidates"])
    assert reply["scenario"]["look"] == EXERCISES[name].look


@each
def test_the_reason_of_the_answer_is_told_only_after_it(name: str) -> None:
    lab = Lab()
    before = lab.ask({"open": {"exercise": name}})
    seen = {(frame.end, frame.row_index) for frame in lab.debugger.stepper.past}
    after = asked(name, answer=truth_of(name), begin=True)
    step = after["view"]["step"]
    why = step["why"]
    if (step["end"], step["row"]) not in seen:
        assert why not in json.dumps(before)
    assert why in json.dumps(after["machines"]), "all rows are seen again"
    assert after["exercise"]["right"] and after["exercise"]["truth"] == truth_of(name)


@pytest.mark.parametrize(
    "message",
    [
        *({"command": line} for line in ("step", "why", "next", "table client", "back", "goto 0")),
        {"breaking": True},
        {"search": {"tables": {"mutant": "sorcerer"}}},
    ],
    ids=str,
)
def test_an_open_question_refuses_what_would_answer_it(message: dict[str, Any]) -> None:
    lab = Lab()
    before = lab.ask({"open": {"exercise": "lost-ack"}})
    reply = lab.ask(message)
    assert not reply["ok"] and reply["said"] == [FIRST]
    assert reply["view"] == before["view"] and reply["exercise"] == before["exercise"]


def test_another_run_does_not_open_an_open_question() -> None:
    reply = asked("lost-ack", scenario="plain", moves=["continue"])
    assert reply["view"]["position"] == 6 and reply["exercise"]["open"]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"exercise": "no-such"}, "there is no exercise 'no-such'"),
        ({"exercise": ["gap"]}, "there is no exercise"),
        ({"exercise": "gap", "answer": "ACK 9"}, "the answer must be one of these: nothing, ACK 2"),
        ({"exercise": "gap", "answer": ["ACK 2"]}, "the answer must be one of these"),
    ],
)
def test_what_is_no_exercise_is_told(wanted: dict[str, Any], told: str) -> None:
    reply = Lab().ask({"open": wanted})
    assert not reply["ok"] and told in reply["said"][0]


# -- The task -------------------------------------------------------------------------------------


@each
def test_the_task_is_not_done_before_it_is_begun_and_done_by_the_model_run(name: str) -> None:
    begun = asked(name, answer=truth_of(name), begin=True)["exercise"]
    assert not begun["done"] and begun["think"] == ""
    done = Lab().ask({"open": model(name)})
    assert done["ok"], done["said"]
    assert done["exercise"]["done"], done["exercise"]["checks"]
    assert done["exercise"]["think"] == EXERCISES[name].think


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """Make the model run of each exercise."""
    return {name: _run_of(name) for name in EXERCISES}


@each
def test_no_check_holds_of_every_run(name: str, runs: dict[str, Run]) -> None:
    """Each check fails at the beginning, or in the model run of another exercise."""
    lab = Lab()
    lab.ask({"open": EXERCISES[name].opens})
    every = [*runs.values(), Run(lab.debugger.stepper, EXERCISES[name].opens)]
    for check in EXERCISES[name].checks:
        assert not all(check.holds(run) for run in every), check.words


def test_a_variable_that_was_set_by_hand_does_not_count() -> None:
    run = model("lost-ack")
    run["moves"] = [*run["moves"][:-1], "set server block 1", "continue"]
    told = Lab().ask({"open": run})["exercise"]
    assert {"words": "No variable is set by hand.", "held": False} in told["checks"]
    assert not told["done"]


def test_what_a_scenario_sets_at_its_beginning_does_count() -> None:
    moves = [move for _, move in _run_of("sorcerer").stepper.moves]
    assert any("SetVariable" in type(move).__name__ for move in moves)
    assert Lab().ask({"open": model("sorcerer")})["exercise"]["done"]


def _run_of(name: str) -> Run:
    lab = Lab()
    lab.ask({"open": model(name)})
    return Run(lab.debugger.stepper, model(name))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("lost-ack", {"scenario": "lost-ack", "moves": ["continue"]}),
        ("last-block", {"scenario": "own", "settings": {"size": "2048"}, "moves": ["continue"]}),
        ("lost-data", {"tables": {"mutant": "sorcerer"}}),
    ],
)
def test_another_transfer_does_not_count(name: str, other: dict[str, Any]) -> None:
    told = Lab().ask({"open": {**model(name), **other}})["exercise"]
    assert not told["done"]
    assert told["checks"][-1]["words"].startswith("The run is the transfer of this exercise")


def test_a_copy_that_is_kept_is_not_ignored() -> None:
    again = ["step 3", "drop 3", "timeout server", "continue"]
    doubled = {"scenario": "plain", "moves": again}
    for tables, ignored in ((None, True), ({"mutant": "written-twice"}, False)):
        lab = Lab()
        lab.ask({"open": {**doubled, "tables": tables}})
        run = Run(lab.debugger.stepper, doubled)
        assert checks.heard("client", "DATA 1", 2)(run)
        assert checks.ignored_copy("client", "DATA")(run) is ignored


def test_the_texts_have_no_marks_which_a_page_would_show() -> None:
    for lesson in LESSONS:
        texts = [lesson.aim, lesson.before, *lesson.talk, *(what for _, what in lesson.plan)]
        for one in lesson.exercises:
            texts += [one.look, one.task, one.think, one.question.ask, one.title]
        assert not [text for text in texts if "*" in text or "`" in text]


def test_giving_up_is_no_good_wire() -> None:
    run = {**model("own-mistake"), "moves": ["step 3", "abort client", "continue"]}
    told = Lab().ask({"open": run})["exercise"]
    assert {"words": "No packet was lost or changed.", "held": False} in told["checks"]


def test_a_found_run_is_found_and_accepted() -> None:
    """The page's own search finds it, and not the text of the model."""
    from tftp_fsm.lab.hunt import hunt, wanted_of

    for mistake in ("any-ack", "no-empty-block"):
        tables = {"mutant": mistake}
        found = hunt(wanted_of({"tables": tables}, allows_python=False), lambda news: True)
        lab = Lab()
        sits = {"exercise": "shortest", "answer": "succeeded", "tables": tables}
        reply = lab.ask({"open": {**found["open"], **sits}})
        assert not reply["exercise"]["done"]
        reply = lab.ask({"command": f"goto {reply['view']['length']}"})
        assert reply["exercise"]["done"], reply["exercise"]["checks"]


def test_rows_that_fail_leave_the_exercise_as_it_was() -> None:
    lab = Lab(allows_python=True)
    lab.ask({"open": {**EXERCISES["sorcerer"].opens, "exercise": "sorcerer", "answer": "nothing"}})
    wrong = {"python": "CHANGES = 1"}
    sits = {"exercise": "sorcerer", "answer": "nothing", "tables": wrong}
    reply = lab.ask({"open": {**EXERCISES["sorcerer"].opens, **sits}})
    assert not reply["ok"] and "tables" not in reply["exercise"]["opened"]


def test_the_index_has_the_lessons_without_what_is_asked() -> None:
    index = Lab().ask({"index": True})["value"]
    assert [lesson["title"] for lesson in index["lessons"]] == [one.title for one in LESSONS]
    assert {*index["lessons"][0]["exercises"][0]} == {"name", "title", "opens"}


def test_a_packet_that_was_sent_is_not_nothing() -> None:
    lab = Lab()
    lab.ask({"open": {"scenario": "plain"}})
    run = Run(lab.debugger.stepper, {})
    assert checks.sends(run) == checks.NOTHING == checks.acts(run)
    lab.ask({"command": "step"})
    assert checks.sends(run) == "RRQ" and checks.acts(run) == "client"
    assert checks.outcome_of("server")(run) == checks.NOTHING

"""Grade the results that students hand in. The moves are made again and judged as in the lab.

    judged(text)         # {"student": "Kim", "exercises": [{"exercise": "lost-ack", "done": True}]}

No claim of a result is trusted. Its answers are compared with the actions of the machines, and an
exercise is done if its moves do the task. A result may come from anybody, and `LocalError` tells
what is wrong in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.lab.feed import Lab, truth_of
from tftp_fsm.lab.lessons.all import EXERCISES, LESSONS
from tftp_fsm.lab.lessons.lesson import FORMAT
from tftp_fsm.language import mark, sentence
from tftp_fsm.trace.records import Json

MOST_MOVES = 500  # moves of one exercise
MISSING = mark("It is not in the result.")
ONLY_ANSWERED = mark("The question was answered, but the task was not done.")


@frozen
class Result:
    """A result that was handed in. `exercises` has the answer and the run of each exercise."""

    student: str
    exercises: Mapping[str, Any]


@frozen
class Graded:
    """One graded exercise. `missing` has the checks that do not hold.

    `answer` is None if the question was not answered. `truth` is the right answer, which the
    machines have given.
    """

    exercise: str
    answer: str | None
    truth: str
    done: bool
    missing: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the answer to the question is right."""
        return self.answer == self.truth


def result_of(text: str) -> Result:
    """Read a result. Raises LocalError if the text is not a result."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise LocalError(sentence("it is not JSON")) from None
    match told:
        case {"format": str(name)} if name != FORMAT:
            raise LocalError(
                sentence(
                    "its format is {name!r}, and this program reads {format!r}",
                    name=brief(name),
                    format=FORMAT,
                )
            )
        case {"format": str(), "student": str(student), "exercises": {} as exercises}:
            return Result(brief(student), exercises)
    raise LocalError(
        sentence("it is not a result of the lab: it lacks `format`, `student` or `exercises`")
    )


def grades(result: Result, lesson: int | None = None) -> Iterator[Graded]:
    """Yield each exercise in the order of the lessons, or those of one lesson (from 1)."""
    lessons = LESSONS if lesson is None else LESSONS[lesson - 1 : lesson]
    for one in lessons:
        for exercise in one.exercises:
            yield grade(exercise.name, result.exercises.get(exercise.name))


def grade(name: str, handed_in: object) -> Graded:
    """Make the moves of an exercise again, and judge them."""
    truth = truth_of(name)
    answer = _answer(name, handed_in)
    match handed_in:
        case {"open": {} as wanted}:
            reply = _replayed(name, wanted, answer)
        case _:
            why = MISSING if answer is None else ONLY_ANSWERED
            return Graded(name, answer, truth, done=False, missing=(why,))
    if not reply["ok"]:
        return Graded(name, answer, truth, done=False, missing=tuple(reply["said"]))
    told = reply["exercise"]
    missing = tuple(check["words"] for check in told["checks"] if not check["held"])
    return Graded(name, answer, truth, told["done"], missing)


def _answer(name: str, handed_in: object) -> str | None:
    given = handed_in.get("answer") if isinstance(handed_in, dict) else None
    return given if given in EXERCISES[name].question.options else None


def _replayed(name: str, wanted: Mapping[str, Any], answer: str | None) -> Json:
    """Return the reply to the student's run. The task is judged even without an answer."""
    moves = wanted.get("moves")
    if not isinstance(moves, Sequence) or isinstance(moves, str) or len(moves) > MOST_MOVES:
        told = sentence("A run must be a list of at most {most} moves.", most=MOST_MOVES)
        return {"ok": False, "said": [told]}
    run = {key: wanted[key] for key in ("scenario", "settings", "tables") if wanted.get(key)}
    given = EXERCISES[name].question.options[0] if answer is None else answer
    lab = Lab()
    try:
        return lab.ask({"open": {**run, "moves": list(moves), "exercise": name, "answer": given}})
    except Exception as raised:  # a result may be anything
        why = sentence("The run cannot be made here: {why}", why=brief(repr(raised)))
        return {"ok": False, "said": [why]}


def judged(text: str, lesson: int | None = None) -> Json:
    """Return a result and its grades as JSON values. Raises LocalError if it is not a result."""
    result = result_of(text)
    exercises = [graded_to_json(one) for one in grades(result, lesson)]
    return {"student": result.student, "exercises": exercises}


def graded_to_json(graded: Graded) -> Json:
    """Return a graded exercise as a JSON value, for `--json`."""
    return {
        "exercise": graded.exercise,
        "done": graded.done,
        "missing": list(graded.missing),
        "answer": graded.answer,
        "truth": graded.truth,
        "right": graded.right,
    }

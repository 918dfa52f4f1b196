"""A lesson has exercises. Each has a question, a task, and the checks of the task.

There are no answers here. The machines give the right answer: after the student's answer they make
the moves `then` of the question, and `truth` reads the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tftp_fsm.debugger.moves import Move
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark_p, shown
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.protocol.gloss import outcome_gloss, state_gloss
from tftp_fsm.protocol.rows import State


@frozen
class Run:
    """A run to judge: its stepper, the message that opened it, and the scenario's moves."""

    stepper: Stepper
    opened: Mapping[str, Any]
    opening: tuple[Move, ...] = ()


@frozen
class Check:
    """A condition on the whole run, with its words for the student."""

    words: str
    holds: Callable[[Run], bool]


@frozen
class Question:
    """A question before the moves `then` are made. `truth` finds the right one of `options`."""

    ask: str
    options: tuple[str, ...]
    then: tuple[str, ...]
    truth: Callable[[Run], str]


@frozen
class Exercise:
    """One transfer. The message `opens` opens it, and `moves` lead to the place of the question.

    `look` says what to watch. `task` says what to do. `think` is for the talk after the task.
    `allows` names the allowed differences of the run: `settings` (another transfer), `tables`
    (broken rows) and `scenario` (any scenario). A variable that was set by hand is never allowed.
    """

    name: str
    title: str
    opens: Mapping[str, Any]
    moves: tuple[str, ...]
    look: str
    question: Question
    task: str
    checks: tuple[Check, ...]
    think: str
    allows: tuple[str, ...] = ()


@frozen
class Lesson:
    """Fifty minutes. `plan` has the activities with their minutes, whose sum is `MINUTES`."""

    name: str
    title: str
    aim: str
    before: str
    plan: tuple[tuple[int, str], ...]
    exercises: tuple[Exercise, ...]
    talk: tuple[str, ...]


MINUTES = 50
MADE = "<!-- Made by `python -m tools.lessons` from tftp_fsm/lab/lessons/. -->"
_OPTIONS: dict[str, str] = {
    "nothing": mark_p("an answer of a student", "nothing"),
    "client": mark_p("an answer of a student", "client"),
    "server": mark_p("an answer of a student", "server"),
    "neither: both wait for ever": mark_p("an answer of a student", "neither: both wait for ever"),
}
_OPTIONS |= {state.value: state_gloss(state) for state in State}
_OPTIONS |= {outcome.value: outcome_gloss(outcome) for outcome in Outcome}
FORMAT = "tftp-fsm-lab-result-1"  # the format of a result that a student hands in


def option_words(option: str) -> str:
    """Return an option of a question in words for students. A result has the option itself."""
    return _OPTIONS.get(option, option)


def heading(number: int, lesson: Lesson) -> str:
    """Return the heading of a lesson on a page, such as `## 2 Something is lost`."""
    return f"## {number} {shown(lesson.title)}"

"""What a lesson is: exercises, each with a question, a task, and the checks of the task.

No answer stands here. What is true is what the machines do: after the answer they make the moves
`then` of the question, and `truth` looks at what came of it.
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
    """A run that is judged: its stepper, the message that opened it, and the scenario's moves."""

    stepper: Stepper
    opened: Mapping[str, Any]
    opening: tuple[Move, ...] = ()


@frozen
class Check:
    """A condition over the whole run, in words for the student."""

    words: str
    holds: Callable[[Run], bool]


@frozen
class Question:
    """Asked before the moves `then` are made. The right one of `options` is what `truth` finds."""

    ask: str
    options: tuple[str, ...]
    then: tuple[str, ...]
    truth: Callable[[Run], str]


@frozen
class Exercise:
    """One transfer, opened with `opens` and led to the place of the question by `moves`.

    `look` says what to watch, `task` what to do, and `think` what to talk about when it is done.
    `allows` names what the run may differ in: `settings` (a transfer of one's own), `tables` (rows
    that were broken), `scenario` (any). A variable that was set by hand is never allowed.
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
    """Fifty minutes. `plan` has minutes, and what is done in them; they add up to `MINUTES`."""

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
    "nobody: both wait for ever": mark_p("an answer of a student", "nobody: both wait for ever"),
}
_OPTIONS |= {state.value: state_gloss(state) for state in State}
_OPTIONS |= {outcome.value: outcome_gloss(outcome) for outcome in Outcome}
FORMAT = "tftp-fsm-lab-result-1"  # of what a student hands in


def option_words(option: str) -> str:
    """An option of a question as students read it. In a result it is as it stands there."""
    return _OPTIONS.get(option, option)


def heading(number: int, lesson: Lesson) -> str:
    """Its heading on a page: `## 2 Something is lost`."""
    return f"## {number} {shown(lesson.title)}"

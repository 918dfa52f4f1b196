"""`tftp-fsm lab --grade`: tell which exercises are done in a result of the lab."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from tftp_fsm.borders import terminal
from tftp_fsm.borders.columns import left
from tftp_fsm.cli.common import DONE, FAILED, USAGE, say
from tftp_fsm.cli.parser import Parser
from tftp_fsm.errors import LocalError
from tftp_fsm.language import marked, reason, sentence, tr, tr_p
from tftp_fsm.trace.records import Json

LARGEST = 1 << 20  # octets of a result; the model runs of all exercises have 5 KB
Judge: TypeAlias = Callable[[str, int | None], Json]
"""`judged` of `tftp_fsm.lab.lessons.grade`: a text and the number of a lesson, or None for all."""


def add_grading(parser: Parser) -> None:
    """Add the options that grade results instead of serving a lab."""
    add = parser.add_argument_group(tr("results of lessons")).add_argument
    does = tr("repeat the moves of these results, and say which exercises are done")
    add("--grade", metavar="RESULT", type=Path, nargs="+", help=does)
    does = tr("grade this lesson only, from 1 to 6")
    add("--lesson", type=int, choices=range(1, 7), metavar="N", help=does)
    add("--json", action="store_true", help=tr("print a line of JSON for each result"))


def grade_results(args: argparse.Namespace, judge: Judge) -> int:
    """Return status 0 if all is done, 1 if something is not, 2 if a result cannot be read."""
    return max([_grade_one(path, args, judge) for path in args.grade])


def _grade_one(path: Path, args: argparse.Namespace, judge: Judge) -> int:
    try:
        told = _judged(path, args.lesson, judge)
    except LocalError as wrong:
        say(sentence("cannot read {path}: {why}", path=path, why=str(wrong)))
        return USAGE
    for line in _json(path, told) if args.json else _text(path, told):
        print(line)
    return DONE if all(one["done"] for one in told["exercises"]) else FAILED


def _judged(path: Path, lesson: int | None, judge: Judge) -> Json:
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST + 1)
    except OSError as failed:
        raise LocalError(reason(failed)) from None
    if len(octets) > LARGEST:
        raise LocalError(sentence("a result has at most {most:,} octets", most=LARGEST))
    try:
        return judge(octets.decode("utf-8"), lesson)
    except UnicodeDecodeError:
        raise LocalError(sentence("it is not UTF-8")) from None
    except LocalError as wrong:
        told = sentence(
            "{why}; the button Save my result in the lab writes a result", why=str(wrong)
        )
        raise LocalError(told) from None


# -- Words ----------------------------------------------------------------------------------------


def _text(path: Path, told: Json) -> Iterator[str]:
    exercises = told["exercises"]
    student = told["student"] or tr("no name")
    yield terminal(f"{path}: {student}")
    for one in exercises:
        done = tr_p("an exercise", "done") if one["done"] else tr_p("an exercise", "NOT DONE")
        yield f"  {_place(one)} {one['exercise']:<16} {left(done, 9)} {_answer(one)}"
        for words in () if one["done"] else one["missing"]:
            missing = tr("missing: {check}", check=marked(words))
            yield terminal(f"      {missing}")
    count, right = (sum(one[what] for one in exercises) for what in ("done", "right"))
    sums = tr(
        "exercises done: {done} of {of}; questions answered right: {right}",
        done=count,
        of=len(exercises),
        right=right,
    )
    yield f"  {sums}"


def _place(one: Json) -> str:
    """Return the number of an exercise as in the lessons, such as `2.3`."""
    from tftp_fsm.lab.lessons.all import place_of

    number, at = place_of(one["exercise"])
    return f"{number}.{at}"


def _answer(one: Json) -> str:
    if one["answer"] is None:
        return tr("question: no answer")
    from tftp_fsm.lab.lessons.lesson import option_words

    truth = option_words(one["truth"])
    if one["right"]:
        return tr("question: right ({truth})", truth=truth)
    answer = option_words(one["answer"])
    return tr("question: wrong ({answer}; the machines say {truth})", answer=answer, truth=truth)


def _json(path: Path, told: Json) -> Iterator[str]:
    yield json.dumps({"file": f"{path}", **told})

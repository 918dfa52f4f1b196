"""The book of grades: the best result of each check for each student, and the files about them.

    cards/kim.json    the card for programs, from which the book is read again
    cards/kim.md      the card for people
    summary.csv       a line for each student, with the points of each check

A student may repeat each trial. The best result counts.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

from tftp_fsm.errors import LocalError
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.card_record import as_record
from tftp_fsm.examine.checks import Check, Finding, Result, Verdict, not_examined, not_run
from tftp_fsm.examine.grading import exits
from tftp_fsm.examine.grading.trial import Trial
from tftp_fsm.examine.grading.trials.published import EXIT_STATUS, TRIALS, file_check
from tftp_fsm.language import mark, marked, sentence
from tftp_fsm.language.stored import parts, rebuilt
from tftp_fsm.storage.named import failing_as

_RANK = (
    *(Verdict.NOT_RUN, Verdict.BROKEN_OFF, Verdict.NOT_EXAMINED),
    *(Verdict.TOLD, Verdict.DEPARTED, Verdict.KEPT),
)
_COUNTED = (Verdict.KEPT, Verdict.DEPARTED, Verdict.NOT_RUN, Verdict.NOT_EXAMINED)
CARDS, SUMMARY = "cards", "summary.csv"
NOBODY = "client"  # the name of a student without a name
MOST = 1 << 20  # octets of a card that is read again


class Student:
    """The results of one student. `attempts` counts the trials of the student."""

    def __init__(self, name: str, address: str = "") -> None:
        self.name = name
        self.address = address
        self.attempts = 0
        self.found: dict[str, Finding] = {}

    def record(self, results: tuple[Result, ...]) -> None:
        """Keep each result that is better than the old one. Exit statuses are kept by trial."""
        for result in results:
            before = self.found.get(result.check.name)
            if result.check == EXIT_STATUS:
                facts = exits.merged(before.facts if before else (), result.finding.facts)
                self.found[EXIT_STATUS.name] = exits.finding_of(facts)
            elif before is None or _rank(result.finding) >= _rank(before):
                self.found[result.check.name] = result.finding

    def card(self, trials: tuple[Trial, ...] = TRIALS, last: tuple[Result, ...] = ()) -> Card:
        """Return the student's card with all checks of `trials`, run or not.

        It tells which results of the `last` run are worse than those that count.
        """
        results = tuple(
            Result(check, self.found.get(check.name) or missing)
            for check, missing in _published(trials)
        )
        run = sum(self._has_run(trial) for trial in trials)
        facts: tuple[tuple[str, str | int], ...] = (
            (mark("trials"), sentence("{run} of {all} were run", run=run, all=len(trials))),
            (mark("attempts"), self.attempts),
        )
        where = ((mark("address"), self.address),) if self.address else ()
        title: str = sentence("Client of {name}", name=self.name)
        if self.name == NOBODY:
            title = mark("The client")
        return Card(title, (*where, *facts), results, (*self._overtaken(last), *_remarks(results)))

    def _overtaken(self, last: tuple[Result, ...]) -> Iterator[str]:
        """Yield the checks that departed in the last run, and were better before."""
        now = Student(self.name)
        now.record(last)
        for check, finding in now.found.items():
            counts = self.found.get(check, finding)
            if finding.verdict is Verdict.DEPARTED and counts.verdict is not Verdict.DEPARTED:
                yield sentence(
                    "{check} departed in this run: {seen}. The better result of an earlier "
                    "run counts.",
                    check=check,
                    seen=marked(finding.seen),
                )

    def _has_run(self, trial: Trial) -> bool:
        found = self.found.get(trial.name)
        return found is not None and found.verdict is not Verdict.NOT_RUN


def _rank(finding: Finding) -> int:
    return _RANK.index(finding.verdict)


def _remarks(results: tuple[Result, ...]) -> tuple[str, ...]:
    if all(result.verdict is not Verdict.BROKEN_OFF for result in results):
        return ()
    return (
        mark(
            "A check was broken off by a fault of tftp-fsm. It says nothing about the "
            "client. Please report the fault."
        ),
    )


@cache
def _published(trials: tuple[Trial, ...] = TRIALS) -> tuple[tuple[Check, Finding], ...]:
    """Return each check of these trials with its finding before any run."""
    published: list[tuple[Check, Finding]] = []
    for trial in trials:
        missing = (
            not_examined(mark("optional, and not run"))
            if trial.optional
            else not_run(mark("not run"))
        )
        published += [(check, missing) for check in trial.checks]
        check = file_check(trial)
        if check is not None:
            published.append((check, _no_file(trial)))
    return (*published, (EXIT_STATUS, not_examined(mark("only --run can check it"))))


def _no_file(trial: Trial) -> Finding:
    if trial.ends != "well":
        return not_examined(mark("only --run can check it"))
    if trial.optional:
        return not_examined(mark("optional, and not handed in"))
    return not_run(sentence("not handed in: after the get, put {name}", name=trial.name))


class Book:
    """All students. With a `folder` their results are written there, and read again later.

    Raises LocalError if the folder cannot be used, or a card in it is damaged.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._rows: dict[str, str] = {}  # cached rows of the summary: a class makes many changes
        self.students: dict[str, Student] = {}
        if folder is None:
            return
        with failing_as(lambda why: sentence("cannot use {folder}: {why}", folder=folder, why=why)):
            (folder / CARDS).mkdir(parents=True, exist_ok=True)
            for path in sorted((folder / CARDS).glob("*.json")):
                self._read(path)

    def student(self, name: str, address: str = "") -> Student:
        """The student of that name."""
        student = self.students.setdefault(name, Student(name))
        student.address = address or student.address
        return student

    def record(
        self, name: str, address: str, results: tuple[Result, ...], attempts: int = 1
    ) -> None:
        """Note the results of a trial, and write the files about this student."""
        student = self.student(name, address)
        student.attempts += attempts
        student.record(results)
        self._rows.pop(name, None)
        if self._folder is not None:
            self._write(student, self._folder)

    def summary(self) -> str:
        """Return the results of the class as CSV."""
        checks = [check.name for check, _ in _published()]
        heads = ["student", "address", "points", "possible", "percent"]
        head = _csv([*heads, *(v.value for v in _COUNTED), "attempts", *checks])
        for name, student in self.students.items():
            if name not in self._rows:
                self._rows[name] = _csv(_row(student))
        return head + "".join(self._rows[name] for name in sorted(self._rows))

    def _write(self, student: Student, folder: Path) -> None:
        card = student.card()
        kept = {"student": student.name, "address": student.address, "attempts": student.attempts}
        record = json.dumps(kept | _record(card), indent=1)
        base = folder / CARDS / student.name
        with writing_to(folder):
            _replace(base.with_name(f"{student.name}.json"), record)
            _replace(base.with_name(f"{student.name}.md"), as_markdown(card))
            _replace(folder / SUMMARY, self.summary())

    def _read(self, path: Path) -> None:
        try:
            record = json.loads(path.read_text(encoding="utf-8")[:MOST])
            student = Student(path.stem, str(record["address"]))
            student.attempts = int(record["attempts"])
            for result in record["results"]:
                student.found[str(result["check"])] = _finding(result)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise LocalError(
                sentence(
                    "{path} is not a readable card: move it away, or restore it",
                    path=path,
                )
            ) from None
        for check, missing in _published():
            if student.found.get(check.name) == missing:  # there is no finding
                del student.found[check.name]
        self.students[student.name] = student


def writing_to(folder: Path) -> AbstractContextManager[None]:
    """Within this context, a failure to write a file becomes a LocalError."""
    return failing_as(
        lambda why: sentence("cannot write to {folder}: {why}", folder=folder, why=why)
    )


def _record(card: Card) -> dict[str, Any]:
    """Return the card. `said` has the observation in a form for other languages, and `meant` has
    the meaning if it differs from that of the check.
    """
    record = as_record(card)
    for result, one in zip(card.results, record["results"], strict=True):
        said = parts(result.finding.seen)
        if said != result.finding.seen:
            one["said"] = said
        if result.finding.means:
            one["meant"] = result.finding.means
    return record


def _finding(result: dict[str, Any]) -> Finding:
    seen = str(result["seen"])
    facts = tuple((str(name), value) for name, value in result.get("facts", {}).items())
    return Finding(
        Verdict(result["verdict"]),
        rebuilt(result.get("said"), seen),
        facts,
        str(result.get("meant", "")),
    )


def _csv(cells: list[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _row(student: Student) -> list[object]:
    card = student.card()
    percent = round(100 * card.points / card.possible) if card.possible else 0
    numbers = [sum(r.verdict is verdict for r in card.results) for verdict in _COUNTED]
    points = [result.points if result.possible else "" for result in card.results]
    head = [student.name, student.address, card.points, card.possible, percent]
    return [*head, *numbers, student.attempts, *points]


def _replace(path: Path, text: str) -> None:
    """Write the file so that no reader sees a part of it."""
    partial = path.with_name(f".{path.name}.part")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)

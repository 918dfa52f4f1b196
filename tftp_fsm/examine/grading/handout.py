"""Texts for a teacher to publish: the list of all trials, and the command lines for them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Protocol

from tftp_fsm.borders.columns import left
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.card_record import check_record
from tftp_fsm.examine.grading.trial import Trial
from tftp_fsm.examine.grading.trials.published import TRIALS, all_checks, handing_in
from tftp_fsm.language import sentence, shown, tr, tr_n, tr_p
from tftp_fsm.protocol.gloss import rfc_words

WORDS = ("host", "port", "verb", "file", "output", "input", "mode", "student")


class _Line(Protocol):
    def __call__(self, verb: str, name: str, mode: str = "octet") -> str: ...


def listed() -> str:
    """Return the list as text: a line for each trial, with its points."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    total = sum(check.points for trial in TRIALS for check in all_checks(trial))
    yield tr(
        "{trials} trials; a client that supports everything can get {points} points",
        trials=len(TRIALS),
        points=total,
    )
    for trial in TRIALS:
        number = sum(check.points for check in all_checks(trial))
        points = left(tr_n("{count} point", "{count} points", number), 8)
        title, rfc = shown(trial.questions[0].check.title), rfc_words(trial.questions[0].check.rfc)
        source = tr("{rfc}, optional", rfc=rfc) if trial.optional else shown(rfc)
        yield f"{trial.verb}  {trial.name:<22}{points}  {title} ({source})"


def listed_as_markdown() -> str:
    """The trials as a Markdown table, with a row for each check."""
    heads = (
        tr_p("card", "run"),
        tr_p("card", "check"),
        tr("what the server sends"),
        tr("what is right"),
        tr_p("rule", "from"),
        tr("points"),
    )
    rows = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for trial in TRIALS:
        for number, check in enumerate(all_checks(trial)):
            run = f"{trial.verb} {trial.name}" if number == 0 else ""
            words = (shown(check.sends), shown(check.rule), shown(rfc_words(check.rfc)))
            cells = (run, check.name, *words, str(check.points))
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def records() -> list[dict[str, object]]:
    """The trials as JSON values."""
    return [
        {
            "trial": trial.name,
            "verb": trial.verb,
            "mode": trial.mode,
            "optional": trial.optional,
            "checks": [
                {**check_record(check), "points": check.points} for check in all_checks(trial)
            ],
        }
        for trial in TRIALS
    ]


def words_of(command: str) -> list[str]:
    """Split a command with places such as `{file}`. Raises LocalError for a wrong command."""
    try:
        words = shlex.split(command)
        for word in words:
            word.format(**dict.fromkeys(WORDS, ""))
    except (ValueError, KeyError, IndexError, AttributeError) as wrong:
        known = " ".join(f"{{{word}}}" for word in WORDS)
        raise LocalError(
            sentence(
                "{command!r} is not a valid command: {why} (fields: {known})",
                command=command,
                why=str(wrong),
                known=known,
            )
        ) from None
    if not words:
        raise LocalError(sentence("the command is empty"))
    if not any("{file}" in word for word in words):
        raise LocalError(
            sentence(
                "{command!r} has no field for the name of the file: add {place}",
                command=command,
                place="{file}",
            )
        )
    return words


def filled(words: list[str], **values: str) -> list[str]:
    """Return the command with its places filled."""
    return [word.format(**(dict.fromkeys(WORDS, "") | values)) for word in words]


def script(command: str, host: str, port: int, student: str = "") -> str:
    """Return the command lines for all trials. They fetch files to put, and put received files.

    Raises LocalError if the command lacks a place.
    """
    words = words_of(command)
    prefix = f"{student}." if student else ""

    def line(verb: str, name: str, mode: str = "octet") -> str:
        file = f"{prefix}{name}"
        values = {"host": host, "port": str(port), "verb": verb, "file": file, "mode": mode}
        made = filled(words, **values, output=file, input=file, student=student)
        return shlex.join(made)

    return "\n".join(_script_lines(words, line))


def _script_lines(words: list[str], line: _Line) -> Iterator[str]:
    has_verb = any("{verb}" in word for word in words)
    for trial in TRIALS:
        if trial.optional and not any("{mode}" in word for word in words):
            continue
        if trial.verb == "get" or has_verb:
            yield from _lines_for(trial, line, has_verb)


def _lines_for(trial: Trial, line: _Line, has_verb: bool) -> Iterator[str]:
    yield f"# {trial.questions[0].check.title}"
    if trial.verb == "put":
        yield line("get", trial.name)
    yield line(trial.verb, trial.name, trial.mode)
    if trial.verb == "get" and has_verb and handing_in(trial) is not None:
        yield line("put", trial.name)


def script_file() -> str:
    """Return a POSIX shell script, which a student gets from the server as `script`."""
    head = (
        "#!/bin/sh",
        "# sh script NAME COMMAND...    COMMAND is run with a verb and a file, for example:",
        "# sh script kim ./tftp 192.0.2.1 -p 6969",
        'name=$1; shift; client() { "$@" || echo "status $?"; }',
    )

    def line(verb: str, name: str, mode: str = "octet") -> str:
        return f'client "$@" {verb} "$name.{name}"'

    words = ["{verb}"]
    return "\n".join((*head, *_script_lines(words, line)))

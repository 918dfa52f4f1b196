"""All trials in the published order: the easy ones first."""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.examine.checks import Check, Finding, departed, kept
from tftp_fsm.examine.grading.judges import is_complete
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import Question, Trial, Verb, no_twist
from tftp_fsm.examine.grading.trials import (
    errors,
    gets,
    no_faults,
    options,
    puts,
    wrong_gets,
    wrong_puts,
)
from tftp_fsm.language import mark, sentence

TRIALS: tuple[Trial, ...] = (
    *no_faults.GETS,
    *gets.GETS,
    *wrong_gets.GETS,
    *errors.GETS,
    *options.GETS,
    *no_faults.PUTS,
    *puts.PUTS,
    *wrong_puts.PUTS,
    *errors.PUTS,
    *options.PUTS,
)
BY_NAME = {trial.name: trial for trial in TRIALS}

PRACTICE = mark("practice, not an RFC")

EXIT_STATUS = Check(
    "exit-status",
    mark("The exit status says whether the file was transferred"),
    mark("all trials"),
    mark("status 0 if the file is there, and another one if it is not"),
    PRACTICE,
    mark("a script takes a failure for a success"),
    2,
)


def file_check(trial: Trial) -> Check | None:
    """Return the check of the client's file at the end, or None without such a check."""
    if trial.verb == "put" or trial.ends == "either" or not trial.file_points:
        return None
    name = f"{trial.name}.file"
    if trial.ends == "well":
        is_text = trial.mode == "netascii"
        return Check(
            name,
            mark("The file is the right one"),
            sentence("what {trial} sends", trial=trial.name),
            mark("a text has the line ends of the client's system")
            if is_text
            else mark("each octet of the file is there once, and in order"),
            "RFC 1350 section 1" if is_text else "RFC 1350 section 2",
            mark("the user has a damaged file"),
            trial.file_points,
        )
    return Check(
        name,
        mark("A failed transfer leaves no part of a file"),
        sentence("what {trial} sends", trial=trial.name),
        mark("a transfer that failed leaves no file that looks whole"),
        PRACTICE,
        mark("the user takes a part of the file for the whole file"),
        trial.file_points,
    )


def handing_in(trial: Trial) -> Trial | None:
    """Return the put for handing in the file of the trial, or None."""
    check = file_check(trial)
    if check is None or trial.ends != "well":
        return None

    def judge(story: Story) -> Finding:
        if not is_complete(story):
            cut = mark("the file that was handed in did not arrive complete")
            return departed(story.fault or cut)
        return kept(mark("handed in the right file"))

    return _plain(trial, "put", (Question(check, judge),))


def handing_out(trial: Trial) -> Trial:
    """Return the get for the file that the student has to put."""
    return _plain(trial, "get", ())


def _plain(trial: Trial, verb: Verb, questions: tuple[Question, ...]) -> Trial:
    return replace(
        trial,
        verb=verb,
        questions=questions,
        twist=no_twist,
        waits=1.0,
        negotiates=None,
        refuses=None,
        fails_at=None,
        mode="octet",
    )


def trial_for(verb: Verb, name: str) -> Trial | None:
    """Return the trial for a request with this name, or None."""
    trial = BY_NAME.get(name)
    if trial is None or trial.verb == verb:
        return trial
    return handing_in(trial) if verb == "put" else handing_out(trial)


def all_checks(trial: Trial) -> tuple[Check, ...]:
    """Return the checks of a trial, with that of its file."""
    check = file_check(trial)
    return trial.checks if check is None else (*trial.checks, check)

"""The tasks of `tftp-fsm grade` without a server: print the trials, or write files to put."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tftp_fsm.cli.common import DONE, say
from tftp_fsm.examine.grading.book import writing_to
from tftp_fsm.examine.grading.handout import listed, listed_as_markdown, records
from tftp_fsm.examine.grading.names import is_student
from tftp_fsm.examine.grading.trials.published import TRIALS
from tftp_fsm.language import sentence, sentence_n


def print_list(args: argparse.Namespace) -> int:
    """Print the list of trials; the exit status."""
    if args.form == "json":
        print(json.dumps(records(), indent=1))
    else:
        print(listed_as_markdown() if args.form == "markdown" else listed())
    return DONE


def write_files(args: argparse.Namespace) -> int:
    """Write the files for a student to put; the exit status."""
    check_student(args)
    folder = Path(args.files)
    prefix = f"{args.student}." if args.student else ""
    count = 0
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for trial in TRIALS:
            if trial.verb == "put" and not trial.blocks:
                octets = trial.file(f"{args.seed}:{args.student}").whole()
                count += 1
                (folder / f"{prefix}{trial.name}").write_bytes(octets)
    told = sentence_n(
        "wrote 1 file to {folder}", "wrote {count} files to {folder}", count, folder=folder
    )
    say(told)
    return DONE


def check_student(args: argparse.Namespace) -> None:
    """ValueError: the name of --student is none."""
    if args.student and not is_student(args.student):
        raise ValueError(
            sentence("--student {name!r}: use small letters, digits, - and _", name=args.student)
        )

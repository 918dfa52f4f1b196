"""`tftp-fsm verify --lessons` and `--check`: each mutant's shortest run, for a class."""

from __future__ import annotations

import argparse
from pathlib import Path

from tftp_fsm.cli.common import Parser
from tftp_fsm.cli.files import writing
from tftp_fsm.cli.kept import check_kept, say_written
from tftp_fsm.diagram.files import check_files, write_files
from tftp_fsm.verify.lesson_files import PLACE, lesson_files


def add_lessons(parser: Parser) -> None:
    """The options."""
    add = parser.add_argument_group("for a class").add_argument
    does = "write each mutant's shortest run as a picture and a trace, with a page of questions"
    add("--lessons", metavar="DIR", type=Path, help=does)
    does = f"check that the files in --lessons are up to date (default: {PLACE})"
    add("--check", action="store_true", help=does)


def is_asked(args: argparse.Namespace) -> bool:
    """Whether the command line asks for lessons."""
    return args.check or args.lessons is not None


def lessons(args: argparse.Namespace) -> int:
    """Write or check them; the exit status."""
    directory = args.lessons or Path(PLACE)
    if args.check:
        again = f"tftp-fsm verify --lessons {directory}"
        return check_kept(check_files(directory, lesson_files(), again), again)
    files = lesson_files()
    with writing(directory):
        return say_written(directory, write_files(directory, files))

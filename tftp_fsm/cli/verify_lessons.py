"""`tftp-fsm verify --lessons` and `--check`: each mutant's shortest run, for a class."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from tftp_fsm.cli.generated_files import check_kept, say_written
from tftp_fsm.cli.parser import Parser
from tftp_fsm.diagram.generated import check_files, write_files
from tftp_fsm.language import tr
from tftp_fsm.storage.named import writing
from tftp_fsm.verify.lesson_files import KEPT, PLACE, kept_files, lesson_files


def add_lessons(parser: Parser) -> None:
    """The options."""
    add = parser.add_argument_group(tr("for a class")).add_argument
    does = tr("write each mutant's shortest run as a picture and a trace, with a page of questions")
    add("--lessons", metavar="DIR", type=Path, help=does)
    does = tr(
        "check that the files in --lessons are up to date (default: {place}, and those in Korean)",
        place=PLACE,
    )
    add("--check", action="store_true", help=does)


def is_asked(args: argparse.Namespace) -> bool:
    """Whether the command line asks for lessons."""
    return args.check or args.lessons is not None


def lessons(args: argparse.Namespace) -> int:
    """Write or check them; the exit status."""
    if args.check:
        places = KEPT if args.lessons is None else [str(args.lessons)]
        return max(_check(Path(place)) for place in places)
    files = _files(args.lessons)
    with writing(args.lessons):
        changed = write_files(args.lessons, files)
    return say_written(args.lessons, changed)


def _check(directory: Path) -> int:
    again = f"tftp-fsm verify --lessons {directory}"
    return check_kept(check_files(directory, _files(directory), again), again)


def _files(directory: Path) -> Mapping[str, str]:
    """A folder of the repository has its language; any other one, that which is in use."""
    place = directory.as_posix()
    return kept_files(place) if place in KEPT else lesson_files()

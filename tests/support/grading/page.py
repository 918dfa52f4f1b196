"""Make docs/grade-cards.md: cards of real clients, as `tftp-fsm grade --markdown` prints them."""

from __future__ import annotations

from pathlib import Path

from tests.support.peers.parts import environment
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.grading.book import Book
from tftp_fsm.examine.grading.grade_server import Settings
from tftp_fsm.examine.grading.one_program import grade_program
from tftp_fsm.examine.grading.programs import Commands
from tftp_fsm.examine.grading.trial import Trial
from tftp_fsm.examine.grading.trials.published import TRIALS
from tftp_fsm.server.config import ServerConfig

PAGE = Path(__file__).resolve().parents[3] / "docs" / "grade-cards.md"
BEGIN, END = "<!-- card of {}: begin -->", "<!-- card of {}: end -->"
HEAD = """\
# Report cards of clients

[`tftp-fsm grade`](grade.md) has run its trials against clients that people use. `make grade-cards`
writes this page. Waits are in seconds, rounded. Each client ran as a program, eight trials at a
time, with its usual settings. tftp-fsm ran with `--dally 3`; without this option it leaves when
the file is safe.
"""


def grade(root: Path, commands: Commands, trials: tuple[Trial, ...] = TRIALS) -> Card:
    """Return the card of one client."""
    import os

    os.environ.update(environment())
    book = Book()
    grade_program(Settings(ServerConfig(root, port=0)), book, "client", commands, trials=trials)
    return book.student("client").card()


def section(name: str, title: str, card: Card) -> str:
    """Return the part of the page about one client."""
    named = Card(title, (), card.results)
    return f"{BEGIN.format(name)}\n{as_markdown(named, 2)}{END.format(name)}\n"


def sections(text: str) -> dict[str, str]:
    """Return the parts of the page by the names of the clients."""
    found = {}
    for part in text.split("<!-- card of ")[1:]:
        name, mark, _ = part.partition(": begin -->")
        if mark:
            begin, end = BEGIN.format(name), END.format(name)
            found[name] = begin + text.split(begin)[1].split(end)[0] + end + "\n"
    return found

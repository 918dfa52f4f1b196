"""The line on a terminal while no answer comes."""

from __future__ import annotations

import io
import os
import sys

import pytest

from tftp_fsm.cli.progress import Bar, bar_for, one_line
from tftp_fsm.client.result import Waiting

WAITING = Waiting(("h", 69), "block 4", 2, 29.0, "")
WORDS = "waiting for block 4 from h port 69, 2 attempts so far, giving up in 29 s"


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    size = os.terminal_size((100, 24))
    monkeypatch.setattr("shutil.get_terminal_size", lambda: size)


def shown(written: str) -> str:
    """Return the last line of a terminal after `written`, without spaces at its end."""
    line = ""
    for part in written.split("\r"):
        line = part + line[len(part) :]
    return line.rstrip()


def test_the_line_takes_the_place_of_the_bar_and_goes_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    bar = Bar("file")
    bar.wait(WAITING)
    assert shown(screen.getvalue()) == WORDS
    bar.wait(Waiting(("h", 69), "block 4", 3, 9.0, ""))
    assert shown(screen.getvalue()) == WORDS.replace("2 att", "3 att").replace("29 s", "9 s")
    bar.close()
    assert shown(screen.getvalue()) == ""


def test_a_line_that_is_too_long_for_the_terminal_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    Bar("file").wait(Waiting(("h" * 200, 69), "block 4", 2, 29.0, ""))
    assert len(shown(screen.getvalue())) == 99


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "stream, term, redraws",
    [(Screen, "xterm", True), (Screen, "dumb", False), (io.StringIO, "xterm", False)],
)
def test_only_a_terminal_that_can_redraw_gets_a_bar_and_a_line(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO], term: str, redraws: bool
) -> None:
    screen = stream()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", term)
    assert (bar_for("file") is not None) == redraws
    with one_line() as show:
        show("the first of two texts")
        show("the second")
        assert shown(screen.getvalue()) == ("the second" if redraws else "")
    assert shown(screen.getvalue()) == "" and bool(screen.getvalue()) == redraws


def test_a_line_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 24)))
    with one_line() as show:
        show("measuring blksize 65464 windowsize 32767, and more of it")
        show("and again " * 10)
    assert max(map(len, screen.getvalue().split("\r"))) == 39

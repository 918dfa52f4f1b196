"""The commands of the interactive client: what a user types, and what the client prints."""

from __future__ import annotations

from argparse import Namespace

import pytest

from tftp_fsm.cli.arguments import transfer_parser
from tftp_fsm.cli.interactive.lines import COMMANDS, Lines, Quit


class Session:
    """Lines whose transfers are only recorded."""

    def __init__(self) -> None:
        self.moved: list[list[str]] = []
        args = transfer_parser({}).parse_intermixed_args(["h"])
        self.lines = Lines(args, self._start)

    def _start(self, args: Namespace) -> int:
        self.moved.append(args.words)
        return int("bad" in args.words)


@pytest.fixture
def session() -> Session:
    return Session()


def test_transfers_run_in_their_order(session: Session) -> None:
    session.lines.run("get a 'b c'")
    session.lines.run(r"put C:\x")
    assert session.moved == [["get", "a", "b c"], ["put", r"C:\x"]]
    assert session.lines.failed == 0


def test_each_transfer_that_fails_counts(session: Session) -> None:
    session.lines.run("get bad fine bad2 bad")
    assert len(session.moved) == 4 and session.lines.failed == 2


@pytest.mark.parametrize("line", ["", "   ", "# a comment"])
def test_nothing_is_no_failure(session: Session, line: str) -> None:
    session.lines.run(line)
    assert session.lines.failed == 0


@pytest.mark.parametrize(
    "line, said",
    [
        ("fetch a", "is not a command"),
        ("ls", "cannot list"),
        ("open 192.0.2.1", "write: connect HOST"),
        ("mget a b c", "write: get A B C"),
        ("-c get a", "write: get REMOTE"),
        ("t", "timeout or trace"),
        ("get", "write: get REMOTE"),
        ("connect", "write: connect HOST"),
        ("connect h 70000", "70000"),
        ("binary now", "write: binary"),
        ("mode text", "is not a mode"),
        ("blksize 3", "8"),
        ("get 'a", "quotation mark"),
    ],
)
def test_a_mistake_gets_one_line(
    session: Session, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    session.lines.run(line)
    out, err = capsys.readouterr()
    assert said in err and err.count("\n") == 1 and not out and session.lines.failed == 1


@pytest.mark.parametrize("line", ["quit", "q", "exit", "bye"])
def test_quit(session: Session, line: str) -> None:
    with pytest.raises(Quit):
        session.lines.run(line)


@pytest.mark.parametrize("line", ["?", "help", "h"])
def test_help_has_every_command(
    session: Session, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    session.lines.run(line)
    out = capsys.readouterr().out
    assert all(each.usage in out for each in COMMANDS.values())
    assert max(map(len, out.splitlines())) <= 80


def test_status_shows_what_was_set(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("connect other 70", "ascii", "blks 1000", "literal", "trace steps.jsonl", "verb"):
        session.lines.run(line)
    capsys.readouterr()
    session.lines.run("stat")
    out = capsys.readouterr().out
    for words in ("server other, port 70", "mode netascii, literal on", "blksize 1000"):
        assert words in out
    assert "verbose on, trace steps.jsonl" in out


def test_an_interrupt_is_for_whoever_reads_the_lines(session: Session) -> None:
    def interrupted(args: Namespace) -> int:
        raise KeyboardInterrupt

    lines = Lines(transfer_parser({}).parse_intermixed_args(["h"]), interrupted)
    with pytest.raises(KeyboardInterrupt):
        lines.run("get a b c")

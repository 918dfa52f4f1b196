"""Options that take names: with commas, repeated, completed, and refused in one line."""

from __future__ import annotations

import argparse

import pytest

from tftp_fsm.cli.completion import _completer
from tftp_fsm.cli.name_lists import NameList

NAMES = ("lost-ack", "lost-data", "wrap")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(exit_on_error=False)

    def unknown(name: str) -> str:
        return f"there is no trial {name!r}"

    made.add_argument("--only", action=NameList, names=lambda: NAMES, unknown=unknown)
    return made


@pytest.mark.parametrize(
    "words, names",
    [
        ([], ()),
        (["--only", "wrap"], ("wrap",)),
        (["--only", "wrap,lost-ack"], ("wrap", "lost-ack")),
        (["--only", "wrap, lost-ack", "--only=lost-data,wrap"], ("wrap", "lost-ack", "lost-data")),
    ],
)
def test_names_are_collected_once(words: list[str], names: tuple[str, ...]) -> None:
    assert parser().parse_args(words).only == names


@pytest.mark.parametrize(
    "text, said",
    [
        ("wrap,lost-akc", "there is no trial 'lost-akc'; did you mean 'lost-ack'?"),
        ("xyz", "there is no trial 'xyz'"),
        ("wrap,", "there is no trial ''"),
    ],
)
def test_another_name_is_refused(text: str, said: str) -> None:
    with pytest.raises(argparse.ArgumentError) as raised:
        parser().parse_args(["--only", text])
    assert raised.value.message == said


def test_the_last_name_is_completed() -> None:
    complete = _completer(parser()._actions[-1], [], {})
    assert complete(prefix="wrap,lost-") == ["wrap,lost-ack", "wrap,lost-data"]

"""Choose the language of a command: that of `--lang`, or else that of the environment.

If a terminal cannot show the letters of a language, the command uses English.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from tftp_fsm import language
from tftp_fsm.cli.common import PASTED, USAGE, say
from tftp_fsm.language import sentence, sentence_n, shown, tr

_DASHES = "".join(PASTED) + "-"


def spoken(words: list[str]) -> list[str]:
    """Use the language. Return the words without --lang. Exit with status 2 if it is unknown."""
    rest, asked = _asked(words)
    environment = language.wanted(os.environ)
    if not _use(environment if asked is None else _named(asked)) and asked is not None:
        _use(environment)
        _refuse(asked)
    return rest


def _use(names: Iterable[str]) -> bool:
    """Use the first of these languages that exists. Return False if none exists."""
    for name in names:
        try:
            language.use(name)
        except LookupError as none:
            if _is_damaged(none):
                return True
            continue
        _teach_argparse()
        if not _can_be_written(tr("usage: ")):
            language.use(language.SOURCE)
        return True
    return False


def _asked(words: list[str]) -> tuple[list[str], str | None]:
    """Return the words without --lang, and its value. If it is repeated, the last counts."""
    rest: list[str] = []
    asked: str | None = None
    each = iter(words)
    for word in each:
        if word == "--":
            return [*rest, word, *each], asked
        option, is_one_word, value = word.partition("=")
        if option.lstrip(_DASHES) != "lang" or len(option) == len("lang"):
            rest.append(word)
        elif is_one_word:
            asked = value
        else:
            following = next(each, None)
            if following is None:
                rest.append("--lang")  # argparse will report that its value is missing
            asked = following if following is not None else asked
    return rest, asked


def _named(asked: str) -> list[str]:
    """Return the languages of a value of --lang, such as `ko`, `ko_KR.UTF-8` or `ko-KR`."""
    if not asked:
        return []
    return language.wanted({"LANG": asked}) or [language.SOURCE]


def _is_damaged(none: LookupError) -> bool:
    """Return whether a catalogue exists but cannot be read. Then print this, and use English."""
    from tftp_fsm.language.catalogue import Damaged

    if isinstance(none, Damaged):
        path, why = none.args
        say(sentence("cannot read {path}: {why}; messages are in English", path=path, why=why))
    return isinstance(none, Damaged)


def _refuse(asked: str) -> None:
    from tftp_fsm.language.catalogue import offered

    names = ", ".join(offered())
    say(sentence("there is no language {name!r}: choose from {known}", name=asked, known=names))
    sys.exit(USAGE)


def _can_be_written(text: str) -> bool:
    for stream in (sys.stdout, sys.stderr):
        try:
            text.encode(stream.encoding or "utf-8")
        except (UnicodeEncodeError, LookupError):
            return False
    return True


def _teach_argparse() -> None:
    """Make argparse look up its own texts in our catalogue first."""
    words: Any = argparse
    if not isinstance(words._, _Words):
        words._, words.ngettext = _Words(words._), _Numbers(words.ngettext)


class _Words:
    """Returns the translation of our catalogue, or else that of argparse's gettext."""

    def __init__(self, before: Callable[[str], str]) -> None:
        self._before = before

    def __call__(self, text: str) -> str:
        found = shown(text)
        return self._before(text) if found == text else found


class _Numbers:
    """Returns the translation of texts that depend on a number."""

    def __init__(self, before: Callable[[str, str, int], str]) -> None:
        self._before = before

    def __call__(self, one: str, many: str, count: int) -> str:
        if language.current() == language.SOURCE:
            return self._before(one, many, count)
        return shown(sentence_n(one, many, count))

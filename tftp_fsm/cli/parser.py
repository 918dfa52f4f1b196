"""The parser of a command. An error is one line, and dashes from web pages are accepted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from tftp_fsm.cli.common import PASTED, USAGE, say
from tftp_fsm.cli.files import collision
from tftp_fsm.cli.lean_argparse import argparse
from tftp_fsm.language import sentence, shown, tr
from tftp_fsm.language.meant import with_meant
from tftp_fsm.storage.named import Path

_HELP = frozenset({"-h", "--help"})
# Before a word after `--`, so that argparse takes it as no option. No word of a system has a NUL.
_NO_OPTION = "\0"


class Parser(argparse.ArgumentParser):
    """An argparse parser that reports an error in one line, and accepts dashes from web pages.

    `meant` returns the command line that the user may have meant, or None.
    """

    meant: Callable[[], str | None] | None = None
    _unknown = ""

    def error(self, message: str) -> NoReturn:
        """Print the error, and exit with status 2."""
        command = None if self.meant is None else self.meant()
        if command is None:
            if self._unknown and self._unknown in message:
                option = self._unknown.split("=")[0]
                message = with_meant(message, option, self._option_string_actions)
            say(sentence("{message} (see {program} --help)", message=message, program=self.prog))
        else:
            say(sentence("{message}; write: {command}", message=message, command=command))
        sys.exit(USAGE)

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse's method ignores a stream that cannot be written.
        print(message, end="", file=file or sys.stderr)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse as argparse does. `args` None means the words of the process."""
        found, rest = super().parse_known_args(self._all_plain(args), namespace)
        self._note_unknown(rest)
        return found, rest

    def parse_known_intermixed_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse as argparse does. Since Python 3.13 that does not call `parse_known_args`.

        Before Python 3.13 argparse loses a `--` that comes before all other words.
        """
        words = self._all_plain(args)
        if "--" in words:
            at = words.index("--")
            words = words[:at] + [_NO_OPTION + word for word in words[at + 1 :]]
        if not _HELP.isdisjoint(words):  # argparse would cut a translated or coloured usage
            return self.parse_known_args(words, namespace)
        found, rest = super().parse_known_intermixed_args(words, namespace)
        self._note_unknown(rest)
        return found, [word.removeprefix(_NO_OPTION) for word in rest]

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        read: Any = super()
        return read._get_value(action, arg_string.removeprefix(_NO_OPTION))

    def _note_unknown(self, rest: list[str]) -> None:
        self._unknown = next((word for word in rest if word.startswith("--")), "")

    def _all_plain(self, args: Sequence[str] | None) -> list[str]:
        words = list(sys.argv[1:] if args is None else args)
        end = words.index("--") if "--" in words else len(words)
        return [self._plain(word) for word in words[:end]] + words[end:]

    def _plain(self, word: str) -> str:
        """Return the option of a word with pasted dashes, or another word unchanged."""
        rest = word.lstrip("".join(PASTED) + "-")
        dashes = "".join(PASTED.get(mark, mark) for mark in word[: len(word) - len(rest)])
        meant = dashes + rest
        name = meant.split("=")[0] if dashes == "--" else meant[:2]
        return meant if meant == "-" or name in self._option_string_actions else word


def make_parser(prog: str, description: str, epilog: str = "") -> Parser:
    """Return the parser of one command. `epilog` has the examples.

    Both texts have paragraphs. A paragraph is filled to the width of the terminal; if a line of it
    is indented, its lines are kept.
    """
    from tftp_fsm.cli.formatter import formatter  # imported late: it imports argparse as others do

    parser = Parser(
        prog=prog,
        description=_paragraphs(description),
        epilog=_paragraphs(epilog),
        formatter_class=formatter(),
        allow_abbrev=False,
    )
    does = tr("language of messages, en or ko (default: from the environment)")
    parser.add_argument("--lang", metavar="LANG", default=argparse.SUPPRESS, help=does)
    return parser


def refuse_others(parser: Parser, args: argparse.Namespace, goes: frozenset[str]) -> None:
    """Exit with status 2 if a given option cannot be used with parties of --table."""
    for name, value in vars(args).items():
        if name not in goes and (value or None) != (parser.get_default(name) or None):
            option = f"--{name.replace('_', '-')}"
            if name in ("words", "kind"):
                option = value if isinstance(value, str) else " ".join(value)
            why = tr(
                "{option} is only for TFTP, but the machines in {path} are not TFTP",
                option=option,
                path=args.table,
            )
            parser.error(why)


def refuse_overwriting(
    parser: Parser, writes: Mapping[str, Path | None], *reads: Path | None
) -> None:
    """Exit with status 2 if an option of `writes` names a file that the command reads.

    Do the same if two of them name one file.
    """
    why = collision(writes, *reads)
    if why is not None:
        parser.error(shown(why))


def _paragraphs(text: str) -> str:
    """Return the text with each paragraph as one line, unless it has an indented line."""
    return "\n\n".join(
        paragraph if "\n  " in paragraph else " ".join(paragraph.split())
        for paragraph in text.split("\n\n")
    )

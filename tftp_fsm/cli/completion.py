"""`tftp-fsm completion SHELL`, and the answers to the shell's requests for completions.

The printed script calls this program for each TAB, and argcomplete answers from the parser. So new
options are completed, too. A generated script would be a tenth of a second faster, but it could not
know that `get` may come after a host.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping

from tftp_fsm.cli.arguments import transfer_parser
from tftp_fsm.cli.common import DONE, either
from tftp_fsm.cli.files import names_like
from tftp_fsm.cli.parser import Parser, make_parser
from tftp_fsm.cli.task import VERBS
from tftp_fsm.language import mark, shown
from tftp_fsm.language.catalogue import offered

SHELLS = ("bash", "zsh", "fish")
DESCRIPTION = mark("Print a script that completes the command line of tftp-fsm in your shell.")
EPILOG = mark("""\
install it:
  bash   add to ~/.bashrc: eval "$(tftp-fsm completion bash)"
  zsh    tftp-fsm completion zsh > DIR/_tftp-fsm, where DIR is in $fpath
  fish   tftp-fsm completion fish > ~/.config/fish/completions/tftp-fsm.fish""")
_FILES, _FOLDERS = ("FILE", "LIST", "TRACE", "CAPTURE"), ("DIR", "ROOT")

Completer = Callable[..., "dict[str, str] | list[str]"]


def command_parser() -> Parser:
    """The parser of `completion`."""
    parser = make_parser("tftp-fsm completion", shown(DESCRIPTION), shown(EPILOG))
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=shown(either(SHELLS)))
    return parser


def main(argv: list[str]) -> int:
    """Print the script."""
    shell = command_parser().parse_args(argv).shell
    from argcomplete.shell_integration import shellcode

    print(shellcode(["tftp-fsm"], shell=shell))
    return DONE


def answer(commands: Mapping[str, str], parser_of: Callable[[str], Parser]) -> None:
    """Answer the shell and end the process. The environment has the line to complete.

    `commands` has the names of the commands with their descriptions.
    """
    from argcomplete import autocomplete

    line = os.environ.get("COMP_LINE", "")
    typed = line[: int(os.environ.get("COMP_POINT", "0"))]
    words = line.split()
    is_command = len(words) > 1 and words[1] in commands
    parser = parser_of(words[1]) if is_command else transfer_parser(commands)
    start = 2 if is_command else 1  # the number of the word that stands for the program
    *before, prefix = [*typed.split()[start:], *([""] if typed.endswith(" ") else [])] or [""]
    for action in parser._actions:
        action.completer = _completer(action, before, commands)  # type: ignore[attr-defined]
    os.environ["_ARGCOMPLETE"] = str(start)  # argcomplete takes this word for the program
    if _takes_words(parser) and not _awaits_value(before, parser) and not _is_quoted(typed):
        # Options may be between the words. argcomplete's parsing cannot handle this.
        line = " ".join([*line.split()[:start], prefix])
        os.environ |= {"COMP_LINE": line, "COMP_POINT": str(len(line))}
    # Options appear only after a dash, because `get` and file names are more important.
    autocomplete(parser, always_complete_options=False)


def _completer(
    action: argparse.Action, before: list[str], commands: Mapping[str, str]
) -> Completer:
    known = getattr(action, "known", None)  # words with commas between them
    if known is not None:
        return lambda prefix, **_: _listed(prefix, known)
    if action.choices is not None:
        choices = [str(choice) for choice in action.choices]
        return lambda prefix, **_: [name for name in choices if name.startswith(prefix)]
    if action.dest == "words":
        return lambda prefix, parser, **_: _words(prefix, parser, before, commands)
    kind = action.metavar if isinstance(action.metavar, str) else ""
    if kind == "LANG":
        return lambda prefix, **_: [name for name in offered() if name.startswith(prefix)]
    if kind in _FILES or kind in _FOLDERS:
        return lambda prefix, **_: list(names_like(prefix, folders=kind in _FOLDERS))
    return lambda **_: []


def _listed(prefix: str, known: tuple[str, ...]) -> list[str]:
    """Return the list so far, with each possible last word."""
    before, comma, last = prefix.rpartition(",")
    return [f"{before}{comma}{name}" for name in known if name.startswith(last)]


def _words(
    prefix: str, parser: Parser, before: list[str], commands: Mapping[str, str]
) -> dict[str, str] | list[str]:
    """Return the next words: a command or verb, `get` or `put` after a host, then a file name."""
    if any(verb in before for verb in VERBS) or parser.prog != "tftp-fsm":
        return names_like(prefix)
    verbs = {"get": mark("get a file"), "put": mark("put a file")}
    choices = verbs if _names_a_host(before, parser) else {**verbs, **commands}
    return {name: shown(does) for name, does in choices.items() if name.startswith(prefix)}


def _names_a_host(before: list[str], parser: Parser) -> bool:
    """Return whether the words before have a host: a word that is not an option, or --host."""
    return "--host" in before or any(
        not word.startswith("-") and not _awaits_value(before[:place], parser)
        for place, word in enumerate(before)
    )


def _awaits_value(before: list[str], parser: Parser) -> bool:
    """Return whether the last word is an option that needs a value."""
    option = parser._option_string_actions.get(before[-1]) if before else None
    return option is not None and option.nargs != 0


def _takes_words(parser: Parser) -> bool:
    return any(action.dest == "words" for action in parser._actions)


def _is_quoted(typed: str) -> bool:
    return any(mark in typed for mark in "'\"\\")

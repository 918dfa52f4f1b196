"""The command line: `tftp-fsm HOST get FILE`, and the commands that have a name.

`python -m tftp_fsm` is the same as `tftp-fsm`.

If the first word is in COMMANDS, the module of this command is imported and run. Any other command
line is a transfer. If a host has the name of a command, use `--host NAME` or a URL.

Exit status: 0 success, 1 failure, 2 wrong command line, 3 unfinished (`verify`, `probe`, `grade`),
130 interrupted, 141 the reader of the output has gone.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys

from tftp_fsm import language
from tftp_fsm.cli import streams
from tftp_fsm.cli.common import FAILED, INTERRUPTED, UNREAD, USAGE, say
from tftp_fsm.errors import TftpError
from tftp_fsm.language import mark, reason, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from tftp_fsm.cli.parser import Parser

TRANSFER = "tftp_fsm.cli.transfer"
# Objects between two runs of the garbage collector. With Python's default of 700 it would run a
# hundred times during the imports, which takes a twentieth of the time of a short transfer. A short
# transfer makes 22,000 objects that stay.
SELDOM = 30_000
JUDGES = (
    ["probe"],
    ["grade"],
)  # status 1 of these is about the peer, and 2 is that there is no card
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("tftp_fsm.cli.serve", mark("serve a directory")),
    "demo": ("tftp_fsm.cli.demo", mark("move files through a server and show what happens")),
    "debug": ("tftp_fsm.cli.debug", mark("step a transfer forwards and backwards")),
    "lab": ("tftp_fsm.cli.lab", mark("drop, delay and edit packets on a web page")),
    "explain": ("tftp_fsm.cli.explain", mark("say what happened in a capture")),
    "diagram": ("tftp_fsm.cli.diagram", mark("draw the state machines")),
    "ladder": ("tftp_fsm.cli.ladder", mark("draw a transfer, packet by packet")),
    "simulate": ("tftp_fsm.cli.simulate", mark("run client and server over a simulated network")),
    "verify": ("tftp_fsm.cli.verify", mark("check the state machines in every order of events")),
    "completion": ("tftp_fsm.cli.completion", mark("print a script for completion in the shell")),
    "probe": ("tftp_fsm.cli.probe", mark("examine a server and write its report card")),
    "grade": ("tftp_fsm.cli.grade", mark("grade the TFTP clients of a class")),
    "bench": ("tftp_fsm.cli.bench", mark("measure the speed of transfers")),
}


def command() -> NoReturn:
    """Run the command line and end the process with its status."""
    gc.set_threshold(SELDOM)
    status = main()
    gc.freeze()  # avoids the last run of the collector, a tenth of a short transfer's time
    sys.exit(status)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    put_back = streams.prepare()
    before = language.current()
    words: list[str] = []
    try:
        words = _spoken(sys.argv[1:] if argv is None else argv)
        try:
            if argv is None and "_ARGCOMPLETE" in os.environ:  # a shell asks for completions
                importlib.import_module("tftp_fsm.cli.completion").answer(available(), parser_of)
            return _run(words)
        finally:
            streams.flush()
    except TftpError as failed:
        from tftp_fsm.cli.hints import with_hint

        say(with_hint(failed))
        return FAILED
    except KeyboardInterrupt:
        say(sentence("interrupted"))
        return INTERRUPTED
    except BrokenPipeError:
        return UNREAD  # it has read enough, as `head` does, so no line says anything
    except OSError as failed:
        say(_refusal(failed))
        return _unwritten(words)
    finally:
        streams.let_go()
        put_back()
        language.use(before)


def _spoken(words: list[str]) -> list[str]:
    """Use the language of the words or of the environment. Return the words without it."""
    if not language.wanted(os.environ) and not any("lang" in word for word in words):
        return words  # English needs nothing more
    from tftp_fsm.cli.spoken import spoken

    return spoken(words)


def available() -> dict[str, str]:
    """Return the commands of this installation, each with its description."""
    return {name: does for name, (module, does) in COMMANDS.items() if _is_here(module)}


def parser_of(name: str) -> Parser:
    """The parser of a command."""
    parser: Parser = importlib.import_module(COMMANDS[name][0]).command_parser()
    return parser


def _unwritten(words: list[str]) -> int:
    """Return the status if the output cannot be written."""
    return USAGE if words[:1] in JUDGES else FAILED


def _refusal(failed: OSError) -> str:
    why = reason(failed)
    if failed.filename is None and failed.errno in streams.REFUSALS:
        return sentence("cannot write the output: {why}", why=why)
    if failed.filename:
        return sentence("cannot go on: {path}: {why}", path=failed.filename, why=why)
    return sentence("cannot go on: {why}", why=why)


def _run(words: list[str]) -> int:
    if words[:1] == ["help"] and len(words) < 3 and set(words[1:]) <= {"get", "put", *COMMANDS}:
        words = [*words[1:], "--help"]  # after a host with this name there would be more words
    if words and words[0] in COMMANDS and _is_here(COMMANDS[words[0]][0]):
        return _main_of(COMMANDS[words[0]][0])(words[1:])
    return _main_of(TRANSFER)(words, available)


def _main_of(module: str) -> Callable[..., int]:
    if module != TRANSFER:
        importlib.import_module("tftp_fsm.cli.lean_argparse")  # before others import argparse
    main: Callable[..., int] = importlib.import_module(module).main
    return main


def _is_here(module: str) -> bool:
    from importlib.util import find_spec  # imported late: a transfer does not need it

    return find_spec(module) is not None


if __name__ == "__main__":
    command()

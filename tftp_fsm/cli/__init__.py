"""The command line: `tftp-fsm HOST get FILE`, and the commands that have a name.

A first word out of COMMANDS runs that command's module, which is imported only then; anything
else is a transfer. A host that is called `serve` is reached by `--host serve` or by its URL.

Exit status: 0 it worked, 1 it did not, 2 the command line was wrong, 130 interrupted.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import cast

from tftp_fsm.cli.common import FAILED, INTERRUPTED, say
from tftp_fsm.errors import TftpError

TRANSFER = "tftp_fsm.cli.transfer"
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("tftp_fsm.cli.serve", "serve a directory"),
    "demo": ("tftp_fsm.cli.demo", "move a file through a server, and show how"),
    "debug": ("tftp_fsm.cli.debug", "step a transfer forwards and backwards"),
    "explain": ("tftp_fsm.cli.explain", "judge a capture by the machines"),
    "diagram": ("tftp_fsm.cli.diagram", "draw the machines from their tables"),
    "ladder": ("tftp_fsm.cli.ladder", "draw a transfer, packet by packet"),
    "simulate": ("tftp_fsm.cli.simulate", "run both ends over a simulated network"),
    "verify": ("tftp_fsm.cli.verify", "try every interleaving"),
    "probe": ("tftp_fsm.cli.probe", "ask a server what it can do"),
    "bench": ("tftp_fsm.cli.bench", "measure speed"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line; the exit status."""
    words = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that a terminal cannot show ends nothing
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(words)
    except TftpError as failed:
        say(str(failed))
        return FAILED
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away; the interpreter would complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as failed:
        where = f"{failed.filename}: " if failed.filename else ""
        say(f"cannot go on: {where}{failed.strerror or failed}")
        return FAILED


def available() -> dict[str, str]:
    """The commands that this installation has, and what each does."""
    return {name: does for name, (module, does) in COMMANDS.items() if find_spec(module)}


def _run(words: list[str]) -> int:
    if words and words[0] in COMMANDS and find_spec(COMMANDS[words[0]][0]):
        return _main_of(COMMANDS[words[0]][0])(words[1:])
    return _main_of(TRANSFER)(words)


def _main_of(module: str) -> Callable[[list[str]], int]:
    return cast("Callable[[list[str]], int]", importlib.import_module(module).main)

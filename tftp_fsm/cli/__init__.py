"""The command line: `tftp-fsm HOST get FILE`, and the commands that have a name.

A first word out of COMMANDS runs that command's module, which is imported only then; anything
else is a transfer. A host that is called `serve` is reached by `--host serve` or by its URL.

Exit status: 0 it worked, 1 it did not, 2 the command line was wrong, 130 interrupted.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import NoReturn, cast

from tftp_fsm.cli import streams
from tftp_fsm.cli.common import FAILED, INTERRUPTED, say
from tftp_fsm.cli.hints import with_hint
from tftp_fsm.errors import TftpError

TRANSFER = "tftp_fsm.cli.transfer"
# Objects between two looks for garbage: what is imported stays, and Python's own 700 would search
# it a hundred times, a twentieth of a short transfer.
SELDOM = 10_000
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


def command() -> NoReturn:
    """The process: `main`, and its exit status."""
    status = main()
    gc.freeze()  # the interpreter's last look for garbage is a tenth of a short transfer
    sys.exit(status)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; the exit status."""
    streams.prepare()
    gc.set_threshold(SELDOM)
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            streams.flush()
    except TftpError as failed:
        say(with_hint(failed))
        return FAILED
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED  # whoever read our output wanted no more of it
    except OSError as failed:
        say(_refusal(failed))
        return FAILED
    finally:
        streams.let_go()


def available() -> dict[str, str]:
    """The commands that this installation has, and what each does."""
    return {name: does for name, (module, does) in COMMANDS.items() if find_spec(module)}


def _refusal(failed: OSError) -> str:
    if failed.filename is None and failed.errno in streams.REFUSALS:
        return f"cannot write the output: {failed.strerror or failed}"
    where = f"{failed.filename}: " if failed.filename else ""
    return f"cannot go on: {where}{failed.strerror or failed}"


def _run(words: list[str]) -> int:
    if words and words[0] in COMMANDS and find_spec(COMMANDS[words[0]][0]):
        return _main_of(COMMANDS[words[0]][0])(words[1:])
    return _main_of(TRANSFER)(words)


def _main_of(module: str) -> Callable[[list[str]], int]:
    return cast("Callable[[list[str]], int]", importlib.import_module(module).main)

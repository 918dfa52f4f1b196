"""The command line: `tftp-fsm HOST get FILE`, and the commands that have a name.

If the first word is in COMMANDS, the module of that command is imported and run. Any other command
line is a transfer. A host with the name of a command is reached by `--host NAME` or by a URL.

Exit status: 0 success, 1 failure, 2 wrong command line, 130 interrupted.
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
# Objects between two runs of the garbage collector. With Python's own 700 it would run a hundred
# times while modules are imported, which is a twentieth of the time of a short transfer.
SELDOM = 10_000
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("tftp_fsm.cli.serve", "serve a directory"),
    "demo": ("tftp_fsm.cli.demo", "move files through a server, and show how"),
    "debug": ("tftp_fsm.cli.debug", "step a transfer forwards and backwards"),
    "explain": ("tftp_fsm.cli.explain", "check a capture against the machines"),
    "diagram": ("tftp_fsm.cli.diagram", "draw the machines from their tables"),
    "ladder": ("tftp_fsm.cli.ladder", "draw a transfer, packet by packet"),
    "simulate": ("tftp_fsm.cli.simulate", "run both ends over a simulated network"),
    "verify": ("tftp_fsm.cli.verify", "try every order of events"),
    "probe": ("tftp_fsm.cli.probe", "ask a server what it can do"),
    "bench": ("tftp_fsm.cli.bench", "measure speed"),
}


def command() -> NoReturn:
    """Run the command line and end the process with its status."""
    status = main()
    gc.freeze()  # saves the last run of the collector, a tenth of a short transfer
    sys.exit(status)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
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
        return FAILED  # the reader of our output has closed it
    except OSError as failed:
        say(_refusal(failed))
        return FAILED
    finally:
        streams.let_go()


def available() -> dict[str, str]:
    """The commands of this installation, and what each does."""
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

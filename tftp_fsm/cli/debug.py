"""`tftp-fsm debug`: step a transfer forwards and backwards.

Four things can be debugged, and each has the same words: both ends over a simulated network, our
client with a real server, our server with a real client, and what a trace recorded.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TextIO

from tftp_fsm.cli.arguments import task_of
from tftp_fsm.cli.common import (
    DONE,
    FAILED,
    Parser,
    integer,
    make_parser,
    port,
    probability,
    say,
    seconds,
)
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder.columns import draws_lines
from tftp_fsm.wire.options import BLKSIZE_RANGE, WINDOWSIZE_TOLD_APART

if TYPE_CHECKING:
    from tftp_fsm.client.settings import Settings
    from tftp_fsm.debugger.commands.language import Debugger
    from tftp_fsm.debugger.prompt import Prompt
    from tftp_fsm.debugger.worlds.world import World

VERBS = ("get", "put")
SIZE = 3000  # octets of a simulated file
TERMINAL = "tftp_fsm.debugger.tui"
EPILOG = """\
examples:
  tftp-fsm debug                                   both ends, over a simulated network
  tftp-fsm debug --scenario lost-ack               something goes wrong (--list-scenarios)
  tftp-fsm debug get 192.0.2.1 boot.img --port 69  our client and a real server
  tftp-fsm debug --serve . --port 6969             our server and a real client
  tftp-fsm debug failed.jsonl                      what a trace recorded
  tftp-fsm debug --scenario sorcerer --quiz        which state comes next?
  tftp-fsm debug --script check.txt --json         for graders: 1 where an `expect` fails

At the prompt, `help` lists what can be typed; an empty line steps."""


def main(argv: list[str]) -> int:
    """The exit status: 1 where a script's `expect`, or anything else in it, failed."""
    parser = _parser()
    args = parser.parse_intermixed_args(argv)
    if args.list_scenarios:
        return _list_scenarios()
    _check(parser, args)
    script = _read(args.script) if args.script is not None else None
    debugger = _debugger(parser, args)
    try:
        return _face(args, debugger, script)
    finally:
        debugger.stepper.world.close()


# -- Faces ----------------------------------------------------------------------------------------


def _face(args: argparse.Namespace, debugger: Debugger, script: list[str] | None) -> int:
    from tftp_fsm.debugger.prompt import Prompt

    if script is not None:
        prompt = Prompt(debugger, sys.stdout, as_json=args.json)
        held = prompt.follow(script)
        _write_page(args, debugger, whole=False)
        return DONE if held else _failed(prompt, args.script)
    if args.html is not None:
        _write_page(args, debugger, whole=True)
        return DONE
    terminal = _terminal(args)
    if terminal is not None:
        return terminal(debugger, _look(args, debugger))
    return _prompt(args, debugger)


def _prompt(args: argparse.Namespace, debugger: Debugger) -> int:
    from tftp_fsm.debugger.prompt import Prompt

    prompt = Prompt(debugger, sys.stdout, as_json=args.json)
    if not sys.stdin.isatty():
        return DONE if prompt.follow(sys.stdin) else _failed(prompt, "-")
    _with_history()
    prompt.say(
        *_look(args, debugger), "help lists what can be typed; an empty line steps; quit leaves."
    )
    prompt.talk(input)
    return DONE


def _failed(prompt: Prompt, path: str) -> int:
    """One line for all that failed; each has been told where it stands, too."""
    sys.stdout.flush()
    (number, why), *more = prompt.failed
    others = f" (and {len(more)} more)" if more else ""
    say(f"{'stdin' if path == '-' else path}, line {number}: {why}{others}")
    return FAILED


def _with_history() -> None:
    """Line editing and history at the prompt, where this system has them."""
    if find_spec("readline") is not None:
        import_module("readline")  # which makes `input` edit


def _terminal(args: argparse.Namespace) -> Callable[[Debugger, list[str]], int] | None:
    """The terminal program, where it is installed and there is a terminal."""
    alone = not (args.plain or args.json) and sys.stdin.isatty() and sys.stdout.isatty()
    if not alone:
        return None
    if not _has_full_screen():
        say("this terminal cannot show the full-screen program; here is the prompt")
        return None
    program = import_module(TERMINAL)
    if find_spec("textual") is None:
        say(program.missing())
        return None
    run: Callable[[Debugger, list[str]], int] = program.run
    return run


def _has_full_screen() -> bool:
    """Whether text can be drawn anywhere on the terminal, with lines."""
    known = os.name == "nt" or os.environ.get("TERM", "") not in ("", "dumb")
    return known and draws_lines(sys.stdout)


def _write_page(args: argparse.Namespace, debugger: Debugger, *, whole: bool) -> None:
    """The run so far, or all of it."""
    if args.html is None:
        return
    from tftp_fsm.debugger.page.render import page_of

    if whole:
        debugger.stepper.run()
    page = page_of(debugger.stepper.frames, quiz=args.quiz, about="\n".join(_look(args, debugger)))
    try:
        with open(args.html, "w", encoding="utf-8") as file:
            file.write(page)
    except OSError as error:
        raise LocalError(f"cannot write {args.html}: {error.strerror}") from error
    say(f"{len(debugger.stepper.frames)} steps: open {args.html} in a browser")


def _look(args: argparse.Namespace, debugger: Debugger) -> list[str]:
    """What to look for."""
    from tftp_fsm.debugger.scenarios import SCENARIOS

    scenario = SCENARIOS.get(args.scenario or "")
    if scenario is not None:
        return [f"{scenario.title}. {scenario.look}"]
    match debugger.stepper.world.about:
        case {"failed": str(outcome), "whole": bool(whole)}:
            of = "All steps" if whole else "The last steps"
            return [f"{of} of a transfer that failed: {outcome}. continue goes to its end."]
    return []


def _list_scenarios() -> int:
    from tftp_fsm.debugger.scenarios import SCENARIOS

    for scenario in SCENARIOS.values():
        print(f"{scenario.name:<18} {scenario.title}")
    return DONE


# -- What is debugged -----------------------------------------------------------------------------


def _debugger(parser: Parser, args: argparse.Namespace) -> Debugger:
    from tftp_fsm.debugger.commands.all import Debugger
    from tftp_fsm.debugger.scenarios import SCENARIOS
    from tftp_fsm.debugger.stepper import Stepper

    if args.scenario is not None:
        return SCENARIOS[args.scenario].debugger(quiz=args.quiz)
    return Debugger(Stepper(_world(parser, args)), quiz=args.quiz)


def _world(parser: Parser, args: argparse.Namespace) -> World:
    try:
        if args.serve is not None:
            return _served(args)
        if args.words and args.words[0] not in VERBS and len(args.words) == 1:
            return _recorded(args.words[0])
        return _dialled(args) if args.words else _simulated(args)
    except ValueError as wrong:
        parser.error(str(wrong))


def _simulated(args: argparse.Namespace) -> World:
    from tftp_fsm.debugger.worlds.files import pattern
    from tftp_fsm.debugger.worlds.simulated import SimulatedWorld, WorldSetup
    from tftp_fsm.transports.faults import Faults
    from tftp_fsm.wire.options import offer

    probabilities = {n: getattr(args, n) for n in ("loss", "duplicate", "reorder", "corrupt")}
    faults = Faults(**probabilities, delay=args.delay, seed=args.seed)
    options = offer(blksize=args.blksize, windowsize=args.windowsize, timeout=args.timeout)
    content = pattern(args.size)
    return SimulatedWorld(WorldSetup(args.verb, content, faults, args.latency, options))


def _dialled(args: argparse.Namespace) -> World:
    from tftp_fsm.debugger.worlds.live_client import dial_get, dial_put

    words = args.words
    if words[0] in VERBS and len(words) > 2 and not any("://" in word for word in words):
        words = [words[1], words[0], *words[2:]]  # debug get HOST NAME, as well as HOST get NAME
    task = task_of(words, None)
    settings = _settings(args, task)
    if task.verb == "get":
        assert task.remote is not None
        return dial_get(task.host, task.remote, task.local, settings)
    if task.local is None:
        raise ValueError("put needs a file: put LOCAL URL")
    return dial_put(task.host, task.local, task.remote, settings)


def _settings(args: argparse.Namespace, task: Any) -> Settings:
    from tftp_fsm.client.settings import Settings
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    return Settings(
        port=args.port if args.port is not None else task.port or WELL_KNOWN_PORT,
        mode=task.mode or "octet",
        blksize=args.blksize,
        windowsize=args.windowsize,
        timeout=args.timeout,
        options=not args.no_options,
    )


def _served(args: argparse.Namespace) -> World:
    """Waits until a client asks."""
    from tftp_fsm.debugger.worlds.live_server import Served
    from tftp_fsm.server.config import ServerConfig
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    place = WELL_KNOWN_PORT if args.port is None else args.port
    served = Served(
        ServerConfig(args.serve, bind=tuple(args.bind), port=place, writable=args.writable)
    )
    where = ", ".join(f"{address[0]} port {address[1]}" for address in served.addresses)
    say(f"waiting for a client at {where}")
    try:
        world = served.wait()
    except BaseException:
        served.close()
        raise
    assert world is not None, "without a limit, waiting ends with a client"
    return world


def _recorded(path: str) -> World:
    from tftp_fsm.debugger.scenarios import KNOWN
    from tftp_fsm.debugger.worlds.recorded import RecordedWorld
    from tftp_fsm.trace.trace import read_trace

    try:
        with open(path, encoding="ascii", errors="replace") as lines:
            return RecordedWorld(read_trace(lines, KNOWN), KNOWN)
    except OSError as error:
        raise LocalError(f"cannot read {path}: {error.strerror}") from error
    except LocalError as wrong:
        raise LocalError(f"{path}: {wrong}") from None


# -- The command line -----------------------------------------------------------------------------


def _parser() -> Parser:
    parser = make_parser("tftp-fsm debug", "Stop time, see why, try another way.", EPILOG)
    parser.usage = "tftp-fsm debug [get|put HOST NAME [NAME] | TRACE | --serve ROOT] [options]"
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    _of_simulation(parser.add_argument)
    _of_peers(parser.add_argument)
    _of_faces(parser.add_argument)
    return parser


def _of_simulation(add: Callable[..., object]) -> None:
    from tftp_fsm.debugger.scenarios import SCENARIOS

    add("--scenario", choices=SCENARIOS, metavar="NAME", help="a run worth looking at")
    add("--list-scenarios", action="store_true", help="their names")
    add("--verb", choices=VERBS, default="get", help="what the simulated client does (get)")
    add("--size", type=integer(0, 1 << 28), default=SIZE, metavar="N", help=f"octets ({SIZE})")
    add("--latency", type=seconds, default=0.001, metavar="S", help="one way (0.001)")
    for fault in ("loss", "duplicate", "reorder", "corrupt"):
        add(f"--{fault}", type=probability, default=0.0, metavar="P", help="of each packet, 0 to 1")
    add("--delay", type=seconds, default=0.0, metavar="S", help="the most extra seconds")
    add("--seed", type=integer(0, 2**63), default=0, metavar="N", help="of these faults (0)")


def _of_peers(add: Callable[..., object]) -> None:
    blksizes, windows = BLKSIZE_RANGE, WINDOWSIZE_TOLD_APART
    add("--blksize", type=integer(blksizes[0], blksizes[-1]), default=512, metavar="N")
    add("--windowsize", type=integer(windows[0], windows[-1]), default=1, metavar="N")
    add("--timeout", type=integer(1, 255), metavar="S", help="seconds, offered as an option")
    add("--no-options", action="store_true", help="the plain protocol of RFC 1350")
    add("--serve", metavar="ROOT", help="wait for a real client")
    add("-p", "--port", type=_port, metavar="N", help="of the server (69; 0 to serve: any)")
    add("--bind", action="append", default=[], metavar="ADDRESS", help="to serve at")
    add("--writable", action="store_true", help="take files too")


def _of_faces(add: Callable[..., object]) -> None:
    add("--plain", action="store_true", help="the prompt, not the terminal program")
    add("--script", metavar="FILE", help="commands, one a line (- is stdin)")
    add("--json", action="store_true", help="each step as a line of JSON")
    add("--html", metavar="FILE", help="the run as a page that steps by itself")
    add("--quiz", action="store_true", help="hide the next state, and ask")


def _port(text: str) -> int:
    return 0 if text == "0" else port(text)


def _check(parser: Parser, args: argparse.Namespace) -> None:
    given = [bool(args.words), args.serve is not None, args.scenario is not None]
    if sum(given) > 1:
        parser.error("a transfer, a trace, --serve and --scenario: choose one of them")
    if len(args.words) == 1 and args.words[0] in VERBS:
        parser.error(f"{args.words[0]} needs a host and a name; a simulated one is --verb")


def _read(path: str) -> list[str]:
    if path == "-":
        return list(sys.stdin)
    try:
        return list(_lines(path))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise LocalError(f"cannot read {path}: {why}") from error


def _lines(path: str) -> Iterator[str]:
    file: TextIO
    with open(path, encoding="utf-8") as file:
        yield from file

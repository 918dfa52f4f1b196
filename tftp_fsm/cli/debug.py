"""`tftp-fsm debug`: step a transfer forwards and backwards.

Four kinds of transfer can be debugged, with the same commands: both ends over a simulated network,
our client with a real server, our server with a real client, and a recorded trace.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tftp_fsm.borders.columns import draws_lines
from tftp_fsm.cli.common import DONE, FAILED, Interruptible, ended_by_signals, say
from tftp_fsm.cli.debug_options import command_parser as command_parser
from tftp_fsm.cli.debug_options import parse, says_nothing
from tftp_fsm.cli.debug_world import debugger_of, party_pair
from tftp_fsm.cli.files import commands_of, read_lines
from tftp_fsm.cli.traces import load_trace
from tftp_fsm.errors import LocalError
from tftp_fsm.installation import how_to_add
from tftp_fsm.language import sentence, sentence_n, shown, tr
from tftp_fsm.storage.named import write_text

if TYPE_CHECKING:
    from tftp_fsm.debugger.commands.language import Debugger
    from tftp_fsm.debugger.prompt import Lines
    from tftp_fsm.verify.parties import Pair


def main(argv: list[str]) -> int:
    """Return the exit status: 1 if an `expect` or another command of a script failed."""
    parser, args = parse(argv)
    if args.list_scenarios:
        return _list_scenarios()
    if args.list_keys:
        from tftp_fsm.debugger.keys import listed

        print(*listed(), sep="\n")
        return DONE
    script = read_lines(args.script) if args.script is not None else None
    pair = party_pair(parser, args)
    if pair is not None:
        with ended_by_signals():
            return _parties(args, pair, script)
    try:
        debugger = debugger_of(args, load_trace)
    except ValueError as wrong:
        parser.error(shown(wrong))
    try:
        status = _face(args, debugger, script)
        _write_capture(args, debugger, whole=debugger.stepper.position == 0)
        return status
    except (KeyboardInterrupt, SystemExit):
        _keep(debugger)
        _write_capture(args, debugger, whole=False)
        raise
    finally:
        debugger.stepper.world.close()


def _keep(debugger: Debugger) -> None:
    """Keep the steps of a session that is interrupted, and say how to see them again."""
    from tftp_fsm.debugger.recording import run_as_trace
    from tftp_fsm.debugger.worlds.recorded import RecordedWorld
    from tftp_fsm.trace.failed_transfer import hint, keep_among, state_folder
    from tftp_fsm.verify.known import known_sessions

    folder, is_recorded = state_folder(), isinstance(debugger.stepper.world, RecordedWorld)
    if folder is not None and not is_recorded:
        with suppress(LocalError):  # before the first step there is nothing to keep
            say(hint(keep_among(run_as_trace(debugger.stepper, known_sessions()), folder)))


# -- User interfaces ------------------------------------------------------------------------------


def _face(args: argparse.Namespace, debugger: Debugger, script: list[str] | None) -> int:

    if script is not None or args.html is not None or not _is_full_screen(args):
        with ended_by_signals():
            return _lines(args, debugger, script)
    from tftp_fsm.debugger.tui.app import run

    return run(debugger, _look(args, debugger), chooses=says_nothing(args))


def _lines(args: argparse.Namespace, debugger: Debugger, script: list[str] | None) -> int:
    """Run a script, write a page, or run the prompt. Return the exit status."""
    from tftp_fsm.debugger.prompt import Prompt

    if script is not None:
        prompt = Prompt(debugger, sys.stdout, as_json=args.json)
        held = prompt.follow(script)
        _write_page(args, debugger, whole=debugger.stepper.position == 0)
        return DONE if held else _failed(prompt, args.script)
    if args.html is not None:
        _write_page(args, debugger, whole=True)
        return DONE
    return _prompt(args, debugger)


def _prompt(args: argparse.Namespace, debugger: Debugger) -> int:
    from tftp_fsm.debugger.prompt import Prompt

    return _talk(Prompt(debugger, sys.stdout, as_json=args.json), _look(args, debugger))


def _parties(args: argparse.Namespace, pair: Pair, script: list[str] | None) -> int:
    """Debug two machines that are not TFTP, always with lines. Return the exit status."""
    from tftp_fsm.debugger.parties import PartyDebugger
    from tftp_fsm.debugger.prompt import Lines

    debugger = PartyDebugger(pair)
    lines = Lines(debugger, sys.stdout, as_json=args.json)
    if script is not None:
        return DONE if lines.follow(script) else _failed(lines, args.script)
    return _talk(lines, debugger.run("show").lines)


def _talk(prompt: Lines, look: Iterable[str]) -> int:
    if not sys.stdin.isatty():
        return _piped(prompt)
    _with_history()
    prompt.say(
        *look,
        tr("Type help to list the commands, an empty line to make one step, and quit to leave."),
    )
    within = Interruptible()
    with within.installed():
        prompt.talk(input, within)
    return DONE


def _piped(prompt: Lines) -> int:
    """Run the commands from stdin. The output names those that have failed."""
    lines = 0

    def each() -> Iterator[str]:
        nonlocal lines
        for line in commands_of(sys.stdin, "stdin"):
            lines += 1
            yield line

    held = prompt.follow(each())
    if not lines:
        say(
            sentence(
                "stdin is not a terminal and has no command: try `echo continue | tftp-fsm debug`"
            )
        )
    return DONE if held and lines else FAILED


def _failed(prompt: Lines, path: str) -> int:
    """Print one line on stderr for all failures. Each failure is in the output, too."""
    sys.stdout.flush()
    (number, why), *more = prompt.failed
    fields = {"path": "stdin" if path == "-" else path, "line": number, "why": why}
    if more:
        say(sentence("{path}, line {line}: {why} (and {others} more)", **fields, others=len(more)))
    else:
        say(sentence("{path}, line {line}: {why}", **fields))
    return FAILED


def _with_history() -> None:
    """Turn on line editing and history at the prompt, if this system has them."""
    if find_spec("readline") is not None:
        import_module("readline")  # `input` uses it from now on


def _is_full_screen(args: argparse.Namespace) -> bool:
    """Return whether the full-screen program is wanted, installed, and has a terminal."""
    alone = not (args.plain or args.json) and sys.stdin.isatty() and sys.stdout.isatty()
    if not alone:
        return False
    if not _has_full_screen():
        say(sentence("this terminal cannot draw a full screen: the prompt is used"))
        return False
    if find_spec("textual") is None:
        add = how_to_add("tui")
        say(
            sentence(
                "the full-screen program needs textual: {how} (or use --plain for the prompt)",
                how=add,
            )
        )
        return False
    return True


def _has_full_screen() -> bool:
    """Return whether the terminal can draw text and lines at any place."""
    known = os.name == "nt" or os.environ.get("TERM", "") not in ("", "dumb")
    return known and draws_lines(sys.stdout)


def _write_page(args: argparse.Namespace, debugger: Debugger, *, whole: bool) -> None:
    """Write a page of the run so far, or with `whole` of the run to its end."""
    if args.html is None:
        return
    from tftp_fsm.debugger.page.render import page_of

    if whole:
        debugger.stepper.run()
    frames = debugger.stepper.frames
    page = page_of(frames, quiz=args.quiz, about="\n".join(map(shown, _look(args, debugger))))
    write_text(args.html, page)
    told = sentence_n(
        "wrote 1 step to {path}: open the file in a browser",
        "wrote {count:,} steps to {path}: open the file in a browser",
        len(frames),
        path=args.html,
    )
    say(told)


def _write_capture(args: argparse.Namespace, debugger: Debugger, *, whole: bool) -> None:
    """Write a capture of the run so far, or with `whole` to its end. A simulation has file data."""
    if args.pcap is None:
        return
    from tftp_fsm.cli.capture import save_capture
    from tftp_fsm.debugger.recording import run_as_trace
    from tftp_fsm.debugger.worlds.simulated import SimulatedWorld
    from tftp_fsm.verify.known import known_sessions

    stepper = debugger.stepper
    if whole:
        stepper.run()
    world = stepper.world
    content = world.setup.content if isinstance(world, SimulatedWorld) else None
    save_capture(run_as_trace(stepper, known_sessions()), args.pcap, content)
    say(sentence("wrote the packets to {path}: open the file in Wireshark", path=args.pcap))


def _look(args: argparse.Namespace, debugger: Debugger) -> list[str]:
    """Return a short text on what to watch."""
    from tftp_fsm.debugger.scenarios import SCENARIOS
    from tftp_fsm.protocol.events import Outcome
    from tftp_fsm.protocol.gloss import outcome_gloss

    scenario = SCENARIOS.get(args.scenario or "")
    if scenario is not None:
        return [scenario.about(quiz=args.quiz and args.html is None)]
    match debugger.stepper.world.about:
        case {"failed": str(outcome), "whole": bool(whole)}:
            why = {each.value: outcome_gloss(each) for each in Outcome}.get(outcome, outcome)
            if whole:
                return [tr("These are all steps of a transfer that failed: {why}.", why=why)]
            return [tr("These are the last steps of a transfer that failed: {why}.", why=why)]
    return []


def _list_scenarios() -> int:
    from tftp_fsm.debugger.scenarios import SCENARIOS

    for scenario in SCENARIOS.values():
        print(f"{scenario.name:<18} {shown(scenario.title)}")
    return DONE

"""Commands for whole runs: compare two of them, and measure how long answers took."""

from __future__ import annotations

from pathlib import Path

from tftp_fsm.debugger.commands.language import Debugger, Reply, command, usage
from tftp_fsm.debugger.differences import Pair, compare, difference_lines
from tftp_fsm.debugger.turnround import turnround_lines, turnrounds
from tftp_fsm.language import mark, shown
from tftp_fsm.protocol.events import Step
from tftp_fsm.storage.named import reading
from tftp_fsm.trace.records import Json

GROUP = "inspect"
_THIS_RUN = mark("this run")


@command(
    "diff",
    "[FILE] FILE",
    mark("find the first difference between two traces, or this run and a trace"),
    GROUP,
)
def diff(debugger: Debugger, words: list[str]) -> Reply:
    if len(words) not in (1, 2):
        raise usage("diff")
    runs = [_steps_in(word) for word in words]
    names = [Path(word).name for word in words]
    if len(words) == 1:
        runs.insert(0, tuple((frame.end, frame.step) for frame in debugger.stepper.past))
        names.insert(0, shown(_THIS_RUN))
    found = compare(*runs)
    lines = difference_lines(found, (names[0], names[1]), debugger.width)
    value = {"end": found.end, "same": len(found.same), "first": _first(found.first)}
    return Reply(tuple(lines), value=value)


def _steps_in(path: str) -> tuple[tuple[str, Step], ...]:
    """Read the steps of a trace. LocalError: the file cannot be read, or is not a trace."""
    from tftp_fsm.verify.known import known_trace

    # A trace is ASCII. Other octets are replaced, so that the error names their line.
    with reading(path), open(path, errors="replace") as lines:
        return known_trace(lines, path).steps


def _first(pair: Pair | None) -> Json | None:
    if pair is None:
        return None
    told = zip(("first", "second"), (pair.first, pair.second), strict=True)
    return {name: None if d is None else {"step": d.step, "words": d.words} for name, d in told}


@command("slow", "", mark("show how long each side takes to answer: median, 99 %, slowest"), GROUP)
def slow(debugger: Debugger, words: list[str]) -> Reply:
    known = turnrounds(debugger.stepper.past)
    value = [
        {
            "side": one.side,
            "seen_by_peer": one.seen,
            "number": len(one.answers),
            "median": one.share(0.5).seconds,
            "99%": one.share(0.99).seconds,
            "slowest": {"seconds": one.answers[-1].seconds, "step": one.answers[-1].step},
        }
        for one in known
    ]
    return Reply(tuple(turnround_lines(known)), value={"slow": value})

"""Traces that were changed at random: each is refused in one line, or every reader can show it.

The seed is in the test's id, and a failure prints the changed trace. `TRACES=10000 pytest
tests/trace/test_trace_fuzz.py` tries so many. Traces that once crashed a reader are kept in
`cases/`.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.harmful import HARMFUL, PLAIN, trace_lines
from tftp_fsm.borders import LINE
from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.traced import write_capture
from tftp_fsm.debugger.commands.all import Debugger
from tftp_fsm.debugger.page.render import page_of
from tftp_fsm.debugger.prompt import Prompt
from tftp_fsm.debugger.recording import trace_lines as recorded_lines
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.debugger.worlds.simulated import SimulatedWorld
from tftp_fsm.diagram.counts import counts_of
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder import build, mermaid_ladder, svg_ladder, text_ladder
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import record
from tftp_fsm.trace.reading import lines_of, read_trace
from tftp_fsm.trace.trace import SESSIONS, fingerprint, write_trace
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import Options

SEEDS = 8
COUNT = int(os.environ.get("TRACES", "240")) // SEEDS
CASES = Path(__file__).parent / "cases"
SCRIPT = ["next all", "step", "why", "packet all", "continue", "variables", "wire", "ladder full"]
NUMBERS = [0, 1, -1, 7, 255, 65535, 65536, 2**20, 2**31, 2**63 - 1, 2**63, 10**30, 0.5, 1e300]
ODD: list[Any] = [
    *NUMBERS,
    float("nan"),
    None,
    True,
    "",
    "x",
    HARMFUL,
    [],
    {},
    [[]],
    ["x", 7],
    {"kind": "Ack"},
]


def originals() -> list[str]:
    """Traces of short transfers with everything that a network does, and one of every field."""
    texts = ["\n".join(trace_lines(PLAIN, PLAIN))]
    bad = Faults(loss=0.2, duplicate=0.2, reorder=0.2, corrupt=0.1, seed=5)
    for verb, faults, window in (("get", Faults(), 1), ("put", bad, 1), ("get", bad, 4)):
        options = Options(blksize=100, windowsize=window, tsize=0)
        out = io.StringIO()
        write_trace(record(Setup(verb, bytes(700), faults, options=options))[1], out)  # type: ignore[arg-type]
        texts.append(out.getvalue())
    return [*texts, numbered(bad)]


def numbered(faults: Faults) -> str:
    """A trace of the debugger, which knows both ends and numbers every datagram."""
    options = Options(blksize=100, windowsize=2)
    stepper = Stepper(SimulatedWorld(WorldSetup("get", bytes(700), faults, options=options)))
    stepper.run(steps=60)
    return "".join(recorded_lines(stepper))


def changed(text: str, random: Random) -> str:
    """Return the trace with other octets, lines or fields."""
    if random.random() < 0.2:
        return _octets(text, random)
    lines = text.splitlines()
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        at = random.randrange(len(lines))
        match random.randrange(10):
            case 0:
                lines.insert(at, lines[random.randrange(len(lines))])
            case 1 if len(lines) > 1:
                del lines[at]
            case _:
                lines[at] = json.dumps(_fields(json.loads(lines[at]), random))
    return "\n".join(lines)


def _octets(text: str, random: Random) -> str:
    octets = bytearray(text.encode())
    for _ in range(random.choice([1, 1, 2, 8])):
        at = random.randrange(len(octets))
        match random.randrange(3):
            case 0:
                octets[at] ^= 1 << random.randrange(8)
            case 1:
                del octets[at : at + random.randrange(1, 40)]
            case _:
                octets[at:at] = random.randbytes(random.randrange(1, 9))
    return octets.decode("utf-8", "replace")


def _fields(value: Any, random: Random) -> Any:
    """Change, remove or add one field somewhere in the value."""
    inner = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not inner:
        return random.choice(ODD)
    key = random.choice(inner)
    if isinstance(value[key], dict | list) and random.random() < 0.7:
        value[key] = _fields(value[key], random)
    elif random.random() < 0.1:
        del value[key]
    elif isinstance(value, dict) and random.random() < 0.1:
        value[random.choice(["kind", "count", "more", "heard", "windowsize"])] = random.choice(ODD)
    elif type(value[key]) is int and random.random() < 0.6:  # a similar number, which may be valid
        value[key] = max(value[key] + random.choice([-1, 1, 2, 100, 60_000]), 0)
    else:
        value[key] = random.choice(ODD)
    return value


def show(text: str) -> bool:
    """Give the trace to every reader. Return False if it was refused in one line."""
    try:
        trace = read_trace(lines_of(io.StringIO(text)))
    except LocalError as refused:
        assert str(refused).isprintable() and len(str(refused)) <= LINE
        return False
    ladder = build(trace)
    for draw in (text_ladder, svg_ladder, mermaid_ladder):
        assert draw(ladder, limit=40)
    counts_of(trace)
    out = io.StringIO()
    Prompt(Debugger(Stepper(RecordedWorld(trace))), out).follow(SCRIPT)
    assert all(line.isprintable() for line in out.getvalue().split("\n"))
    if trace.steps:
        page_of(trace)
    write_capture(trace, PcapngWriter(io.BytesIO(), "trace"))
    return True


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_changed_trace_is_refused_in_a_line_or_shown(seed: int) -> None:
    random, texts, shown = Random(seed), originals(), 0
    for number in range(COUNT):
        text = changed(random.choice(texts), random)
        try:
            shown += show(text)
        except Exception as ended:
            raise AssertionError(f"trace {number} of seed {seed}:\n{text}") from ended
    assert COUNT < 20 or 0 < shown < COUNT


@pytest.mark.parametrize("path", sorted(CASES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_what_once_ended_a_reader_does_not_again(path: Path) -> None:
    head, *rest = path.read_text(encoding="utf-8").splitlines()
    record = json.loads(head)
    for end in record["ends"].values():  # without the present rows the rest would not be read
        end["rows"] = fingerprint(SESSIONS[end["table"]].table)
    show("\n".join([json.dumps(record), *rest]))


@pytest.mark.parametrize("number", range(5))
def test_what_is_not_changed_is_shown(number: int) -> None:
    assert show(originals()[number])

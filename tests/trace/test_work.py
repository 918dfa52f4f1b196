"""The work that a trace makes is in proportion to its size, for every reader of traces.

The lines of Python that run are counted, so no test depends on the speed of the machine.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from tftp_fsm.debugger.commands.all import Debugger
from tftp_fsm.debugger.page.render import page_of
from tftp_fsm.debugger.prompt import Prompt
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.diagram.counts import counts_of
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder import build, mermaid_ladder, svg_ladder, text_ladder
from tftp_fsm.ladder.svg import MOST
from tftp_fsm.protocol.roles import ReadClient, ReadServer
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.trace.schema import MISHAPS
from tftp_fsm.trace.trace import Trace, header
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Rrq

SIZES = 120, 240
ASK = Rrq(b"file")
STATE = {"server": "awaiting-ack", "client": "receiving"}
OPENED = {"kind": "Opened"}


def step(end: str, now: float, event: Any, *effects: Any, **more: Any) -> str:
    known = {"end": end, "now": now, "before": STATE[end], "event": event, "row": None}
    return json.dumps({**known, "after": STATE[end], "effects": effects, **more})


def run(count: int, event: Any = OPENED) -> str:
    return step("server", 0.0, event, {"kind": "SendBlocks", "first": 1, "count": count})


def data(block: int, count: int = 1) -> dict[str, Any]:
    return {"kind": "DataReceived", "block": block, "octets": 8, "count": count}


def wire(block: int, **more: Any) -> str:
    ends = {"now": 0.0, "sender": "server", "receiver": "client"}
    what = {"head": f"0003{block:04x}", "octets": 4, "fate": ["duplicated"], "delays": [0.0, 0.0]}
    return json.dumps({"wire": {**ends, **what, "flipped": None, **more}})


TRACES: dict[str, Callable[[int], Iterator[str] | list[str]]] = {
    "a long run": lambda n: [run(n), step("client", 0.0, data(1, n))],
    "short runs": lambda n: [run(1)] * n,
    "a run, heard in another order": lambda n: [
        run(n),
        *(step("client", 0.0, data(1 + (at * 7919) % n)) for at in range(n)),
    ],
    "a run, heard backwards": lambda n: [
        run(n),
        *(step("client", 0.0, data(n - at)) for at in range(n)),
    ],
    "packets that are alike": lambda n: [run(1)] * n + [step("client", 0.0, data(1))] * n,
    "a run and time-outs": lambda n: [
        run(n),
        *(step("client", float(at), {"kind": "TimeoutExpired"}) for at in range(n)),
    ],
    "numbered packets that came too late": lambda n: [
        step("server", 0.0, OPENED, {"kind": "SendBlocks", "first": 1, "count": n},
             sent=list(range(n))),
        *(step("client", float(at), data(n), heard=n - 1) for at in range(n)),
    ],
    "states": lambda n: [
        step("client", float(at), OPENED, before="idle", after="done") for at in range(n)
    ],
    "what happened on the wire": lambda n: [run(n), *map(wire, range(1, n + 1))],
    "what happened to other packets": lambda n: [run(n), *[wire(n + 1)] * 2 * n],
    "much that happened to one packet": lambda n: [run(1), *[wire(1)] * n],
    "numbered packets": lambda n: [
        step("server", 0.0, OPENED, {"kind": "SendBlocks", "first": 1, "count": n},
             sent=list(range(n))),
        *(wire(at + 1, packet=at) for at in range(n)),
        *(step("client", 1.0, data(at + 1), heard=at) for at in range(n)),
    ],
}  # fmt: skip


def debugged(trace: Trace) -> None:
    prompt = Prompt(Debugger(Stepper(RecordedWorld(trace))), io.StringIO())
    prompt.follow(["continue", "ladder full", "back", "wire", "packet", "variables"])


READERS: dict[str, Callable[[Trace], object]] = {
    "text": lambda trace: text_ladder(build(trace), limit=0),
    "SVG": lambda trace: svg_ladder(build(trace), limit=0),
    "Mermaid": lambda trace: mermaid_ladder(build(trace), limit=0),
    "page": page_of,
    "prompt": debugged,
    "steps": lambda trace: Stepper(RecordedWorld(trace)).run(),
    "counts": counts_of,
}


def lines_run(act: Callable[[], object]) -> int:
    """Return how many lines of Python run, including loops on one line."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


@pytest.fixture(autouse=True)
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds of a search are reached by these short traces too."""
    monkeypatch.setattr("tftp_fsm.debugger.worlds.under_way.UNDER_WAY", 16)
    monkeypatch.setattr("tftp_fsm.debugger.happened.LAST", 4)
    monkeypatch.setattr("tftp_fsm.ladder.flights.LIKELY", 4)
    monkeypatch.setattr("tftp_fsm.ladder.flights.FATES", 4)
    monkeypatch.setattr("tftp_fsm.ladder.svg.MOST", 20)


def traces(name: str) -> list[Trace]:
    ends = {"server": ReadServer(ASK, 7, Options(), ("h", 5)), "client": ReadClient(ASK, ("h", 69))}
    return [read_trace([json.dumps(header(ends)), *TRACES[name](size)]) for size in SIZES]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", TRACES)
def test_twice_the_trace_is_twice_the_work(name: str, reader: str) -> None:
    small, large = (lines_run(lambda t=t: READERS[reader](t)) for t in traces(name))  # type: ignore[misc]
    assert large < 2.2 * small, f"{small} and {large} lines"


def test_a_picture_has_a_bound_and_says_what_else_there_was() -> None:
    trace = traces("short runs")[1]
    picture = svg_ladder(build(trace), limit=0)
    assert picture.count('<g id="arrow-') <= 20 < MOST and "left-out" in picture


@pytest.mark.parametrize("field", ["fate", "delays"])
def test_little_happens_to_one_packet(field: str) -> None:
    many: list[Any] = ["lost" if field == "fate" else 0.0] * (MISHAPS + 1)
    ends = {"server": ReadServer(ASK, 7, Options(), ("h", 5))}
    with pytest.raises(LocalError, match=f"line 2: wire.{field}: .* longer than {MISHAPS}"):
        read_trace([json.dumps(header(ends)), wire(1, **{field: many})])

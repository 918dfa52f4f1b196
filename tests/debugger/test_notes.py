"""Notes that a user writes on steps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.jsonl import frame_to_json
from tftp_fsm.debugger.page.data import page_data
from tftp_fsm.debugger.recording import trace_lines
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.trace.reading import read_trace


def test_a_note_stays_with_its_step_goes_into_the_trace_and_is_forgotten_with_its_step() -> None:
    debugger = opened(SCENARIOS["lost-ack"])
    assert debugger.run("note too early").lines == (
        "nothing has happened yet: make a step, then write a note on it",
    )
    debugger.run("step 3")
    assert "  note     the first ACK" in debugger.run("note the first ACK").lines
    debugger.run("continue")
    debugger.run("note the end")
    debugger.run("back 8")
    assert "  note     the first ACK" in debugger.run("show").lines
    assert frame_to_json(debugger.stepper.frames[2])["noted"] == ["the first ACK"]
    assert [frame.number for frame in debugger.run("search first ACK").frames] == [3]
    debugger.run("continue")
    trace = read_trace(trace_lines(debugger.stepper))
    again = Stepper(RecordedWorld(trace))
    again.run()
    assert [f.noted for f in again.frames if f.noted] == [("the first ACK",), ("the end",)]
    assert "note: the end" in page_data(debugger.stepper.frames, title="x")["words"]
    debugger.run("back 7")
    debugger.run("drop")
    debugger.run("continue")
    assert [frame.number for frame in debugger.stepper.frames if frame.noted] == [3]


@pytest.mark.parametrize(
    "told", ["x", [1], [[0, "x"]], [["1", "x"]], [[1, 2]], [[1, "x", 3]], None]
)
def test_what_is_no_note_in_a_trace_is_skipped(told: object) -> None:
    debugger = opened(SCENARIOS["plain"])
    debugger.run("continue")
    trace = read_trace(trace_lines(debugger.stepper))
    again = Stepper(RecordedWorld(replace(trace, about={**trace.about, "notes": told})))
    again.run()
    assert not any(frame.noted for frame in again.frames)


def test_harmful_text_in_a_note_is_harmless_in_a_pane_and_at_the_prompt() -> None:
    pytest.importorskip("textual")
    from tftp_fsm.debugger.tui.lines import step_lines

    debugger = opened(SCENARIOS["plain"])
    debugger.run("step")
    debugger.stepper.note("\x1b[31m\u202e" + "A" * 2000)
    frame = debugger.stepper.frames[0]
    shown = [line.plain for line in step_lines(frame, 40)]
    assert any(line.startswith("note:") for line in shown)
    assert all(line.isprintable() for line in (*shown, *debugger.run("show").lines))
    assert max(map(len, shown)) <= 40

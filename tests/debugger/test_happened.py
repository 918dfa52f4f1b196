"""The real events are shown beside a reason, and they are correct."""

from __future__ import annotations

import pytest

from tests.support.crowd import CASES, run
from tests.support.steppers import stepper_of
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.commands.text import step_lines
from tftp_fsm.debugger.happened import Story
from tftp_fsm.debugger.jsonl import frame_to_json
from tftp_fsm.debugger.moves import Drop
from tftp_fsm.debugger.recording import trace_lines
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.live import LiveWorld
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.verify.known import known_sessions

TOLD = {
    ("plain", 8): ["ACK 3 is still on its way: the server has not heard it yet."],
    ("lost-ack", 6): ["ACK 2 was lost: the server has not heard it."],
    ("lost-ack", 7): [
        "The server sent DATA 2 again because its timer expired; the packet before it reached the "
        "client in step 5."
    ],
    ("duplicate", 7): ["The network delivered DATA 2 twice: it came in step 5 too."],
    ("late-ack", 6): ["ACK 2 is still on its way: the server has not heard it yet."],
    ("late-ack", 7): [
        "The server sent DATA 2 again because its timer expired; the packet before it reached the "
        "client in step 5."
    ],
    ("window-gap", 7): ["DATA 3 was lost: the client has not heard it."],
    ("window-gap", 8): ["DATA 3 was lost: the client has not heard it."],
    ("wrong-tid", 6): ["Neither end sent this packet."],
    ("oversize", 5): ["The octets of DATA 2 were changed on the way."],
    ("roll-over", 12): [],
}


def ran(name: str) -> Stepper:
    stepper = opened(SCENARIOS[name]).stepper
    stepper.run(steps=500)
    return stepper


@pytest.mark.parametrize("name, number", TOLD, ids=lambda value: str(value))
def test_the_scenarios_say_what_became_of_their_packets(name: str, number: int) -> None:
    assert list(ran(name).frames[number - 1].really) == TOLD[name, number]


def test_a_final_ack_that_is_dropped_by_hand_is_told_where_its_end_cannot_know() -> None:
    stepper = stepper_of()
    stepper.run(lambda frame: "" if any(h.words == "ACK 3" for h in frame.sent) else None)
    stepper.perform(Drop(next(held.number for held in stepper.wire if held.words == "ACK 3")))
    frame = stepper.step()
    assert frame is not None
    told = "ACK 3 was lost, and the server has not heard it."
    assert list(frame.really) == [told]
    assert f"  really   {told}" in list(step_lines(frame))
    assert frame_to_json(frame)["really"] == [told]
    stepper.run()
    assert "The client has the whole file." in stepper.frames[-1].really


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_trace_of_both_ends_tells_the_same(name: str) -> None:
    stepper = ran(name)
    known = known_sessions()
    again = Stepper(RecordedWorld(read_trace(trace_lines(stepper), known), known))
    again.run()
    assert [frame.really for frame in again.frames] == [frame.really for frame in stepper.frames]


def test_a_trace_of_one_end_and_a_real_peer_tell_nothing() -> None:
    lines = list(trace_lines(ran("lost-ack")))
    one = [lines[0].replace('"server": {"table"', '"other": {"table"')]
    one += [line for line in lines[1:] if '"end": "client"' in line]
    stepper = Stepper(RecordedWorld(read_trace(one, known_sessions()), known_sessions()))
    stepper.run()
    assert stepper.frames and not any(frame.really for frame in stepper.frames)
    assert LiveWorld.sees_all is False


def test_what_is_told_agrees_with_the_wire() -> None:
    """The wire knows the datagrams under way, and the frames know those that were received."""
    for case in CASES:
        story, heard = Story(), dict[int, list[int]]()
        for frame in run(case).frames:
            story.take(frame)
            if frame.packet is not None:
                heard.setdefault(frame.packet.origin, []).append(frame.number)
            under_way = {held.origin for held in frame.wire}
            for number, passage in story.passages.items():
                where = f"case {case}, step {frame.number}, packet {number}"
                assert list(passage.heard_in) == heard.get(number, []), where
                if not story.has_ended(passage.receiver):
                    assert (passage.under_way > 0) == (number in under_way), where


def test_going_back_and_another_way_forgets_what_was_not_so() -> None:
    stepper = stepper_of()
    stepper.run()
    told = [frame.really for frame in stepper.frames]
    stepper.goto(4)
    stepper.perform(Drop(stepper.wire[0].number))
    stepper.run()
    assert any("was lost" in words for frame in stepper.frames for words in frame.really)
    stepper.goto(4)
    stepper.undo()
    fresh = stepper_of()
    fresh.run()
    assert [frame.really for frame in fresh.frames] == told

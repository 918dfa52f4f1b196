"""Each scenario goes as its text says, and can be saved as a trace and replayed."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest

from tftp_fsm.debugger.commands.all import Debugger, opened
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.jsonl import frame_to_json
from tftp_fsm.debugger.page.data import page_data
from tftp_fsm.debugger.recording import trace_lines
from tftp_fsm.debugger.scenarios import SCENARIOS, SORCERER
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.ladder import build, text_ladder
from tftp_fsm.ladder.build import Source
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.tables import READ_SERVER
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.verify.known import known_sessions

# Rows of the client and of the server that must be taken, and whether the file is whole.
LOOK_FOR = {
    "plain": ("", "", True),
    "lost-request": ("back_off send_request", "", True),
    "duplicate-request": ("", "note_duplicate repeat_answer", True),
    "lost-oack": ("back_off send_request", "repeat_answer", True),
    "lost-data": ("back_off repeat_answer", "note_duplicate", True),
    "lost-ack": ("note_duplicate repeat_answer", "back_off send_window", True),
    "lost-final-ack": ("note_duplicate send_ack dally_on", "back_off send_window", True),
    "duplicate": ("note_duplicate repeat_answer", "note_duplicate", True),
    "late-ack": ("note_duplicate repeat_answer", "note_duplicate", True),
    "sorcerer": ("note_duplicate repeat_answer", "note_duplicate send_window", True),
    "wrong-tid": ("answer_stray", "", True),
    "wrong-direction": ("fix_tid refuse_packet", "fail_by_peer", False),
    "roll-over": ("", "", True),
    "option-refused": ("drop_options send_request", "", True),
    "options": ("take_options", "send_oack", True),
    "window-gap": ("note_gap send_ack", "advance slow_down send_window", True),
    "oversize": ("refuse_packet", "fail_by_peer", False),
    "malformed": ("fail_by_peer", "refuse_packet", False),
    "exact-multiple": ("deliver_run commit", "", True),
    "silence": ("back_off repeat_answer", "back_off send_window", False),
    "put": ("advance send_window", "deliver_run", True),
}


def run_of(name: str) -> Stepper:
    stepper = opened(SCENARIOS[name]).stepper
    stepper.run(steps=200)
    return stepper


def took(frames: list[Frame], end: str, actions: str) -> bool:
    """Return whether a row of `end` did all of `actions`."""
    rows = (frame.row for frame in frames if frame.end == end and frame.row is not None)
    return any(set(actions.split()) <= set(row.after) for row in rows)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_shows_what_it_says(name: str) -> None:
    client, server, whole = LOOK_FOR[name]
    stepper = run_of(name)
    assert took(stepper.frames, "client", client)
    assert took(stepper.frames, "server", server)
    assert (stepper.world.intact is True) is whole
    assert all(state.is_final for state in stepper.states.values())


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_arrow_joins_one_packet_s_two_ends(name: str) -> None:
    """In the debugger, in its trace, and in a debugger of that trace."""
    stepper = run_of(name)
    trace = read_trace(trace_lines(stepper), known_sessions())
    again = Stepper(RecordedWorld(trace, known_sessions()))
    again.run(steps=200)
    assert arrows_of(again.entries()) == arrows_of(trace) == arrows_of(stepper.entries())
    taken = {held.number: held for frame in stepper.frames if (held := frame.packet)}
    for frame in stepper.frames:
        for held in frame.sent:
            copies = [t for t in taken.values() if t.origin == held.number]
            assert all(t.sent == held.sent and t.sender == held.sender for t in copies)
    joined = [(a.sent.at, [m.at for m in a.arrived]) for a in build(trace).arrows if a.sent]
    known = [
        (frame.step.now, [f.step.now for f in stepper.frames if has_heard(f, held.number)])
        for frame in stepper.frames
        for held in frame.sent
    ]
    assert joined == known


def has_heard(frame: Frame, number: int) -> bool:
    return frame.packet is not None and frame.packet.origin == number


def arrows_of(source: Source) -> list[tuple[object, ...]]:
    return [(a.label, a.sent, a.arrived, a.fate) for a in build(source).arrows]


def test_a_block_that_was_set_by_hand_is_marked_in_the_ladder() -> None:
    stepper = run_of("roll-over")
    text = text_ladder(read_trace(trace_lines(stepper), known_sessions()), 100)
    assert text.count("by hand: block = 65533") == 2
    assert "again" not in text
    assert "ACK 1, changed to ACK 65533" in text and "not heard" not in text
    assert text_ladder(stepper.entries(), 100).splitlines() == text.splitlines()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_tells_what_to_look_for(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.title and len(scenario.look) > 100
    assert scenario.look.endswith((".", "?"))


@pytest.mark.parametrize("name", [n for n in SCENARIOS if n not in ("put", "silence")])
def test_what_a_scenario_does_is_said_at_the_step_that_it_befalls(name: str) -> None:
    quiet = {"plain", "options", "exact-multiple"}
    notes = [note for frame in run_of(name).frames for note in frame.notes]
    assert bool(notes) is (name not in quiet)


def test_the_classic_exercise_goes_lost_ack_time_out_data_again_ack_again() -> None:
    stepper = run_of("lost-ack")
    story = [(f.end, f.event_words, [h.words for h in f.sent]) for f in stepper.frames[4:8]]
    assert story == [
        ("client", "DATA 2 (512 octets)", ["ACK 2"]),
        ("server", "timeout", ["DATA 2 (512 octets)"]),
        ("client", "DATA 2 (512 octets)", ["ACK 2"]),
        ("server", "ACK 2", ["DATA 3 (176 octets)"]),
    ]
    assert stepper.frames[4].sent[0].lost
    assert stepper.world.intact


def sent_of(stepper: Stepper, kind: str) -> Counter[int | None]:
    frames = stepper.frames
    return Counter(h.block for frame in frames for h in frame.sent if h.kind == kind)


def test_the_wrong_row_doubles_every_later_block_and_the_right_one_does_not() -> None:
    wrong, right = run_of("sorcerer"), run_of("late-ack")
    assert sent_of(wrong, "DATA") == {1: 1, 2: 2, 3: 2, 4: 2, 5: 2}
    assert sent_of(wrong, "ACK") == {1: 1, 2: 2, 3: 2, 4: 2, 5: 2}
    assert sent_of(right, "DATA") == {1: 1, 2: 2, 3: 1, 4: 1, 5: 1}
    assert sent_of(right, "ACK") == {1: 1, 2: 2, 3: 1, 4: 1, 5: 1}


def test_one_row_of_the_sorcerers_table_differs() -> None:
    pairs = zip(SORCERER.rows, READ_SERVER.rows, strict=True)
    assert [ours.conditions for ours, theirs in pairs if ours != theirs] == [("is_stale_ack",)]


def test_block_65535_is_followed_by_block_0() -> None:
    frames = run_of("roll-over").frames
    blocks = [f.packet.block for f in frames if f.packet is not None and f.packet.kind == "DATA"]
    assert blocks == [1, 65534, 65535, 0, 1, 2, 3]
    assert sum(frame.rolls_over for frame in frames) == 2, "once at each end"


def test_silence_ends_by_itself_with_the_wait_doubled_each_time() -> None:
    stepper = run_of("silence")
    times = [
        f.step.now
        for f in stepper.frames
        if f.end == "server" and f.row and "back_off" in f.row.after
    ]
    waits = [round(b - a, 3) for a, b in pairwise(times)]
    assert waits == [0.4, 0.8, 1.6, 3.2, 6.4, 12.8]
    outcomes = {e: s.outcome and s.outcome.outcome for e, s in stepper.world.sessions.items()}
    assert outcomes == {"client": Outcome.TIMED_OUT, "server": Outcome.TIMED_OUT}


# -- As a trace -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_is_gone_through_again_out_of_its_trace(name: str) -> None:
    stepper = run_of(name)
    known = known_sessions()
    again = Stepper(RecordedWorld(read_trace(trace_lines(stepper), known), known))
    again.run()
    assert [f.step for f in again.frames] == [f.step for f in stepper.frames]
    assert [f.candidates for f in again.frames] == [f.candidates for f in stepper.frames]
    assert [f.variables for f in again.frames] == [f.variables for f in stepper.frames]
    assert again.world.remarks == ()


def test_what_happens_in_a_copy_of_a_trace_does_not_change_the_original() -> None:
    world = RecordedWorld(read_trace(trace_lines(run_of("lost-ack"))))
    stepper = Stepper(world.copy())
    stepper.run()
    assert len(stepper.frames) > 10
    assert {session.state for session in world.sessions.values()} == {State.IDLE}
    again = Stepper(world)
    again.run()
    assert [f.step for f in again.frames] == [f.step for f in stepper.frames]


def test_a_trace_goes_back_and_forward_to_the_identical_steps() -> None:
    stepper = run_of("window-gap")
    again = Stepper(RecordedWorld(read_trace(trace_lines(stepper))))
    again.run()
    frames = list(again.frames)
    for number in (12, 0, 7, 22, 3):
        again.goto(number)
        again.step()
        again.goto(len(frames))
        assert again.frames == frames


def test_the_packets_of_a_trace_are_known_but_for_the_octets_of_the_file() -> None:
    stepper = run_of("lost-ack")
    again = Stepper(RecordedWorld(read_trace(trace_lines(stepper))))
    again.run()
    for ours, theirs in zip(again.frames, stepper.frames, strict=True):
        assert [h.words for h in ours.sent] == [h.words for h in theirs.sent]
        assert [h.lost for h in ours.sent] == [h.lost for h in theirs.sent]
        assert (ours.packet and ours.packet.words) == (theirs.packet and theirs.packet.words)
        assert [h.words for h in ours.wire] == [h.words for h in theirs.wire]
    data = next(h for frame in again.frames for h in frame.sent if h.kind == "DATA")
    assert (len(data.octets), data.size, data.whole) == (4, 516, False)


def test_a_trace_whose_begin_is_missing_is_shown_without_guards() -> None:
    lines = list(trace_lines(run_of("plain")))
    again = Stepper(RecordedWorld(read_trace([lines[0], *lines[4:]])))
    again.run()
    assert [f.candidates for f in again.frames] == [()] * 6
    assert "the trace begins in the middle" in again.world.remarks[0]


def test_times_of_a_trace_begin_at_nought_whatever_its_recorder_s_clock_said() -> None:
    simulation = opened(SCENARIOS["lost-ack"]).stepper
    simulation.run()
    plain = read_trace(trace_lines(simulation), known_sessions())
    late = [json.loads(line) for line in trace_lines(simulation)]
    for record in late[1:]:
        record.get("wire", record)["now"] += 8192.0
    shifted = read_trace(map(json.dumps, late), known_sessions())
    shown = []
    for trace in (plain, shifted):
        debugger = Debugger(Stepper(RecordedWorld(trace, known_sessions())))
        said = [debugger.run(line).lines for line in ("step 3", "variables", "wire", "ladder")]
        frames = [frame_to_json(frame)["now"] for frame in debugger.stepper.frames]
        debugger.run("continue")
        times = page_data(debugger.stepper.frames, title="")["steps"]
        shown.append((said, [*frames, *(time[1] for time in times), debugger.stepper.now]))
    assert "8192" not in str(shown[1])
    assert shown[0][0] == shown[1][0]
    assert shown[0][1] == pytest.approx(shown[1][1])


@pytest.mark.parametrize("back", ["goto 0", "back 5"])
def test_what_a_scenario_has_set_holds_for_another_way_too(back: str) -> None:
    debugger = opened(SCENARIOS["lost-ack"])
    given = debugger.stepper.variables
    debugger.run("step 4")
    debugger.run(back)
    assert debugger.stepper.variables == given
    assert debugger.run("choose 1").ok
    assert debugger.stepper.variables["client"]["rto"] == given["client"]["rto"]


def test_what_a_scenario_has_set_is_not_undone() -> None:
    debugger = opened(SCENARIOS["roll-over"])
    assert not debugger.run("undo").ok
    debugger.run("back")
    assert debugger.run("drop").ok  # another way from within what was given
    assert debugger.run("undo").ok and not debugger.run("undo").ok

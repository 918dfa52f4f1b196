"""One step of the stepper is one transition, back is exact, and any step can go another way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.steppers import FILE, held, stepper_of
from tftp_fsm.debugger import breakpoints as at
from tftp_fsm.debugger import guards
from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.happened import Story
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.files import pattern
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.debugger.worlds.simulated import SimulatedWorld
from tftp_fsm.debugger.worlds.world import World
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Opened,
    RequestReceived,
    StorageFailed,
    TimeoutExpired,
)
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import record
from tftp_fsm.storage import BytesSink
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Ack, Data, build

# -- One step is one transition -------------------------------------------------------------------


def test_the_first_steps_are_the_request_its_answer_and_the_first_ack() -> None:
    stepper = stepper_of()
    frames = [stepper.step() for _ in range(4)]
    assert [(f.end, type(f.step.event)) for f in frames if f] == [
        ("client", Opened),
        ("server", RequestReceived),
        ("client", DataReceived),
        ("server", AckReceived),
    ]


def test_a_frame_has_the_packet_with_its_octets_and_what_was_sent_for_it() -> None:
    stepper = stepper_of()
    for _ in range(3):
        frame = stepper.step()
    assert frame is not None and frame.packet is not None
    assert frame.packet.octets == build(Data(1, FILE[:512]))
    assert [sent.octets for sent in frame.sent] == [build(Ack(1))]


def test_a_frame_has_each_row_that_could_be_taken_and_only_the_taken_one_passes() -> None:
    stepper = stepper_of(faults=Faults(loss=0.2, duplicate=0.2, seed=3))
    stepper.run()
    for frame in stepper.frames:
        passing = [candidate.row for candidate in frame.candidates if candidate.passes]
        assert passing == ([frame.row] if frame.row else []), f"step {frame.number}"
        assert all(c.row == frame.table.rows[c.index] for c in frame.candidates)


def test_guards_are_asked_on_the_session_as_it_was_before_the_step() -> None:
    stepper = stepper_of()
    for _ in range(3):
        frame = stepper.step()
    assert frame is not None
    answers = {g.name: g.value for c in frame.candidates for g in c.guards}
    assert answers["is_next_run"] is True, "after the step DATA 1 would be a repetition"


def test_what_changed_is_marked() -> None:
    stepper = stepper_of()
    stepper.run(at.packet(at.PacketLike("DATA", 2), "heard"))
    frame = stepper.frame
    assert frame is not None
    assert {"block", "acknowledged", "octets", "deadline"} == set(frame.changed)
    assert (frame.before["octets"], frame.variables["octets"]) == (512, 1024)


def test_the_file_arrives_whole_where_nobody_meddles() -> None:
    stepper = stepper_of()
    stop = stepper.run()
    assert stop.at_end
    assert stepper.world.intact
    assert stepper.step() is None
    assert stepper.states == {"client": State.DONE, "server": State.DONE}


def test_asking_what_can_happen_changes_nothing() -> None:
    asked, unasked = stepper_of(), stepper_of()
    while asked.step() is not None:
        asked.choices()
        asked.peek()
    unasked.run()
    assert asked.frames == unasked.frames


# -- Backwards ------------------------------------------------------------------------------------

FAULTS = st.builds(
    Faults,
    loss=st.sampled_from([0.0, 0.15]),
    duplicate=st.sampled_from([0.0, 0.2]),
    delay=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 50),
)


@given(faults=FAULTS, windowsize=st.sampled_from([1, 3]), data=st.data())
def test_back_then_forward_gives_the_identical_step(
    faults: Faults, windowsize: int, data: st.DataObject
) -> None:
    setup = WorldSetup(content=pattern(3000), faults=faults, options=offer(windowsize=windowsize))
    stepper = Stepper(SimulatedWorld(setup))
    stepper.run(steps=150)
    first = list(stepper.frames)
    for _ in range(3):
        stepper.goto(data.draw(st.integers(0, len(first))))
        frame = stepper.step()
        assert frame is None or frame == first[stepper.position - 1]
        stepper.goto(len(first))
        assert stepper.frames == first


def test_going_back_restores_variables_the_wire_and_the_file() -> None:
    stepper = stepper_of()
    seen = []
    while stepper.step() is not None:
        seen.append((stepper.variables, stepper.wire, stepper.now, stepper.world.intact))
    for number in reversed(range(1, len(seen) + 1)):
        stepper.goto(number)
        here = (stepper.variables, stepper.wire, stepper.now, stepper.world.intact)
        assert here == seen[number - 1], f"step {number}"


def test_going_back_a_thousand_steps_replays_only_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    stepper = stepper_of(pattern(512 * 700))
    stepper.run()
    performed = []
    perform = SimulatedWorld.perform

    def counting(self: SimulatedWorld, move: m.Move) -> object:
        performed.append(move)
        return perform(self, move)

    monkeypatch.setattr(SimulatedWorld, "perform", counting)
    before = stepper.position
    stepper.back(1000)
    assert stepper.position == before - 1000
    assert len(performed) < 100


def test_another_way_forgets_what_was_ahead_and_the_old_way_does_not() -> None:
    stepper = stepper_of()
    stepper.run()
    whole = len(stepper.frames)
    stepper.goto(4)
    stepper.step()
    assert len(stepper.frames) == whole, "the same way: all that is ahead is still known"
    stepper.goto(3)
    stepper.perform(m.Drop(held(stepper, "ACK").number))
    assert len(stepper.frames) == 3
    stepper.run()
    assert stepper.world.intact
    assert any(isinstance(frame.step.event, TimeoutExpired) for frame in stepper.frames)


def test_a_drop_is_gone_at_the_step_before_and_done_again_on_the_way_forward() -> None:
    stepper = stepper_of()
    stepper.goto(0)
    for _ in range(3):
        stepper.step()
    stepper.perform(m.Drop(held(stepper, "ACK").number))
    lost = stepper.step()
    stepper.back()
    assert held(stepper, "ACK").block == 1
    assert stepper.step() == lost


def test_undo_takes_back_one_thing_that_made_no_step() -> None:
    stepper = stepper_of()
    stepper.step()
    before = stepper.wire
    stepper.perform(m.Drop(1))
    assert stepper.wire == ()
    assert stepper.undo() == m.Drop(1)
    assert stepper.wire == before


def test_a_move_that_cannot_be_changes_nothing() -> None:
    stepper = stepper_of()
    stepper.step()
    moves = stepper.moves
    for wrong in (m.Drop(99), m.Expire("server"), m.Begin(), m.Swap(1), m.Abort("nobody")):
        with pytest.raises(LocalError):
            stepper.perform(wrong)
    assert stepper.moves == moves
    stepper.run()
    assert stepper.world.intact


def test_there_is_no_step_beyond_the_known_ones() -> None:
    with pytest.raises(LocalError, match="there is no step 7 yet"):
        stepper_of().goto(7)


# -- What only long or odd runs show --------------------------------------------------------------


@pytest.mark.parametrize("branch", [10, 49, 50, 51, 120])
def test_another_way_is_exact_too_however_long_the_old_one_was(branch: int) -> None:
    stepper = stepper_of(pattern(512 * 100))
    stepper.run()
    stepper.goto(branch)
    stepper.perform(m.Drop(stepper.wire[0].number))
    stepper.run()
    frames = list(stepper.frames)
    for number in (51, 60, 99, 101, 130, 151):
        stepper.goto(number)
        stepper.step()
        stepper.goto(len(frames))
        assert stepper.frames == frames, f"branch at {branch}, back to {number}"
    assert stepper.world.intact


def test_looking_ahead_leaves_no_trace_in_a_way_that_is_taken_later() -> None:
    stepper = stepper_of(pattern(512 * 100))
    while len(stepper.moves) < 49:
        stepper.step()
    stepper.peek()
    stepper.perform(m.Drop(stepper.wire[0].number))
    stepper.run()
    frames = list(stepper.frames)
    stepper.goto(60)
    stepper.run()
    assert stepper.frames == frames


def test_looking_ahead_makes_no_move_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiz looks ahead at each step, so the whole run must not be made again for each."""
    stepper, made = stepper_of(pattern(512 * 100)), Counter[str]()
    for _ in range(90):
        stepper.step()
    for kind, name in ((Stepper, "perform"), (Story, "go_to")):
        method = getattr(kind, name)

        def counted(*words: Any, method: Any = method, name: str = name) -> Any:
            made[name] += 1
            return method(*words)

        monkeypatch.setattr(kind, name, counted)
    stepper.peek()
    assert made == {"perform": 1}


def test_a_disk_that_fails_is_a_step_of_its_own_from_where_the_other_left() -> None:
    stepper = stepper_of()
    assert isinstance(stepper.world, SimulatedWorld)
    stepper.world.drivers["client"].effects.sink = BytesSink(max_size=600)
    stop = stepper.run(at.failed())
    data, failed = stepper.frames[-2:]
    assert stop.frame is failed
    assert isinstance(failed.step.event, StorageFailed)
    assert failed.before == data.variables
    assert (data.variables["block"], failed.changed) == (2, ("state", "deadline"))
    assert data.packet is not None and failed.packet is None


def test_a_guard_that_asks_the_time_is_told_the_time_of_the_step() -> None:
    stepper = stepper_of()
    for _ in range(3):
        stepper.step()
    answers = []
    for seconds in (0.0, 0.05, 1.0):
        stepper.perform(m.Inject("client", build(Data(2, b"x")), stranger=True))
        stranger = stepper.wire[-1]
        stepper.perform(m.Delay(stranger.number, seconds))
        (frame,) = stepper.perform(m.Arrive(stranger.number))
        answers += [g.value for c in frame.candidates for g in c.guards if g.wanted]
    assert answers == [True, False, True], "at most one answer to strangers each 0.1 s"


def test_a_copy_leaves_the_world_as_it_was() -> None:
    stepper = stepper_of(faults=Faults(loss=0.2, duplicate=0.2, seed=3))
    stepper.world.copy()
    while stepper.step() is not None:
        before = dict(vars(stepper.world))
        stepper.world.copy()
        assert vars(stepper.world) == before, f"after step {stepper.position}"


def test_a_copy_and_its_world_go_their_own_ways() -> None:
    stepper = stepper_of()
    for _ in range(5):
        stepper.step()
    world = stepper.world
    first, second = Stepper(world.copy()), Stepper(world.copy())
    first.run()
    second.run()
    stepper.run()
    whole = [replace(frame, really=()) for frame in stepper.frames[5:]]  # their story begins here
    assert first.frames == second.frames == whole


def test_a_long_run_costs_the_same_for_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """No guard is asked until the user looks, and a step does not repeat earlier steps."""
    short, long = (work_of_a_run(size, monkeypatch) for size in (100_000, 400_000))
    assert set(short) == set(long) == {"copies", "steps"}
    for what in short:
        assert long[what] <= 4.4 * short[what], what


def work_of_a_run(size: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count copies of sessions, asked guards, and looks at kept copies of the world."""
    work: Counter[str] = Counter()

    class Places(dict[int, World]):
        def items(self) -> Any:
            work["places"] += len(self)
            return super().items()

    copied, asked = Session.copy, guards.candidates
    with monkeypatch.context() as patch:
        stepper = Stepper(RecordedWorld(record(Setup("get", bytes(size)))[1]))
        stepper._copies = Places(stepper._copies)
        patch.setattr(Session, "copy", counted(work, "copies", copied))
        patch.setattr(guards, "candidates", counted(work, "guards", asked))
        stepper.run()
    work["steps"] = len(stepper.frames)
    assert stepper.frames[5].candidates
    return work


def counted(work: Counter[str], what: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def count(*given: Any) -> Any:
        work[what] += 1
        return function(*given)

    return count

"""A packet that should have been sent but is not in the capture is never shown as lost."""

from __future__ import annotations

import io

import pytest

from tests.support import captures
from tests.support.overheard import asks, script, to_client, to_server
from tftp_fsm.cli.traces import capture_as_trace
from tftp_fsm.debugger.commands.text import ladder_lines
from tftp_fsm.debugger.page.data import page_data
from tftp_fsm.debugger.page.render import page_of
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.tui.rungs import Highlight, draw, rungs_of
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.explain.transfer.machines import FOLLOWED
from tftp_fsm.ladder import build, text_ladder
from tftp_fsm.trace.trace import Trace, write_trace
from tftp_fsm.wire.packets import Ack, Data, Rrq

FULL = bytes(512)
OPENING = asks(0, Rrq(b"a")), to_client(0.1, Data(1, FULL)), to_server(0.2, Ack(1))


def traced(octets: bytes) -> Trace:
    return capture_as_trace(io.BytesIO(octets))[0]


def stepped(trace: Trace) -> Stepper:
    stepper = Stepper(RecordedWorld(trace, FOLLOWED))
    stepper.run()
    return stepper


@pytest.fixture
def cut() -> Trace:
    """The server has sent DATA 2, and the capture ends: the client would have sent ACK 2."""
    return traced(script(*OPENING, to_client(0.3, Data(2, FULL))))


def test_the_trace_of_a_capture_has_a_record_of_it(cut: Trace) -> None:
    (record,) = cut.wire
    assert (record.sender, record.receiver, record.fate, record.delays) == (
        *("client", "server"),
        ("uncaptured",),
        (),
    )
    assert record.head == b"\0\4\0\2" and record.octets == 4


def test_a_trace_that_was_saved_tells_it_too(cut: Trace) -> None:
    saved = io.StringIO()
    write_trace(cut, saved)
    assert '"uncaptured"' in saved.getvalue()


def test_the_page_draws_it_as_what_was_not_captured(cut: Trace) -> None:
    data = page_data(stepped(cut).frames, title="a")
    *_, (sender, words, _, arrived, flags) = data["arrows"]
    assert (sender, data["words"][words], arrived, flags) == (0, "ACK 2, not captured", [], 8)
    page = page_of(cut, sessions=FOLLOWED)
    assert 'from>at||flags&8?" ahead"' in page, "it is grey"


def test_the_debugger_does_not_take_it_for_a_packet_that_is_under_way(cut: Trace) -> None:
    stepper = stepped(cut)
    assert stepper.wire == ()
    (held,) = stepper.frames[-1].sent
    assert held.is_uncaptured and not held.lost
    assert "ACK 2: not in the capture" in "\n".join(stepper.frames[-1].notes).replace(
        " of client", ""
    )
    assert any("ACK 2 (not capt" in line for line in ladder_lines(stepper.past, current=1, last=99))
    (rung,) = (
        each for each in rungs_of(stepper.frames) if "ACK 2" in getattr(each.line, "words", "")
    )
    drawn = draw(rung, Highlight(99, frozenset()), "client", 100)
    assert (
        "ACK 2, not captured" in drawn.plain and ">" not in drawn.plain and "X" not in drawn.plain
    )


def test_what_is_captured_in_a_later_step_is_under_way(cut: Trace) -> None:
    stepper = Stepper(RecordedWorld(cut, FOLLOWED))
    stepper.step()
    assert [held.words for held in stepper.wire] == ["RRQ a octet"]


def test_what_was_lost_is_still_lost() -> None:
    again = asks(5, Rrq(b"a")), to_client(5.1, Data(1, FULL))
    trace = traced(script(*OPENING[:2], *again))
    fates = [record.fate for record in trace.wire]
    assert ("lost",) in fates and "lost" in text_ladder(build(trace))


def test_a_whole_capture_has_nothing_of_that() -> None:
    assert traced(captures.CAPTURE.read_bytes()).wire == ()

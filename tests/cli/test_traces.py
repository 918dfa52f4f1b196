"""A capture becomes a trace: its steps replay, and every command that reads traces opens it."""

from __future__ import annotations

import io

import pytest

from tests.explain.test_faults import middle
from tests.support import captures
from tests.support.overheard import as_pcap, asks, overheard, script, to_client, to_server
from tftp_fsm.cli.traces import capture_as_trace
from tftp_fsm.debugger.page.render import page_of
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.errors import LocalError
from tftp_fsm.explain.transfer import steps
from tftp_fsm.explain.transfer.machines import FOLLOWED
from tftp_fsm.ladder import build, mermaid_ladder, svg_ladder, text_ladder
from tftp_fsm.ladder.model import Arrow
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.trace import Trace
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq

FULL = bytes(512)
GOOD = captures.CAPTURE.read_bytes()


def traced(octets: bytes, number: int | None = None) -> Trace:
    return capture_as_trace(io.BytesIO(octets), number)[0]


def test_the_steps_of_a_plain_get_end_as_the_transfer_did() -> None:
    trace = traced(GOOD)
    last = {end: step.after for end, step in trace.steps}
    assert last == {"client": State.DALLYING, "server": State.DONE}


def test_the_steps_replay_with_their_guards() -> None:
    stepper = Stepper(RecordedWorld(traced(GOOD), FOLLOWED))
    stepper.run()
    assert stepper.world.remarks == () and len(stepper.frames) == len(traced(GOOD).steps)


@pytest.mark.parametrize("seed", range(12))
def test_a_trace_of_a_bad_network_is_drawn(seed: int) -> None:
    faults = Faults(loss=0.1, duplicate=0.1, delay=0.01, seed=seed)
    _, datagrams = overheard("get" if seed % 2 else "put", bytes(3000), faults)
    trace = traced(as_pcap(datagrams))
    ladder = build(trace)
    assert "DATA 1" in text_ladder(ladder) and svg_ladder(ladder, 0).startswith("<svg")
    assert "</html>" in page_of(trace, sessions=FOLLOWED)


def test_a_packet_that_seems_lost_is_drawn_as_lost() -> None:
    octets = script(
        asks(0, Rrq(b"a")),
        to_client(0.1, Data(1, b"x")),
        to_server(0.2, Ack(1)),
        to_client(1.1, Data(1, b"x")),
        to_server(1.2, Ack(1)),
    )
    assert "ACK 1, lost" in text_ladder(build(traced(octets)))


FULL = bytes(512)


def blocks(first: int, step: int, verb: str = "get", *, oack: bool = False) -> bytes:
    """Return a transfer of three blocks with numbers of its own, which are acknowledged."""
    pairs = (("blksize", "512"),) if oack else ()
    lines = [asks(0, (Rrq if verb == "get" else Wrq)(b"a", "octet", pairs))]
    if oack:
        lines += [to_client(0.05, Oack(pairs))] + [to_server(0.06, Ack(0))] * (verb == "get")
    else:
        lines += [to_client(0.05, Ack(0))] * (verb == "put")
    sends, answers = (to_client, to_server) if verb == "get" else (to_server, to_client)
    for n, octets in enumerate((FULL, FULL, b"x")):
        number = first + n * step
        lines += [sends(n + 1.1, Data(number, octets)), answers(n + 1.2, Ack(number))]
    return script(*lines)


@pytest.mark.parametrize("oack", [False, True])
@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize(("first", "step"), [(0, 1), (256, 256), (1, 1)])
def test_a_ladder_has_the_numbers_of_the_wire_and_nothing_else(
    first: int, step: int, verb: str, oack: bool
) -> None:
    ladder = build(traced(blocks(first, step, verb, oack=oack)))
    drawn = [each for each in ladder.items if isinstance(each, Arrow)]
    data = [each.words for each in drawn if "DATA" in each.words]
    sizes = ("512 octets", "512 octets", "1 octet")
    assert data == [f"DATA {first + n * step} ({size})" for n, size in enumerate(sizes)]
    acks = [each.words for each in drawn if each.words.startswith("ACK")]
    assert acks == ["ACK 0"] * (oack == (verb == "get")) + [
        f"ACK {first + n * step}" for n in range(3)
    ]
    assert not any(each.again or each.fate for each in drawn)
    text = text_ladder(ladder)
    assert "late" not in text and "timeout" not in text and "heard" not in text, text


def test_swapped_numbers_with_plain_acks_are_drawn_in_their_order() -> None:
    lines = [asks(0, Rrq(b"a"))]
    for n, octets in enumerate((FULL, FULL, b"x"), 1):
        lines += [to_client(n + 0.1, Data(256 * n, octets)), to_server(n + 0.2, Ack(n))]
    text = text_ladder(build(traced(script(*lines))))
    places = [text.index(f"DATA {256 * n}") for n in (1, 2, 3)]
    assert places == sorted(places) and "late" not in text, text


def test_a_sender_that_goes_back_is_drawn_without_a_time_out() -> None:
    """Its timer does not explain it, so nobody has seen one."""
    lines = [asks(0, Rrq(b"a"))]
    for n in range(1, 5):
        lines += [to_client(n, Data(n, FULL)), to_server(n + 0.1, Ack(n))]
    lines += [to_client(5 + n / 10, Data(1, FULL)) for n in range(5)]
    text = text_ladder(build(traced(script(*lines))))
    assert "timeout" not in text and text.count("DATA 1 (512 octets)") >= 2, text


def test_a_request_that_is_refused_was_heard() -> None:
    octets = script(asks(0, Rrq(b"a")), to_client(0.1, Error(1, "none")))
    drawn = text_ladder(build(traced(octets)))
    assert "RRQ a octet ───" in drawn and "heard" not in drawn, drawn


def test_what_is_made_up_before_a_capture_that_begins_in_the_middle_is_told() -> None:
    octets = script(*middle(500, 3))
    _, said = capture_as_trace(io.BytesIO(octets))
    assert len(said) == 1 and "made up" in said[0]
    assert capture_as_trace(io.BytesIO(GOOD))[1] == []


def test_the_first_transfer_that_went_wrong_is_shown() -> None:
    good = [asks(0, Rrq(b"good")), to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))]
    bad = [(5.0 + n, ("client", 1025), ("server", 69), Rrq(b"bad")) for n in range(2)]
    octets = script(*good, *bad)
    trace, said = capture_as_trace(io.BytesIO(octets))
    which = "transfer 2 of 2: get bad (--transfer N chooses another)"
    assert said == [which] and set(trace.ends) == {"client"}
    assert set(traced(octets, 1).ends) == {"client", "server"}


def test_what_has_no_such_transfer_says_so() -> None:
    with pytest.raises(LocalError, match="no TFTP transfer was found in the capture"):
        traced(script())
    with pytest.raises(LocalError, match="has 1 transfer, and none with the number 7"):
        traced(GOOD, 7)


def test_a_capture_that_is_cut_is_drawn_and_says_so() -> None:
    trace, said = capture_as_trace(io.BytesIO(GOOD[:-3]))
    assert said == ["the file ends in the middle, after packet 15"] and trace.entries
    assert capture_as_trace(io.BytesIO(GOOD))[1] == []


def test_a_log_has_a_fixed_number_of_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST", 7)
    assert len(traced(GOOD).steps) == 7


def test_what_no_capture_has_is_not_drawn_as_lost() -> None:
    """The machine of the server would have sent DATA 4, and that of the client ACK 2 at the end."""
    opening = [asks(0, Rrq(b"a")), to_client(0.1, Data(1, FULL)), to_server(0.2, Ack(1))]
    trace = traced(script(*opening, to_client(0.3, Data(2, FULL))))
    ladder = build(trace)
    last = ladder.arrows[-1]
    assert (last.words, last.remarks, last.lost) == ("ACK 2", ("not captured",), False)
    assert "ACK 2, not captured" in text_ladder(ladder) and "X" not in text_ladder(ladder)
    drawing = svg_ladder(ladder)
    assert 'class="cross"' not in drawing and "Grey dots" in drawing
    assert drawing.count('class="head"') == len(ladder.arrows) - 1
    assert ".ladder .uncaptured" in drawing and 'class="arrow ack uncaptured' in drawing
    assert "ACK 2, not captured" in mermaid_ladder(ladder)


def test_what_a_capture_has_and_its_receiver_did_not_hear_is_lost() -> None:
    opening = [asks(0, Rrq(b"a")), to_client(0.1, Data(1, FULL)), asks(5, Rrq(b"a"))]
    drawing = svg_ladder(traced(script(*opening, to_client(5.1, Data(1, FULL)))))
    assert 'class="cross"' in drawing


def test_a_ladder_of_a_whole_capture_has_no_grey_dots() -> None:
    assert "rey dots" not in svg_ladder(traced(GOOD))
    assert "uncaptured" not in svg_ladder(traced(GOOD))

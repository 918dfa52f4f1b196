"""The user changes datagrams under way, and variables of both ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.steppers import held, stepper_of
from tftp_fsm.debugger import breakpoints as at
from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import Held, edited, fields_of
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.files import MovedSource, pattern
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder import text_ladder
from tftp_fsm.protocol.events import DataReceived, MalformedReceived, StrayReceived
from tftp_fsm.protocol.rows import State
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq, build, parse


def after_steps(number: int, content: bytes = pattern(1200)) -> Stepper:
    stepper = stepper_of(content)
    for _ in range(number):
        stepper.step()
    return stepper


def test_a_dropped_ack_is_answered_by_a_time_out_and_the_file_is_whole() -> None:
    stepper = after_steps(3)
    stepper.perform(m.Drop(held(stepper, "ACK").number))
    frame = stepper.step()
    assert frame is not None
    assert "time-out" in frame.unusual
    assert frame.notes == ("ACK 1 of client: dropped by hand",)
    stepper.run()
    assert stepper.world.intact


def test_a_doubled_data_is_heard_twice_and_delivered_once() -> None:
    stepper = after_steps(2)
    stepper.perform(m.Duplicate(held(stepper, "DATA").number))
    stepper.run()
    heard = [
        f for f in stepper.frames if f.step.event == DataReceived(1, 512, source=("server", 2048))
    ]
    assert [frame.before["octets"] for frame in heard] == [0, 512]
    assert stepper.world.intact


def test_a_delayed_packet_comes_so_much_later() -> None:
    stepper = after_steps(3)
    stepper.perform(m.Delay(held(stepper, "ACK").number, 0.05))
    frame = stepper.step()
    assert frame is not None
    assert frame.step.now == pytest.approx(0.053)


def drawn(stepper: Stepper, words: str) -> list[str]:
    """Return the ladder's lines that have this text, without their frame."""
    lines = text_ladder(stepper.entries(), 79).splitlines()
    return [line[23:].strip(" │") for line in lines if words in line]


def test_a_delayed_packet_that_is_dropped_is_drawn_as_lost() -> None:
    stepper = after_steps(3)
    number = held(stepper, "ACK").number
    stepper.perform(m.Delay(number, 0.05))
    stepper.perform(m.Drop(number))
    stepper.run()
    first, again = drawn(stepper, "ACK 1")
    assert "lost" in first and "late" not in first
    assert first.endswith("X") and again.endswith(">") and stepper.world.intact


def test_one_of_two_copies_is_dropped_and_the_other_is_drawn() -> None:
    stepper = after_steps(3)
    ack = held(stepper, "ACK")
    stepper.perform(m.Duplicate(ack.number))
    stepper.perform(m.Drop(ack.number))
    stepper.run()
    (line,) = drawn(stepper, "ACK 1")
    assert line.endswith(">") and "time-out" not in line and stepper.world.intact


def test_a_swapped_packet_is_overtaken_by_the_next_one() -> None:
    stepper = after_steps(2)
    stepper.perform(m.Inject("client", build(Data(7, b"late"))))
    first, second = stepper.wire
    stepper.perform(m.Swap(first.number))
    assert stepper.world.next_move() == m.Arrive(second.number)


def test_nothing_overtakes_a_packet_that_is_alone() -> None:
    stepper = after_steps(2)
    with pytest.raises(LocalError, match="no packet follows"):
        stepper.perform(m.Swap(stepper.wire[0].number))


def test_an_edited_block_is_heard_as_that_block() -> None:
    stepper = after_steps(2)
    data = held(stepper, "DATA")
    stepper.perform(m.Replace(data.number, edited(data.octets, {"block": "9"})))
    frame = stepper.step()
    assert frame is not None
    assert frame.step.event == DataReceived(9, 512, source=("server", 2048))


def test_raw_octets_may_be_no_packet_at_all() -> None:
    stepper = after_steps(2)
    stepper.perform(m.Replace(held(stepper, "DATA").number, b"\0\7"))
    frame = stepper.step()
    assert frame is not None
    assert isinstance(frame.step.event, MalformedReceived)
    assert frame.step.after is State.ERROR


def test_a_made_packet_from_a_stranger_is_a_stray() -> None:
    stepper = after_steps(3)
    stepper.perform(m.Inject("client", build(Data(2, b"x")), stranger=True))
    frame = stepper.run(at.variable("strays")).frame
    assert frame is not None
    assert isinstance(frame.step.event, StrayReceived)
    assert [sent.words for sent in frame.sent] == ["ERROR 5 unknown transfer ID"]


def test_every_event_that_is_possible_is_a_choice_and_says_where_it_leads() -> None:
    stepper = after_steps(3)
    choices = stepper.choices()
    kinds = {type(choice.move) for choice in choices}
    assert kinds == {m.Arrive, m.Expire, m.Drop, m.Abort, m.ReportUnreachable, m.FailStorage}
    assert choices[0].likely == "next"
    assert choices[0].move == stepper.world.next_move()
    assert choices[0].leads_to is State.AWAITING_ACK


def test_each_choice_leads_where_it_says() -> None:
    length = stepper_of().run().frame
    assert length is not None
    for number in range(length.number):
        for index in range(len(after_steps(number).choices())):
            stepper = after_steps(number)
            choice = stepper.choices()[index]
            frames = stepper.perform(choice.move)
            if choice.leads_to is not None:
                assert frames[0].end == choice.end, choice.words
                assert frames[0].step.after is choice.leads_to, f"{number}: {choice.words}"
                assert frames[0].row == choice.row


# -- Variables ------------------------------------------------------------------------------------


def test_block_65534_of_both_ends_is_followed_by_the_roll_over_and_the_file_is_whole() -> None:
    stepper = after_steps(3, pattern(3000))
    stepper.perform(m.SetVariable("client", "block", "65534", both=True))
    stop = stepper.run(at.rolled_over())
    assert stop.frame is not None
    assert stop.frame.rolls_over
    stepper.run()
    heard = [f.packet.block for f in stepper.frames if f.packet and f.packet.kind == "DATA"]
    assert heard == [1, 65535, 0, 1, 2, 3]
    assert stepper.world.intact


@given(block=st.integers(10, 200_000), steps=st.integers(3, 9), windowsize=st.sampled_from([1, 4]))
def test_setting_the_block_of_both_ends_changes_nothing_but_the_numbers(
    block: int, steps: int, windowsize: int
) -> None:
    from tftp_fsm.wire.options import offer

    def run(shift: bool) -> Stepper:
        stepper = stepper_of(pattern(4500), options=offer(windowsize=windowsize))
        for _ in range(steps + 1):
            stepper.step()
        if shift:
            stepper.perform(m.SetVariable("client", "block", str(block), both=True))
        stepper.run()
        return stepper

    moved, plain = run(True), run(False)
    assert moved.world.intact
    assert [f.row for f in moved.frames] == [f.row for f in plain.frames]


def test_the_block_of_one_end_alone_makes_the_other_a_stranger_to_it() -> None:
    stepper = after_steps(3, pattern(3000))
    stepper.perform(m.SetVariable("client", "block", "3"))
    frame = stepper.run(at.unusual()).frame
    assert frame is not None


def test_a_block_cannot_be_set_before_one_was_asked_for() -> None:
    stepper = stepper_of()
    stepper.step()
    with pytest.raises(LocalError, match="there is no server yet"):
        stepper.perform(m.SetVariable("server", "block", "5"))


def test_no_block_is_put_before_the_first() -> None:
    stepper = after_steps(3)
    before = stepper.variables
    with pytest.raises(LocalError, match="before the first"):
        stepper.perform(m.SetVariable("client", "block", "0", both=True))
    assert stepper.variables == before


def test_a_deadline_that_is_set_is_kept() -> None:
    stepper = after_steps(3)
    stepper.perform(m.Drop(held(stepper, "ACK").number))
    stepper.perform(m.SetVariable("server", "deadline", "0.0100"))
    frame = stepper.step()
    assert frame is not None
    assert (frame.end, frame.step.now) == ("server", 0.01)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("shoe", "44", "not a variable"),
        ("retries", "-1", "whole number"),
        ("retries", "many", "whole number"),
        ("rto", "nan", "seconds"),
        ("state", "asleep", "not a state"),
        ("gap_reported", "perhaps", "yes or no"),
    ],
)
def test_a_variable_that_cannot_be_set_says_why(name: str, value: str, says: str) -> None:
    stepper = after_steps(3)
    before = stepper.variables
    with pytest.raises(LocalError, match=says):
        stepper.perform(m.SetVariable("client", name, value))
    assert stepper.variables == before


def test_setting_both_ends_changes_neither_where_one_has_no_such_variable() -> None:
    stepper = after_steps(3)
    before = stepper.variables
    with pytest.raises(LocalError, match="not a variable"):
        stepper.perform(m.SetVariable("client", "gap_reported", "yes", both=True))
    assert stepper.variables == before


# -- Fields and octets ----------------------------------------------------------------------------

PACKETS = (
    Rrq(b"boot.img", "octet", (("blksize", "1428"), ("tsize", "0"))),
    Wrq("파일".encode()),
    Data(3, b"octets"),
    Ack(65535),
    Error(1, "no such file"),
    Oack((("windowsize", "4"),)),
)


@pytest.mark.parametrize("packet", PACKETS, ids=lambda packet: type(packet).__name__)
def test_the_fields_of_a_packet_cover_its_octets_without_a_gap(packet: Data) -> None:
    octets = build(packet)
    fields = fields_of(octets)
    assert [field.start for field in fields] == [0, *(field.stop for field in fields[:-1])]
    assert fields[-1].stop == len(octets)


ODD: dict[bytes, str] = {
    b"\0\4\0\1" + bytes(25): "padding",
    b"\0\5\0\1gone": "message",
    b"\0\5\0\1gone\0\0": "padding",
    b"\0\5\0\1": "code",
    b"\0\1f\0octet": "mode",
    b"\0\1f\0octet\0\0\0": "padding",
    b"\0\1f\0octet\0tsize\0": "tsize",
    b"\0\1f\0octet\0tsize": "tsize",
    b"\0\6blksize\x008\0\0": "padding",
}


@pytest.mark.parametrize("octets, last", ODD.items(), ids=repr)
def test_the_fields_of_an_odd_packet_cover_its_octets_too(octets: bytes, last: str) -> None:
    fields = fields_of(octets)
    assert [field.start for field in fields] == [0, *(field.stop for field in fields[:-1])]
    assert (fields[-1].name, fields[-1].stop) == (last, len(octets))


def test_a_held_packet_says_what_its_receiver_will_tolerate() -> None:
    octets = build(Ack(3)) + bytes(25)
    held = Held(1, "client", "server", ("c", 1), ("s", 2), octets, 0.0, 0.0, len(octets))
    assert (held.words, held.kind) == ("ACK 3 (25 octets of padding ignored)", "ACK")


@given(st.binary(max_size=80))
def test_any_octets_have_fields(octets: bytes) -> None:
    for field in fields_of(octets):
        assert 0 <= field.start <= field.stop <= len(octets)


@pytest.mark.parametrize(
    ("packet", "changes", "becomes"),
    [
        (
            PACKETS[0],
            {"blksize": "8"},
            Rrq(b"boot.img", "octet", (("tsize", "0"), ("blksize", "8"))),
        ),
        (PACKETS[0], {"tsize": "-"}, Rrq(b"boot.img", "octet", (("blksize", "1428"),))),
        (PACKETS[0], {"filename": "x", "mode": "mail"}, Rrq(b"x", "mail", PACKETS[0].options)),
        (PACKETS[2], {"payload": "hex:00ff", "block": "4"}, Data(4, b"\0\xff")),
        (PACKETS[2], {"payload": ""}, Data(3, b"")),
        (PACKETS[4], {"code": "99", "message": "so"}, Error(99, "so")),
    ],
)
def test_a_field_can_be_edited(packet: Data, changes: dict[str, str], becomes: Data) -> None:
    assert parse(edited(build(packet), changes)) == becomes


@pytest.mark.parametrize(
    ("octets", "changes", "says"),
    [
        (build(Ack(1)), {"payload": "x"}, "ACK has no field 'payload'"),
        (build(Ack(1)), {"block": "70000"}, "0 to 65535"),
        (build(Data(1, b"")), {"payload": "hex:0"}, "not hexadecimal"),
        (b"\0\7", {"block": "1"}, "not a packet"),
    ],
)
def test_an_edit_that_cannot_be_says_why(octets: bytes, changes: dict[str, str], says: str) -> None:
    with pytest.raises(LocalError, match=says):
        edited(octets, changes)


def test_a_moved_file_has_the_same_octets_later() -> None:
    source = MovedSource(b"abcdef", lead=4)
    assert source.size == 10
    assert source.read(4, 6) == b"abcdef"
    assert source.read(2, 4) == b"\0\0ab"
    source.lead = -2  # blocks that were moved towards the beginning
    assert source.read(0, 4) == b"cdef"


@pytest.mark.parametrize("end", ["client", "server"])
def test_an_rto_that_is_set_is_what_is_shown_after_time_outs_too(end: str) -> None:
    stepper = after_steps(3)
    for _ in range(3):
        stepper.perform(m.Expire(end))
    stepper.perform(m.SetVariable(end, "rto", "5"))
    assert stepper.variables[end]["rto"] == 5.0

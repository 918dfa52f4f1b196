"""A trace gives back what was recorded, and a file that is no trace is refused."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.borders import LINE
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Effect,
    Event,
    Opened,
    Outcome,
    StorageFailed,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import Simulation
from tftp_fsm.trace import codec, schema, values
from tftp_fsm.trace.codec import wire_from_json, wire_to_json
from tftp_fsm.trace.describe import describe, event_words
from tftp_fsm.trace.reading import lines_of, read_trace
from tftp_fsm.trace.records import WireEvent
from tftp_fsm.trace.trace import SESSIONS, Head, TraceWriter, rebuild, session_header
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Packet, Rrq, Wrq

PEER = ("192.0.2.1", 69)
NAMES = st.binary(min_size=1, max_size=30).filter(lambda octets: 0 not in octets)
TEXTS = (
    st.binary(max_size=30)
    .filter(lambda octets: 0 not in octets)
    .map(lambda octets: octets.decode("utf-8", "surrogateescape"))
)
NUMBERS = st.integers(0, 2**40)
NUMBERS_16 = st.integers(0, 2**16 - 1)
RUN_OCTETS = st.integers(0, 2**32 - 1)
TIDS = st.none() | st.tuples(TEXTS, NUMBERS_16) | st.tuples(TEXTS, NUMBERS_16, NUMBERS, NUMBERS)
PAIRS = st.lists(st.tuples(TEXTS.filter(bool), TEXTS), max_size=3).map(tuple)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("first", "size"), NUMBERS),
    "octets": RUN_OCTETS,
    **dict.fromkeys(("count", "stride", "repeats"), st.integers(1, 2**16 - 1)),
    **dict.fromkeys(("block", "code"), NUMBERS_16),
    "last": st.none() | RUN_OCTETS,
    **dict.fromkeys(("message", "where", "mode", "tolerated", "reason", "told"), TEXTS),
    **dict.fromkeys(("filename", "payload"), NAMES),
    **dict.fromkeys(("source", "to"), TIDS),
    **dict.fromkeys(("is_error", "is_hard"), st.booleans()),
    "mode": TEXTS.filter(bool),
    "options": PAIRS,
    "outcome": st.sampled_from(Outcome),
    "waited": st.floats(0, 600),
}


def any_of(kinds: Any, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    known = FIELDS | more
    return st.one_of(
        *(
            st.builds(kind, **{name: known[name] for name in kind.__dataclass_fields__})
            for kind in kinds.__args__
        )
    )


PACKETS = any_of(Packet)
EFFECTS = any_of(Effect, packet=PACKETS)


def through_text(value: Any) -> Any:
    return json.loads(json.dumps(codec.to_json(value)))


@given(any_of(Event))
def test_every_event_comes_back_from_its_record(event: Event) -> None:
    assert codec.event(through_text(event)) == event


@given(EFFECTS)
def test_every_effect_comes_back_from_its_record(effect: Effect) -> None:
    assert codec.effect(through_text(effect)) == effect


@given(PACKETS)
def test_every_packet_comes_back_from_its_record_whatever_octets_its_name_has(
    packet: Packet,
) -> None:
    assert codec.packet(through_text(packet)) == packet


@given(
    st.builds(
        WireEvent,
        now=st.floats(0, 1e6),
        sender=TEXTS,
        receiver=TEXTS,
        head=st.binary(max_size=8),
        octets=RUN_OCTETS,
        fate=st.lists(TEXTS, max_size=2).map(tuple),
        delays=st.lists(st.floats(0, 10), max_size=2).map(tuple),
        flipped=st.none() | NUMBERS,
    )
)
def test_what_befell_a_datagram_comes_back_from_its_record(wire: WireEvent) -> None:
    assert wire_from_json(json.loads(json.dumps(wire_to_json(wire)))) == wire


# -- Replay ----------------------------------------------------------------------------------------


def recorded(**setup: Any) -> str:
    """Return the trace of one simulated transfer, of both ends."""
    stream = io.StringIO()
    writer = TraceWriter(stream)
    Simulation(Setup(**setup), opened=writer.join, watch=writer).run()
    return stream.getvalue()


@given(
    verb=st.sampled_from(["get", "put"]),
    seed=st.integers(0, 2**16),
    size=st.integers(0, 3000),
    blksize=st.sampled_from([None, 8, 100, 512]),
    windowsize=st.sampled_from([None, 1, 2, 4]),
    loss=st.sampled_from([0.0, 0.1, 0.3]),
    corrupt=st.sampled_from([0.0, 0.1]),
)
def test_replaying_the_events_gives_the_identical_steps(
    verb: Any,
    seed: int,
    size: int,
    blksize: int | None,
    windowsize: int | None,
    loss: float,
    corrupt: float,
) -> None:
    options = Options(blksize=blksize, windowsize=windowsize, tsize=0)
    faults = Faults(loss=loss, duplicate=0.1, reorder=0.1, corrupt=corrupt, seed=seed)
    text = recorded(verb=verb, content=bytes(size), faults=faults, options=options)
    trace = read_trace(text.splitlines())
    assert trace.steps
    sessions = {end: trace.session(end) for end in trace.ends}
    for end, step in trace.steps:
        assert sessions[end].handle(step.event, step.now) == step


SESSIONS_OF_EACH_KIND = (
    ReadClient(Rrq(b"\xff\xed\xa0\x80 \xea\xb0\x80", "octet", (("blksize", "9"),)), PEER),
    WriteClient(Wrq(b"a"), 12345, ("::1", 69, 0, 2), RetryPolicy(retries=1, dally=2.5)),
    ReadServer(Rrq(b"a", "netascii"), 7, Options(blksize=100, tsize=7), ("h", 5)),
    ReadServer(Rrq(b"a", "netascii"), 9, Options(), is_counted=False),
    WriteServer(Wrq(b"a"), Options(windowsize=3, timeout=2)),
    ReadClient(Rrq(b"a"), PEER, RetryPolicy(unanswered_patience=2.0)),
)


@pytest.mark.parametrize("session", SESSIONS_OF_EACH_KIND, ids=lambda s: str(s.table.name))
def test_a_session_is_built_again_from_its_header(session: Session) -> None:
    again = rebuild(json.loads(json.dumps(session_header(session))))
    assert type(again) is type(session)
    assert session_header(again) == session_header(session)
    assert getattr(again, "is_counted", True) is getattr(session, "is_counted", True)
    assert again.variables() == session.variables()
    assert (again.request, again.retry_policy) == (session.request, session.retry_policy)


def test_an_event_of_an_older_trace_has_the_meaning_that_it_had() -> None:
    assert codec.event({"kind": "UnreachableReceived"}) == UnreachableReceived(is_hard=True)


# -- What is no trace ------------------------------------------------------------------------------


@pytest.fixture(name="lines")
def _lines() -> list[str]:
    stream = io.StringIO()
    session = ReadClient(Rrq(b"boot.img"), PEER)
    writer = TraceWriter(stream, {"client": session}, {"seed": 7})
    writer("client", session.handle(Opened(), 0.0))
    writer("client", session.handle(StorageFailed(3, "disk full"), 1.0))
    return stream.getvalue().splitlines()


def test_the_header_says_how_the_trace_was_made(lines: list[str]) -> None:
    assert read_trace(lines).about == {"seed": 7}


def test_blank_lines_are_no_harm(lines: list[str]) -> None:
    assert read_trace([*lines, "", "\n"]) == read_trace(lines)


def test_an_empty_file_is_no_trace() -> None:
    with pytest.raises(LocalError, match="empty"):
        read_trace([])


def test_another_json_file_is_no_trace() -> None:
    with pytest.raises(LocalError, match="line 1: this is not a trace"):
        read_trace(['{"format": "har"}'])


def test_a_newer_version_is_named(lines: list[str]) -> None:
    newer = lines[0].replace('"version": 1', '"version": 2')
    with pytest.raises(LocalError, match="line 1: the trace has version 2"):
        read_trace([newer, *lines[1:]])


def test_rows_that_have_changed_since_are_named(lines: list[str]) -> None:
    head = json.loads(lines[0])
    head["ends"]["client"]["rows"] += 1
    with pytest.raises(LocalError, match="line 1: the rows of READ_CLIENT have changed"):
        read_trace([json.dumps(head), *lines[1:]])


@pytest.mark.parametrize(
    "broken",
    [
        {"retry_policy": {"retries": "x"}},
        {"retry_policy": {"retries": -1}},
        {"retry_policy": {"retries": 5, "initial_rto": "1"}},
        {"retry_policy": {"retries": 5, "dally": "1"}},
        {"retry_policy": {"retries": 5, "patience": "30"}},
        {"retry_policy": {"retries": 5, "least_rto": None}},
        {"retry_policy": {"retries": 5, "unanswered_patience": True}},
        {"retry_policy": {"courage": 5}},
        {"options": {"blksize": 0}},
        {"options": {"windowsize": "2"}},
        {"options": {"unknown": 2}},
        {"is_counted": 1},
        {"size": None},
    ],
    ids=str,
)
def test_a_header_with_values_that_no_session_has_is_named(broken: dict[str, Any]) -> None:
    session = ReadServer(Rrq(b"a"), 7, Options(blksize=100), PEER)
    stream = io.StringIO()
    TraceWriter(stream, {"server": session})
    head = json.loads(stream.getvalue())
    head["ends"]["server"] |= broken
    with pytest.raises(LocalError, match="line 1"):
        read_trace([json.dumps(head)])


def test_a_table_that_is_not_known_is_named(lines: list[str]) -> None:
    with pytest.raises(LocalError, match='line 1: the trace names the table "OTHER"'):
        read_trace([lines[0].replace("READ_CLIENT", "OTHER"), *lines[1:]])


LONG = "9" * 4000
BROKEN_STEPS: tuple[tuple[str, Any, str], ...] = (
    ("row", 100000, r"row: 100000 is not a whole number from 0 to \d+"),
    ("row", True, "row: true is not a whole number"),
    ("now", "0", 'now: "0" is not a time in seconds'),
    ("now", float("inf"), "now: Infinity is not a time"),
    ("now", float("nan"), "now: NaN is not a time"),
    ("now", int(LONG), "now: a number of 4,000 digits is not a time"),
    ("now", -1.0, "now: the time -1.0 s is earlier than that of the last step, 0.0 s"),
    ("before", "asleep", 'before: "asleep" is not one of idle, requesting'),
    ("after", "awaiting-ack", "after: READ_CLIENT has no state awaiting-ack"),
    ("event", 7, "event: 7 is not an object"),
    ("event", {"kind": "Opened2"}, 'event.kind: "Opened2" is not one of Opened'),
    ("event", {"kind": ["Opened"]}, "event.kind: a list is not one of Opened"),
    ("event", {"kind": "AckReceived", "block": "1"}, 'event.block: "1" is not a whole number'),
    ("event", {"kind": "AckReceived", "block": int(LONG)}, "event.block: a number of 4,000 digits"),
    ("event", {"kind": "AckReceived", "block": 1, "source": ["a"]}, "event.source: a list is no"),
    (
        "event",
        {"kind": "AckReceived", "block": 1, "source": ["a", {}]},
        r"event.source\[1\]: an obj",
    ),
    (
        "event",
        {"kind": "AckReceived", "block": 1, "count": 10**12},
        "event.count: 10+ is not a whole",
    ),
    ("event", {"kind": "AckReceived", "block": 1, "fun": 1}, 'event: "fun" is not known here'),
    ("event", {"kind": "DataReceived", "block": 1}, "event.octets: it is missing"),
    ("event", {"kind": "Aborted", "message": "\ud800"}, "event.message: .* not a text of octets"),
    ("event", {"kind": "Aborted", "message": "A" * 70_000}, "event.message: a text of 70,000 char"),
    ("event", {"kind": "ErrorReceived", "code": 1, "message": "\0"}, "event: ERROR: the message"),
    ("event", {"kind": "OackReceived", "options": [["a", "b"]] * 40_000}, "event.options: a list"),
    ("effects", {}, "effects: an object is not a list"),
    ("effects", [{"kind": "Send", "packet": 7}], r"effects\[0\].packet: 7 is not an object"),
    (
        "effects",
        [{"kind": "SendAcks", "first": 1, "stride": 0, "count": 1}],
        r"effects\[0\].stride",
    ),
    ("end", "neither", 'end: "neither" is not one of the ends: client'),
    ("end", ["client"], "end: a list is not one"),
    ("more", 1, '"more" is not known here'),
)


@pytest.mark.parametrize(("field", "value", "words"), BROKEN_STEPS)
def test_a_broken_line_is_named_with_its_field(
    lines: list[str], field: str, value: Any, words: str
) -> None:
    record = json.loads(lines[2])
    record[field] = value
    sys.set_int_max_str_digits(10_000)
    with pytest.raises(LocalError, match=f"^line 3: {words}") as wrong:
        read_trace([*lines[:2], json.dumps(record)])
    assert len(str(wrong.value)) < LINE


@pytest.mark.parametrize("field", ["end", "now", "before", "event", "row", "after", "effects"])
def test_a_field_that_is_missing_is_named(lines: list[str], field: str) -> None:
    record = json.loads(lines[2])
    del record[field]
    with pytest.raises(LocalError, match=f"^line 3: {field}: "):
        read_trace([*lines[:2], json.dumps(record)])


def test_a_line_that_is_cut_off_can_be_removed(lines: list[str]) -> None:
    with pytest.raises(
        LocalError, match="^line 3: the line is cut off or is not JSON: remove this line"
    ):
        read_trace([*lines[:2], lines[2][:-9]])


@pytest.mark.parametrize(
    "line", ["", "[", "7", '"text"', "[1]", "{", "{}", "\0\1\2", "[" * 200_000]
)
def test_what_does_not_begin_as_a_trace_is_none(line: str) -> None:
    with pytest.raises(LocalError, match="^(line 1: this is not a trace|the trace is empty)"):
        read_trace([line])


def test_a_line_without_an_end_is_not_read_whole(lines: list[str]) -> None:
    class Endless(io.StringIO):
        def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
            assert size == values.LINE + 1
            return "x" * size

    with pytest.raises(LocalError, match="^line 1: this is not a trace"):
        read_trace(lines_of(Endless()))
    with pytest.raises(LocalError, match="^line 2: the line has more than 1,048,576 characters"):
        read_trace([lines[0], *lines_of(io.StringIO("x" * (values.LINE + 1)))])


def test_runs_stand_for_a_limited_number_of_packets(lines: list[str]) -> None:
    record = json.loads(lines[2]) | {"event": {"kind": "DataReceived", "block": 1, "octets": 8}}
    record["event"]["count"] = 65_535
    with pytest.raises(LocalError, match="^line 5: the lines up to here stand for more than"):
        read_trace([*lines[:2], *[json.dumps(record)] * 4])


@pytest.mark.parametrize("end", ["", "7", "a b", "<g>", "a" * 41, "\u202e"])
def test_the_name_of_an_end_is_a_word(lines: list[str], end: str) -> None:
    record = json.loads(lines[0])
    head = record["ends"].pop("client")
    with pytest.raises(LocalError, match="line 1: ends..* cannot be the name of an end"):
        read_trace([json.dumps(record | {"ends": {end: head}})])


def test_an_end_begins_once_and_there_are_not_many(lines: list[str]) -> None:
    head = json.loads(lines[0])["ends"]["client"]
    with pytest.raises(LocalError, match=r"line 2: ends\.client: this end is listed twice"):
        read_trace([lines[0], json.dumps({"ends": {"client": head}})])
    many = {f"client-{number}": head for number in range(2, 66)}
    with pytest.raises(LocalError, match=r"line 2: ends\.client-65: .* more than 64"):
        read_trace([lines[0], json.dumps({"ends": many})])


@pytest.mark.parametrize(
    "about",
    [
        7,
        {"latency": "x"},
        {"latency": float("nan")},
        {"failed": 7},
        {"seed": int(LONG)},
        {"a": [[[[[[[[[[]]]]]]]]]]},
        {"\ud800": 1},
    ],
    ids=lambda about: str(about)[:20],
)
def test_how_a_trace_was_made_is_checked_too(lines: list[str], about: Any) -> None:
    sys.set_int_max_str_digits(10_000)
    record = json.loads(lines[0]) | {"about": about}
    with pytest.raises(LocalError, match="^line 1: about"):
        read_trace([json.dumps(record), *lines[1:]])


def test_every_type_of_a_field_has_a_decoder() -> None:
    for kind in (*Event.__args__, *Effect.__args__, *Packet.__args__, WireEvent, Head, Options):
        assert schema.decoder(kind) is schema.decoder(kind)
    with pytest.raises(AssertionError, match="no trace can hold"):
        schema.decoder(complex)


@given(st.text(max_size=60))
def test_any_text_is_a_trace_or_a_local_error(text: str) -> None:
    with pytest.raises(LocalError):
        read_trace(text.splitlines())


def test_a_deeply_nested_line_is_a_local_error(lines: list[str]) -> None:
    with pytest.raises(LocalError, match="line 4"):
        read_trace([*lines, "[" * 200_000])


def test_every_session_of_a_table_can_be_named() -> None:
    assert set(SESSIONS) == {"READ_CLIENT", "WRITE_CLIENT", "READ_SERVER", "WRITE_SERVER"}


# -- In words --------------------------------------------------------------------------------------


def test_a_step_in_words_says_when_what_and_why() -> None:
    session = ReadClient(Rrq(b"boot.img"), PEER)
    session.handle(Opened(), 5.0)
    octets = b"\0\3\0\1" + bytes(512)
    step = session.handle(session.interpret(octets, ("192.0.2.1", 5000)), 5.25)
    event, ack, deliver, why = describe(step, start=5.0).splitlines()
    assert " ".join(event.split()) == "0.2500 < DATA 1 (512 octets) requesting -> receiving"
    assert " ".join(ack.split()) == "0.2500 > ACK 1"
    assert " ".join(deliver.split()) == "0.2500 deliver 512 octets"
    assert why.endswith("its port is its TID. (RFC 1350 section 4)")


def test_words_never_carry_a_peer_s_control_characters() -> None:
    session = ReadClient(Rrq(b"a"), PEER)
    session.handle(Opened(), 0.0)
    octets = b"\0\5\0\1\x1b[2J\n\x07\0"
    text = describe(session.handle(session.interpret(octets, PEER), 0.0))
    assert not {"\x1b", "\x07"} & set(text)
    assert "ERROR 1 \\x1b[2J\\x0a\\x07" in text


def test_a_timeout_that_is_not_due_says_that_nothing_hears_it() -> None:
    session = ReadClient(Rrq(b"a"), PEER)
    assert "No row of idle answers this." in describe(session.handle(TimeoutExpired(), 0.0))


@given(any_of(Event))
def test_every_event_has_words_for_a_terminal(event: Event) -> None:
    session = WriteServer(Wrq(b"a"), Options())
    assert all(ch.isprintable() or ch == "\n" for ch in describe(session.handle(event, 0.0)))


def test_what_was_tolerated_is_written_only_where_something_was() -> None:
    plain, padded = AckReceived(3), AckReceived(3, tolerated="25 octets of padding ignored")
    assert "tolerated" not in codec.to_json(plain)
    assert through_text(padded)["tolerated"] == "25 octets of padding ignored"
    assert codec.event(through_text(plain)) == plain
    assert codec.event(through_text(padded)) == padded


def test_words_say_what_was_tolerated() -> None:
    session = WriteClient(Wrq(b"a"), 100, PEER)
    session.handle(Opened(), 0.0)
    padded = session.interpret(b"\0\4\0\0" + bytes(25), PEER)
    event = describe(session.handle(padded, 0.0)).splitlines()[0]
    assert " ".join(event.split()).startswith("0.0000 < ACK 0 (25 octets of padding ignored)")


def test_words_count_the_copies_in_a_run() -> None:
    assert event_words(DataReceived(1, 512, 2, repeats=3)) == (
        "DATA 1..2 (2 blocks, 1,024 octets, 3 repeated)"
    )
    assert event_words(AckReceived(1, repeats=1)) == "ACK 1, 1 repeated"

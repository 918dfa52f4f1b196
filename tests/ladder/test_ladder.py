"""A ladder shows what happened: packets are matched, texts do not overlap, columns are straight."""

from __future__ import annotations

import io
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import mermaidx  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.pixels import colours_of
from tftp_fsm.__main__ import main
from tftp_fsm.borders.columns import columns, cut_label, drawn_on, fit
from tftp_fsm.ladder import Ladder, build, mermaid_ladder, svg_ladder, text_ladder
from tftp_fsm.ladder.flights import Flight
from tftp_fsm.ladder.fold import fold
from tftp_fsm.ladder.model import Fold, Mark
from tftp_fsm.ladder.sheet import Sheet
from tftp_fsm.protocol.events import ErrorReceived, Opened, StrayReceived
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import record
from tftp_fsm.trace.records import Recorded
from tftp_fsm.trace.trace import Trace, write_trace
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Rrq

SVG = "{http://www.w3.org/2000/svg}"


def transfer(
    verb: Any = "get",
    size: int = 1000,
    name: bytes = b"file",
    windowsize: int = 1,
    tsize: int | None = None,
    **faults: Any,
) -> Trace:
    options = offer(windowsize=windowsize if windowsize > 1 else None, tsize=tsize)
    setup = Setup(verb, bytes(size), Faults(**faults), options=options, name=name)
    return record(setup)[1]


def stormy(seed: int, **more: Any) -> Trace:
    return transfer(loss=0.15, duplicate=0.1, reorder=0.1, delay=0.002, seed=seed, **more)


def one_side(trace: Trace, end: str) -> Trace:
    return Trace(
        {end: trace.ends[end]},
        tuple(e for e in trace.entries if isinstance(e, Recorded) and e.end == end),
        {},
    )


WEATHER = st.fixed_dictionaries(
    {
        "verb": st.sampled_from(["get", "put"]),
        "size": st.integers(0, 4000),
        "windowsize": st.sampled_from([1, 2, 4, 8]),
        "seed": st.integers(0, 2**20),
    }
)

TWO_SESSIONS = {"verb": "get", "size": 0, "windowsize": 2, "seed": 1223}
"""The server begins anew, and the request that it has heard reaches another session."""

# -- Matching --------------------------------------------------------------------------------------


@given(WEATHER)
def test_what_the_wire_lost_is_lost_and_what_it_doubled_arrives_twice(faults: Any) -> None:
    trace = stormy(**faults)
    ladder = build(trace)
    assert sum("lost" in arrow.fate for arrow in ladder.arrows) == sum(
        "lost" in wire.fate for wire in trace.wire
    )
    for arrow in ladder.arrows:
        copies = 0 if "lost" in arrow.fate else 2 if "duplicated" in arrow.fate else 1
        assert len(arrow.arrived) <= copies


@example(TWO_SESSIONS)
@given(WEATHER)
def test_every_packet_that_was_heard_is_one_that_was_sent(faults: Any) -> None:
    assert all(arrow.sent is not None for arrow in build(stormy(**faults)).arrows)


@example(TWO_SESSIONS)
@given(WEATHER)
def test_a_packet_arrives_when_the_wire_delivered_it(faults: Any) -> None:
    trace = stormy(**faults)
    fates = {(w.sender, w.now, w.head[:4]): w.delays for w in trace.wire}
    for arrow in build(trace).arrows:
        assert arrow.sent is not None
        known = [
            d for (end, now, _), d in fates.items() if (end, now) == (arrow.sender, arrow.sent.at)
        ]
        delays = {0.0, *(delay for each in known for delay in each)}
        for moment in arrow.arrived:
            late = moment.at - arrow.sent.at - 0.001
            assert min(abs(late - delay) for delay in delays) < 1e-9


def test_in_a_lossless_transfer_every_packet_arrives_after_the_latency() -> None:
    ladder = build(transfer(size=1024))
    assert [arrow.label for arrow in ladder.arrows] == [
        "RRQ file octet",
        "DATA 1 (512 octets)",
        "ACK 1",
        "DATA 2 (512 octets)",
        "ACK 2",
        "DATA 3 (0 octets)",
        "ACK 3",
    ]
    for arrow in ladder.arrows:
        assert arrow.sent is not None
        assert [m.at - arrow.sent.at for m in arrow.arrived] == [pytest.approx(0.001)]


def test_a_damaged_packet_is_drawn_where_it_arrives() -> None:
    ladder = build(transfer(corrupt=0.5, seed=4))
    damaged = [arrow for arrow in ladder.arrows if "corrupted" in arrow.fate]
    assert damaged
    assert all("damaged" in arrow.label for arrow in damaged)
    assert any(arrow.arrived for arrow in damaged)


def test_the_reason_of_an_arrow_is_its_row_s() -> None:
    first, data, *_ = build(transfer()).arrows
    assert first.sent_why.endswith("(RFC 1350 section 4)")
    assert "answers the RRQ" in data.arrived_why


def test_a_packet_for_an_end_that_has_ended_is_unheard() -> None:
    ladders = [build(stormy(seed)) for seed in range(60)]
    unheard = [a for ladder in ladders for a in ladder.arrows if "unheard" in a.fate]
    assert unheard
    assert all(not arrow.arrived and arrow.lost for arrow in unheard)


def test_with_one_end_in_the_trace_its_packets_are_neither_lost_nor_heard() -> None:
    ladder = build(one_side(transfer(), "client"))
    assert (ladder.left.known, ladder.right.known) == (True, False)
    assert ladder.right.name == "peer (server)"
    assert not any(arrow.lost or arrow.remarks for arrow in ladder.arrows)


def test_the_server_alone_is_on_the_right() -> None:
    ladder = build(one_side(transfer(), "server"))
    assert (ladder.left.known, ladder.right.known) == (False, True)


def stray_session() -> Iterable[tuple[str, Any]]:
    session = ReadClient(Rrq(b"a"), ("h", 69), RetryPolicy(retries=0))
    yield "client", session.handle(Opened(), 0.0)
    yield "client", session.handle(StrayReceived(("h", 7)), 0.1)
    yield "client", session.handle(ErrorReceived(1, "no\x1b[2J", ("h", 5)), 0.2)


def test_a_stranger_s_packet_is_a_stray() -> None:
    stray = next(arrow for arrow in build(stray_session()).arrows if arrow.stray)
    assert stray.label == "a packet from another TID 7, stray"
    assert stray.sent is None


def test_a_repeated_answer_does_not_begin_a_new_wait() -> None:
    """A server whose OACK is asked for again still waits since it first sent it."""
    for seed in range(40):
        for mark in build(stormy(seed, tsize=0)).items:
            if isinstance(mark, Mark) and mark.kind == "timeout":
                assert mark.since is not None
                assert mark.moment.at - mark.since.at >= 0.2 - 1e-9, f"seed {seed}"


def test_an_end_that_has_dallied_long_enough_has_not_timed_out() -> None:
    marks = [item for item in build(transfer(loss=0.2, seed=9)).items if isinstance(item, Mark)]
    assert [mark.kind for mark in marks if mark.words.startswith("dallied")] == ["dally"]
    assert [mark.words for mark in marks if mark.kind == "timeout"] == ["timeout after 0.200 s"]


@pytest.mark.parametrize("ends", [("client",), ("server",), ("client", "server")])
def test_four_times_as_many_packets_are_compared_four_times_as_often(ends: tuple[str, ...]) -> None:
    short, long = (flights_looked_at(size, ends) for size in (60_000, 240_000))
    assert 0 < long <= 5 * short


def flights_looked_at(size: int, ends: tuple[str, ...]) -> int:
    """How often the sender of a flight was read while a ladder of so many octets was built."""

    class Counted(Flight):
        looks = 0

        def __getattribute__(self, name: str) -> Any:
            Counted.looks += name == "sender"
            return super().__getattribute__(name)

    trace = stormy(3, size=size, windowsize=4)
    parts = [e for e in trace.entries if not isinstance(e, Recorded) or e.end in ends]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("tftp_fsm.ladder.build"), "Flight", Counted)
        build(Trace({end: trace.ends[end] for end in ends}, tuple(parts), trace.about))
    return Counted.looks


# -- Text ------------------------------------------------------------------------------------------


def test_a_quiet_transfer_reads_from_top_to_bottom() -> None:
    assert text_ladder(transfer(size=600)) == QUIET


QUIET = """\
         idle           client                    server   idle
  0.0000 requesting    │─── RRQ file octet ────────────>│  awaiting-ack   0.0010
  0.0020 receiving     │<─────── DATA 1 (512 octets) ───│                 0.0010
  0.0020               │─── ACK 1 ─────────────────────>│                 0.0030
  0.0040 dallying      │<──────── DATA 2 (88 octets) ───│                 0.0030
  0.0040               │─── ACK 2 ─────────────────────>│  done           0.0050
  0.0040              ┌│ succeeded                      │
  0.0040 done         └│ does not dally                 │
                       │                      succeeded │                 0.0050
"""


def test_a_lost_ack_reads_as_the_classic_exercise() -> None:
    assert text_ladder(transfer(size=600, loss=0.2, seed=LOST_ACK_SEED)) == LOST_ACK


LOST_ACK_SEED = 9
LOST_ACK = """\
         idle           client                    server   idle
  0.0000 requesting    │─── RRQ file octet ────────────>│  awaiting-ack   0.0010
  0.0020 receiving     │<─────── DATA 1 (512 octets) ───│                 0.0010
  0.0020              ┌│─── ACK 1, lost ────X           │
  0.2020              └│ timeout after 0.200 s          │
  0.2020               │═══ ACK 1, again ══════════════>│                 0.2030
  0.2040 dallying      │<──────── DATA 2 (88 octets) ───│                 0.2030
  0.2040               │─── ACK 2 ─────────────────────>│  done           0.2050
  0.2040              ┌│ succeeded                      │
                      ││                      succeeded │                 0.2050
  0.8040 done         └│ dallied 0.600 s                │
"""


@pytest.mark.parametrize("width", [40, 60, 80, 133])
@pytest.mark.parametrize("seed", range(4))
def test_no_line_is_wider_than_asked_and_the_lanes_are_straight(seed: int, width: int) -> None:
    trace = stormy(seed, name="한글 파일 이름.img".encode(), windowsize=1 + seed % 4)
    for source in (trace, one_side(trace, "client"), one_side(trace, "server")):
        _, *lines = text_ladder(source, width).splitlines()
        assert max(columns(line) for line in lines) <= width, f"seed {seed}"
        lanes = set.intersection(*(lane_columns(line) for line in lines))
        assert len(lanes) >= 2, f"seed {seed}"


def lane_columns(line: str) -> set[int]:
    return {columns(line[:at]) for at, character in enumerate(line) if character == "│"}


@given(WEATHER)
def test_in_each_lane_time_never_goes_back(faults: Any) -> None:
    ladder = build(stormy(**faults))
    lines = text_ladder(ladder, 100).splitlines()[1:]
    times = [[float(line[:8]) for line in lines if line[:8].strip()]]
    if ladder.right.known:  # else every request was lost
        times.append([float(line[92:]) for line in lines if line[92:].strip()])
    assert times == [sorted(each) for each in times]


def test_where_boxes_cannot_be_drawn_it_is_ascii() -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert drawn_on(terminal, text_ladder(stormy(7))).isascii()
    assert drawn_on(io.StringIO(), "│") == "│"


def test_a_peer_s_control_characters_never_reach_the_terminal() -> None:
    text = text_ladder(stray_session(), 100)
    assert "\\x1b[2J" in text
    assert "\x1b" not in text


def test_words_are_cut_by_columns_not_by_characters() -> None:
    assert columns("한글") == 4
    assert fit("한글이름", 6) == "한..."
    assert fit("abc", 3) == "abc"
    assert cut_label("RRQ a-long-name octet", ("lost",), 16) == "RRQ a-l..., lost"


@pytest.mark.parametrize(
    "room, seen",
    [
        (35, "DATA 3 (512 octets), doubled, again"),
        (24, "DATA 3, doubled, again"),
        (21, "DATA 3, doubled"),
        (9, "DATA 3"),
        (5, "DA..."),
    ],
)
def test_a_label_keeps_the_packet_s_name_longest(room: int, seen: str) -> None:
    assert cut_label("DATA 3 (512 octets)", ("doubled", "again"), room) == seen


def test_at_80_columns_each_arrow_of_a_storm_names_its_packet() -> None:
    for seed in range(30):
        lines = text_ladder(stormy(seed, windowsize=4, size=6000)).splitlines()
        for line in lines:
            if any(remark in line for remark in (", again", ", late", ", lost", "doubled")):
                assert re.search(r"(DATA|ACK|ERROR) \d+\b(?!\.)|RRQ|OACK", line), f"seed {seed}"


# -- Folding ---------------------------------------------------------------------------------------


def test_a_long_transfer_is_folded_in_the_middle() -> None:
    text = text_ladder(transfer(size=4096 * 512), limit=40)
    assert len(text.splitlines()) < 42
    assert "... 4,091 blocks, 8.182 s ..." in text


@pytest.mark.parametrize("seed", range(8))
def test_a_fold_tells_what_it_leaves_out(seed: int) -> None:
    whole = build(stormy(seed, size=60_000, windowsize=4))
    short = fold(whole, 30)
    folds = [item for item in short.items if isinstance(item, Fold)]
    assert len(short.items) <= 31
    assert count(short, "lost") + sum(f.lost for f in folds) == count(whole, "lost")
    left_out = sum(f.packets for f in folds)
    assert len(short.arrows) + left_out == len(whole.arrows), f"seed {seed}"


def count(ladder: Ladder, word: str) -> int:
    return sum(arrow.lost for arrow in ladder.arrows) if word == "lost" else 0


def test_what_is_worth_seeing_is_folded_last() -> None:
    whole = build(transfer(size=200_000, loss=0.005, seed=2))
    short = fold(whole, 120)
    assert len(short.items) <= 120
    assert count(short, "lost") == count(whole, "lost") > 0


def test_a_short_ladder_is_left_alone() -> None:
    ladder = build(transfer())
    assert fold(ladder, 1000) is ladder
    assert fold(ladder, 0) is ladder


# -- SVG -------------------------------------------------------------------------------------------


SCENES = [
    *(
        ("storm", seed, stormy(seed, size=6000, windowsize=1 + seed % 8, tsize=0))
        for seed in range(16)
    ),
    ("quiet", 0, transfer()),
    ("name", 0, stormy(5, name=b"\xff<&>\"'" + "한글".encode() * 30)),
    ("damaged", 0, transfer(corrupt=0.4, seed=3)),
    ("client", 0, one_side(stormy(3), "client")),
    ("server", 0, one_side(stormy(3, verb="put"), "server")),
    ("silent", 0, transfer(loss=1.0)),
]
every_scene = pytest.mark.parametrize(
    "trace", [trace for _, _, trace in SCENES], ids=[f"{kind}-{seed}" for kind, seed, _ in SCENES]
)

Corners = list[tuple[float, float]]


@every_scene
def test_no_words_cover_other_words(trace: Trace) -> None:
    root = ET.fromstring(svg_ladder(trace, 60))
    texts = list(boxes(root))
    assert len(texts) > 5
    for index, (text, box) in enumerate(texts):
        for other, another in texts[index + 1 :]:
            assert apart(box, another), f"{text!r} and {other!r}"


@every_scene
def test_no_words_leave_the_picture(trace: Trace) -> None:
    root = ET.fromstring(svg_ladder(trace))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for text, corners in boxes(root):
        for x, y in corners:
            assert 0 <= x <= width, text
            assert 0 <= y <= height, text


def boxes(root: ET.Element) -> Iterator[tuple[str, Corners]]:
    """Yield each text and its four corners, from its font height and the set length."""
    sizes = {"heading": 16.0, "lane": 14.0, "small": 10.0}
    for element in root.iter(f"{SVG}text"):
        size = sizes.get(element.attrib["class"], 12.0)
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        wide = float(element.attrib["textLength"])
        turn = re.match(r"rotate\((\S+)", element.attrib.get("transform", ""))
        angle = math.radians(float(turn.group(1))) if turn else 0.0
        flat = [(0.0, -0.75 * size), (wide, -0.75 * size), (wide, 0.2 * size), (0.0, 0.2 * size)]
        yield (
            "".join(element.itertext()),
            [
                (
                    x + dx * math.cos(angle) - dy * math.sin(angle),
                    y + dx * math.sin(angle) + dy * math.cos(angle),
                )
                for dx, dy in flat
            ],
        )


def apart(one: Corners, other: Corners) -> bool:
    """Return whether one edge of a box has the other box entirely on its far side."""
    if min(y for _, y in one) > max(y for _, y in other):
        return True
    return any(separates(edge, one, other) for corners in (one, other) for edge in edges(corners))


def edges(corners: Corners) -> Iterator[tuple[float, float]]:
    for (x, y), (to_x, to_y) in pairwise(corners):
        yield to_y - y, x - to_x


def separates(normal: tuple[float, float], one: Corners, other: Corners) -> bool:
    first = [x * normal[0] + y * normal[1] for x, y in one]
    second = [x * normal[0] + y * normal[1] for x, y in other]
    return max(first) <= min(second) or max(second) <= min(first)


@every_scene
def test_the_picture_is_one_file_without_script_or_outside_reference(trace: Trace) -> None:
    text = svg_ladder(trace)
    root = ET.fromstring(text)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    names = {name for element in root.iter() for name in element.attrib}
    assert tags <= {"svg", "title", "desc", "style", "rect", "path", "g", "text", "circle"}
    assert not [name for name in names if name.startswith("on") or "href" in name]
    assert "url(" not in text
    assert "@import" not in text


def test_the_same_trace_gives_the_same_octets() -> None:
    assert svg_ladder(stormy(7)) == svg_ladder(stormy(7))


def test_those_who_do_not_see_it_are_told_what_it_shows() -> None:
    root = ET.fromstring(svg_ladder(stormy(7)))
    named = root.attrib["aria-labelledby"].split()
    told = {element.attrib["id"]: element.text for element in root if "id" in element.attrib}
    assert root.attrib["role"] == "img"
    assert told[named[0]] == "RRQ file octet"
    assert "were lost" in str(told[named[1]])
    assert "requesting, receiving" in str(told[named[1]])


def test_a_reader_in_the_dark_gets_dark_colours() -> None:
    assert "@media (prefers-color-scheme:dark)" in svg_ladder(transfer())


def test_a_renderer_that_is_no_browser_draws_it_in_colours(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    trace, drawn = tmp_path / "t.jsonl", tmp_path / "t.png"
    with trace.open("w") as file:
        write_trace(transfer(size=600, loss=0.2, seed=LOST_ACK_SEED), file)
    assert main(["ladder", str(trace), "--output", str(drawn)]) == 0
    seen = colours_of(drawn.read_bytes())
    share = {colour: count / sum(seen.values()) for colour, count in seen.items()}
    assert share[(255, 255, 255)] > 0.6, "paper is white"
    for blue_amber_red_green_box in ("0b51c1", "875000", "b42318", "1a6b3a", "eef2f8"):
        assert share.get(tuple(bytes.fromhex(blue_amber_red_green_box)), 0) > 0.0001
    assert sum(part for colour, part in share.items() if max(colour) < 16) < 0.01, "black"


def test_a_lost_packet_of_a_window_is_parallel_to_the_others_of_it() -> None:
    for seed in range(20):
        ladder = build(transfer(size=8000, windowsize=8, loss=0.1, seed=seed))
        sheet = Sheet(ladder, {})
        windows: dict[tuple[str, int], list[tuple[float, float]]] = {}
        for arrow in ladder.arrows:
            if arrow.sent is not None and "unheard" not in arrow.fate:
                (x, y), (to_x, to_y) = sheet.line(arrow)
                slope = (to_y - y) / abs(to_x - x)
                windows.setdefault((arrow.sender, arrow.sent.step), []).append((y, y + slope))
        for lines in windows.values():
            assert lines == sorted(lines)
            assert [tip for _, tip in lines] == sorted(tip for _, tip in lines), f"seed {seed}"


def test_a_program_finds_each_arrow_and_the_step_that_sent_it() -> None:
    trace = stormy(7)
    root = ET.fromstring(svg_ladder(trace))
    arrows = [g for g in root.iter(f"{SVG}g") if g.attrib.get("id", "").startswith("arrow-")]
    assert len({g.attrib["id"] for g in arrows}) == len(arrows) == len(build(trace).arrows)
    for arrow in arrows:
        end, step = trace.steps[int(arrow.attrib["data-step"])]
        title = arrow.find(f"{SVG}title")
        assert title is not None
        assert f"by {end}" in str(title.text)
        assert step.effects


def test_what_befell_a_packet_shows_without_colour() -> None:
    root = ET.fromstring(svg_ladder(stormy(7)))
    for group in root.iter(f"{SVG}g"):
        kinds = group.attrib["class"].split()
        inside = {str(child.attrib.get("class")) for child in group}
        assert ("lost" in kinds and "unheard" not in kinds) == ("cross" in inside)
        assert ("again" in kinds) == ("core" in inside)


# -- Mermaid ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 7])
def test_mermaid_itself_reads_the_diagram(seed: int) -> None:
    name = b"a;b#c<d>%%{&}\"'\\ end:" + "한글".encode()
    text = mermaid_ladder(stormy(seed, name=name, windowsize=4))
    assert "DATA 1" in str(mermaidx.render(text).svg())


@pytest.mark.slow
def test_mermaid_s_check_does_find_what_is_broken() -> None:
    with pytest.raises(Exception, match=r"(?i)pars|expect|lex"):
        mermaidx.render("sequenceDiagram\n    client->>: no receiver\n").svg()


def test_mermaid_has_losses_and_states() -> None:
    text = mermaid_ladder(transfer(loss=0.2, seed=LOST_ACK_SEED))
    assert "-x" in text
    assert "Note left of client: requesting" in text


# -- Nothing --------------------------------------------------------------------------------------


def test_a_trace_without_steps_is_an_empty_ladder() -> None:
    empty = Trace({}, (), {})
    assert text_ladder(empty)
    assert ET.fromstring(svg_ladder(empty)).tag == f"{SVG}svg"
    assert mermaid_ladder(empty)

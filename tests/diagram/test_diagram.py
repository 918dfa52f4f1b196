"""The picture of a table, and its formats."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tftp_fsm.borders.columns import drawn_on
from tftp_fsm.diagram import (
    Detail,
    Picture,
    picture_of,
    picture_of_table,
    render_csv,
    render_dot,
    render_markdown,
    render_mermaid,
    render_svg,
    render_text,
)
from tftp_fsm.diagram.model import DETAILS, kind_of
from tftp_fsm.diagram.overview import Verb, meet
from tftp_fsm.diagram.overview_svg import render_overview
from tftp_fsm.protocol.rows import State, Table
from tftp_fsm.protocol.tables import READ_CLIENT, READ_SERVER, TABLES, WRITE_CLIENT, WRITE_SERVER
from tftp_fsm.protocol.whole import hears

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"
TURNSTILE = [
    {"trigger": "coin", "source": "locked", "dest": "unlocked", "after": ["count", "thank"]},
    {"trigger": "push", "source": "locked", "dest": None},
    {"trigger": "push", "source": "unlocked", "dest": "locked", "unless": "is_jammed"},
    {"trigger": "coin", "source": "unlocked", "dest": "="},
]

each_table = pytest.mark.parametrize("table", TABLES, ids=[t.name for t in TABLES])
each_detail = pytest.mark.parametrize("detail", DETAILS)


ASCII_TERMINAL = io.TextIOWrapper(io.BytesIO(), encoding="ascii")


def turnstile() -> Picture:
    return picture_of(TURNSTILE, name="GATE")


def elements(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter())


def by_id(svg: str) -> dict[str, ET.Element]:
    return {e.attrib["id"]: e for e in elements(svg) if "id" in e.attrib}


def classes(element: ET.Element) -> list[str]:
    return element.attrib["class"].split()


# -- The model ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table, spine",
    [
        (READ_CLIENT, "idle requesting receiving dallying done"),
        (WRITE_CLIENT, "idle requesting awaiting-ack done"),
        (READ_SERVER, "idle awaiting-ack done"),
        (WRITE_SERVER, "idle receiving dallying done"),
    ],
    ids=lambda value: value.name if isinstance(value, Table) else "",
)
def test_the_good_path_is_the_spine_and_error_stands_aside(table: Table, spine: str) -> None:
    picture = picture_of_table(table)
    assert picture.spine == tuple(spine.split())
    assert picture.side == "error"
    assert picture.finals == {"done", "error"}
    assert picture.column == picture.spine


@each_table
def test_every_row_is_drawn_once_inside_a_state_or_on_an_arrow(table: Table) -> None:
    picture = picture_of_table(table)
    inside = [row for state in picture.states for row in picture.inside(state)]
    going = [row for edge in picture.edges for row in edge.rows]
    assert sorted(row.index for row in (*inside, *going)) == list(range(len(table.rows)))
    assert all(row.dest is None for row in inside)


def test_triggers_of_tftp_have_the_kinds_that_a_reader_expects() -> None:
    kinds = {t: kind_of(t) for table in TABLES for s in State for t in hears(table, s)}
    assert {t for t, kind in kinds.items() if kind == "time"} == {"timeout_expired"}
    assert {t for t, kind in kinds.items() if kind == "local"} == {"opened", "end_found"}
    assert {t for t, kind in kinds.items() if kind == "packet"} == {
        "request_received", "data_received", "ack_received", "oack_received", "stray_received",
        "empty_received",
    }  # fmt: skip


def test_rows_may_be_what_transitions_takes() -> None:
    picture = turnstile()
    assert (picture.initial, picture.states) == ("locked", ("locked", "unlocked"))
    assert [row.label for row in picture.rows] == [
        "coin / count, thank",
        "push",
        "push [not is_jammed]",
        "coin",
    ]
    again = picture.edge("unlocked", "unlocked")
    assert again is not None and again.rows[0].trigger == "coin"
    assert picture_of([["go", "a", "b", "may_go"]], name="X").rows[0].label == "go [may_go]"


def test_a_source_of_all_or_of_several_is_spelt_out() -> None:
    rows = [
        {"trigger": "go", "source": ["a", "b"], "dest": "c"},
        {"trigger": "reset", "source": "*", "dest": "a"},
    ]
    drawn = picture_of(rows, name="X").rows
    assert [(r.source, r.dest) for r in drawn] == [
        ("a", "c"), ("b", "c"), ("a", "a"), ("b", "a"), ("c", "a"),
    ]  # fmt: skip


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="without rows"):
        picture_of([], name="EMPTY")


# -- SVG ------------------------------------------------------------------------------------------


@each_detail
@each_table
def test_an_svg_is_well_formed_with_ids_for_every_state_and_row(
    table: Table, detail: Detail
) -> None:
    svg = render_svg(picture_of_table(table), detail=detail)
    ids = [e.attrib["id"] for e in elements(svg) if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    assert {f"state-{state.value}" for state in table.states} <= set(ids)
    arrows = {index for index, row in enumerate(table.rows) if not row.stays}
    shown = arrows if detail == "states" else set(range(len(table.rows)))
    assert {f"row-{index}" for index in shown} <= set(ids)


@each_table
def test_a_row_tells_why_and_names_its_rfc_section_when_pointed_at(table: Table) -> None:
    found = by_id(render_svg(picture_of_table(table)))
    for index, row in enumerate(table.rows):
        title = found[f"row-{index}"].findtext(f"{SVG}title")
        assert title is not None and row.why in title and row.rfc in title


@pytest.mark.parametrize("verb", ["get", "put"])
def test_no_picture_has_a_script_or_an_outside_reference(verb: Verb) -> None:
    pictures = [render_svg(picture_of_table(table)) for table in TABLES]
    for svg in (*pictures, render_overview(meet(verb))):
        for element in elements(svg):
            assert element.tag.removeprefix(SVG) not in ("script", "image", "use", "foreignObject")
            assert not any("href" in name or name.startswith("on") for name in element.attrib)
        text = svg.replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text and "url(" not in text and "@import" not in text


@each_table
def test_a_picture_has_a_title_and_a_description_for_those_who_do_not_see_it(table: Table) -> None:
    root = ET.fromstring(render_svg(picture_of_table(table)))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and description is not None and description.text
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {description.attrib['id']}"
    assert all(state.value in description.text for state in table.states)


def test_entering_staying_and_reentering_look_different() -> None:
    found = by_id(render_svg(turnstile()))

    def tips(name: str) -> set[str]:
        return {e.attrib.get("class", "") for e in found[name].iter()} & {"head", "hollow"}

    assert tips("edge-locked-unlocked") == {"head"}
    assert tips("edge-unlocked-unlocked") == {"hollow"}
    assert "row-1" in {e.attrib.get("id") for e in found["state-locked"].iter()}


def test_begin_end_and_highlight_are_marked() -> None:
    found = by_id(render_svg(picture_of_table(READ_CLIENT), highlight="receiving"))
    assert "lit" in classes(found["state-receiving"]) and "lit" not in classes(found["state-idle"])
    assert "initial-state" in classes(found["state-idle"])
    for state in ("done", "error"):
        assert "final" in classes(found[f"state-{state}"])
        assert [e.attrib.get("class") for e in found[f"state-{state}"]].count("inner") == 1


def test_counts_are_drawn_and_what_was_never_taken_is_dashed() -> None:
    found = by_id(render_svg(turnstile(), counts={0: 12, 1: 3}))
    assert "\u00d712" in "".join(found["row-0"].itertext())
    assert "never" not in classes(found["edge-locked-unlocked"])
    assert "never" in classes(found["edge-unlocked-locked"])
    assert "never" in classes(found["row-2"]) and "never" not in classes(found["row-1"])


def test_a_prefix_keeps_two_pictures_on_one_page_apart() -> None:
    one, two = by_id(render_svg(turnstile())), by_id(render_svg(turnstile(), prefix="b-"))
    assert not one.keys() & two.keys()


def test_names_from_a_users_table_are_escaped() -> None:
    rows = [{"trigger": "a<b", "source": 'x"&', "dest": "]]>", "why": "<script>"}]
    svg = render_svg(picture_of(rows, name="<&>"))
    assert "<script" not in svg
    assert "a<b" in "".join(ET.fromstring(svg).itertext())


def test_the_same_rows_give_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib; from tftp_fsm.diagram.files import generated_files as made;"
        "print(hashlib.sha256(repr(made()).encode()).hexdigest())"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]


# -- Other forms ----------------------------------------------------------------------------------


@each_table
def test_the_csv_holds_every_row_as_it_is(table: Table) -> None:
    records = list(csv.DictReader(io.StringIO(render_csv(picture_of_table(table)))))
    assert len(records) == len(table.rows)
    for record, row in zip(records, table.rows, strict=True):
        goal = row.dest.value if row.dest else "(stays)"
        assert (record["state"], record["event"]) == (row.source.value, row.trigger)
        assert (record["guard"], record["next state"]) == (row.guard, goal)
        for told, own, of_windows in (
            (record["RFC section"], row.rfc, row.rfc_window),
            (record["why"], row.why, row.why_window),
        ):
            assert told.startswith(own) and told.endswith(of_windows or own)


def test_a_bar_in_a_name_does_not_end_a_cell_of_the_markdown_table() -> None:
    rows = [{"trigger": "a|b", "source": "x", "dest": "y"}]
    assert r"| a\|b |" in render_markdown(picture_of(rows, name="X"))


@pytest.mark.slow
@each_detail
@each_table
def test_mermaid_itself_reads_the_mermaid_text(table: Table, detail: Detail) -> None:
    mermaidx = pytest.importorskip("mermaidx")
    drawn = mermaidx.render(render_mermaid(picture_of_table(table), detail=detail)).svg()
    assert all(state.value in drawn for state in table.states)


def test_mermaid_itself_refuses_what_is_no_mermaid() -> None:
    mermaidx = pytest.importorskip("mermaidx")
    with pytest.raises(RuntimeError, match="Parse error"):
        mermaidx.render("stateDiagram-v2\n  a --> --> b\n").svg()


@pytest.mark.slow
def test_mermaid_reads_names_that_mean_something_to_it() -> None:
    mermaidx = pytest.importorskip("mermaidx")
    rows = [
        {"trigger": "go: 1; #2 <b>", "source": "end", "dest": "state"},
        {"trigger": "note", "source": "a-b", "dest": "a_b"},
        {"trigger": "x", "source": "state", "dest": "a-b"},
    ]
    assert "go: 1; #2" in mermaidx.render(render_mermaid(picture_of(rows, name="X"))).svg()


@each_table
def test_dot_has_a_node_for_every_state_and_an_arrow_for_every_edge(table: Table) -> None:
    picture = picture_of_table(table)
    dot = render_dot(picture)
    assert all(f'\n  "{state}" [' in dot for state in picture.states)
    assert all(f'\n  "{e.source}" -> "{e.dest}" [' in dot for e in picture.edges)
    assert dot.count('"') % 2 == 0


@each_table
def test_the_text_drawing_holds_every_row_and_fits_a_wide_terminal(table: Table) -> None:
    picture = picture_of_table(table)
    text = render_text(picture)
    assert max(len(line) for line in text.splitlines()) <= 100
    words = " ".join(text.replace("\u2502", " ").split())
    assert all(" ".join(row.label.split()) in words for row in picture.rows)


def test_the_text_drawing_has_a_form_for_terminals_that_know_ascii_alone() -> None:
    assert drawn_on(ASCII_TERMINAL, render_text(turnstile())).isascii()


# -- The overview ---------------------------------------------------------------------------------


def test_the_overview_of_a_read_shows_each_packet_between_the_states_it_connects() -> None:
    told = [(m.sender, m.packet, m.sent_in, m.heard_in) for m in meet("get").messages]
    assert told[:4] == [
        ("client", "RRQ", "requesting", "idle"),
        ("server", "OACK", "awaiting-ack", "requesting"),
        ("client", "ACK 0", "receiving", "awaiting-ack"),
        ("server", "DATA 1", "awaiting-ack", "receiving"),
    ]
    assert told[-1] == ("client", "ACK 3", "dallying", "awaiting-ack")


@pytest.mark.parametrize(
    ("verb", "opening"), [("get", ["RRQ", "DATA 1", "ACK 1"]), ("put", ["WRQ", "ACK 0", "DATA 1"])]
)
def test_the_plain_overview_is_the_exchange_of_rfc_1350(verb: Verb, opening: list[str]) -> None:
    plain, full = meet(verb, plain=True), meet(verb)
    told = [message.packet for message in plain.messages]
    assert told[:3] == opening and "OACK" not in told
    assert told[-2:] == [message.packet for message in full.messages][-2:]
    assert "without options" in render_overview(plain) and "without" not in render_overview(full)


@pytest.mark.parametrize("verb", ["get", "put"])
def test_the_overview_has_a_state_of_both_ends_for_every_state_gone_through(verb: Verb) -> None:
    meeting = meet(verb)
    found = by_id(render_overview(meeting))
    for change in meeting.changes:
        assert f"{change.end}-state-{change.row.dest}" in found
    assert {f"message-{i}" for i in range(len(meeting.messages))} <= found.keys()

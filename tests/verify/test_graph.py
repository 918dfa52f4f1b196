"""All states of a small transfer as a picture: the good run is the spine, losses are branches."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tftp_fsm.__main__ import main
from tftp_fsm.cli.verify_graph import drawn
from tftp_fsm.diagram.lanes import Lanes
from tftp_fsm.diagram.states import HEIGHT, WIDTH, Drawing, graph_dot, render_graph
from tftp_fsm.verify.case import Budgets, Case
from tftp_fsm.verify.graph import FEW, as_json, graph_of

READ = Case("get", 768, has_options=False, budgets=FEW)
CASES = [
    READ,
    Case("put", 768, has_options=False, budgets=FEW),
    Case("get", 12, windowsize=2, budgets=FEW),
    Case("get", 8, budgets=Budgets(losses=1, copies=1, early=0)),
]
PICTURE = Path(__file__).parents[2] / "docs" / "verify-read.svg"


def test_the_spine_is_the_run_in_which_nothing_is_lost() -> None:
    graph = graph_of(READ)
    heard = [
        next(e.words for e in graph.edges if (e.source, e.dest) == pair)
        for pair in pairwise(graph.spine)
    ]
    assert heard == [
        *("RRQ arrives", "DATA 1 arrives", "ACK 1 arrives", "DATA 2 arrives", "ACK 2 arrives"),
        "client times out",
    ]
    assert graph.nodes[graph.spine[-1]].is_end
    assert {edge.words.partition(":")[0] for edge in graph.edges if edge.is_time} == {
        *("lost", "client times out", "server times out")
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_boxes_do_not_meet_and_arrows_lead_down_past_them(case: Case) -> None:
    drawing = Drawing(drawn(graph_of(case)))
    places = [drawing._place(number) for number in range(len(drawing.graph.boxes))]
    assert len(set(places)) == len(places)
    for edge in drawing.graph.arrows:
        points = drawing._points(edge)
        assert points[-1][1] > points[0][1], "down"
        for (x0, y0), (x1, y1) in pairwise(points):
            for x, y in places:
                across = min(x0, x1) < x + WIDTH / 2 and max(x0, x1) > x - WIDTH / 2
                along = min(y0, y1) < y + HEIGHT and max(y0, y1) > y
                assert not (across and along), f"{edge} runs through the box at {x}, {y}"


def test_a_lane_is_free_again_below_a_branch() -> None:
    edges = [(0, 1, False), (1, 2, False), (0, 3, True), (3, 1, True), (1, 4, True)]
    lanes = Lanes(5, edges, [0, 1, 2])
    assert lanes.rows == [0, 2, 3, 1, 3]
    assert lanes.columns == [0, 0, 0, -1, -1]


def test_the_picture_in_the_documentation_is_up_to_date() -> None:
    how = f"tftp-fsm verify --graph {PICTURE.relative_to(PICTURE.parents[1])}"
    assert PICTURE.read_text("utf-8") == render_graph(drawn(graph_of(READ))), f"run {how}"


def test_dot_and_json_have_every_state() -> None:
    graph = graph_of(READ)
    told = as_json(graph)
    assert len(told["states"]) == len(graph.nodes) == graph_dot(drawn(graph)).count("under way")
    assert len(told["edges"]) == len(graph.edges) == graph_dot(drawn(graph)).count("->")


def test_the_command_writes_each_form(tmp_path: Path) -> None:
    for form in ("svg", "dot", "json"):
        assert main(["verify", "--graph", str(tmp_path / f"read.{form}")]) == 0
    svg = ElementTree.fromstring((tmp_path / "read.svg").read_text("utf-8"))
    assert svg.tag.endswith("svg")
    assert json.loads((tmp_path / "read.json").read_text())["spine"][0] == 0
    assert (tmp_path / "read.dot").read_text().startswith("digraph")


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (["--graph", "x.png"], 2, "the --graph file must end with one of .svg, .dot, .json: x.png"),
        (["hostile", "--graph", "x.svg"], 2, "--graph needs both ends: get or put"),
        (["--graph", "x.svg", "--blocks", "9", "--losses", "3"], 1, "too many for a picture"),
        (["--graph", "x.svg", "--mutant", "no-dally"], 1, "a rule is broken"),
    ],
)
def test_what_cannot_be_drawn_is_told(
    words: list[str],
    status: int,
    line: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        ended = main(["verify", *words])
    except SystemExit as stopped:
        ended = int(str(stopped.code))
    assert ended == status
    assert line in capsys.readouterr().err
    assert not list(tmp_path.iterdir())

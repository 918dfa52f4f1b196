"""A lean picture has the elements of the full one, without those that its page already has."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tftp_fsm.diagram import picture_of_table, render_svg
from tftp_fsm.diagram.lean import lean_style_sheet, render_lean, sign_definitions
from tftp_fsm.diagram.style import style_sheet
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.tables import TABLES

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def lean(table: Table) -> str:
    return render_lean(picture_of_table(table), "e1")


def full(table: Table) -> str:
    return render_svg(picture_of_table(table), detail="triggers", prefix="e1-")


@every_table
def test_each_row_is_in_one_element(table: Table) -> None:
    groups = ElementTree.fromstring(lean(table)).iter("g")
    found = [int(i) for group in groups for i in group.get("data-rows", "").split()]
    assert sorted(found) == list(range(len(table.rows)))


@every_table
def test_states_and_edges_have_the_ids_of_the_full_picture(table: Table) -> None:
    wanted = re.findall(r'id="(e1-(?:state|edge)-[^"]+)"', full(table))
    assert wanted
    assert re.findall(r'id="(e1-(?:state|edge)-[^"]+)"', lean(table)) == wanted


@every_table
def test_all_words_of_the_full_picture_are_there_but_the_legend(table: Table) -> None:
    shown = ["".join(text.itertext()) for text in ElementTree.fromstring(lean(table)).iter("text")]
    svg = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(full(table))
    legend = {text for g in root.iter(f"{svg}g") if g.get("class") == "legend" for text in g}
    wanted = ["".join(t.itertext()) for t in root.iter(f"{svg}text") if t not in legend]
    assert shown == wanted


@every_table
def test_each_sign_that_is_used_is_defined(table: Table) -> None:
    used = set(re.findall(r'href="#([^"]+)"', lean(table)))
    assert used
    assert used <= set(re.findall(r'id="([^"]+)"', sign_definitions()))


@every_table
def test_what_the_page_has_elsewhere_is_left_out(table: Table) -> None:
    drawn = lean(table)
    for left_out in ("<style", "<desc", "legend", "paper", "textLength", "\n"):
        assert left_out in full(table)
        assert left_out not in drawn
    assert len(drawn) < len(full(table)) / 2


@every_table
def test_the_style_sheet_has_a_rule_for_each_class_that_has_one(table: Table) -> None:
    used = {c for names in re.findall(r'class="([^"]+)"', lean(table)) for c in names.split()}
    all_rules = set(re.findall(r"\.([a-z-]+)", style_sheet("auto")))
    assert used & all_rules <= set(re.findall(r"\.([a-z-]+)", lean_style_sheet()))
    assert "message" in all_rules
    assert ".message" not in lean_style_sheet()

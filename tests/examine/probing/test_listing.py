"""The list of all checks: as text, as Markdown, and as JSON values."""

from __future__ import annotations

from tests.support.english import english
from tftp_fsm.examine.probing.listing import listed, listed_as_markdown, records
from tftp_fsm.examine.probing.plan import EVERY, NAMES, WRITING_NAMES
from tftp_fsm.language import speaking


def test_each_check_has_a_line_in_each_form() -> None:
    lines = listed(EVERY).split("\n")
    assert lines[0].startswith(f"{len(NAMES)} checks; checks whose names begin with write ")
    assert tuple(line.split()[0] for line in lines[1:]) == NAMES
    rows = listed_as_markdown(EVERY).split("\n")
    assert tuple(row.split()[1] for row in rows[2:]) == NAMES
    assert tuple(record["check"] for record in records(EVERY, WRITING_NAMES)) == NAMES


def test_those_that_write_are_those_of_the_names() -> None:
    writing = [record["check"] for record in records(EVERY, WRITING_NAMES) if record["writes"]]
    assert writing == [name for name in NAMES if name.startswith("write")]
    assert set(writing) == set(WRITING_NAMES)


def test_what_writes_is_what_the_plan_says() -> None:
    assert [record["check"] for record in records(EVERY, ["read"]) if record["writes"]] == ["read"]


def test_the_list_is_translated() -> None:
    with speaking("ko"):
        assert english(listed(EVERY)) == []
        assert english(listed_as_markdown(EVERY)) == []

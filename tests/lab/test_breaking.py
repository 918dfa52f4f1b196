"""Tables that a page breaks: accepted and refused changes, and the equal file of `--table`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tftp_fsm.__main__ import main
from tftp_fsm.errors import LocalError
from tftp_fsm.lab.breaking import EXAMPLE, INTACT, REFUSED, broken, catalogue, table_text
from tftp_fsm.protocol.roles import OURS
from tftp_fsm.protocol.rows import State

STALE = {"table": "READ_SERVER", "row": 9}
ROWS = [(kind, number) for kind in OURS.kinds for number in range(len(kind.table.rows))]


def rows_of(*changes: dict[str, Any]) -> Any:
    return broken({"rows": list(changes)}, allows_python=False)


def test_without_a_description_the_tables_are_ours() -> None:
    assert broken(None, allows_python=False) is INTACT
    assert INTACT.sessions is OURS


@pytest.mark.parametrize(("kind", "number"), ROWS)
def test_each_row_can_be_switched_off_and_then_ignores_its_event(kind: Any, number: int) -> None:
    name, row = kind.table.name, kind.table.rows[number]
    if not row.after and row.dest is None:
        pytest.skip("the row does nothing already")
    changed = rows_of({"table": name, "row": number, "off": True})
    tables = [each.table for each in changed.sessions.kinds]
    (table,) = [table for table in tables if table.name == f"{name}_MINE_PY"]
    now = table.rows[number]
    assert (now.after, now.dest) == ((), None)
    assert (now.trigger, now.source, now.guard) == (row.trigger, row.source, row.guard)
    assert now.why.startswith("Switched off in the lab") and row.why in now.why
    others = [r for r in table.rows if r is not now]
    assert others == [r for i, r in enumerate(kind.table.rows) if i != number]


def test_a_row_does_other_actions_and_leads_elsewhere() -> None:
    changed = rows_of({**STALE, "after": ["note_duplicate", "send_window"], "dest": "done"})
    row = changed.sessions.read_server.table.rows[9]
    assert (row.after, row.dest) == (("note_duplicate", "send_window"), State.DONE)
    again = {"table": changed.sessions.read_server.table.name, "row": 9, "off": True}
    assert rows_of(again).sessions.read_server.table.rows[9].after == ()


def test_the_file_says_the_same_to_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(table_text([{**STALE, "after": ["note_duplicate", "send_window"]}]))
    options = ("--windowsize", "1", "--losses", "1", "--copies", "1", "--workers", "1")
    assert main(["verify", "get", *options, "--table", str(mine)]) == 1
    assert "Sorcerer's Apprentice" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("description", "told"),
    [
        (3, "`tables` must have `mutant`, `rows` or `python`"),
        ({}, "`tables` must have"),
        ({"mutant": "../x"}, "there is no mistake '../x'"),
        ({"rows": []}, "no row is changed"),
        ({"rows": [{"table": "READ_SERVER", "row": 9, "after": ["note_client", "note_duplicate"]}]},
         "no row is changed"),
        ({"rows": [7]}, "a change must name a `table`"),
        ({"rows": [{"table": "X", "row": 1}]}, "there is no table 'X'"),
        ({"rows": [{"table": "READ_SERVER", "row": 99}]}, "has 36 rows, and no row 99"),
        ({"rows": [{**STALE, "after": "send_ack"}]}, "`after` must be a list of actions"),
        ({"rows": [{**STALE, "after": ["os.getcwd"]}]}, "has no action 'os.getcwd'"),
        ({"rows": [{**STALE, "after": ["__init__"]}]}, "has no action '__init__'"),
        ({"rows": [{**STALE, "after": [["x"]]}]}, "has no action"),
        ({"rows": [{**STALE, "dest": "heaven"}]}, "there is no state 'heaven'"),
        ({"rows": [STALE] * 201}, "at most 200 rows"),
        ({"python": EXAMPLE}, "typed Python is refused here"),
        ({"python": 3}, "`tables` must have"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_line(description: Any, told: str) -> None:
    with pytest.raises(LocalError) as refused:
        broken(description, allows_python=False)
    assert told in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CHANGES = [", "mine.py, line 1: SyntaxError"),
        ("x = 1", "mine.py changes no row"),
        ("import no_such", "mine.py, line 1: ModuleNotFoundError"),
        ("raise SystemExit(3)", "mine.py, line 1: SystemExit: 3"),
        ("x" * 70_000, "at most 65,536 characters"),
        ("\udc80", "mine.py"),
    ],
)
def test_typed_python_is_run_where_it_is_allowed_and_its_mistakes_have_a_line(
    text: str, told: str
) -> None:
    with pytest.raises(LocalError) as refused:
        broken({"python": text}, allows_python=True)
    assert str(refused.value).startswith(told.split(",")[0]) or told in str(refused.value)
    assert "/" not in str(refused.value)


def test_the_example_of_the_page_runs() -> None:
    changed = broken({"python": EXAMPLE}, allows_python=True)
    assert changed.sessions.read_server.table.name == "READ_SERVER_MINE_PY"
    assert changed is not broken({"python": f"{EXAMPLE}\n"}, allows_python=True)


def test_the_catalogue_has_all_rows_and_only_actions_that_a_row_may_name() -> None:
    told = catalogue(allows_python=False)
    assert (told["python"], told["refused"]) == (False, REFUSED)
    for kind in OURS.kinds:
        table = told["tables"][kind.table.name]
        assert len(table["rows"]) == len(kind.table.rows)
        assert {action for row in table["rows"] for action in row["after"]} <= {*table["actions"]}
        assert all(table["actions"].values()), "each action says what it does"


def test_the_files_of_changed_rows_go_with_the_process() -> None:
    code = (
        "from tftp_fsm.lab.breaking import _folder, broken\n"
        f"broken({{'rows': [{STALE | {'off': True}}]}}, allows_python=False)\n"
        "print(_folder())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "tftp-fsm-lab-" in done.stdout and not Path(done.stdout.strip()).exists()

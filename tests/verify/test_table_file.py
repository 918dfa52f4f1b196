"""Tables that a user's file changes: verified, stepped and drawn. A mistake gets one line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.support.refused import Refused
from tftp_fsm.__main__ import main
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.roles import OURS
from tftp_fsm.verify.known import known_sessions
from tftp_fsm.verify.table_file import load_sessions

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "sorcerer.py")
FEW = ("--losses", "1", "--copies", "1", "--early", "0", "--windowsize", "1")


def test_the_example_changes_one_table_and_its_traces_can_be_read() -> None:
    sessions = load_sessions(EXAMPLE)
    assert sessions.read_server.table.name == "READ_SERVER_SORCERER_PY"
    assert (sessions.read_client, sessions.write_client) == (OURS.read_client, OURS.write_client)
    assert known_sessions()["READ_SERVER_SORCERER_PY"] is sessions.read_server


def test_verify_finds_what_the_change_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    trace = str(tmp_path / "run.jsonl")
    assert main(["verify", "get", *FEW, "--table", EXAMPLE, "--workers", "1", "-o", trace]) == 1
    out = capsys.readouterr().out
    assert "READ_SERVER_SORCERER_PY" in out.splitlines()[0]
    assert "Sorcerer's Apprentice" in out
    assert main(["debug", "--table", EXAMPLE, trace, "--script", _script(tmp_path)]) == 0
    assert "Is that wise?" in capsys.readouterr().out


def _script(folder: Path) -> str:
    path = folder / "script.txt"
    path.write_text("continue\n")
    return str(path)


def test_debug_steps_and_diagram_draws_the_changed_rows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("continue\n"))
    assert main(["debug", "--table", EXAMPLE]) == 0
    assert "of READ_SERVER_SORCERER_PY" in capsys.readouterr().out
    assert main(["diagram", "--table", EXAMPLE]) == 0
    drawn = capsys.readouterr().out
    assert drawn.startswith("READ_SERVER_SORCERER_PY") and "READ_CLIENT" not in drawn
    assert "note_repeated_ack" in drawn


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("CHANGES = [", ", line 1: SyntaxError: '[' was never closed"),
        ("import nowhere_at_all", ", line 1: ModuleNotFoundError: No module named"),
        ("\nraise SystemExit(3)", ", line 2: SystemExit: 3"),
        ("X = 1", " changes no row: it needs CHANGES = [...]"),
        ("CHANGES = ['x']", ": CHANGES is not a list of replaced(...), removed(...), added(...)"),
        ("METHODS = ['x']", ": METHODS is not a dict of names and functions"),
        ("CHANGES = [removed(where('nonsense'))]", ": no table has a row for this change: removed"),
        ("CHANGES = [replaced(where('aborted'), aftr=())]", ": a row has no field 'aftr'"),
        (
            "CHANGES = [replaced(where('aborted'), after=('stop',))]",
            ": READ_CLIENT_MINE_PY, idle: aborted -> error: there is no action 'stop'",
        ),
        (
            "CHANGES = [removed(where('aborted'))]",
            ": READ_CLIENT_MINE_PY: no row answers aborted in state idle",
        ),
    ],
)
def test_a_mistake_in_the_file_is_one_line(
    text: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"from tftp_fsm.protocol.changes import *; {text}")
    for command in ("verify", "debug", "diagram"):
        assert main([command, "--table", str(path)]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"tftp-fsm: {path}{wrong}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="cannot read .*nowhere.py: No such file"):
        load_sessions(str(tmp_path / "nowhere.py"))


def test_what_a_guard_of_the_file_raises_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "raising.py"
    path.write_text("def f(session, event):\n    return 1 / 0\n\nMETHODS = {'may_retry': f}\n")
    assert main(["verify", "get", *FEW, "--workers", "1", "--table", str(path)]) == 1
    told = capsys.readouterr()
    assert f"{path}, line 2: ZeroDivisionError" in told.out + told.err
    assert "Traceback" not in told.err


def test_a_table_goes_with_a_simulation_or_a_trace(refused: Refused) -> None:
    assert "--table needs a simulated transfer" in refused(
        "debug", "--table", EXAMPLE, "get", "192.0.2.1", "x"
    )

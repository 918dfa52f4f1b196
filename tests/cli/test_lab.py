"""`tftp-fsm lab --output` and `--single`: what they write, and what they print if they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.peers import require
from tests.support.refused import Refused
from tftp_fsm.__main__ import main


def test_a_site_and_a_file_are_written_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, single = tmp_path / "new" / "site", tmp_path / "lab.html"
    words = ["--output", str(site), "--single", str(single), "--pyodide", require("pyodide")]
    assert main(["lab", *words, "--no-snapshot"]) == 0
    names = ["LICENCES.txt", "answers-for-teachers.html", "index.html", "lab.bin"]
    assert sorted(path.name for path in site.iterdir()) == names
    assert single.stat().st_size > (site / "lab.bin").stat().st_size
    text = single.read_text("utf-8")
    assert "Mozilla Public License" in text and "Mozilla" in (site / "LICENCES.txt").read_text()
    said = capsys.readouterr().err
    assert f"wrote {site} (" in said and "http.server" in said and "open it in a browser" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--pyodide", "x"], "--pyodide needs --output or --single"),
        (["--no-snapshot"], "--no-snapshot needs --output or --single"),
        (["--single", "x", "--port", "80"], "--port is for the server"),
        (["--output", "x", "--no-browser"], "--no-browser is for the server"),
        (["--output", "x", "--allow-python"], "--allow-python is for the server"),
        (["--grade", "x", "--port", "80"], "--port cannot be used with --grade"),
        (["--grade", "x", "--output", "y"], "--output cannot be used with --grade"),
        (["--lesson", "2"], "--lesson needs --grade"),
        (["--json"], "--json needs --grade"),
        (["--grade", "x", "--lesson", "7"], "invalid choice"),
    ],
)
def test_options_that_do_not_go_together(refused: Refused, words: list[str], told: str) -> None:
    assert told in refused("lab", *words)


def test_a_place_that_is_not_there_is_told_before_anything_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", "--single", str(tmp_path / "no" / "lab.html")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    (tmp_path / "file").touch()
    words = ["--output", str(tmp_path / "file"), "--pyodide", require("pyodide"), "--no-snapshot"]
    assert main(["lab", *words]) == 1
    assert "cannot write" in capsys.readouterr().err


def test_without_pyodide_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["lab", "--single", str(tmp_path / "lab.html")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "--pyodide DIR" in line
    assert list(tmp_path.iterdir()) == []

"""A file that a page shows, and the result of the command of that page."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.test_docs import pattern_of, shown
from tftp_fsm.__main__ import main
from tools.house import ROOT

CASES = [
    ("docs/lab.md", "json", "kim.json", "tftp-fsm lab --grade kim.json --lesson 2", 1),
    (
        "docs/provided.md",
        "text",
        "tftp.map",
        "tftp-fsm serve --map tftp.map --try menu --from 192.0.2.7",
        0,
    ),
]


@pytest.mark.parametrize("page, form, name, command, status", CASES, ids=[c[2] for c in CASES])
def test_a_command_says_of_the_file_what_is_shown(
    page: str,
    form: str,
    name: str,
    command: str,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (ROOT / page).read_text("utf-8")
    found = re.search(rf"```{form}\n(.*?)```", text, re.DOTALL)
    assert found
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(found[1], "utf-8")
    assert main(shlex.split(command)[1:]) == status
    assert re.fullmatch(pattern_of(dict(shown())[command]), capsys.readouterr().out)

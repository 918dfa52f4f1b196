"""The manual pages: made from the parsers, complete, and understood by `man`."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tftp_fsm.__main__ import available, parser_of
from tftp_fsm.cli.arguments import transfer_parser
from tools.manual import FOLDER, files, main

NAMES = sorted(files())


def test_they_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_there(name: str) -> None:
    command = name.removeprefix("tftp-fsm-").removesuffix(".1")
    known = command in available()
    parser = parser_of(command) if known else transfer_parser({})
    text = re.sub(r"\\f[BR]|\\", "", files()[name])
    for option, action in parser._option_string_actions.items():
        if action.help == argparse.SUPPRESS:
            continue
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), option


@pytest.mark.parametrize("name", NAMES)
def test_man_formats_it_without_a_warning(name: str, tmp_path: Path) -> None:
    if shutil.which("man") is None:
        pytest.skip("needs man")
    page = tmp_path / name
    page.write_text(files()[name], "utf-8")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", str(page)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"MANWIDTH": "80", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
    )
    assert done.stderr == "" and "SYNOPSIS" in done.stdout


def test_a_dot_begins_no_command_of_the_formatter() -> None:
    for name, text in files().items():
        for line in text.splitlines():
            assert not line.startswith("'"), (name, line)
            known = r"\.(TH|SH|SS|TP|PP|nf|fi)\b"
            assert not line.startswith(".") or re.match(known, line), (name, line)


def test_a_page_that_is_not_fresh_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.manual.FOLDER", tmp_path)
    assert FOLDER != tmp_path and main(["--check"]) == 1
    assert "tftp-fsm.1" in capsys.readouterr().out
    assert main([]) == 0 and main(["--check"]) == 0

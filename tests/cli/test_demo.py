"""`tftp-fsm demo` shows the same each time, and each command that it suggests can be typed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import pytest

import tftp_fsm
from tests.support.english import english
from tests.support.serve_process import REPOSITORY, serve_process
from tftp_fsm.borders.columns import columns
from tftp_fsm.cli.demo import NEXT, main
from tftp_fsm.cli.demo_transfers import Demo
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.ladder import text_ladder

ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY)}
WAIT = 20.0  # seconds, at the most, for one short program
PROGRAM = f"{shlex.quote(sys.executable)} -m tftp_fsm"


def demo(**more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tftp_fsm", "demo"],
        capture_output=True,
        text=True,
        env=ENVIRONMENT | more,
        timeout=WAIT,
        check=False,
    )


def picture(shown: str) -> str:
    return shown.split("packet by packet")[1].split("All 4 files")[0]


def test_it_moves_files_loses_something_and_says_where_to_go_next() -> None:
    done = demo()
    assert (done.returncode, done.stderr) == (0, "")
    assert "All 4 files arrived whole" in done.stdout
    assert "again" in done.stdout and "lost" in done.stdout
    assert "2 datagrams were lost" in done.stdout
    assert " serve . --bind 127.0.0.1 " in done.stdout
    assert "\x1b" not in done.stdout
    ladder = picture(done.stdout)
    assert "late" not in ladder
    assert max(map(columns, ladder.splitlines())) <= 80


def test_its_ladder_is_the_same_each_time() -> None:
    drawn = set()
    for _ in range(2):
        with Demo() as demo:
            list(demo.transfers())
            drawn.add(text_ladder(demo.ladder))
    assert len(drawn) == 1


def test_it_fails_where_a_file_arrives_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def changed(host: str, remote: str, **keywords: Unpack[Keywords]) -> tftp_fsm.Transfer:
        return replace(tftp_fsm.get(host, remote, **keywords), data=b"other")

    monkeypatch.setattr("tftp_fsm.cli.demo_transfers.get", changed)
    assert main([]) == 1
    assert "2 of 4 files arrived changed" in capsys.readouterr().out


KOREAN = {"LANG": "ko_KR.UTF-8", "LC_ALL": "", "LC_MESSAGES": "", "LANGUAGE": ""}


def test_on_a_korean_machine_it_has_no_english_sentence() -> None:
    done = demo(**KOREAN, PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert english(done.stdout) == [] and "상태: idle(시작 전)" in done.stdout
    ladder = done.stdout.split("패킷 단위로")[1].split("파일 4개가")[0]
    assert max(map(columns, ladder.splitlines())) <= 80


def test_make_demo_speaks_korean_too() -> None:
    make, program = shutil.which("make"), Path(sys.executable).parent / "tftp-fsm"
    if make is None or not program.exists():
        pytest.skip("make or the installed command is missing")
    done = subprocess.run(
        [make, "--no-print-directory", "--old-file=setup", f"BIN={program.parent}", "demo"],
        capture_output=True,
        encoding="utf-8",
        cwd=REPOSITORY,
        env=ENVIRONMENT | KOREAN | {"PYTHONIOENCODING": "utf-8"},
        timeout=WAIT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert english(done.stdout) == [] and re.search("[가-힣]", done.stdout)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_where_lines_cannot_be_drawn_its_ladder_is_ascii(encoding: str) -> None:
    done = demo(PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert "|--- ACK 1 ---" in done.stdout
    assert done.stdout.isascii() and "\\u" not in done.stdout


def test_forty_columns_are_enough_for_its_ladder() -> None:
    done = demo(COLUMNS="40")
    assert done.returncode == 0
    assert max(map(columns, picture(done.stdout).splitlines())) <= 40


def test_what_it_says_next_can_be_typed_in_any_directory(tmp_path: Path) -> None:
    serve, *others = (words.format(PROGRAM) for words in NEXT)
    assert " --bind 127.0.0.1 " in serve and "--writable" in serve
    with serve_process(tmp_path, "--writable") as server:  # as it stands there, but on a free port
        said = [typed(words.replace("6969", str(server.port)), tmp_path) for words in others]
    assert said[1] == "hello\n"
    assert [path.name for path in tmp_path.iterdir()] == ["hello.txt"]


def typed(words: str, cwd: Path) -> str:
    """Return what a shell prints for this command."""
    return subprocess.run(
        words,
        shell=True,
        input="quit\n",  # the debugger reads its commands
        capture_output=True,
        text=True,
        cwd=cwd,
        env=ENVIRONMENT,
        timeout=WAIT,
        check=True,
    ).stdout

"""The language of a command: `--lang`, the environment, and what a terminal can write."""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.english import english
from tftp_fsm import language
from tftp_fsm.__main__ import main
from tftp_fsm.borders.columns import columns
from tftp_fsm.cli.parser import make_parser
from tftp_fsm.cli.spoken import _asked
from tftp_fsm.language import catalogue, speaking

ROOT = Path(__file__).parents[2]
KOREAN = "무언가"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    assert language.current() == "en"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit):
        main(list(words))
    return "".join(capsys.readouterr())


def is_korean(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)


@pytest.mark.parametrize(
    "words",
    [
        ["--lang", "ko", "host", "git"],
        ["--lang=ko", "host", "git"],
        ["--lang=ko_KR.UTF-8", "host", "git"],
        ["--lang", "ko-KR", "host", "git"],
        ["host", "git", "--lang", "ko"],
        ["\u2014lang", "ko", "host", "git"],
        ["--lang", "en", "host", "git", "--lang", "ko"],
        ["--lang", "ko", "serve", "--nothing"],
        ["serve", "--nothing", "--lang", "ko"],
    ],
)
def test_the_option_may_stand_anywhere(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    line = said(capsys, *words)
    assert is_korean(line) and english(line) == [] and line.count("\n") == 1


def test_words_after_two_dashes_are_left_alone() -> None:
    assert _asked(["a", "--", "--lang", "ko"]) == (["a", "--", "--lang", "ko"], None)
    assert _asked(["--language", "ko", "lang", "-lang=ko"]) == (
        ["--language", "ko", "lang"],
        "ko",
    )
    assert _asked(["--lang-", "ko", "lang--"]) == (["--lang-", "ko", "lang--"], None)


@pytest.mark.parametrize("words", [["--lan", "ko"], ["--langu=ko"], ["--LANG", "ko"]])
def test_another_option_is_refused_in_one_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    line = said(capsys, "host", "get", "file", *words)
    assert line.count("\n") == 1 and words[0] in line


@pytest.mark.parametrize("asked", [["--lang", "ko"], []])
def test_a_damaged_catalogue_is_told_and_the_command_goes_on_in_english(
    asked: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", str(tmp_path))
    monkeypatch.setattr(language, "_loaded", {})
    (tmp_path / "ko.mo").write_bytes(b"nothing")
    if not asked:
        for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    told, wrong = said(capsys, "host", "git", *asked).splitlines()
    assert told.startswith(f"tftp-fsm: cannot read {tmp_path / 'ko.mo'}: ")
    assert told.endswith("; messages are in English") and "must be followed by" in wrong


def test_the_environment_is_asked_and_the_option_is_stronger(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert is_korean(said(capsys, "host", "git"))
    assert not is_korean(said(capsys, "host", "git", "--lang", "en"))
    monkeypatch.setenv("LC_ALL", "C")
    assert not is_korean(said(capsys, "host", "git"))


def test_a_language_that_is_not_there_is_named_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = said(capsys, "--lang", "xx", "host", "get", "file")
    assert line == "tftp-fsm: there is no language 'xx': choose from en, ko\n"
    assert "expected one argument" in said(capsys, "host", "get", "--lang")
    assert "there is no language ''" in said(capsys, "host", "get", "file", "--lang=")
    assert "must be followed by" in said(capsys, "host", "git", "--lang", "en_US.UTF-8")


def test_a_language_that_is_not_there_is_refused_in_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    line = said(capsys, "--lang", "xx", "host", "get", "file")
    assert line == "tftp-fsm: 'xx' 언어는 없습니다. 쓸 수 있는 언어: en, ko\n"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_cannot_write_its_letters_gets_english(
    stream: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), "ascii")
    with monkeypatch.context() as patched:
        patched.setattr(sys, stream, narrow)
        with pytest.raises(SystemExit):
            main(["--lang", "ko", "host", "git"])
    narrow.flush()
    buffer = narrow.buffer
    assert isinstance(buffer, io.BytesIO)
    line = buffer.getvalue().decode() + "".join(capsys.readouterr())
    assert "must be followed by get or put" in line


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "80", **environment}
    return subprocess.run(
        [sys.executable, "-m", "tftp_fsm", *words],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        env=env,
    )


def test_a_korean_machine_gets_korean_by_itself_with_the_same_status() -> None:
    korean = run("host", "git", LANG="ko_KR.UTF-8")
    plain = run("host", "git", LANG="C.UTF-8")
    assert (korean.returncode, plain.returncode) == (2, 2)
    assert is_korean(korean.stderr) and not is_korean(plain.stderr)


def test_the_help_has_straight_columns_and_no_english() -> None:
    done = run("--help", LANG="ko_KR.UTF-8")
    assert done.returncode == 0 and english(done.stdout) == []
    lines = done.stdout.splitlines()
    assert max(columns(line) for line in lines) <= 80
    assert lines[0].startswith("사용법: tftp-fsm") and lines[1].startswith(" " * 8 + "tftp-fsm")
    made = run("ladder", "--help", LANG="ko_KR.UTF-8").stdout.splitlines()
    assert made[0].startswith("사용법: tftp-fsm ladder [-h]") and made[1].startswith(" " * 24)


@pytest.mark.parametrize("language", ["ko_KR.UTF-8", "C.UTF-8"])
def test_help_in_colour_has_the_lines_of_plain_help(language: str) -> None:
    for words in (["--help"], ["serve", "--help"]):
        plain = run(*words, LANG=language)
        done = run(*words, LANG=language, FORCE_COLOR="1")
        assert "\x1b[" in done.stdout
        lines = re.sub(r"\x1b\[[\d;]*m", "", done.stdout).splitlines()
        wide = [line for line in lines if columns(line) > 80]
        assert [line for line in wide if not line.startswith("  tftp-fsm")] == []
        usage = [line.lower().rstrip() for line in plain.stdout.splitlines()[:8]]
        assert [line.lower().rstrip() for line in lines[:8]] == usage


def test_argparse_speaks_its_own_words_again_afterwards(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said(capsys, "--lang", "ko", "host", "git")
    made = argparse.ArgumentParser(prog="x")
    assert made.format_help().startswith("usage: x [-h]") and "\noptions:\n" in made.format_help()
    with speaking("ko"):
        parser = make_parser("x", "y")
        parser.add_argument("file", nargs=2)
        with pytest.raises(SystemExit):
            parser.parse_args(["a"])
        assert "file" in capsys.readouterr().err

"""`tftp-fsm verify`: its output, its exit status and its files."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from tests.support.english import english
from tests.support.refused import Refused
from tftp_fsm.__main__ import main
from tftp_fsm.language import shown, speaking
from tftp_fsm.verify.lesson_files import shortest
from tftp_fsm.verify.lessons import LESSONS
from tftp_fsm.verify.mutants import MUTANTS

ROOT = Path(__file__).parents[2]

QUICK = ["verify", "--losses", "1", "--copies", "0", "--early", "0", "--windowsize", "1"]


def test_what_holds_is_proven_and_the_exit_status_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "get", "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "proven    every state was seen" in told
    assert "get 0 octets in 1 block, no options" in told


def test_json_has_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "put", "--workers", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["proven"] is True
    assert all(case["states"] > 0 and case["broken"] is None for case in told["cases"])
    assert {ending["client"] for case in told["cases"] for ending in case["endings"]} >= {
        "succeeded"
    }


def test_a_broken_rule_is_shown_as_a_ladder_and_saved_as_a_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.jsonl"
    words = [*QUICK, "get", "--blocks", "1", "--mutant", "no-dally", "--output", str(path)]
    assert main([*words, "--workers", "1"]) == 1
    told = capsys.readouterr().out
    assert "broken    One fault alone makes no transfer fail" in told
    assert "RRQ file octet" in told
    assert main(["ladder", str(path)]) == 0
    assert "unknown" in capsys.readouterr().out
    script = tmp_path / "script"
    script.write_text("continue\n")
    assert main(["debug", str(path), "--script", str(script)]) == 0


def test_a_limit_has_an_exit_status_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "get", "--limit", "10", "--workers", "1"]) == 3
    said = capsys.readouterr().out
    assert "stopped at 10 states" in said and "this does not prove anything" in said


def test_mutants_are_listed_with_who_had_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--list-mutants"]) == 0
    told = capsys.readouterr().out
    for mutant in MUTANTS.values():
        assert mutant.what in told
        assert mutant.who in told


def test_an_unknown_mutant_is_a_wrong_command_line(refused: Refused) -> None:
    refused("verify", "--mutant", "nonsense")


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--list-mutants"],
        ["get", *QUICK[1:], "--workers", "1"],
        ["hostile", *QUICK[1:], "--limit", "50", "--workers", "1"],
        ["get", *QUICK[1:], "--limit", "10", "--workers", "1"],
        ["--table", "examples/go_back_n.py"],
        ["--table", "no-such-file.py"],
        ["get", "--graph", "picture.txt"],
    ],
)
def test_what_is_said_is_korean_if_that_is_asked_for(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with contextlib.suppress(SystemExit):
        main(["verify", "--lang", "ko", *words])
    told = capsys.readouterr()
    assert english(told.out + told.err, ("section 6", "sections 2 and 6", "boot ROM")) == []


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_each_broken_rule_is_told_in_korean(mutant: str) -> None:
    lesson = next(lesson for lesson in LESSONS if lesson.name == mutant)
    found = shortest(lesson)
    with speaking("ko"):
        told = [shown(words) for words in (found.rule.sentence, found.how, lesson.mutant.who)]
        told += map(shown, (lesson.case.name, lesson.look, lesson.question, lesson.answer))
    assert [english(words) for words in told] == [[]] * len(told)


def test_json_does_not_depend_on_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    words = [*QUICK, "get", "--mutant", "any-ack", "--workers", "1", "--json"]
    found = []
    for language in ("en", "ko"):
        main([*words, "--lang", language])
        told = json.loads(capsys.readouterr().out)
        for case in told["cases"]:
            case["seconds"] = 0
        found.append(told)
    assert found[0] == found[1]

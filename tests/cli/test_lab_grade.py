"""`tftp-fsm lab --grade`: what it prints about results, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab.lessons.test_grade import model_result
from tests.support.english import english
from tftp_fsm.__main__ import main
from tftp_fsm.cli.lab_grade import LARGEST


def handed_in(
    folder: Path, name: str = "kim.json", changes: dict[str, object] | None = None
) -> str:
    """Write a result to disk: the model runs, with these exercises changed."""
    result = model_result()
    result["exercises"].update(changes or {})
    path = folder / name
    path.write_text(json.dumps(result), encoding="utf-8")
    return str(path)


def test_a_result_that_did_all_has_status_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", "--grade", handed_in(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert (
        "kim.json: Kim" in said and "2.2 lost-ack         done      question: right (ACK 2)" in said
    )
    assert "exercises done: 18 of 18; questions answered right: 18" in said


def test_what_is_missing_is_said_and_has_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = {"answer": "nothing", "open": {"scenario": "plain", "moves": ["continue"]}}
    changes: dict[str, object] = {"lost-ack": plain, "lost-data": {}}
    path = handed_in(tmp_path, "kim.json", changes)
    assert main(["lab", "--grade", path, "--lesson", "2"]) == 1
    said = capsys.readouterr().out
    assert "question: wrong (nothing; the machines say ACK 2)" in said
    assert "missing: An ACK was lost." in said and "missing: It is not in the result." in said
    assert "exercises done: 1 of 3" in said
    assert main(["lab", "--grade", path, "--lesson", "3"]) == 0


def test_a_line_of_json_for_each_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [handed_in(tmp_path, "a.json"), handed_in(tmp_path, "b.json", {"gap": {}})]
    assert main(["lab", "--grade", *files, "--lesson", "6", "--json"]) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["file"] for one in told] == files
    assert [one["exercises"][0]["done"] for one in told] == [True, False]


def test_what_cannot_be_read_is_one_line_and_the_others_are_graded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"\xff")
    (tmp_path / "large.json").write_bytes(b" " * (LARGEST + 1))
    (tmp_path / "list.json").write_text("[]")
    names = [str(tmp_path / name) for name in ("bad.json", "large.json", "list.json", "no.json")]
    assert main(["lab", "--grade", *names, handed_in(tmp_path), "--lesson", "1"]) == 2
    said = capsys.readouterr()
    assert "exercises done: 3 of 3" in said.out
    wrong = said.err.splitlines()
    assert [line.partition(": ")[2].partition(": ")[2] for line in wrong] == [
        "it is not UTF-8",
        f"a result has at most {LARGEST:,} octets",
        "it is not a result of the lab: it lacks `format`, `student` or `exercises`; the "
        "button Save my result in the lab writes a result",
        "No such file or directory",
    ]


def test_a_grade_in_korean_is_the_same_grade(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = {"answer": "nothing", "open": {"scenario": "plain", "moves": ["continue"]}}
    path = handed_in(tmp_path, "kim.json", {"lost-ack": plain, "lost-data": {}})
    assert main(["--lang", "ko", "lab", "--grade", path, "--lesson", "2"]) == 1
    said = capsys.readouterr().out
    assert "못 마침" in said and "아직: ACK가 손실되었습니다." in said
    assert english(said.replace(path, "")) == []
    assert "3개 중 1개" in said
    told = []
    for language in ("en", "ko"):
        assert main(["--lang", language, "lab", "--grade", path, "--json"]) == 1
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]

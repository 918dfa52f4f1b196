"""Each mutant has a lesson, whose files are up to date and can be opened."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.english import english
from tftp_fsm.__main__ import main
from tftp_fsm.diagram.generated import check_files
from tftp_fsm.language import speaking
from tftp_fsm.verify.cases import KINDS, cases
from tftp_fsm.verify.lesson_files import KEPT, PLACE, README, kept_files, lesson_files, shortest
from tftp_fsm.verify.lessons import LESSONS, ONE_OF_EACH, Lesson
from tftp_fsm.verify.mutants import MUTANTS
from tools.house import ROOT

KOREAN = "diagrams/ko/mutants"
TRACES = sorted(path.name for path in (ROOT / PLACE).glob("*.jsonl"))


@pytest.fixture(scope="module")
def made() -> Mapping[str, str]:
    return lesson_files()


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("place", KEPT)
def test_the_files_are_what_the_tables_lead_to(place: str, language: str) -> None:
    with speaking(language):
        assert check_files(ROOT / place, kept_files(place), "") == []


def test_the_page_in_korean_leads_to_the_rules_and_the_traces_of_the_other() -> None:
    page = (ROOT / KOREAN / README).read_text("utf-8")
    assert english(page, ("sections 2 and 6", "RFC 1123 section")) == []
    (rules,) = re.findall(r"\((\S+/verify\.md)#the-rules\)", page)
    assert (ROOT / KOREAN / rules).is_file()
    traces = re.findall(r"tftp-fsm debug (\S+\.jsonl)", page)
    assert traces and all((ROOT / trace).is_file() for trace in traces)
    assert not list((ROOT / KOREAN).glob("*.jsonl"))


def test_each_mutant_has_a_lesson_in_a_transfer_that_verify_explores() -> None:
    assert [lesson.name for lesson in LESSONS] == list(MUTANTS)
    explored = cases(KINDS, windows=(1, 2), budgets=ONE_OF_EACH)
    for lesson in LESSONS:
        assert lesson.case in explored
        assert lesson.question.endswith("?") and lesson.answer.endswith(".")


def test_each_picture_has_its_whole_title_and_says_which_rule_is_broken(
    made: Mapping[str, str],
) -> None:
    for lesson in LESSONS:
        svg = made[f"{lesson.name}.svg"]
        texts = [e for e in ET.fromstring(svg).iter() if e.tag.endswith("text")]
        assert texts[0].text == lesson.mutant.what
        assert any("breaks the rule: " in "".join(text.itertext()) for text in texts)


def test_the_page_shows_each_picture(made: Mapping[str, str]) -> None:
    pictures = [name for name in made if name.endswith(".svg")]
    assert len(pictures) == len(LESSONS)
    assert all(f"]({name})" in made[README] for name in pictures)


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_opens_in_the_debugger_as_a_ladder_and_as_a_page(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace, page = str(ROOT / PLACE / name), tmp_path / "page.html"
    assert main(["ladder", trace]) == 0
    assert "RQ file octet" in capsys.readouterr().out
    script = tmp_path / "script"
    script.write_text("continue\nback\nwhy\n")
    assert main(["debug", trace, "--script", str(script)]) == 0
    told = capsys.readouterr()
    assert "cannot be asked" not in told.out + told.err
    assert main(["debug", trace, "--html", str(page)]) == 0
    assert f"_{name.removesuffix('.jsonl').upper().replace('-', '_')}" in page.read_text("utf-8")


def test_the_command_writes_them_and_says_which_differ(
    made: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tftp_fsm.cli.verify_lessons.lesson_files", lambda: made)
    folder = tmp_path / "mutants"
    assert main(["verify", "--lessons", str(folder)]) == 0
    assert main(["verify", "--lessons", str(folder), "--check"]) == 0
    (folder / "sorcerer.svg").write_text("old")
    (folder / "gone.svg").write_text("old")
    capsys.readouterr()
    assert main(["verify", "--lessons", str(folder), "--check"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.rpartition("/")[2] for line in told[:2]] == [
        "gone.svg is no longer generated",
        "sorcerer.svg differs from what is generated",
    ]
    assert told[2] == f"tftp-fsm: to write the files again, run: tftp-fsm verify --lessons {folder}"


def test_without_a_folder_the_check_is_one_line(
    made: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tftp_fsm.cli.verify_lessons.lesson_files", lambda: made)
    monkeypatch.chdir(tmp_path)
    assert main(["verify", "--check"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (f"tftp-fsm: {PLACE} does not exist: tftp-fsm verify --lessons {PLACE} makes it")


def test_the_check_is_that_of_both_languages_whatever_is_spoken(
    made: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "tftp_fsm.cli.verify_lessons.kept_files", lambda place: {place.replace("/", "-"): "x"}
    )
    monkeypatch.chdir(tmp_path)
    for place in KEPT:
        assert main(["verify", "--lessons", place, "--lang", "ko"]) == 0
    assert main(["verify", "--check", "--lang", "ko"]) == main(["verify", "--check"]) == 0
    (tmp_path / KOREAN / "diagrams-ko-mutants").rename(tmp_path / KOREAN / "other")
    capsys.readouterr()
    assert main(["verify", "--check"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3 and told[2].endswith(f"run: tftp-fsm verify --lessons {KOREAN}")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_last_step_of_a_trace_says_which_rule_is_broken(lesson: Lesson) -> None:
    found = shortest(lesson)
    assert found.recorded.about["notes"] == [
        [len(found.recorded.steps), f"breaks the rule {found.rule.name}: {found.how}"]
    ]


def test_in_korean_the_page_is_korean_and_the_traces_are_the_same() -> None:
    lessons = LESSONS[:3]
    ours = lesson_files(lessons)
    with speaking("ko"):
        theirs = lesson_files(lessons)
    same = [name for name in ours if name.endswith(".jsonl")]
    assert [ours[name] for name in same] == [theirs[name] for name in same]
    assert english(theirs["README.md"], ("sections 2 and 6", "RFC 1123 section")) == []

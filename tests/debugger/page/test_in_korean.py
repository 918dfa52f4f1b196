"""The page of a run in Korean, in Chromium and as data."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.debugger.page.test_page import data_of
from tests.support.browsers import chromium
from tests.support.english import english
from tests.support.particles import PARTICLES
from tftp_fsm.__main__ import main
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.page.render import page_of
from tftp_fsm.debugger.page.words import words_of_page
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.language import speaking
from tftp_fsm.language.korean import with_particles

PACKETS = ("unknown transfer ID",)  # what packets say


@cache
def frames(name: str = "lost-ack") -> list[Frame]:
    debugger = opened(SCENARIOS[name])
    debugger.run("continue")
    return debugger.stepper.frames


def test_every_sentence_of_the_script_is_in_the_page_and_english_needs_none() -> None:
    assert words_of_page() == {}
    with speaking("ko"):
        words = words_of_page()
    assert words["language"] == "ko" and len(words["translations"]) > 40
    assert {"This step", "Right.", "Steps"} <= words["translations"].keys()
    same = [text for text, told in words["translations"].items() if text == told]
    assert all(re.sub(r"\{\w+\}", "", text).strip(" ()") == "" for text in same)


def test_the_data_has_the_same_steps_and_names_in_both_languages() -> None:
    one = data_of(page_of(frames()))
    with speaking("ko"):
        other = data_of(page_of(frames()))
    for name in ("states", "ends", "quiz", "compares"):
        assert one[name] == other[name]
    assert [step[:5] for step in one["steps"]] == [step[:5] for step in other["steps"]]
    assert other["glosses"][2] == "receiving(수신 중)" and "glosses" not in one
    assert "block" in other["names"] and "rto (초)" in other["names"]


@pytest.mark.parametrize("quiz", [False, True])
def test_no_step_of_the_page_shows_an_english_sentence(quiz: bool, tmp_path: Path) -> None:
    about = SCENARIOS["wrong-tid"].about(quiz=quiz)
    with speaking("ko"):
        text = page_of(frames("wrong-tid"), quiz=quiz, about=about)
    (file := tmp_path / "page.html").write_text(text, "utf-8")
    with chromium() as browser:
        page = browser.new_page()
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.lang") == "ko"
        for _ in frames("wrong-tid"):
            shown = re.sub(r"\w+_\w+", "|", page.inner_text("body"))  # names of actions
            assert english(shown, PACKETS) == []
            page.keyboard.press("j")
        page.close()


def test_the_script_chooses_the_particles_that_python_does(tmp_path: Path) -> None:
    texts = [text for text, _ in PARTICLES]
    with speaking("ko"):
        (file := tmp_path / "page.html").write_text(page_of(frames()), "utf-8")
    with chromium() as browser:
        page = browser.new_page()
        page.goto(file.as_uri())
        assert page.evaluate("texts => texts.map(text => finished(text))", texts) == [
            with_particles(text) for text in texts
        ]
        page.close()


@pytest.mark.parametrize("scenario", ["lost-ack", "roll-over"])
def test_the_command_tells_in_korean_what_to_look_for(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "page.html"
    words = ["--lang", "ko", "debug", "--scenario", scenario, "--html", str(file)]
    assert main(words) == 0 and capsys.readouterr()
    (about,) = re.findall(r'<div id="about"><p>(.*?)</p>', file.read_text("utf-8"))
    assert about.startswith("ACK 2" if scenario == "lost-ack" else "블록") and english(about) == []


def test_what_failed_is_told_with_what_its_outcome_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["127.0.0.1", "-p", "1", "get", "motd", "--keep-failures", "kept"]) == 1
    (trace,) = Path("kept").iterdir()
    assert main(["--lang", "ko", "debug", str(trace), "--html", "page.html"]) == 0
    assert capsys.readouterr().err
    told = "실패한 전송의 모든 단계입니다: unreachable(도달 불가)"
    assert f'<div id="about"><p>{told}</p>' in Path("page.html").read_text("utf-8")

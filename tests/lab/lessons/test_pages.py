"""The pages of the lessons are up to date and complete, and only one has the answers."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser

import pytest

from tftp_fsm.lab.browser.package import package_zip
from tftp_fsm.lab.feed import truth_of
from tftp_fsm.lab.lessons.all import EXERCISES, LESSONS
from tftp_fsm.lab.lessons.students_page import students_page, tasks_heading
from tftp_fsm.lab.lessons.teacher import ANSWERS, TALK
from tftp_fsm.lab.lessons.teachers_page import teachers_html, teachers_page
from tools.lessons import main

TOLD = [words for one in ANSWERS.values() for words in (one.why, one.think)]
TOLD += [words for told in TALK.values() for words in told]


def test_they_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_students_have_every_question_and_no_answer() -> None:
    page = students_page()
    for exercise in EXERCISES.values():
        assert exercise.question.ask in page and exercise.task in page and exercise.think in page
    assert [words for words in TOLD if words in page] == []


def test_no_task_stands_before_a_question() -> None:
    """A task and its checks tell what the machines do, and this is what the question asks."""
    before, after = students_page().split(tasks_heading())
    for exercise in EXERCISES.values():
        told = [exercise.task, exercise.think, *(check.words for check in exercise.checks)]
        assert [words for words in told if words in before or words not in after] == []
        assert exercise.question.ask in before


def test_teachers_have_every_answer() -> None:
    page = teachers_page(truth_of)
    assert [words for words in TOLD if words not in page] == []
    assert [title for lesson in LESSONS if (title := lesson.title) not in page] == []


class Text(HTMLParser):
    """The text of a page, and the elements that it has; each must be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.open, self.seen = "", list[str](), set[str]()
        self.links = list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_beside_a_site_says_the_same_and_asks_nobody() -> None:
    read, text = Text(), teachers_html(truth_of)
    read.feed(text)
    assert read.open == [] and not {"script", "link", "img"} & read.seen
    assert [to.partition("#")[0] for to in read.links] == ["index.html"] * len(EXERCISES)
    assert not re.search(r"[*`]{1,2}\w", read.text), "all marks were read"
    assert "The link below each model run" in read.text and "begins with" not in read.text
    assert "a line that begins with `#`" in teachers_page(truth_of)
    plain = re.sub(r"[*`]", "", " ".join(TOLD))
    assert all(word in read.text for word in plain.split())


def test_the_python_of_a_page_has_no_answers() -> None:
    archive = zipfile.ZipFile(io.BytesIO(package_zip()))
    ours = [name for name in archive.namelist() if "/lessons/" in name]
    assert "tftp_fsm/lab/lessons/all.py" in ours
    assert not [name for name in ours if "teacher" in name]
    text = b"".join(archive.read(name) for name in ours).decode()
    assert [words for words in TOLD if words[:40] in text] == []

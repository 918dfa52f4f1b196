"""The Korean pages: their commands, their links, and their figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.house import ROOT

TRANSLATED = {
    ROOT / "docs" / "tutorial.md": ROOT / "docs" / "ko" / "tutorial.md",
    ROOT / "diagrams" / "README.md": ROOT / "diagrams" / "README.ko.md",
}
KOREAN = [
    *sorted(ROOT.glob("*.ko.md")),
    *sorted((ROOT / "docs" / "ko").glob("*.md")),
    *sorted((ROOT / "diagrams").glob("*.ko.md")),
    *sorted((ROOT / "diagrams" / "ko").rglob("*.md")),
]
NUMBERS = {6: ("six", "여섯"), 7: ("seven", "일곱"), 8: ("eight", "여덟")}


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", TRANSLATED, ids=named)
def test_a_translated_page_has_the_commands_of_the_original(page: Path) -> None:
    ours, theirs = (
        re.findall(r"```sh\n(.*?)```", each.read_text("utf-8"), re.DOTALL)
        for each in (page, TRANSLATED[page])
    )
    assert ours == theirs


def translations(page: Path) -> list[Path]:
    """Return the possible places of its translation: beside it, or in a folder `ko` above."""
    folders = [folder for folder in page.parents if folder != ROOT and folder.is_relative_to(ROOT)]
    above = [folder / "ko" / page.relative_to(folder) for folder in folders]
    return [page.with_suffix(".ko.md"), *above]


@pytest.mark.parametrize("page", KOREAN, ids=named)
def test_a_korean_page_leads_to_korean_pages_where_they_are(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        there = (page.parent / link).resolve()
        assert page in translations(there) or not any(map(Path.exists, translations(there))), link


def test_the_tutorials_know_how_many_exercises_the_walk_has() -> None:
    walk = (ROOT / "diagrams" / "README.md").read_text("utf-8")
    english, korean = NUMBERS[len(re.findall(r"^\*\*\d\. ", walk, re.MULTILINE))]
    told, said = (page.read_text("utf-8") for page in next(iter(TRANSLATED.items())))
    assert f"{english} exercises" in told and f"연습 문제 {korean} 개" in said


def part(page: str, heading: str) -> str:
    """Return the text below this heading, up to the next one."""
    _, _, rest = (ROOT / page).read_text("utf-8").partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0]


def test_the_korean_readme_has_the_measured_figures_of_the_english_one() -> None:
    fractions = [
        re.findall(r"\d+\.\d+", part(page, heading))
        for page, heading in (("README.md", "How fast"), ("README.ko.md", "얼마나 빠를까요?"))
    ]
    assert fractions[0] == fractions[1] != []


def commands(page: str) -> set[str]:
    """Return the commands that the page shows, without the choice of a language."""
    text = (ROOT / page).read_text("utf-8")
    found = re.findall(r"^\$ (.*?)(?: +#.*)?$|`((?:tftp-fsm|make) [^`]*)`", text, re.MULTILINE)
    return {(typed or quoted).removesuffix(" --lang ko") for typed, quoted in found}


def test_the_korean_readme_leaves_out_no_command_of_the_english_one() -> None:
    assert commands("README.md") - commands("README.ko.md") == set()
    assert len(commands("README.md")) > 20


def test_the_page_for_teachers_shows_commands_of_the_english_pages() -> None:
    shown = commands("docs/ko/teaching.md")
    assert shown - commands("docs/lab.md") - commands("docs/grade.md") == set()
    loops = [
        re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
        for page in ("docs/ko/teaching.md", "docs/grade.md")
    ]
    assert len(shown) > 5 and set(loops[0]) <= set(loops[1]) and loops[0]

"""The pages in Korean: their commands, their links, and what they count."""

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
    """Where its translation may be: beside it, or in a folder `ko` above it."""
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

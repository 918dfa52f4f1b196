"""The sentences of the page's script, in the current language."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from tftp_fsm.language import SOURCE, current


def words_of_page() -> dict[str, Any]:
    """Return `language` and `translations` ({sentence: translation}), or nothing for English."""
    language = current()
    if language == SOURCE:
        return {}
    from tftp_fsm.language.scripts import translations

    said = translations(language, part("page.js"), part("page.html"))
    return {"language": language, "translations": said}


def part(name: str) -> str:
    """A file beside this module."""
    return files("tftp_fsm.debugger.page").joinpath(name).read_text(encoding="utf-8")

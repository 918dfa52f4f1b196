"""Find the sentences of an HTML page for Babel: texts of `data-tr`, labels of `data-tr-label`."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, BinaryIO

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
Found = tuple[int, str, str, list[str]]  # the line, the function, the text, comments


class _Texts(HTMLParser):
    """Collects what the page's script translates: an element's whole text, or its label."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Found] = []
        self._line, self._depth, self._text = 0, 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if "data-tr-label" in names:
            self._add(self.getpos()[0], names.get("aria-label") or "")
        if tag in _VOID:
            return
        if self._depth:
            self._depth += 1
        elif "data-tr" in names:
            self._line, self._depth, self._text = self.getpos()[0], 1, ""

    def handle_endtag(self, tag: str) -> None:
        if self._depth and tag not in _VOID:
            self._depth -= 1
            if not self._depth:
                self._add(self._line, self._text)

    def handle_data(self, data: str) -> None:
        self._text += data

    def _add(self, line: int, text: str) -> None:
        if text:
            self.found.append((line, "tr", text, []))


def html_texts(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """Yield the sentences. This is an extraction method (see Babel's documentation)."""
    texts = _Texts()
    texts.feed(file.read().decode("utf-8"))
    texts.close()
    yield from texts.found

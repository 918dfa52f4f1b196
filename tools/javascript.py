"""Find the texts in the scripts of the pages, and which of them can be translated.

    python -m tools.javascript            # every sentence of the pages, one on a line

A sentence for users is in a call: `tr("Step {position} of {length}", view)`. In HTML its element
has `data-tr`, or `data-tr-label` if it is the element's aria-label.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPTS = ("tftp_fsm/lab/page", "tftp_fsm/lab/browser/feed.js", "tftp_fsm/debugger/page")
PAGES = ("tftp_fsm/lab/page/page.html", "tftp_fsm/debugger/page/page.html")

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<name>[\w$]+|\#\w+)
    | (?P<template>`)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_VALUE_BEFORE = re.compile(r"[\w$)\]}\"'`]$")  # a slash after these divides


@dataclass(frozen=True)
class Literal:
    """A string of a script. In that of a template the values are {}."""

    text: str
    line: int
    is_template: bool
    before: str
    """The code before it, without most spaces: it ends with `tr(` if the string is a sentence."""

    @property
    def is_sentence(self) -> bool:
        """It can be translated."""
        return re.search(r"\b(?:tr|trParts)\($", self.before) is not None


def literals(source: str) -> Iterator[Literal]:
    """Yield every string of a script."""
    yield from _Reader(source).read(0)


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.code = ""  # the end of the code that was read, without comments and most spaces

    def read(self, depth: int) -> Iterator[Literal]:
        """Read up to the end, or to the brace that closes a value in a template."""
        while self.at < len(self.source):
            if self._skips_regex():
                continue
            found = _TOKEN.match(self.source, self.at)
            assert found is not None
            line, before = self._line, self.code[-20:]
            self.at = found.end()
            match found.lastgroup:
                case "space" | "comment":
                    continue
                case "text":
                    yield Literal(_unquoted(found[0]), line, False, before)
                case "template":
                    yield from self._template(line, before)
                case "sign" if found[0] == "{":
                    depth += 1
                case "sign" if found[0] == "}":
                    depth -= 1
                    if depth < 0:
                        return
            told = "`" if found.lastgroup == "template" else found[0]
            apart = " " if re.search(r"\w$", self.code) and told[0].isalnum() else ""
            self.code = f"{self.code}{apart}{told}"[-40:]

    def _template(self, line: int, before: str) -> Iterator[Literal]:
        text = ""
        while (sign := self.source[self.at]) != "`":
            if self.source.startswith("${", self.at):
                self.at += 2
                text += "{}"
                yield from self.read(0)
            else:
                size = 2 if sign == "\\" else 1
                text += self.source[self.at : self.at + size]
                self.at += size
        self.at += 1
        yield Literal(text, line, True, before)

    def _skips_regex(self) -> bool:
        if self.source[self.at] != "/" or self.source[self.at + 1] in "/*":
            return False
        word = re.search(r"[a-z]+$", self.code)
        divides = _VALUE_BEFORE.search(self.code) and (word is None or word[0] != "return")
        found = None if divides else _REGEX.match(self.source, self.at)
        if found is None:
            return False
        self.at = found.end()
        self.code += "0"
        return True

    @property
    def _line(self) -> int:
        return self.source.count("\n", 0, self.at) + 1


def _unquoted(token: str) -> str:
    if token[0] == "'":
        token = '"' + token[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    text: str = json.loads(re.sub(r"\\x(..)", r"\\u00\1", token))
    return text


# -- The pages -------------------------------------------------------------------------------------


def scripts() -> Iterator[Path]:
    """The scripts of the lab and of the page that `debug` writes."""
    for name in SCRIPTS:
        path = ROOT / name
        yield from sorted(path.glob("*.js")) if path.is_dir() else (path,)


def sentences() -> list[str]:
    """Return every text of the pages that can be translated, in the order of the sources."""
    found = [text for name in PAGES for text in fixed((ROOT / name).read_text("utf-8"))]
    for path in scripts():
        found += [one.text for one in literals(path.read_text("utf-8")) if one.is_sentence]
    return list(dict.fromkeys(found))


def fixed(html: str) -> list[str]:
    """Return the marked texts and labels of a page."""
    marks = _Marks()
    marks.feed(html)
    return marks.marked


def unmarked(html: str) -> list[str]:
    """Return the texts and labels of a page that are not marked."""
    marks = _Marks()
    marks.feed(html)
    return marks.unmarked


class _Marks(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.marked: list[str] = []
        self.unmarked: list[str] = []
        self._open: tuple[str, bool] = ("", False)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._open = (tag, "data-tr" in told)
        label = told.get("aria-label")
        if label:
            (self.marked if "data-tr-label" in told else self.unmarked).append(label)

    def handle_data(self, data: str) -> None:
        tag, is_marked = self._open
        text = data.strip()
        if (
            re.search("[A-Za-z]", text)
            and "$" not in text
            and tag not in ("style", "script", "kbd")
        ):
            (self.marked if is_marked else self.unmarked).append(text)

    def handle_endtag(self, tag: str) -> None:
        self._open = ("", False)


def main() -> int:
    """Print them."""
    sys.stdout.write("".join(f"{text}\n" for text in sentences()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

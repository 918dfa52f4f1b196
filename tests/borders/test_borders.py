"""Each border lets through only text that is harmless there, and never more than its limit."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tftp_fsm.borders import (
    FIELD,
    LINE,
    MARKS,
    brief,
    dot,
    log,
    markdown,
    mermaid,
    script,
    terminal,
    xml,
)

ANY = (
    st.text()
    | st.text(st.characters(codec=None))
    | st.binary().map(lambda octets: octets.decode("utf-8", "surrogateescape"))
)
IN_WORDS = [terminal, brief, log, xml, markdown, mermaid, dot]
every_border = pytest.mark.parametrize("border", IN_WORDS, ids=lambda border: border.__name__)

# Each acts on a terminal, changes the direction of the text after it, or is invisible.
UNSAFE = [
    *(chr(number) for number in (*range(0x20), *range(0x7F, 0xA1), 0xAD)),
    *"\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066",
    *"\u2069\u3164\ufe0f\ufeff\ufff9\ufffe\uffff\U000e0041\U000e0100\U0010ffff\ud800\udc1b",
]


@every_border
@given(text=ANY)
def test_only_characters_that_are_seen_come_through(
    border: Callable[[str], str], text: str
) -> None:
    assert border(text).isprintable()
    border(text).encode()  # no half of a pair


@every_border
@pytest.mark.parametrize("character", UNSAFE, ids=lambda ch: f"U+{ord(ch):04X}")
def test_an_unsafe_character_is_escaped(border: Callable[[str], str], character: str) -> None:
    shown = border(f"a{character}b")
    assert character not in shown
    assert f"{ord(character) & 0xFF:02x}" in shown


@every_border
@pytest.mark.parametrize("character", ["A", "\x1b", "\u202e", '"', "<", "é", "\U0001f600"])
def test_a_long_text_is_cut_and_says_so(border: Callable[[str], str], character: str) -> None:
    shown = border(character * 60_000)
    assert shown.endswith("...")
    assert len(shown) <= 6 * LINE  # an entity has at most six characters


def test_what_a_line_may_have_includes_the_escapes() -> None:
    assert len(terminal("\x1b" * 60_000)) == LINE
    assert len(brief(b"\x1b" * 60_000)) == FIELD
    assert terminal("A" * LINE) == "A" * LINE
    assert terminal("A" * (LINE + 1)) == "A" * (LINE - 3) + "..."


@given(ANY)
def test_the_second_time_changes_nothing(text: str) -> None:
    assert terminal(terminal(text)) == terminal(text)
    assert brief(brief(text)) == brief(text)


@given(st.binary(max_size=60))
def test_octets_and_their_text_are_shown_alike(octets: bytes) -> None:
    assert terminal(octets) == terminal(octets.decode("utf-8", "surrogateescape"))


def test_controls_and_broken_utf_8_are_escaped() -> None:
    assert terminal("grüße.txt".encode()) == "grüße.txt"
    assert terminal(b"a\x1b[2Jb\xff\n") == r"a\x1b[2Jb\xff\x0a"
    assert terminal("\u202e\U000e0041") == r"\u202e\U000e0041"


def test_a_pile_of_marks_is_cut_but_scripts_can_be_read() -> None:
    assert terminal("e\u0301") == "e\u0301"
    pile = terminal("e" + "\u0301" * 50)
    assert sum(map(bool, map(unicodedata.combining, pile))) == MARKS
    assert terminal("\u0338quoted") == r"\u0338quoted"


@given(ANY)
def test_no_text_ends_the_quotes_of_a_log(text: str) -> None:
    line = f'"{log(text)}" succeeded'
    quoted = re.match(r'"(?:[^"\\]|\\.)*"', line)
    assert quoted is not None and line[quoted.end() :] == " succeeded"


def test_a_log_tells_a_backslash_from_an_escape() -> None:
    assert log('a"b\\x1b') == r"a\"b\\x1b"
    assert log("\x1b") == r"\x1b"


@given(ANY)
def test_xml_has_the_text_and_nothing_else(text: str) -> None:
    read = ElementTree.fromstring(f"<a b=\"{xml(text)}\" c='{xml(text)}'>{xml(text)}</a>")
    assert read.text or not text
    assert (read.text or "") == read.get("b") == read.get("c") == terminal(text)
    assert not list(read)


def test_lines_of_xml_are_ours_and_not_those_of_a_text() -> None:
    assert xml("a\nb", "c") == "a\\x0ab\nc"


@given(ANY)
def test_a_label_of_mermaid_has_no_sign_of_mermaid(text: str) -> None:
    assert not set(mermaid(text)) & set('<>&%"\\*`$:')
    for entity in mermaid(text).split("#")[1:]:
        number, semicolon, _ = entity.partition(";")
        assert number.isdigit() and semicolon


@given(ANY | st.text("\\`*_[]()<>|&~#$@:!x1. /w", max_size=12))
def test_markdown_has_the_text_and_nothing_else(text: str) -> None:
    (cell,) = _cells(f"| a |\n| --- |\n| x{markdown(text)}x |\n")
    assert {token.type for token in cell.children or ()} <= {"text", "text_special"}
    assert "".join(token.content for token in cell.children or ()) == f"x{terminal(text)}x"


def _cells(table: str) -> list[Token]:
    tokens = MarkdownIt("commonmark").enable("table").parse(table)
    return [token for token in tokens if token.type == "inline"][1:]


def test_a_bare_address_is_no_link() -> None:
    assert markdown("see www.example.org, http://example.org") == (
        "see www\\.example.org, http:\\//example.org"
    )


@given(ANY)
def test_no_text_ends_the_quotes_of_dot(text: str) -> None:
    assert re.fullmatch(r'(?:[^"\\]|\\.)*', dot(text))


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(ANY | st.sampled_from(["</script><img>", "<!--<script>", "\u2028", "]]>"]))
def test_a_script_has_its_data_and_ends_where_it_ends(text: str) -> None:
    page = _Scripts()
    page.feed(f"<script>{script({'words': [text, (text, 7, None)], text: True})}</script>")
    assert page.tags == ["script"]
    assert page.text.isascii() and page.text.isprintable()
    shown = terminal(text)
    assert json.loads(page.text) == {"words": [shown, [shown, 7, None]], shown: True}

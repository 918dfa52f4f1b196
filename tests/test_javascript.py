"""Each text of the pages is a whole sentence, so that it can be translated."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from tftp_fsm.debugger.commands.all import COMMANDS
from tools.javascript import PAGES, ROOT, Literal, fixed, literals, scripts, sentences, unmarked
from tools.language import FOLDER

# Classes of elements, and what is added to them.
CLASSES = {
    *(" again", " ahead", " bad", " both", " changed-row", " chosen", " failing", " lit", " side"),
    *(" spine", " stranger", " taken", "bar {}{}", "changed mono", "drawing ladder", "edge lit"),
    *("halo label {}", "halo mark {}{}", "halo {}", "over {}", "row taken", "small soft"),
    *("small timeout", "verdict no", "verdict yes"),
}
# Names of keys, examples of input, and a word in a Python text that is not translated.
OTHERS = {
    *("Arrow", "English", "Enter", "Escape", "Tab", "use strict", "connect-src 'none'", " after "),
    *("3 hello", "1 no file", "state client dallying", "variable client block", "packet ACK 2"),
    *("packet DATA 2", "row is_stale_ack", "row {} {}", "packet {}"),
    "state client dallying, packet ACK 2, sent server DATA, variable client block = 3, "
    "row is_stale_ack, time-out, unusual",
}
SELECTOR = re.compile(r"^[a-z#.\[][\w#.:()=*^\[\]{}-]*(?:,? (?=[a-z#.\[])[\w#.:()=*^\[\]{}-]+)*$")
TRANSFORM = re.compile(r"^(?:(?:translate|rotate)\([-\d{} ]+\) ?)+$")
MEDIA = re.compile(r"^\((?:max-width|prefers-reduced-motion): \w+\)$")


def is_for_people(text: str) -> bool:
    """Return whether it has two words, or begins like a sentence."""
    return re.search(r"[A-Za-z]{2,}", text) is not None and (
        " " in text or re.fullmatch(r"[A-Z][a-z]+", text) is not None
    )


def is_known(one: Literal) -> bool:
    """Return whether it is a command of the debugger, or is written for the browser."""
    if one.text in CLASSES | OTHERS or TRANSFORM.match(one.text) or MEDIA.match(one.text):
        return True
    if one.text.split(" ")[0] in COMMANDS and " " in one.text:
        return True
    asks = ("querySelector(", "querySelectorAll(", "matches(", "closest(")
    return one.before.endswith(asks) and SELECTOR.match(one.text) is not None


def test_every_text_for_people_can_be_translated() -> None:
    found = [
        f"{path.name}:{one.line}: {one.text}"
        for path in scripts()
        for one in literals(path.read_text("utf-8"))
        if not one.is_sentence and is_for_people(one.text) and not is_known(one)
    ]
    assert found == []


def test_no_sentence_is_a_template_of_the_script() -> None:
    """Its values would be in it before it is looked up."""
    found = [
        f"{path.name}:{one.line}: {one.text}"
        for path in scripts()
        for one in literals(path.read_text("utf-8"))
        if one.is_sentence and one.is_template
    ]
    assert found == []


@pytest.mark.parametrize("name", PAGES)
def test_every_fixed_text_is_marked(name: str) -> None:
    html = (ROOT / name).read_text("utf-8")
    assert [text for text in unmarked(html) if "needs JavaScript" not in text] == []
    assert len(fixed(html)) > 10


def test_all_sentences_are_found() -> None:
    told = sentences()
    for sentence in (
        "What can happen next",
        "Step {position}: {words}",
        "Stop running",
        "Came in: {packet}",
        "Quiz",
        "{guard}? {answer}, so this row is not taken",
    ):
        assert sentence in told
    assert len(set(told)) == len(told) > 250


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("""f("a b", 'it\\'s')""", [("a b", False), ("it's", False)]),
        (
            """return tr("a {b}", {b: `x ${tr("c")} y`})""",
            [("a {b}", True), ("c", True), ("x {} y", False)],
        ),
        ("""x.replace(/"[/]'/g, "") / 2; // "no" """, [("", False)]),
        ("""`a ${{b: `c ${d}`}} e`""", [("c {}", False), ("a {} e", False)]),
        ("""strap("x")""", [("x", False)]),
    ],
)
def test_strings_are_read_as_a_browser_reads_them(
    source: str, wanted: list[tuple[str, bool]]
) -> None:
    assert [(one.text, one.is_sentence) for one in literals(source)] == wanted


def test_every_sentence_is_in_the_catalogues() -> None:
    """The tool that fills them sees no call inside another one's values, nor one in a template."""
    with (FOLDER / "ko.po").open("rb") as file:
        known = {message.id for message in read_po(file)}
    assert [text for text in sentences() if text not in known] == []

"""Sentences are English text, and remember how they were made."""

from __future__ import annotations

from tftp_fsm import language
from tftp_fsm.language import sentences
from tftp_fsm.language.sentences import (
    Sentence,
    joined,
    layout,
    mark,
    marked,
    reason,
    sentence,
    sentence_n,
    sentence_p,
)


def test_a_sentence_is_its_english_text_with_the_template_and_fields_that_made_it() -> None:
    said = sentence("no {name}", name="motd")
    assert (said, said.template, said.fields) == ("no motd", "no {name}", {"name": "motd"})
    assert sentence("a {brace}").template == sentence("a {brace}") == "a {brace}"


def test_a_number_chooses_the_text_and_both_are_remembered() -> None:
    for count, text in ((0, "0 blocks"), (1, "1 block"), (2, "2 blocks")):
        said = sentence_n("{count} block", "{count} blocks", count)
        assert (said, said.template, said.many) == (text, "{count} block", "{count} blocks")


def test_a_context_is_remembered() -> None:
    assert sentence_p("a state", "open").context == "a state"


def test_parts_and_signs_stay_apart_as_fields() -> None:
    parts = [sentence("one"), "{two}"]
    assert joined("{", parts) == "one{{two}"
    assert list(joined("{", parts).fields.values()) == parts
    assert layout("{a}: {b}", a="x", b="y") == "x: y"


def test_only_text_that_was_not_marked_yet_becomes_a_sentence() -> None:
    made = sentence("no {name}", name="motd")
    assert marked(made) is made
    assert isinstance(marked(mark("plain")), Sentence)


def test_an_error_without_words_of_the_system_is_told_by_its_own() -> None:
    assert isinstance(reason(FileNotFoundError(2, "No such file or directory")), Sentence)
    assert reason(OSError("odd")) == "odd"


def test_the_package_gives_the_same_functions() -> None:
    own = [n for n, value in vars(sentences).items() if callable(value) and not n.startswith("_")]
    given = {name: getattr(language, name) for name in own if name in language.__all__}
    assert len(given) == 10
    assert given == {name: getattr(sentences, name) for name in given}

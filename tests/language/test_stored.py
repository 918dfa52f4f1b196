"""Sentences in a file are the same after reading, and a damaged file does no harm."""

from __future__ import annotations

import json

import pytest

from tftp_fsm.language import Sentence, joined, layout, sentence, sentence_n, shown, speaking
from tftp_fsm.language.stored import parts, rebuilt

SENTENCES = [
    sentence("sent {packet} after the ERROR", packet='ERROR 0 "{0.x} {y"'),
    sentence("the transfer ended before the test: {how}", how=sentence("sent no request")),
    sentence_n("{count} point", "{count} points", 1),
    sentence_n("{count} point", "{count} points", 7),
    sentence("did not send {what} again for {seconds:g} s", what=sentence("its RRQ"), seconds=24.0),
    sentence("announced {told} octets for a file of {octets}", told=None, octets=2),
    layout("{one}: {{{two!r}}}", one="a", two="b"),
    joined("; ", [sentence("sent no request"), "DATA 2"]),
    sentence("no places, but {braces}"),
]


@pytest.mark.parametrize("said", SENTENCES)
def test_a_sentence_is_the_same_again_in_every_language(said: Sentence) -> None:
    kept = json.loads(json.dumps(parts(said)))
    again = rebuilt(kept, str(said))
    assert again == said and isinstance(again, Sentence)
    with speaking("ko"):
        assert shown(again) == shown(said)


def test_other_texts_are_what_they_are() -> None:
    assert parts("DATA 3") == "DATA 3"
    assert rebuilt(None, "DATA 3") == "DATA 3" == rebuilt("DATA 3", "DATA 3")


def _kept(template: object, fields: object, **more: object) -> dict[str, object]:
    return {"template": template, "many": "", "context": "", "fields": fields, **more}


@pytest.mark.parametrize(
    "kept",
    [
        7,
        [],
        {},
        _kept("{x}", 7),
        _kept("{x}", {}),
        _kept("{x.__class__}", {"x": "a"}),
        _kept("the {x[0]}ext", {"x": "t"}),
        _kept("{x:>8}", {"x": "the text"}),
        _kept("{x:{y}}", {"x": "the text", "y": 8}),
        _kept("{x", {"x": "a"}),
        _kept("{x:d}", {"x": "a"}),
        _kept("{x}", {"x": ["a"]}),
        _kept("{count}", {"count": 1}, many="{count:>999999999}"),
        _kept("{x}", {"x": "the text"}, many="{x}"),
        _kept("another text", {}),
        _kept("{x:.3f}", {"x": 10**400}),
        _kept("{x:d}", {"x": float("inf")}),
    ],
)
def test_a_damaged_sentence_is_the_text_alone(kept: object) -> None:
    again = rebuilt(kept, "the text")
    assert again == "the text" and not isinstance(again, Sentence)


def test_a_number_that_is_none_is_told_as_it_stands() -> None:
    kept = _kept("{count} point", {"count": "7"}, many="{count} points")
    again = rebuilt(kept, "7 points")
    with speaking("ko"):
        assert shown(again) == "7 points"


def test_sentences_within_sentences_have_an_end() -> None:
    kept: object = "the text"
    for _ in range(2000):
        kept = _kept("{x}", {"x": kept})
    assert not isinstance(rebuilt(kept, "the text"), Sentence)

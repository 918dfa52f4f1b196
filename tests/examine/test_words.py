"""The texts of every report card: the singular of points, and their Korean."""

from __future__ import annotations

import pytest

from tests.examine.test_card import LOST_ACK
from tests.support.english import english
from tftp_fsm.borders.columns import columns
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.card_record import as_record
from tftp_fsm.examine.card_text import WIDTH, as_text
from tftp_fsm.examine.checks import Result, Verdict, departed, kept, not_run
from tftp_fsm.examine.grading.trials.published import TRIALS, all_checks
from tftp_fsm.examine.words import score, verdict_word
from tftp_fsm.language import mark, shown, speaking
from tftp_fsm.protocol.gloss import rfc_words

CARD = Card(
    "192.0.2.1",
    (("address", "192.0.2.1"), ("attempts", 3)),
    tuple(
        Result(check, finding)
        for trial in TRIALS
        for check in all_checks(trial)
        for finding in (departed(mark("sent no request")), kept(mark("the file is right")))
    ),
)


def test_one_point_is_a_point() -> None:
    assert (score(0, 1), score(1, 1), score(1, 2)) == (
        "0 of 1 point",
        "1 of 1 point",
        "1 of 2 points",
    )
    one = Card("", (), (Result(LOST_ACK, not_run("not run")),))
    assert one.summary == "1 check: 1 not run; 0 of 3 points"


@pytest.mark.parametrize(
    ("rfc", "words"),
    [
        ("RFC 2347", "RFC 2347"),
        ("RFC 1123 section 4.2.3.1", "RFC 1123 4.2.3.1절"),
        ("RFC 1350 section 6, RFC 2348", "RFC 1350 6절, RFC 2348"),
        ("RFC 1350 sections 5 and 7", "RFC 1350 5절과 7절"),
        ("practice, not an RFC", "RFC가 아닌 관행"),
    ],
)
def test_a_source_has_a_word_for_its_section(rfc: str, words: str) -> None:
    assert rfc_words(rfc) == rfc
    with speaking("ko"):
        assert shown(rfc_words(rfc)) == words


def test_a_card_in_korean_has_no_english_sentence() -> None:
    with speaking("ko"):
        text, page = as_text(CARD), as_markdown(CARD)
    assert english(text) == [] and english(page) == []
    assert "어긋남 " in text and "**어긋남**" in page
    assert text.count("\n") > 5 * len(CARD.departures)


def test_a_card_in_korean_has_straight_columns() -> None:
    with speaking("ko"):
        lines = as_text(CARD).splitlines()
        names = max(len(result.check.name) for result in CARD.results)
        words = {shown(verdict_word(verdict)) for verdict in Verdict}
    heads = [line for line in lines[4:] if line.split()[:1] and line.split()[0] in words]
    assert len(heads) == len(CARD.results)
    for line in heads:
        name = line.split()[1]
        assert columns(line.partition(name)[0]) == 14
        assert columns(line[: line.index(name)] + name.ljust(names)) == 14 + names
    assert max(map(columns, lines[4:])) <= WIDTH


def test_the_record_of_a_card_does_not_depend_on_the_language() -> None:
    record = as_record(CARD)
    with speaking("ko"):
        assert as_record(CARD) == record
        assert english(record["results"][0]["rule"]) != []

"""The meaning of a departure fits what was seen, if one check can have several meanings."""

from __future__ import annotations

import re

import pytest

from tests.support.grading.page import PAGE
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.card_record import as_record
from tftp_fsm.examine.card_text import as_text
from tftp_fsm.examine.checks import Result
from tftp_fsm.examine.grading import meanings
from tftp_fsm.examine.grading.programs import Ran, judged
from tftp_fsm.examine.grading.story import Story, seen
from tftp_fsm.examine.grading.trials.published import BY_NAME
from tftp_fsm.wire.packets import Ack, Error, Oack, Packet, Rrq, build

OPTIONS = (("blksize", "1024"),)


def of(name: str, *heard: Packet, sent: Packet, options: tuple[tuple[str, str], ...] = ()) -> str:
    """Return the meaning if a client sent these packets after this one of ours."""
    story = Story(Rrq(name.encode(), "octet", options), 0.0)
    story.add(seen(0.0, "heard", "listening", build(story.request)))
    story.add(seen(1.0, "sent", "tid", build(sent)))
    for packet in heard:
        story.add(seen(2.0, "heard", "tid", build(packet)))
    (question,) = BY_NAME[name].questions
    return Result(question.check, question.judge(story)).means


@pytest.mark.parametrize("name", ["error", "error-middle"])
def test_an_error_for_an_error_is_no_waiting_client(name: str) -> None:
    refusal = Error(1, "no")
    assert of(name, Error(2, "what?"), sent=refusal) == meanings.ERRORS
    assert of(name, Ack(2), sent=refusal) == meanings.GONE
    assert of(name, Rrq(name.encode()), sent=refusal) == meanings.ASKED_AGAIN
    assert of(name, Ack(1), sent=Ack(1)) == meanings.BEFORE


def test_who_says_nothing_to_an_oack_goes_on_with_no_value() -> None:
    oack = Oack((("blksize", "abc"),))
    name = "broken-value"
    assert of(name, sent=oack, options=OPTIONS) == meanings.UNHEARD
    assert of(name, Ack(0), sent=oack, options=OPTIONS) == BY_NAME[name].checks[0].means
    unasked = of("unasked-option", Error(0, "no"), sent=oack, options=OPTIONS)
    assert unasked == meanings.OTHER_CODE


def test_a_file_that_is_not_there_is_not_spoilt() -> None:
    trial = BY_NAME["stray-data"]
    assert [one.means for one in judged(Ran(trial, 1, None), [])] == [
        *(meanings.NOTHING, meanings.NOTHING, meanings.NO_FILE),
    ]


def test_every_card_says_what_this_departure_means() -> None:
    trial = BY_NAME["stray-data"]
    card = Card("The client", (), judged(Ran(trial, 1, None), [])[2:])
    assert f"means: {meanings.NO_FILE}" in as_text(card)
    assert f"- It means: {meanings.NO_FILE}." in as_markdown(card)
    assert as_record(card)["results"][0]["means"] == meanings.NO_FILE


def test_the_page_of_cards_contradicts_itself_nowhere() -> None:
    pairs = re.findall(r"- Seen: (.*)\.\n- Demanded: .*\n- It means: (.*)\.\n", PAGE.read_text())
    assert len(pairs) > 80
    for words, means in pairs:
        if words.startswith("there is no file"):
            assert means == meanings.NO_FILE
        if re.fullmatch("sent ERROR .* after the ERROR", words):
            assert means == meanings.ERRORS
        if re.fullmatch("sent ACK .* after the ERROR", words):
            assert means == meanings.GONE
        if re.match("sent no ERROR; sent nothing but", words):
            assert means == meanings.UNHEARD

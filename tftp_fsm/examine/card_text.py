"""A report card as text for a terminal. Words of the peer are made harmless.

kept          lost-final-ack    The last DATA came again after 1.0 s.
DEPARTED      sorcerer          DATA 2 came twice after ACK 1 was repeated.
              sent:  the final ACK is repeated
              rule:  a repeated ACK is ignored (RFC 1123 section 4.2.3.1)
              means: each block is sent twice from then on
"""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import terminal
from tftp_fsm.borders.columns import columns, left, wrapped
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.checks import Result
from tftp_fsm.examine.words import score, verdict_word
from tftp_fsm.language import layout, marked, shown, tr
from tftp_fsm.protocol.gloss import rfc_words

WIDTH = 96  # columns
VERDICTS = 14  # columns of the verdict
FACTS = 10  # columns of the name of a fact, at least


def as_text(card: Card) -> str:
    """Return the card. Its last line is the summary."""
    return "\n".join(_lines(card))


def _lines(card: Card) -> Iterator[str]:
    yield terminal(shown(card.title))
    facts = [(shown(name), terminal(shown(value))) for name, value in card.facts]
    width = max((FACTS, *(columns(name) for name, _ in facts)))
    for name, value in facts:
        yield f"  {left(name, width)}  {value}"
    yield ""
    names = max((len(result.check.name) for result in card.results), default=0)
    for result in card.results:
        yield from _result(result, names)
    yield ""
    yield from (terminal(shown(remark)) for remark in card.remarks)
    yield shown(card.summary)


def _result(result: Result, names: int) -> Iterator[str]:
    verdict = shown(verdict_word(result.verdict))
    word = verdict.upper() if result.is_departure else verdict
    seen = shown(result.finding.seen)
    if result.possible:
        points = shown(score(result.points, result.possible))
        seen = f"{seen} ({points})"
    yield from _hanging(f"{left(word, VERDICTS)}{result.check.name:<{names}}  ", seen)
    if not result.is_departure:
        return
    check = result.check
    rfc = rfc_words(check.rfc)
    for name, words in (
        (tr("sent:"), check.sends),
        (tr("rule:"), layout("{rule} ({rfc})", rule=marked(check.rule), rfc=rfc)),
        (tr("means:"), result.means),
    ):
        yield from _hanging(f"{'':<{VERDICTS}}{left(name, 7)}", shown(words))


def _hanging(head: str, words: str) -> Iterator[str]:
    """Yield the head and the words. Further lines are indented by the width of the head."""
    indent = columns(head)
    lines = wrapped(terminal(words), max(WIDTH - indent, 40)) or [""]
    for number, line in enumerate(lines):
        yield f"{head if number == 0 else ' ' * indent}{line}".rstrip()

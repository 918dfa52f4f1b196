"""A report card as Markdown, for a page. Words of the peer are made harmless."""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import markdown
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.checks import Result
from tftp_fsm.examine.words import of_points, verdict_word
from tftp_fsm.language import shown, tr, tr_p
from tftp_fsm.protocol.gloss import rfc_words


def as_markdown(card: Card, level: int = 1) -> str:
    """The card as a section whose heading has `level` marks. It ends with a line end."""
    return "\n".join(_lines(card, "#" * level)) + "\n"


def _lines(card: Card, marks: str) -> Iterator[str]:
    yield f"{marks} {_said(card.title)}"
    yield ""
    if card.facts:
        yield from (f"- {shown(name)}: {_said(value)}" for name, value in card.facts)
        yield ""
    yield tr("{summary}.", summary=card.summary)
    yield ""
    yield from _table(card)
    if card.departures:
        yield ""
        title = tr("Departures")
        yield f"{marks}# {title}"
        for result in card.departures:
            yield ""
            yield from _departure(result)
    for remark in card.remarks:
        yield ""
        yield _said(remark)


def _table(card: Card) -> Iterator[str]:
    has_points = card.possible > 0
    heads = [tr_p("card", "check"), tr("verdict"), tr_p("card", "seen"), tr("demanded by")]
    if has_points:
        heads.append(tr("points"))
    yield _row(heads)
    yield _row(["---"] * len(heads))
    for result in card.results:
        verdict = shown(verdict_word(result.verdict))
        cells = [
            result.check.name,
            f"**{verdict}**" if result.is_departure else verdict,
            _said(result.finding.seen),
            shown(rfc_words(result.check.rfc)),
        ]
        if has_points:
            cells.append(shown(of_points(result)))
        yield _row(cells)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _departure(result: Result) -> Iterator[str]:
    check = result.check
    yield tr("**{name}**: {title}.", name=check.name, title=_said(check.title))
    yield ""
    yield tr("- Sent: {what}.", what=_said(check.sends))
    yield tr("- Seen: {what}.", what=_said(result.finding.seen))
    rfc = shown(rfc_words(check.rfc))
    yield tr("- Demanded: {what} ({rfc}).", what=_said(check.rule), rfc=rfc)
    yield tr("- It means: {what}.", what=_said(result.means))


def _said(words: object) -> str:
    """Return words in the current language, made harmless."""
    return markdown(shown(words))

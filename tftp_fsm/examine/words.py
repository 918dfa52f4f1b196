"""Words that all report cards use. They are translated when they are shown."""

from __future__ import annotations

from tftp_fsm.examine.checks import Result, Verdict
from tftp_fsm.language import mark_p, sentence_n, sentence_p

_VERDICTS = {
    Verdict.KEPT: mark_p("verdict", "kept"),
    Verdict.DEPARTED: mark_p("verdict", "departed"),
    Verdict.TOLD: mark_p("verdict", "noted"),
    Verdict.NOT_EXAMINED: mark_p("verdict", "not examined"),
    Verdict.NOT_RUN: mark_p("verdict", "not run"),
    Verdict.BROKEN_OFF: mark_p("verdict", "broken off"),
}


def verdict_word(verdict: Verdict) -> str:
    """Return the word for a verdict, such as `kept`."""
    return _VERDICTS[verdict]


def counted(verdict: Verdict, count: int) -> str:
    """Return the number of results with this verdict: `16 kept`."""
    return sentence_p("checks", "{count} {verdict}", count=count, verdict=_VERDICTS[verdict])


def score(points: int, possible: int) -> str:
    """Return words such as `2 of 3 points`."""
    return sentence_n(
        "{points} of {count} point", "{points} of {count} points", possible, points=points
    )


def of_points(result: Result) -> str:
    """Return the points of one result for a table cell: `2 of 3`, or "" if none are possible."""
    if not result.possible:
        return ""
    return sentence_p(
        "points", "{points} of {possible}", points=result.points, possible=result.possible
    )

"""Words that every report card has, in the language that is in use when they are shown."""

from __future__ import annotations

from tftp_fsm.examine.checks import Result, Verdict
from tftp_fsm.language import mark_p, sentence_n, sentence_p

_VERDICTS = {
    Verdict.KEPT: mark_p("verdict", "kept"),
    Verdict.DEPARTED: mark_p("verdict", "departed"),
    Verdict.TOLD: mark_p("verdict", "told"),
    Verdict.NOT_EXAMINED: mark_p("verdict", "not examined"),
    Verdict.NOT_RUN: mark_p("verdict", "not run"),
    Verdict.BROKEN_OFF: mark_p("verdict", "broken off"),
}


def verdict_word(verdict: Verdict) -> str:
    """One verdict: `kept`."""
    return _VERDICTS[verdict]


def counted(verdict: Verdict, count: int) -> str:
    """How many results have it: `16 kept`."""
    return sentence_p("checks", "{count} {verdict}", count=count, verdict=_VERDICTS[verdict])


def score(points: int, possible: int) -> str:
    """`2 of 3 points`."""
    return sentence_n(
        "{points} of {count} point", "{points} of {count} points", possible, points=points
    )


def of_points(result: Result) -> str:
    """The points of one result, for a narrow cell: `2 of 3`, or nothing if there are none."""
    if not result.possible:
        return ""
    return sentence_p(
        "points", "{points} of {possible}", points=result.points, possible=result.possible
    )

"""A report card as a record for programs: plain values that `json.dumps` writes.

Texts of the peer are unchanged. JSON escapes control characters.
"""

from __future__ import annotations

from typing import Any

from tftp_fsm.examine.card import Card
from tftp_fsm.examine.checks import Check, Result, Verdict

VERSION = 2
EXPLAINED = (Verdict.DEPARTED, Verdict.TOLD)


def as_record(card: Card) -> dict[str, Any]:
    """Return the card. `version` changes when a field changes its meaning.

    `ended` says whether the examination was interrupted, or the server stopped answering. `means`
    is None for a result that shows no departure and tells nothing.
    """
    return {
        "version": VERSION,
        "title": card.title,
        "ended": card.ended.value,
        "facts": dict(card.facts),
        "results": [_result(result) for result in card.results],
        "remarks": list(card.remarks),
        "at_times": list(card.at_times),
        "departures": [result.check.name for result in card.departures],
        "points": card.points,
        "possible": card.possible,
    }


def _result(result: Result) -> dict[str, Any]:
    finding = result.finding
    return {
        **check_record(result.check),
        "means": result.means if result.verdict in EXPLAINED else None,
        "verdict": finding.verdict.value,
        "seen": finding.seen,
        "facts": dict(finding.facts),
        "points": result.points,
        "possible": result.possible,
    }


def check_record(check: Check) -> dict[str, Any]:
    """Return a check without its points."""
    return {
        "check": check.name,
        "title": check.title,
        "sends": check.sends,
        "rule": check.rule,
        "rfc": check.rfc,
        "means": check.means,
    }

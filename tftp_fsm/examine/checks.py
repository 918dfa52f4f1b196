"""Checks, findings and results, for both `probe` and `grade`.

A check is data: the packets to send, the rule of the RFC, and the effect of a departure on the
other side. The program that examines a peer has a function for each check, which returns a
`Finding`.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from traceback import extract_tb
from typing import TypeAlias

from tftp_fsm.borders import brief
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence

Facts: TypeAlias = tuple[tuple[str, str | int | float], ...]


class Verdict(Enum):
    """The verdict of a check.

    `KEPT`: the peer followed the RFC. `DEPARTED`: it did not. `TOLD`: there is no rule, only a
    useful fact. `NOT_EXAMINED`: the check was not possible. `NOT_RUN`: the peer had to begin the
    check, and did not; it loses the points. `BROKEN_OFF`: a fault of this program ended the check,
    so nothing is known about the peer.
    """

    KEPT = "kept"
    DEPARTED = "departed"
    TOLD = "noted"
    NOT_EXAMINED = "not examined"
    NOT_RUN = "not run"
    BROKEN_OFF = "broken off"


@frozen
class Check:
    """One question to a peer.

    `name` is for programs, and `title` for people. `sends` describes the packets to send. `rule` is
    the demand of the RFC, and `rfc` names its section. `means` is the effect of a departure on the
    other side. `points` is what a peer gets for keeping the rule.
    """

    name: str
    title: str
    sends: str
    rule: str
    rfc: str
    means: str
    points: int = 0


@frozen
class Finding:
    """The observation in words, and as `facts` for programs.

    `means` replaces the `means` of the check if it is set. `seen` and `facts` may have words of the
    peer, which are made harmless when they are written. `fault` names a fault that several checks
    can meet, and `apart` is the finding of this check apart from that fault, if it has one.
    """

    verdict: Verdict
    seen: str
    facts: Facts = ()
    means: str = ""
    fault: str = ""
    apart: Finding | None = None


@frozen
class Result:
    """A check and its finding."""

    check: Check
    finding: Finding

    @property
    def verdict(self) -> Verdict:
        """The verdict of the finding."""
        return self.finding.verdict

    @property
    def means(self) -> str:
        """The effect of a departure on the other side."""
        return self.finding.means or self.check.means

    @property
    def is_departure(self) -> bool:
        """Whether the peer did not follow the RFC."""
        return self.verdict is Verdict.DEPARTED

    @property
    def possible(self) -> int:
        """The points that were possible. They are 0 if nothing could be judged."""
        judged = self.verdict in (Verdict.KEPT, Verdict.DEPARTED, Verdict.NOT_RUN)
        return self.check.points if judged else 0

    @property
    def points(self) -> int:
        """The points that the peer got."""
        return self.possible if self.verdict is Verdict.KEPT else 0


def kept(seen: str, *facts: tuple[str, str | int | float]) -> Finding:
    """Return the finding that the peer followed the RFC."""
    return Finding(Verdict.KEPT, seen, facts)


def departed(
    seen: str, *facts: tuple[str, str | int | float], means: str = "", fault: str = ""
) -> Finding:
    """Return the finding that the peer did not follow the RFC. For the rest see `Finding`."""
    return Finding(Verdict.DEPARTED, seen, facts, means, fault)


def told(seen: str, *facts: tuple[str, str | int | float], means: str = "") -> Finding:
    """Return a fact for which there is no rule. For `means` see `Finding`."""
    return Finding(Verdict.TOLD, seen, facts, means)


def not_examined(why: str) -> Finding:
    """Return that the check was not possible. `why` also says what would make it possible."""
    return Finding(Verdict.NOT_EXAMINED, why)


def not_run(why: str) -> Finding:
    """Return that the peer has not begun the check."""
    return Finding(Verdict.NOT_RUN, why)


def fault(failed: Exception) -> Finding:
    """Return a fault of this program and its place. It may have words of the peer, so it is cut."""
    place = extract_tb(failed.__traceback__)[-1]
    why = sentence(
        "a fault of tftp-fsm: {kind} in {file}, line {line}: {why}",
        kind=type(failed).__name__,
        file=Path(place.filename).name,
        line=place.lineno,
        why=brief(str(failed)),
    )
    return Finding(Verdict.BROKEN_OFF, why)

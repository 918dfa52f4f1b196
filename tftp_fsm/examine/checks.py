"""A check, what was found, and the two together. `probe` and `grade` have this in common.

A check is data: what is sent, what the RFC demands, and what a departure means for the other side.
A program that examines a peer has a function for each check, which returns a `Finding`.
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
    """What became of a check.

    `KEPT`: the peer did what the RFC demands. `DEPARTED`: it did something else. `TOLD`: there is
    no rule, only a fact that is worth knowing. `NOT_EXAMINED`: the check could not be made.
    `NOT_RUN`: the peer had to begin the check, and has not. This costs the points.
    `BROKEN_OFF`: a fault of this program ended the check, which says nothing of the peer.
    """

    KEPT = "kept"
    DEPARTED = "departed"
    TOLD = "told"
    NOT_EXAMINED = "not examined"
    NOT_RUN = "not run"
    BROKEN_OFF = "broken off"


@frozen
class Check:
    """One question to a peer.

    `name` is for programs, `title` for people. `sends` says what is sent, `rule` what the RFC
    demands, and `rfc` where. `means` says what a departure means for the other side. `points` are
    what a peer gets that keeps the rule.
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

    `means` is what it means for the other side, if the check says something else. `seen` and
    `facts` may have words of the peer. They are made harmless where they are written.
    """

    verdict: Verdict
    seen: str
    facts: Facts = ()
    means: str = ""


@frozen
class Result:
    """A check and its finding."""

    check: Check
    finding: Finding

    @property
    def verdict(self) -> Verdict:
        """That of the finding."""
        return self.finding.verdict

    @property
    def means(self) -> str:
        """What a departure means for the other side."""
        return self.finding.means or self.check.means

    @property
    def is_departure(self) -> bool:
        """The peer did not do what the RFC demands."""
        return self.verdict is Verdict.DEPARTED

    @property
    def possible(self) -> int:
        """The points that could be had: none if nothing could be judged."""
        judged = self.verdict in (Verdict.KEPT, Verdict.DEPARTED, Verdict.NOT_RUN)
        return self.check.points if judged else 0

    @property
    def points(self) -> int:
        """The points that the peer got."""
        return self.possible if self.verdict is Verdict.KEPT else 0


def kept(seen: str, *facts: tuple[str, str | int | float]) -> Finding:
    """The peer did what the RFC demands."""
    return Finding(Verdict.KEPT, seen, facts)


def departed(seen: str, *facts: tuple[str, str | int | float], means: str = "") -> Finding:
    """The peer did something else than the RFC demands. `means`: see `Finding`."""
    return Finding(Verdict.DEPARTED, seen, facts, means)


def told(seen: str, *facts: tuple[str, str | int | float]) -> Finding:
    """A fact for which there is no rule."""
    return Finding(Verdict.TOLD, seen, facts)


def not_examined(why: str) -> Finding:
    """The check could not be made; `why`, and what would make it possible."""
    return Finding(Verdict.NOT_EXAMINED, why)


def not_run(why: str) -> Finding:
    """Nobody has begun the check."""
    return Finding(Verdict.NOT_RUN, why)


def fault(failed: Exception) -> Finding:
    """What failed in this program, and where. It may have words of the peer, so it is cut."""
    place = extract_tb(failed.__traceback__)[-1]
    why = sentence(
        "a fault of tftp-fsm: {kind} in {file}, line {line}: {why}",
        kind=type(failed).__name__,
        file=Path(place.filename).name,
        line=place.lineno,
        why=brief(str(failed)),
    )
    return Finding(Verdict.BROKEN_OFF, why)

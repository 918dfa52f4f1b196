"""The report card of a peer: the results of all checks, and their number by verdict.

`card_text`, `card_markdown` and `card_record` write it.
"""

from __future__ import annotations

from enum import Enum

from tftp_fsm.examine.checks import Facts, Result, Verdict
from tftp_fsm.examine.words import counted, score
from tftp_fsm.frozen import frozen
from tftp_fsm.language import joined, layout, sentence_n, sentence_p


class Ended(Enum):
    """How the examination ended.

    `INTERRUPTED`: the user or a signal has stopped it. `SERVER_STOPPED`: the server answered
    first, and then nothing more, so the later checks were not made. Else it is `FINISHED`, also if
    some checks could not be made.
    """

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    SERVER_STOPPED = "server-stopped"


@frozen
class Card:
    """`title` names the peer, and `facts` tells how it was examined, both for people.

    `remarks` has sentences that are shown below the results. `at_times` says in words for programs
    what the peer was now and then: `late`, `silent` or `refusing`.
    """

    title: str
    facts: Facts
    results: tuple[Result, ...]
    remarks: tuple[str, ...] = ()
    ended: Ended = Ended.FINISHED
    at_times: tuple[str, ...] = ()

    @property
    def departures(self) -> tuple[Result, ...]:
        """The results that depart from an RFC, in the order of the checks."""
        return tuple(result for result in self.results if result.is_departure)

    @property
    def is_broken_off(self) -> bool:
        """Whether a fault of this program has ended one of the checks."""
        return any(result.verdict is Verdict.BROKEN_OFF for result in self.results)

    @property
    def points(self) -> int:
        """The points that the peer got in all checks."""
        return sum(result.points for result in self.results)

    @property
    def possible(self) -> int:
        """The points that it could have got in all checks."""
        return sum(result.possible for result in self.results)

    @property
    def summary(self) -> str:
        """`20 checks: 16 kept, 1 departed, 2 told, 1 not examined`, and the points if any."""
        counts = [(self._count(verdict), verdict) for verdict in Verdict]
        words = joined(", ", [counted(verdict, count) for count, verdict in counts if count])
        checks = sentence_n(
            "{count} check: {verdicts}",
            "{count} checks: {verdicts}",
            len(self.results),
            verdicts=words or sentence_p("checks", "none"),
        )
        if not self.possible:
            return checks
        return layout("{checks}; {points}", checks=checks, points=score(self.points, self.possible))

    def _count(self, verdict: Verdict) -> int:
        return sum(result.verdict is verdict for result in self.results)

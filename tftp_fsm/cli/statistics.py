"""Statistics of many simulated transfers, each with its seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tftp_fsm.borders.columns import left
from tftp_fsm.frozen import frozen
from tftp_fsm.language import SOURCE, current, mark_p, shown, tr, tr_p
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.simulation.transfer import Result

SHOWN_SEEDS = 10
QUANTILES = (0.1, 0.5, 0.9, 1.0)


@frozen
class Statistics:
    """The results of all runs, by seed."""

    results: dict[int, Result]

    @property
    def judged(self) -> Counter[str]:
        """The numbers of transfers that succeeded, ended unknown, arrived damaged, or failed."""
        return Counter(judge(result) for result in self.results.values())

    @property
    def unlucky(self) -> list[int]:
        """The seeds of the transfers that did not succeed."""
        return [seed for seed, result in self.results.items() if judge(result) != "succeeded"]

    def seconds(self) -> dict[str, float]:
        """Quantiles of the virtual seconds of successful transfers."""
        return _quantiles([r.seconds for r in self.results.values() if judge(r) == "succeeded"])

    def retransmissions(self) -> dict[str, float]:
        """Quantiles of the number of retransmitted packets, over all transfers."""
        return _quantiles([r.retransmissions for r in self.results.values()])

    def as_json(self) -> dict[str, Any]:
        """The statistics for programs."""
        return {
            "judged": dict(self.judged),
            "seconds": self.seconds(),
            "retransmissions": self.retransmissions(),
            "unlucky_seeds": self.unlucky,
        }

    def lines(self) -> Iterator[str]:
        """The statistics for people."""
        seeds = tuple(self.results)
        told = tr(
            "{count:,}, seeds {first} to {last}", count=len(seeds), first=seeds[0], last=seeds[-1]
        )
        yield row(tr("runs"), told)
        for kind in KINDS:
            count = self.judged[kind]
            if count or kind != "damaged":
                yield row(shown(KINDS[kind]), f"{count:,} ({count / len(seeds):.1%})")
        yield from _quantile_lines(tr_p("in a report", "seconds"), self.seconds(), ".4f")
        again = tr_p("in a report", "again")
        yield from _quantile_lines(again, self.retransmissions(), ",.0f")
        if self.unlucky:
            listed = ", ".join(str(seed) for seed in self.unlucky[:SHOWN_SEEDS])
            more = ", ..." if len(self.unlucky) > SHOWN_SEEDS else ""
            yield row(tr("look at"), f"--seed {listed}{more}")


KINDS = {
    "succeeded": mark_p("transfers", "succeeded"),
    "unknown": mark_p("transfers", "unknown"),
    "failed": mark_p("transfers", "failed"),
    "damaged": mark_p("transfers", "damaged"),
}


def row(name: str, words: str) -> str:
    """Return a line of a report: the name in its column, then the words."""
    return left(name, 10 if current() == SOURCE else 12) + words


def judge(result: Result) -> str:
    """Return the outcome in one word.

    `unknown`: the last ACK never came, so the client cannot know. `damaged`: the client reports
    success, but the file differs.
    """
    outcome = result.client.outcome if result.client is not None else None
    if outcome is Outcome.SUCCEEDED:
        return "succeeded" if result.intact else "damaged"
    return "unknown" if outcome is Outcome.UNKNOWN else "failed"


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return {f"{q:.0%}": ordered[round(q * last)] for q in QUANTILES} if ordered else {}


def _quantile_lines(name: str, quantiles: dict[str, float], form: str) -> Iterator[str]:
    if quantiles:
        values = ", ".join(f"{q}: {value:{form}}" for q, value in quantiles.items())
        yield row(name, values)

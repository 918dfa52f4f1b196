"""Count the clean transfers of a capture, and keep the numbers of the others.

tally = Tally()
tally.add(facts)
tally.line()                # "188 transfers, 3 with findings: 95, 120, 121"
"""

from __future__ import annotations

from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.language import tr_n

NAMED = 20  # transfers whose numbers are kept, because a live capture may be endless


class Tally:
    """Counts transfers. Its memory is bounded."""

    def __init__(self) -> None:
        self.count = 0
        self.unclean = 0
        self._numbers: list[int] = []

    def add(self, facts: Facts) -> None:
        """Count a transfer. A transfer with only notes and guesses is clean."""
        self.count += 1
        if facts.is_clean:
            return
        self.unclean += 1
        if len(self._numbers) < NAMED:
            self._numbers.append(facts.number)

    def line(self) -> str:
        """Return the counts in one line."""
        numbers = ", ".join(f"{number}" for number in self._numbers)
        more = self.unclean - len(self._numbers)
        if not self.unclean:
            return tr_n("{count:,} transfer, clean", "{count:,} transfers, all clean", self.count)
        if self.unclean == self.count:
            return tr_n(
                "{count:,} transfer, with findings",
                "{count:,} transfers, all with findings",
                self.count,
            )
        if not more:
            return tr_n(
                "{count:,} transfer, {unclean:,} with findings: {numbers}",
                "{count:,} transfers, {unclean:,} with findings: {numbers}",
                self.count,
                unclean=self.unclean,
                numbers=numbers,
            )
        return tr_n(
            "{count:,} transfer, {unclean:,} with findings: {numbers} and {more:,} more",
            "{count:,} transfers, {unclean:,} with findings: {numbers} and {more:,} more",
            self.count,
            unclean=self.unclean,
            numbers=numbers,
            more=more,
        )

"""Watchers of the transfers of a capture. `Chosen` keeps a single transfer."""

from __future__ import annotations

from typing import Protocol

from tftp_fsm.errors import LocalError
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.transfer.machines import FOLLOWED
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.explain.uncaptured import with_uncaptured
from tftp_fsm.language import sentence, sentence_n
from tftp_fsm.trace.trace import Trace, session_header


class Watcher(Protocol):
    """The interface of watchers."""

    def begins(self, transfer: Transfer) -> None:
        """Take a transfer that begins. Its first packet was not taken yet."""

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        """Take a transfer that is over."""


class Chosen:
    """Keeps the wanted transfer: by its number, or the first that is not clean."""

    def __init__(self, number: int | None = None) -> None:
        self._number = number
        self.transfer: Transfer | None = None
        self.facts: Facts | None = None
        self.count = 0

    def begins(self, transfer: Transfer) -> None:
        """Do nothing, because nothing is known yet."""

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        """Keep it, or the one before."""
        self.count += 1
        if self._is_better(facts):
            self.transfer, self.facts = transfer, facts

    def _is_better(self, facts: Facts) -> bool:
        if self._number is not None:
            return facts.number == self._number
        known = self.facts
        if known is None or known.is_clean != facts.is_clean:
            return known is None or known.is_clean
        return facts.number < known.number

    def trace(self) -> Trace:
        """Return its steps. Raises LocalError if there is no such transfer."""
        transfer, facts = self.transfer, self.facts
        if transfer is None or facts is None:
            raise LocalError(self._none())
        about: dict[str, object] = {"capture": f"transfer {facts.number} of {self.count}"}
        if facts.outcome != "complete":
            about |= {"failed": f"{facts.outcome}: {facts.ended}", "whole": True}
        log = transfer.log
        ends = {end: session_header(began) for end, began in log.began.items()}
        return with_uncaptured(Trace(ends, log.entries, about, FOLLOWED))

    def _none(self) -> str:
        if not self.count:
            return sentence("no TFTP transfer was found in the capture")
        return sentence_n(
            "the capture has {count:,} transfer, and none with the number {number}",
            "the capture has {count:,} transfers, and none with the number {number}",
            self.count,
            number=self._number,
        )

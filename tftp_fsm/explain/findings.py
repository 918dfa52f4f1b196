"""What was found in a transfer: each departure from the rules, each trouble, each note.

A finding keeps three things apart: what the capture proves (`seen`), what the machine of that end
would have sent (`expected`), and what may have caused it (`cause` of its kind), which no capture
can prove.

What accuses an end must be certain. If the network may have done it, or a hole in the capture, the
finding is a guess: it is told in weaker words, and the transfer is clean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

from tftp_fsm.explain.kind import Kind, Severity
from tftp_fsm.explain.kinds import KINDS
from tftp_fsm.frozen import frozen

Who = Literal["client", "server", "network", "capture"]
MOST = 64  # findings of one transfer; of each kind there is one for each end


@frozen
class Finding:
    """One thing that was found. `packet` is its number in the file, `at` in nanoseconds since 1970.

    It happened `count` times, for the last time in packet `last`. `why` is the reason that the
    machine's row gives for what was expected. `is_guess`: no mistake of an end is
    proven; None if that is to be weighed at the end.
    """

    slug: str
    who: Who
    packet: int
    at: int | None
    seen: str
    expected: str = ""
    why: str = ""
    count: int = 1
    last: int = 0
    cause: str = ""
    is_guess: bool | None = None

    @property
    def severity(self) -> Severity:
        """That of its kind, unless it is a guess."""
        return "guess" if self.is_guess else self.kind.severity

    @property
    def kind(self) -> Kind:
        """What all findings of this kind have in common."""
        return KINDS[self.slug]

    @property
    def usual_cause(self) -> str:
        """What usually causes it. It may be something else."""
        return self.cause or self.kind.cause


class Findings:
    """The findings of a transfer, in the order of their packets."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Finding] = {}

    def add(self, finding: Finding) -> None:
        """Add one. If it was found before, only its count grows. A guess counts only alone."""
        key = finding.slug, finding.who
        known = self._found.get(key)
        if known is not None and bool(known.is_guess) is bool(finding.is_guess):
            last = max(known.last, finding.packet)
            if finding.is_guess is False:
                known = replace(known, is_guess=False)
            self._found[key] = _counted(known, known.count + finding.count, last)
        elif known is not None and finding.is_guess:
            pass
        elif known is not None or len(self._found) < MOST:
            self._found[key] = _counted(finding, finding.count, max(finding.packet, finding.last))

    def count(self, slug: str, who: str | None = None) -> int:
        """How often it was found."""
        return sum(
            each.count
            for (known, whose), each in self._found.items()
            if known == slug and who in (None, whose)
        )

    def is_told(self, slug: str, who: str, packet: int) -> bool:
        """Whether it was found at this packet, as the last one so far."""
        known = self._found.get((slug, who))
        return known is not None and known.last == packet

    def retract(self, slug: str, who: str) -> None:
        """Take back the last finding of this kind: something else explains it."""
        known = self._found.pop((slug, who), None)
        if known is not None and known.count > 1:
            self._found[slug, who] = _counted(known, known.count - 1, known.last)

    def weigh(self, is_certain: Callable[[Finding], bool]) -> None:
        """Make guesses of those that are not certain."""
        for key, known in self._found.items():
            if known.is_guess is None:
                self._found[key] = replace(known, is_guess=not is_certain(known))

    def __iter__(self) -> Iterator[Finding]:
        return iter(sorted(self._found.values(), key=lambda each: (each.packet, _rank(each))))

    def __len__(self) -> int:
        return len(self._found)


def _rank(finding: Finding) -> int:
    return ("departure", "trouble", "guess", "note").index(finding.severity)


def _counted(finding: Finding, count: int, last: int) -> Finding:
    return replace(finding, count=count, last=last)

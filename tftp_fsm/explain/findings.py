"""What was found in a transfer: each departure from the rules, each trouble, each note.

A finding keeps three things apart: what the capture proves (`seen`), what the machine of that end
would have sent (`expected`), and what may have caused it (`cause` of its kind), which no capture
can prove.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from tftp_fsm.explain.kind import Kind
from tftp_fsm.explain.kinds import KINDS
from tftp_fsm.frozen import frozen

Who = Literal["client", "server", "network", "capture"]
MOST = 64  # findings of one transfer; of each kind there is one for each end


@frozen
class Finding:
    """One thing that was found. `packet` is its number in the file, `at` in nanoseconds since 1970.

    It happened `count` times, for the last time in packet `last`. `why` is the reason that the
    machine's row gives for what was expected.
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
        """Add one. If it was found before, only its count grows."""
        key = finding.slug, finding.who
        known = self._found.get(key)
        if known is not None:
            last = max(known.last, finding.packet)
            self._found[key] = _counted(known, known.count + finding.count, last)
        elif len(self._found) < MOST:
            self._found[key] = _counted(finding, finding.count, max(finding.packet, finding.last))

    def count(self, slug: str, who: str | None = None) -> int:
        """How often it was found."""
        return sum(
            each.count
            for (known, whose), each in self._found.items()
            if known == slug and who in (None, whose)
        )

    def retract(self, slug: str, who: str) -> None:
        """What was found last of this kind has another explanation."""
        known = self._found.pop((slug, who), None)
        if known is not None and known.count > 1:
            self._found[slug, who] = _counted(known, known.count - 1, known.last)

    def __iter__(self) -> Iterator[Finding]:
        return iter(sorted(self._found.values(), key=lambda each: (each.packet, _rank(each))))

    def __len__(self) -> int:
        return len(self._found)


def _rank(finding: Finding) -> int:
    return ("departure", "trouble", "note").index(finding.kind.severity)


def _counted(finding: Finding, count: int, last: int) -> Finding:
    return replace(finding, count=count, last=last)

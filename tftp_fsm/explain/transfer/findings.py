"""The findings of a transfer: departures from the rules, troubles, and notes.

A finding has three separate parts. `seen` is proven by the capture. `expected` is the packet that
the machine of this end would have sent. The `cause` of its kind is only possible: no capture can
prove it.

A finding that accuses an end must be certain. If the network or a hole in the capture may be the
reason, the finding is a guess. Then its words are weaker, and the transfer counts as clean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

from tftp_fsm.explain.kinds.capture import CAPTURE
from tftp_fsm.explain.kinds.data import DATA
from tftp_fsm.explain.kinds.kind import Kind, Severity
from tftp_fsm.explain.kinds.network import NETWORK
from tftp_fsm.explain.kinds.opening import OPENING
from tftp_fsm.explain.kinds.termination import TERMINATION
from tftp_fsm.frozen import frozen

Who = Literal["client", "server", "network", "capture"]
KINDS: dict[str, Kind] = {  # by their short names
    **OPENING,
    **DATA,
    **TERMINATION,
    **NETWORK,
    **CAPTURE,
}
MOST = 64  # findings of one transfer; each kind has at most one for each end


@frozen
class Finding:
    """One finding. `packet` is a number in the file, and `at` is in nanoseconds since 1970.

    It happened `count` times, the last time in packet `last`. `why` is the reason of the machine's
    row for the expected packet. `is_guess` is true if no mistake of an end is proven, and None if
    this is decided at the end.
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
        """The severity of its kind, unless it is a guess."""
        return "guess" if self.is_guess else self.kind.severity

    @property
    def kind(self) -> Kind:
        """The common properties of this kind of findings."""
        return KINDS[self.slug]

    @property
    def usual_cause(self) -> str:
        """The usual cause. The real cause may be another."""
        return self.cause or self.kind.cause


class Findings:
    """The findings of a transfer, in the order of their packets."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Finding] = {}

    def add(self, finding: Finding) -> None:
        """Add a finding, or raise its count if it was found before. Guesses count separately."""
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
        """Return how often it was found."""
        return sum(
            each.count
            for (known, whose), each in self._found.items()
            if known == slug and who in (None, whose)
        )

    def is_told(self, slug: str, who: str, packet: int) -> bool:
        """Return whether its last occurrence so far is this packet."""
        known = self._found.get((slug, who))
        return known is not None and known.last == packet

    def retract(self, slug: str, who: str) -> None:
        """Remove the last finding of this kind, because it has another explanation."""
        known = self._found.pop((slug, who), None)
        if known is not None and known.count > 1:
            self._found[slug, who] = _counted(known, known.count - 1, known.last)

    def copy(self) -> Findings:
        """A copy. What is added to one of the two does not change the other."""
        other = Findings()
        other._found = dict(self._found)
        return other

    def weigh(self, is_certain: Callable[[Finding], bool]) -> None:
        """Turn the findings that are not certain into guesses."""
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

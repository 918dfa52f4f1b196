"""Report a fault once, although many checks meet it.

If a basic check departs by a fault, such as a file that is stored with more octets, each later
check that meets the same fault points to it. What it can judge apart from the fault is judged.
"""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.examine.checks import Finding, Verdict, not_examined
from tftp_fsm.examine.probing.damage import TWICE
from tftp_fsm.language import marked, sentence

# The other checks do more than these. A fault that only they meet comes from what they do.
BASIC = frozenset({"read", "tsize", "blksize", "timeout", "write"})
# Several checks send a block twice. Whichever of them finds this first reports it for all.
OF_ANY_CHECK = frozenset({TWICE})
NO_END = "no end"  # the file has no shorter last block
NUMBERS = "numbers"  # blocks have wrong numbers


class Repeated:
    """Knows the faults that were reported so far, and the check that has found each first."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def once(self, check: str, found: Finding) -> Finding:
        """Return the finding of this check, without a fault that an earlier check has found."""
        if not found.fault or found.verdict is not Verdict.DEPARTED:
            return found
        if check in BASIC or found.fault in OF_ANY_CHECK:
            self._first.setdefault(found.fault, check)
        first = self._first.get(found.fault, check)
        if first == check:
            return found
        seen = sentence("{seen}: see the check {check}", seen=marked(found.seen), check=first)
        return not_examined(seen) if found.apart is None else replace(found.apart, seen=seen)

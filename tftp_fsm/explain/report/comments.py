"""Comments for the packets of a capture: the reason of each, its effect, and the findings."""

from __future__ import annotations

from collections import defaultdict

from tftp_fsm.capture.words import heard_words, sent_words
from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.transfer.endpoint import Verdict
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.protocol.events import Step


class Comments:
    """Collects the comments of packets, by their numbers in the capture."""

    def __init__(self) -> None:
        self.of: defaultdict[int, list[str]] = defaultdict(list)

    def begins(self, transfer: Transfer) -> None:
        """Watch this transfer."""
        transfer.watch = self._watch

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        """Add each finding to its packet."""
        for finding in facts.findings:
            if finding.severity != "note":
                self.of[finding.packet].append(_finding_words(finding))

    def _watch(
        self,
        transfer: Transfer,
        name: str,
        seen: Seen,
        verdict: Verdict,
        spoke: Step | None,
        heard: Step | None,
    ) -> None:
        said = self.of[seen.number]
        said.append(_spoken(transfer, name, seen, verdict, spoke))
        if heard is not None:
            other = transfer.other(name)
            said.append(f"if it arrives: {heard_words(other, heard)}")


def _spoken(transfer: Transfer, name: str, seen: Seen, verdict: Verdict, spoke: Step | None) -> str:
    words = f"transfer {transfer.number}: "
    if verdict.how == "late":
        return f"{words}{name} sends {seen.words}. A later block has overtaken it."
    if verdict.is_soon:
        return f"{words}{name} sends {seen.words}. It comes too soon for a time-out."
    if verdict.how is None or spoke is None:
        return f"{words}{name} sends {seen.words}. Its machine would not send this now."
    again = transfer.sides[name].repeats
    told = f"{words}{sent_words(name, seen.words, again, spoke)}"
    if verdict.how == "unheard":
        told += " It is as if what was captured before has not arrived."
    return told


def _finding_words(finding: Finding) -> str:
    kind = finding.kind
    rule = f" ({kind.rfc})" if kind.rfc else ""
    expected = f" Expected: {finding.expected}." if finding.expected else ""
    mark = "? (not certain)" if finding.is_guess else "!"
    return (
        f"{mark} {kind.title} Seen: {finding.seen}.{expected}{rule} May be: {finding.usual_cause}"
    )

"""Count equal reports of unanswered requests, which differ only in client and time.

When a server is down, the clients of a large network all send requests, and their reports are
equal. The first one is printed, and the others are counted:

    many = Unanswered()
    many.counts(facts)          # False: print this report
    list(many.lines())          # a line for each report that has come again
"""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import terminal
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.language import tr_n
from tftp_fsm.transports.zones import host_text

MOST = 1000  # different reports that are kept; beyond that every report is printed


class _Counted:
    __slots__ = ("count", "first", "last_packet", "next_packet")

    def __init__(self, first: Facts) -> None:
        self.first = first
        self.count = 0
        self.next_packet = self.last_packet = first.packet

    def add(self, facts: Facts) -> None:
        if not self.count:
            self.next_packet = self.last_packet = facts.packet
        self.count += 1
        self.next_packet = min(self.next_packet, facts.packet)
        self.last_packet = max(self.last_packet, facts.packet)

    def line(self) -> str:
        """Return a sentence about the reports that are not printed."""
        first = self.first
        what = f"{first.verb} {first.name} ({first.mode})"
        line = tr_n(
            "{count:,} more transfer is like transfer {number}, without an answer: {what}, "
            "server {host} port {port}, packet {next}",
            "{count:,} more transfers are like transfer {number}, without an answer: {what}, "
            "server {host} port {port}, packets {next} to {last}",
            self.count,
            number=first.number,
            what=what,
            host=host_text(first.asked),
            port=first.asked[1],
            next=self.next_packet,
            last=self.last_packet,
        )
        return terminal(line)


class Unanswered:
    """Counts reports that are equal to an earlier one."""

    def __init__(self) -> None:
        self._known: dict[object, _Counted] = {}

    def counts(self, facts: Facts) -> bool:
        """Count the report if an equal one was printed. Return False if it must be printed."""
        if not facts.has_no_answer:
            return False
        key = _key(facts)
        known = self._known.get(key)
        if known is not None:
            known.add(facts)
        elif len(self._known) < MOST:
            self._known[key] = _Counted(facts)
        return known is not None

    def lines(self) -> Iterator[str]:
        """The lines that count equal reports."""
        for known in self._known.values():
            if known.count:
                yield known.line()


def _key(facts: Facts) -> object:
    found = tuple((each.slug, each.who, each.seen, each.count) for each in facts.findings)
    offered = tuple(facts.offered.items())
    return facts.verb, facts.name, facts.mode, facts.asked, offered, found

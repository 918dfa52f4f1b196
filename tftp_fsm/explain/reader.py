"""Read a capture, and explain each transfer when it is over.

    with open("boot.pcap", "rb") as stream:
        explain(Capture(stream), [watcher])

A watcher is called when a transfer begins and when it is over. Between these it may see the packets
(`transfer.watch`), and take the blocks of the file (`transfer.on_block`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.capture.reading.icmp import Undelivered
from tftp_fsm.explain.closing import outcome
from tftp_fsm.explain.flows import Flows
from tftp_fsm.explain.judging.follower import Follower
from tftp_fsm.explain.report.facts import facts_of
from tftp_fsm.explain.sorting import Sorting
from tftp_fsm.explain.transfer.machines import client_of
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.explain.watchers import Watcher
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Request
from tftp_fsm.wire.packets import WELL_KNOWN_PORT

PORTS = frozenset({WELL_KNOWN_PORT})


class Datagrams(Protocol):
    """The part of a capture that this module reads."""

    @property
    def torn(self) -> list[tuple[Address, Address]]:
        """Source and destination of the datagrams with missing fragments."""

    on_undelivered: Callable[[Undelivered], None] | None
    """A function that is called with each ICMP message about a datagram."""

    def __iter__(self) -> Iterator[Captured]:
        """Yield the datagrams."""


class Explaining:
    """Takes datagrams, and calls the watchers. Requests go to `ports`, or look like requests.

    `take` and `undelivered` take the contents of a capture, in the order of its file.
    """

    def __init__(
        self, watchers: Sequence[Watcher], ports: frozenset[int] = PORTS, *, is_logged: bool = False
    ) -> None:
        self._watchers = watchers
        self._is_logged = is_logged
        self.flows = Flows(self._follow, self._begins, self._ends, ports=ports)
        doubled = self.flows.views.doubled
        self._order = Sorting(self.flows.take, self.flows.undelivered, doubled.look_ahead)
        self.take = self._order.take
        self.undelivered = self._order.undelivered

    def _follow(self, request: Request, number: int, first: Captured) -> Transfer:
        client = client_of(request, first.to)
        return Follower(request, number, first, client, is_logged=self._is_logged)

    def _begins(self, transfer: Transfer) -> None:
        for watcher in self._watchers:
            watcher.begins(transfer)

    def _ends(self, transfer: Transfer) -> None:
        outcome.close(transfer, self.flows.now)
        facts = facts_of(transfer)
        for watcher in self._watchers:
            watcher.ends(transfer, facts)

    @property
    def remarks(self) -> list[str]:
        """Sentences about the capture as a whole."""
        return self.flows.views.doubled.remarks + self.flows.one_way.remarks

    def be_live(self) -> None:
        """Hold no packet back for long from now on, because a user waits for the reports."""
        self._order.be_live()
        self.flows.be_live()

    def idle(self) -> None:
        """Take the held packets, and report ended transfers. Call this when no packets come."""
        self._order.flush()
        self.flows.look_at_ends()

    def close(self, torn: Iterable[tuple[Address, Address]] = ()) -> None:
        """End all transfers. `torn` has the addresses of datagrams with missing fragments."""
        self._order.flush()
        for source, to in torn:
            self.flows.torn(source, to)
        self.flows.close()


def explain(
    capture: Datagrams,
    watchers: Sequence[Watcher],
    ports: frozenset[int] = PORTS,
    *,
    is_logged: bool = False,
) -> None:
    """Read the whole capture. Raises LocalError for damage, after explaining all before it.

    With `is_logged` each transfer keeps its steps (`transfer.log`), and is followed packet by
    packet.
    """
    explaining = Explaining(watchers, ports, is_logged=is_logged)
    take = explaining.take
    capture.on_undelivered = explaining.undelivered
    try:
        for datagram in capture:
            take(datagram)
    finally:
        explaining.close(capture.torn)

"""The sessions of a loop: how they start, get their turns, and are reported and dropped.

A session that has just started has some 6 KB of memory. In the middle of a transfer an upload has
up to 50 KB. A download has up to 280 KB, of which 256 KiB are read ahead (`storage.sources`); a
window that is larger is read and sent in parts. A thousand sessions that waited took 20 MiB,
without the kernel's own memory.
"""

from __future__ import annotations

import selectors
from collections.abc import Callable
from dataclasses import replace

from tftp_fsm.protocol.events import Aborted, Event, TimeoutExpired
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.log import Report, Totals
from tftp_fsm.server.session_table import SessionTable
from tftp_fsm.server.shield import Shield
from tftp_fsm.server.transfer import ActiveTransfer
from tftp_fsm.server.transport import SessionTransport
from tftp_fsm.transports import Burst

TURN = 16  # bursts of one session, or requests, that are taken before the next socket's turn
CLOSING = "the server is closing"


class SessionRunner:
    """Runs the sessions in `table`. Each socket of a session is registered in `selector`.

    `report` is called when a session ends, `complain` with what should never happen.
    """

    def __init__(
        self,
        config: ServerConfig,
        selector: selectors.BaseSelector,
        report: Callable[[Report], object] | None = None,
        complain: Callable[[str], object] | None = None,
    ) -> None:
        self.table = SessionTable(config.places, config.max_sessions_per_address)
        self.totals = Totals()
        self._keep_failures = config.keep_failures
        self._selector = selector
        self._report = report
        self.shield = Shield(self.totals, complain)
        self._running = 0  # sessions that may still move file data

    def start(self, transfer: ActiveTransfer, event: Event) -> None:
        """Take up a new session, and feed it its first event."""
        self.table.add(transfer)
        self._running += 1
        if isinstance(transfer.transport, SessionTransport):
            self._selector.register(transfer.transport.sock, selectors.EVENT_READ, transfer)
        session = transfer.driver.session
        transfer.transport.prepare(session.windowsize * (session.blksize + 4))
        self.feed(transfer, event)

    def feed(self, transfer: ActiveTransfer, event: Event) -> None:
        """Hand the session an event."""
        self._guard(transfer, lambda: transfer.driver.feed(event))

    def take(self, transfer: ActiveTransfer, burst: Burst) -> None:
        """Hand the session datagrams of its peer."""
        self._guard(transfer, lambda: transfer.driver.take(burst))

    def take_turn(self, transfer: ActiveTransfer) -> None:
        """Let the session take what has come to its socket, at most TURN bursts.

        A session that was dropped during the same wait is left out.
        """
        if transfer in self.table:
            self._guard(transfer, lambda: self._receive(transfer))

    def drain(self, transfer: ActiveTransfer) -> None:
        """Let the session take what waits at its socket, at most TURN bursts, before it is judged.

        An ACK that came before a request to the listening port may be read after it.
        """
        if transfer in self.table:
            self._guard(transfer, lambda: self._receive_waiting(transfer))

    def time_out(self, now: float) -> None:
        """Feed TimeoutExpired to each session whose deadline has come."""
        for transfer in self.table.expired(now):
            self.feed(transfer, TimeoutExpired())

    def drop(self, transfer: ActiveTransfer) -> None:
        """End the session, whatever its state, and report it. A second call does nothing."""
        if transfer not in self.table:
            return
        if not transfer.reported:
            self._report_end(transfer)
        self.table.remove(transfer)
        if isinstance(transfer.transport, SessionTransport):
            self._selector.unregister(transfer.transport.sock)
        transfer.close()

    def close(self) -> None:
        """Drop every session. The peers of those that are running get an ERROR."""
        self.shield.is_closing = True
        for transfer in self.table:
            self.drain(transfer)
            if transfer in self.table:
                self.feed(transfer, Aborted(CLOSING))
                self.drop(transfer)

    def _receive(self, transfer: ActiveTransfer) -> None:
        if isinstance(transfer.transport, SessionTransport):
            transfer.transport.blocking = self._running == 1
        for _ in range(TURN):
            if transfer.driver.exchange():
                return
            arrived = transfer.transport.receive(None)
            if arrived is None or transfer.driver.ended:
                return
            transfer.driver.take(arrived)

    def _receive_waiting(self, transfer: ActiveTransfer) -> None:
        if isinstance(transfer.transport, SessionTransport):
            transfer.transport.blocking = False
        for _ in range(TURN):
            if transfer.driver.exchange():
                continue
            arrived = transfer.transport.receive(None)
            if arrived is None or transfer.driver.ended:
                return
            transfer.driver.take(arrived)

    def _guard(self, transfer: ActiveTransfer, act: Callable[[], object]) -> None:
        """Call `act`. A bug in one session drops that session and does not end the server."""
        if self.shield.run(act):
            self._settle(transfer)
        else:
            self.drop(transfer)

    def _settle(self, transfer: ActiveTransfer) -> None:
        """Report, drop or schedule the session, after it was moved."""
        if transfer.driver.is_mid_run:
            return
        if not transfer.is_running and not transfer.reported:
            self._report_end(transfer)
        if transfer.driver.ended:
            self.drop(transfer)
        else:
            self.table.schedule(transfer)
        if transfer.driver.take_begin_anew():
            self.shield.run(transfer.begin_anew)

    def _report_end(self, transfer: ActiveTransfer) -> None:
        transfer.reported = True
        self._running -= 1
        report = transfer.report()
        if report.failed and self._keep_failures is not None:
            report = replace(report, steps=transfer.keep_steps(self._keep_failures))
        self.totals.add(report)
        if self._report is not None:
            tell = self._report
            self.shield.run(lambda: tell(report))

"""Run the sessions of a loop: start them, give them turns, report them and drop them.

A session that has just started uses about 6 KB of memory. In the middle of a transfer an upload
uses up to 50 KB. A download in lock-step uses up to 60 KB, and 32 KiB of this is read ahead
(`driver.lockstep`). A download with windows uses up to 280 KB, and one window of this is read
ahead. A larger window is read and sent in parts. A thousand waiting sessions took 20 MiB, without
the kernel's memory.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import Aborted, Event, TimeoutExpired
from tftp_fsm.server.commits import Commits
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.groups import Groups
from tftp_fsm.server.kept_failures import KeptFailures
from tftp_fsm.server.log import Report, Totals
from tftp_fsm.server.session_table import SessionTable
from tftp_fsm.server.shield import Shield
from tftp_fsm.server.transfer import ActiveTransfer
from tftp_fsm.transports.burst import Burst
from tftp_fsm.transports.session_transport import SessionTransport

TURN = 16  # bursts; the most that one session takes in its turn
CLOSING = "the server is closing"
BROKEN = "a fault of the server's program has ended the transfer"


class SessionRunner:
    """Runs the sessions in `table`. Their sockets are registered in groups in `selector`.

    `report` is called when a session ends. `complain` is called with faults of this program.
    `call_soon` makes the loop call a function; if it is given, files are committed on other
    threads. If `may_block` is set, the only session of a server waits a moment for its next
    datagram.
    """

    def __init__(
        self,
        config: ServerConfig,
        selector: selectors.BaseSelector,
        report: Callable[[Report], object] | None = None,
        complain: Callable[[str], object] | None = None,
        call_soon: Callable[[Callable[[], object]], object] | None = None,
        *,
        may_block: bool = True,
    ) -> None:
        self.table = SessionTable[ActiveTransfer](config.places, config.max_sessions_per_address)
        self.totals = Totals()
        self._kept_in: object = None
        self._kept: KeptFailures | None = None
        self._keep_failures(config)
        self._sockets = Groups[ActiveTransfer](selector)
        self._may_block = may_block
        self.call_soon = call_soon or _never
        self._commits = None if call_soon is None else Commits(call_soon)
        self._report = report
        self.shield = Shield(self.totals, complain)
        self._running = 0  # sessions that may still move file data

    def reconfigure(self, config: ServerConfig) -> None:
        """Use these limits for sessions that begin from now on."""
        self.table.limit(config.places, config.max_sessions_per_address)
        self._keep_failures(config)

    def _keep_failures(self, config: ServerConfig) -> None:
        """Set the folder of failures. If it is the same as before, its quotas are kept."""
        folder = config.keep_failures
        if folder != self._kept_in:
            self._kept_in = folder
            self._kept = None if folder is None else KeptFailures(folder)

    def start(self, transfer: ActiveTransfer, event: Event) -> None:
        """Add a new session, and feed it its first event."""
        self.table.add(transfer)
        self._running += 1
        self._watch(transfer)
        if self._commits is not None:
            transfer.driver.effects.commit_aside = partial(self._commit_aside, transfer)
        session = transfer.driver.session
        window = session.windowsize * (session.blksize + 4)
        transfer.transport.prepare(window, joins=session.windowsize > 1)
        self.feed(transfer, event)

    def note_refused(self, report: Report) -> None:
        """Count and report a session that was refused by its first row."""
        self.totals.add(report)
        self._tell(report)

    def feed(self, transfer: ActiveTransfer, event: Event) -> None:
        """Hand the session an event.

        While the session's file is committed, it hears no event. A request that comes then is a
        copy, or it comes from a client that was reset. This client will ask again.
        """
        if transfer.is_committing:
            return
        self._guard(transfer, lambda: transfer.driver.feed(event))

    def take(self, transfer: ActiveTransfer, burst: Burst) -> None:
        """Hand the session a burst of datagrams of its peer."""
        if transfer.is_committing:
            transfer.held = Burst.of(b"".join(map(bytes, burst.datagrams())), burst.peer)
            return
        self._guard(transfer, lambda: transfer.driver.take(burst))

    def take_turn(self, transfer: ActiveTransfer) -> bool:
        """Let the session take the datagrams at its socket, at most TURN bursts.

        Return whether something new came. A session gets no turn if it was dropped after the same
        wait, or if its file is being committed. With many sessions in lock-step this is called for
        each block, so it must be fast.
        """
        if not transfer.is_watched:
            return False
        transfer.transport.blocking = self._may_block and self._running == 1
        driver = transfer.driver
        try:
            driver.take_waiting(TURN)
        except BaseException as failed:
            self._break_off(transfer, failed)
            return False
        if driver.is_mid_run:
            return driver.has_moved
        self._settle(transfer)
        before, transfer.heard_at = transfer.heard_at, driver.moved_at
        return before != transfer.heard_at

    def drain(self, transfer: ActiveTransfer) -> None:
        """Let the session take what waits at its socket, at most TURN bursts.

        Call this before a decision about the session: an ACK at its socket may be older than the
        request at the listening port.
        """
        if transfer.is_watched:
            transfer.transport.blocking = False
            self._guard(transfer, lambda: transfer.driver.take_waiting(TURN, goes_on=True))

    def time_out(self, now: float) -> None:
        """Feed TimeoutExpired to each session that is past its deadline and has a silent peer.

        Datagrams at the socket are heard first. With many sessions they may have waited there for
        longer than the session's RTO.
        """
        for transfer in self.table.expired(now):
            self.drain(transfer)
            if transfer not in self.table:
                continue
            if transfer.deadline is not None and transfer.deadline <= now:
                self.feed(transfer, TimeoutExpired())
            else:  # the datagrams may have left a run open, and nothing else would end it
                self.table.schedule(transfer)

    def drop(self, transfer: ActiveTransfer) -> None:
        """End the session in any state, and report it. A second call does nothing."""
        if transfer not in self.table:
            return
        if not transfer.reported:
            self._report_end(transfer)
        self.table.remove(transfer)
        if not transfer.is_committing:
            self._ignore(transfer)
        transfer.close()

    def close(self) -> None:
        """Drop every session. The peers of those that are running get an ERROR.

        A session whose file has come whole ends normally, so this waits for the disk.
        """
        self.shield.is_closing = True
        self.drain_all()
        self.finish_commits()
        for transfer in self.table:
            self.feed(transfer, Aborted(CLOSING))
            self.drop(transfer)
        self._sockets.close()

    @property
    def is_committing(self) -> bool:
        """Whether another thread is committing the file of a session."""
        return self._commits is not None and self._commits.are_under_way

    def drain_all(self) -> None:
        """Let each session take what waits at its socket. This may complete a file."""
        for transfer in self.table:
            self.drain(transfer)

    def finish_commits(self) -> None:
        """Wait for the disk, and let the sessions of the committed files go on."""
        if self._commits is not None:
            self._commits.finish_all()

    # -- Commits ----------------------------------------------------------------------------------

    def _commit_aside(self, transfer: ActiveTransfer, commit: Callable[[], None]) -> None:
        assert self._commits is not None, "only with commits is a driver told of this function"
        self._ignore(transfer)  # datagrams wait at the socket meanwhile
        self._commits.start(commit, partial(self._resume, transfer))

    def _resume(self, transfer: ActiveTransfer, failed: BaseException | None) -> None:
        """Let the session go on, and hear the datagrams that came during the commit.

        A copy of the last block shows that the client still waits, so the session dallies longer.
        """
        if transfer not in self.table:
            return
        self._watch(transfer)
        self._guard(transfer, lambda: transfer.driver.resume(failed))
        held, transfer.held = transfer.held, None
        if held is not None and transfer in self.table:
            self.take(transfer, held)
        self.drain(transfer)

    def _watch(self, transfer: ActiveTransfer) -> None:
        transfer.is_watched = True
        if isinstance(transfer.transport, SessionTransport):
            self._sockets.register(transfer.transport.sock, transfer)

    def _ignore(self, transfer: ActiveTransfer) -> None:
        transfer.is_watched = False
        if isinstance(transfer.transport, SessionTransport):
            self._sockets.unregister(transfer.transport.sock)

    # -- Turns ------------------------------------------------------------------------------------

    def _guard(self, transfer: ActiveTransfer, act: Callable[[], object]) -> None:
        """Call `act`. A bug in one session drops that session and does not end the server."""
        try:
            act()
        except BaseException as failed:
            self._break_off(transfer, failed)
        else:
            self._settle(transfer)

    def _break_off(self, transfer: ActiveTransfer, failed: BaseException) -> None:
        """Drop a session after an exception in it, or raise the exception again.

        The client gets an ERROR. Otherwise it would wait for half a minute in silence.
        """
        self.shield.take(failed)
        transfer.left_for = BROKEN
        if not transfer.driver.ended:
            self.shield.run(lambda: transfer.driver.feed(Aborted(BROKEN)))
        self.drop(transfer)

    def _settle(self, transfer: ActiveTransfer) -> None:
        """Report, drop or schedule the session after it has moved."""
        if transfer.driver.is_mid_run:
            return
        transfer.settle_charge()
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
        if report.failed:
            report = replace(report, steps=self._steps_of(transfer))
        self.totals.add(report)
        self._tell(report)

    def _steps_of(self, transfer: ActiveTransfer) -> str:
        """Keep the last steps. Return their path, or "". A failure does not end the server."""
        kept, where = self._kept, [""]
        if kept is not None:
            self.shield.run(lambda: where.append(_keep(kept, transfer)))
        return where[-1]

    def _tell(self, report: Report) -> None:
        if self._report is not None:
            tell = self._report
            self.shield.run(lambda: tell(report))


def _keep(kept: KeptFailures, transfer: ActiveTransfer) -> str:
    """Write the last steps of a failed session. Return their path, or the reason of a failure.

    Return "" for a session without a second step, and for a session beyond the quotas.
    """
    from tftp_fsm.trace.failed_transfer import FAILED, UNPROVEN, hint, keep_among
    from tftp_fsm.trace.trace import steps_as_trace  # both imported late: few transfers fail

    driver, unproven = transfer.driver, transfer.is_unproven
    if len(driver.recent) < 2 or not kept.take(transfer.peer, time.monotonic(), unproven=unproven):
        return ""
    kind = UNPROVEN if unproven else FAILED
    trace = steps_as_trace(driver.session, driver.began, driver.recent)
    try:
        return hint(keep_among(trace, kept.folder, kind))
    except LocalError as failed:
        return str(failed)


def _never(action: Callable[[], object]) -> None:
    """Do nothing: without a loop no function can be called later."""

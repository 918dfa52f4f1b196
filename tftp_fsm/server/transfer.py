"""One session of a server, with its transport and the loop's notes about it."""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.driver.driver import Driver
from tftp_fsm.protocol.events import Finished, Outcome
from tftp_fsm.protocol.read_server import ReadServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.write_server import WriteServer
from tftp_fsm.server.log import Report
from tftp_fsm.server.session_table import STILL, Key
from tftp_fsm.server.shared_transport import ServerTransport
from tftp_fsm.transports.burst import Burst
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Rrq


class ActiveTransfer:
    """A driver and its transport, with their `key` in the table of sessions.

    `request_octets` is the datagram of the request. An equal datagram is a repetition.
    `due` is the time at which the loop checks the deadline next, or None.
    `reported` is true once the end is in the log.
    `charge` gives back the charge of the client's network for this session, or it is None.
    `left_for` is the reason in the log if the session is dropped before its end.
    `held` is the last datagram that came to the shared port while the file was committed.
    `heard_at` is the last time of new data, noted at the last turn that did not end within a run.
    `is_watched` is true if the loop hands datagrams to it: not if dropped, not during a commit.
    `begin_anew` starts another session for the same request.
    """

    __slots__ = (
        "began",
        "begin_anew",
        "charge",
        "driver",
        "due",
        "heard_at",
        "held",
        "is_watched",
        "key",
        "left_for",
        "reported",
        "request_octets",
        "transport",
    )

    def __init__(
        self,
        key: Key,
        request_octets: bytes,
        driver: Driver,
        transport: ServerTransport,
        begin_anew: Callable[[], object],
    ) -> None:
        self.key = key
        self.request_octets = request_octets
        self.driver = driver
        self.transport = transport
        self.begin_anew = begin_anew
        self.began = transport.now()
        self.charge: Callable[[], object] | None = None
        self.due: float | None = None
        self.held: Burst | None = None
        self.heard_at = 0.0
        self.is_watched = False
        self.reported = False
        self.left_for = "the client began another transfer"

    @property
    def peer(self) -> Address:
        """The client's host and TID."""
        return self.key[0]

    @property
    def is_running(self) -> bool:
        """Whether file data may still move; a session that dallies is not running."""
        return self.driver.finished is None

    @property
    def is_dallying(self) -> bool:
        """Whether it stays only to repeat its final ACK, so another session may take its place."""
        return self.driver.session.state is State.DALLYING and not self.is_committing

    @property
    def is_committing(self) -> bool:
        """Whether another thread commits its file. During the commit the session hears nothing."""
        return self.driver.is_committing

    @property
    def is_unproven(self) -> bool:
        """Whether the client has not answered yet, so that the request may be forged."""
        session = self.driver.session
        return isinstance(session, ReadServer | WriteServer) and not session.is_proven

    @property
    def moved_at(self) -> float:
        """The last time at which something new came from the client."""
        return self.driver.moved_at

    def is_still(self, now: float) -> bool:
        """Return whether nothing new has come for so long that the session may lose its place.

        While its file is committed, the session waits for our disk, not for the client.
        """
        return self.is_running and not self.is_committing and now >= self.moved_at + STILL

    @property
    def deadline(self) -> float | None:
        """The time at which TimeoutExpired is due, or None."""
        return self.driver.deadline

    def settle_charge(self) -> None:
        """Give back the charge of the network for the session, if the client has answered."""
        if self.charge is not None and (not self.is_unproven or self._was_ended_by_client()):
            self.charge()
            self.charge = None

    def report(self) -> Report:
        """Return the report for the log: how the session ended, or why it was dropped."""
        seconds = self.transport.now() - self.began
        ended = self.driver.finished or Finished(Outcome.ABORTED, self.left_for)
        return report_of(self.driver.session, ended, self.peer, seconds)

    def _was_ended_by_client(self) -> bool:
        finished = self.driver.finished
        return finished is not None and finished.outcome in (Outcome.PEER_ERROR, Outcome.PROBED)

    def close(self) -> None:
        """Close the file, and free the TID."""
        self.driver.close()
        self.transport.close()


def report_of(session: Session, ended: Finished, peer: Address, seconds: float) -> Report:
    """Return the report for the log about a session that has ended with `ended`."""
    return Report(
        peer=peer,
        verb="RRQ" if isinstance(session.request, Rrq) else "WRQ",
        name=session.request.filename,
        mode=session.request.mode,
        outcome=ended.outcome,
        octets=session.counters.octets,
        seconds=seconds,
        options=session.agreed.as_dict(),
        retransmissions=session.counters.retransmissions,
        message=ended.message,
        code=ended.code,
        is_answered=isinstance(session, ReadServer | WriteServer) and session.is_proven,
    )

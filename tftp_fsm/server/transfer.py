"""One session of a server, and what the loop must remember about it."""

from __future__ import annotations

import os
from typing import TypeAlias

from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import Finished, Outcome
from tftp_fsm.protocol.roles import ReadServer, WriteServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.server.log import Report
from tftp_fsm.server.transport import ServerTransport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Rrq

Key: TypeAlias = tuple[Address, str | None]
"""Who asked, at which address of this host."""


class ActiveTransfer:
    """`asked` is the request's datagram, by which its repetition is known.

    `due` is when the loop will look at the deadline, or None; `reported`: its end is in the log;
    `left_for` is why it was left before its end.
    """

    __slots__ = ("asked", "began", "driver", "due", "key", "left_for", "reported", "transport")

    def __init__(self, key: Key, asked: bytes, driver: Driver, transport: ServerTransport) -> None:
        self.key = key
        self.asked = asked
        self.driver = driver
        self.transport = transport
        self.began = transport.now()
        self.due: float | None = None
        self.reported = False
        self.left_for = "the client began another transfer"

    @property
    def peer(self) -> Address:
        """The client's host and TID."""
        return self.key[0]

    @property
    def is_running(self) -> bool:
        """File data may still move; dallying is not running."""
        return self.driver.finished is None

    @property
    def is_dallying(self) -> bool:
        """It stays only to repeat its final ACK, and may go where its place is needed."""
        return self.driver.session.state is State.DALLYING

    @property
    def is_unproven(self) -> bool:
        """Nothing shows that its client is there: the request may be forged."""
        session = self.driver.session
        return isinstance(session, ReadServer | WriteServer) and not session.is_proven

    @property
    def deadline(self) -> float | None:
        """When the session wants to hear of the time."""
        return self.driver.session.deadline

    def report(self) -> Report:
        """How it ended, or why it was left."""
        session = self.driver.session
        ended = session.outcome or Finished(Outcome.ABORTED, self.left_for)
        return Report(
            peer=self.peer,
            verb="RRQ" if isinstance(session.request, Rrq) else "WRQ",
            name=session.request.filename,
            mode=session.request.mode,
            outcome=ended.outcome,
            octets=session.counters.octets,
            seconds=self.transport.now() - self.began,
            options=session.agreed.as_dict(),
            retransmissions=session.counters.retransmissions,
            message=ended.message,
            code=ended.code,
        )

    def keep_steps(self, folder: str | os.PathLike[str]) -> str:
        """Where its last steps are now, or why they are not; nothing where it was refused at once.

        What anybody asks for and is not there would drive out the failures that are worth a look.
        """
        from tftp_fsm.driver.postmortem import hint, keep_among, last_steps

        if len(self.driver.recent) < 2:
            return ""
        try:
            return hint(keep_among(last_steps(self.driver), folder))
        except LocalError as failed:
            return str(failed)

    def close(self) -> None:
        """Let go of the file and of the TID."""
        self.driver.close()
        self.transport.close()

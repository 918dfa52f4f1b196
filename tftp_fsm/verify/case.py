"""What is explored: a transfer, and what may go wrong in it."""

from __future__ import annotations

from typing import Literal

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.roles import Sessions, client_session, server_session
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation.addresses import CLIENT, LISTENER, End
from tftp_fsm.verify.mutants import sessions_of
from tftp_fsm.verify.table_file import load_sessions
from tftp_fsm.wire.options import OptionLimits, offer
from tftp_fsm.wire.packets import Request, Rrq, Wrq

SMALL_BLOCK = 8  # octets; the least blksize (RFC 2348)
PLAIN_BLOCK = 512
LEAD = 0xFFFF - 2  # blocks that have gone before, in the case in which the numbers roll over
MOST_FAULTS = 7  # of each kind; a state has three bits for each
LIMITS = OptionLimits(windowsize=65535)

Verb = Literal["get", "put"]


@frozen
class Budgets:
    """What may go wrong in one run. `retries` is how often one side asks again in one silence.

    A failure is a write or a commit that the disk refuses, or a user who gives up.

    `early` time-outs come although something is under way. A time-out when nothing is under way
    costs nothing, because nothing else can happen then.
    """

    losses: int = 2
    copies: int = 2
    early: int = 2
    retries: int = 2
    failures: int = 0


@frozen
class Case:
    """One transfer: `size` octets of a file, in which all blocks differ.

    `mutant` names a mistake of the tables, and `table` the path of a file that changes them. With
    `hostile_to` only this end is ours, and its peer may say anything. With `lead` so many blocks
    of the file have gone before, so that the numbers roll over.
    """

    verb: Verb
    size: int
    windowsize: int = 1
    has_options: bool = True
    budgets: Budgets = Budgets()
    mutant: str | None = None
    hostile_to: End | None = None
    table: str | None = None
    lead: int = 0

    @property
    def sessions(self) -> Sessions:
        """The classes of the four sessions."""
        return sessions_of(self.mutant) if self.table is None else load_sessions(self.table)

    @property
    def block(self) -> int:
        """Octets in a block."""
        return SMALL_BLOCK if self.has_options else PLAIN_BLOCK

    @property
    def blocks(self) -> int:
        """How many blocks the file has; the last one may be empty."""
        return self.size // self.block + 1

    @property
    def content(self) -> bytes:
        """The file."""
        return b"".join(
            bytes([number]) * min(self.block, self.size - at)
            for number, at in enumerate(range(0, self.size, self.block), 1)
        )

    @property
    def name(self) -> str:
        """In a few words."""
        what = f"windowsize {self.windowsize}" if self.has_options else "no options"
        if self.hostile_to is not None:
            return f"hostile to the {self.hostile_to} of a {self.verb}, {what}"
        if self.lead:
            what = f"from block {self.lead + 1:,} on"
        blocks = "1 block" if self.blocks == 1 else f"{self.blocks} blocks"
        return f"{self.verb} {self.size} octets in {blocks}, {what}"

    @property
    def retry_policy(self) -> RetryPolicy:
        """Of both ends. Waits are so short that a few of them fit in one burst."""
        return RetryPolicy(
            retries=self.budgets.retries, dally=3.0, initial_rto=0.01, least_rto=0.01
        )

    def client(self) -> Session:
        """The client's session before its first event."""
        size = self.size if self.verb == "put" else 0
        offered = offer(blksize=self.block, windowsize=self.windowsize, tsize=size)
        kind: type[Request] = Rrq if self.verb == "get" else Wrq
        request = kind(b"file", "octet", offered.pairs() if self.has_options else ())
        policy, sessions = self.retry_policy, self.sessions
        return client_session(request, LISTENER, policy, size=size, sessions=sessions)

    def server(self, request: Request) -> Session:
        """The server's session before its first event."""
        policy, sessions = self.retry_policy, self.sessions
        return server_session(request, CLIENT, policy, LIMITS, size=self.size, sessions=sessions)

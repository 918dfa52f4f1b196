"""How a transfer ended: a `Transfer`, or one of the exceptions in `errors`."""

from __future__ import annotations

from dataclasses import field
from typing import Literal, TypeAlias

from tftp_fsm.errors import (
    HostUnreachable,
    LocalError,
    OutcomeUnknown,
    PeerError,
    ProtocolError,
    TftpError,
    TransferAborted,
    TransferTimedOut,
)
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import LOCAL_FAILURES, Finished, Outcome
from tftp_fsm.transports.zones import host_text
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options

Verb: TypeAlias = Literal["get", "put"]

NEW_PORT = (
    "usually no TFTP server runs there, or a firewall does not expect its answer, "
    "which comes from a new port"
)


@frozen
class Transfer:
    """A file that was moved, whole.

    octets           of the file on the wire, each counted once
    seconds          from the request until the file was safe
    offered, agreed  the options that were asked for, and those that held
    retransmissions  packets that this side sent again
    round_trip       seconds, smoothed; None where no exchange could be timed
    sha256           of the file in its local form, where `sha256=True` asked for it
    peer             host and TID of the server
    local            the path, or None for a file object and for octets
    data             what was received, where `local=None` asked for it
    stays            seconds that the client stays after this, in case the last ACK was lost
    """

    verb: Verb
    remote: bytes
    local: str | None
    peer: Address
    mode: str
    octets: int
    seconds: float
    offered: Options
    agreed: Options
    retransmissions: int
    round_trip: float | None
    sha256: str | None = None
    data: bytes | None = field(default=None, repr=False)
    stays: float = 0.0

    @property
    def rate(self) -> float:
        """Octets a second."""
        return self.octets / self.seconds if self.seconds > 0 else 0.0

    @property
    def announced_size(self) -> int | None:
        """The size that the server of a `get` told, where so many octets did not come; else None.

        The file grew or shrank meanwhile, or was cut short. In netascii servers tell the size on
        disk, and some tell 0 of every file, because that is what the request says.
        """
        told = self.agreed.tsize
        if self.verb == "put" or self.mode == "netascii" or not told or told == self.octets:
            return None
        return told


@frozen
class Waiting:
    """A packet was sent again, because no answer came.

    `awaited` says what should come, such as "block 3". It was asked for `attempts` times. `left`
    is in seconds until the transfer is given up; it is None if only the number of retries counts.
    `network_error` is the last error that the network reported in this silence, or empty.
    """

    peer: Address
    awaited: str
    attempts: int
    left: float | None
    network_error: str


@frozen
class Progress:
    """Where a transfer stood when it ended: what a person needs to know about a failure."""

    request: str  # RRQ or WRQ
    peer: Address
    answered: bool
    octets: int
    attempts: int
    silence: float  # seconds
    network_error: str = ""
    old_news: int = 0  # datagrams in this silence


def failure(finished: Finished, standing: Progress) -> TftpError:
    """The exception for an outcome that is no success."""
    where = f"{host_text(standing.peer)} port {standing.peer[1]}"
    match finished.outcome:
        case Outcome.PEER_ERROR:
            return PeerError(finished.code or 0, finished.message)
        case Outcome.TIMED_OUT:
            return TransferTimedOut(_silence(standing, where))
        case Outcome.UNREACHABLE:
            return HostUnreachable(_unreachable(standing, where, finished.message))
        case Outcome.UNKNOWN:
            return OutcomeUnknown(f"{where}: {finished.message}")
        case Outcome.REFUSED:
            return ProtocolError(f"{where} broke the protocol: {finished.message}")
        case outcome if outcome in LOCAL_FAILURES:
            return LocalError(finished.message, finished.code or 0)
        case _:
            return TransferAborted(finished.message or "transfer aborted")


def _silence(standing: Progress, where: str) -> str:
    tried = f"{standing.attempts} attempts in {standing.silence:.1f} s"
    said = f"the network said: {standing.network_error}" if standing.network_error else ""
    if not standing.answered:
        return f"no answer from {where} to the {standing.request}, {tried}: {said or NEW_PORT}"
    done = f"{standing.octets:,} octets"
    if standing.old_news:
        again = f"it sent nothing new (datagrams heard: {standing.old_news})"
        more = f"; {said}" if said else ""
        return f"{where} does not go on after {done}, {tried}: {again}{more}"
    why = said or "the network or the server went away"
    return f"{where} fell silent after {done}, {tried}: {why}"


def _unreachable(standing: Progress, where: str, why: str) -> str:
    if standing.network_error:
        return f"cannot reach {where}: {why}"
    if not standing.answered:
        return f"nobody listens at {where}: is a TFTP server running there, on that port?"
    return f"{where} closed its port after {standing.octets:,} octets: the server stopped"

"""The result of a transfer: a `Transfer`, or one of the exceptions in `errors`."""

from __future__ import annotations

from tftp_fsm.errors import (
    HostUnreachable,
    LocalError,
    OutcomeUnknown,
    PeerError,
    ProtocolError,
    TransferAborted,
    TransferTimedOut,
)
from tftp_fsm.frozen import frozen, hidden
from tftp_fsm.language import layout, marked, sentence
from tftp_fsm.lazy import LateType
from tftp_fsm.protocol.events import ABORTED, LOCAL_FAILURES, Outcome
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from tftp_fsm.errors import TftpError
    from tftp_fsm.protocol.events import Finished
else:
    Literal = LateType("typing", "Literal")

Verb: TypeAlias = "Literal['get', 'put']"  # noqa: F821 - these are no names

NEW_PORT = sentence(
    "usually no TFTP server runs there, or a firewall blocks its answer, which comes from a "
    "new port"
)


@frozen
class Transfer:
    """A whole file that was moved.

    octets           octets of the file on the wire, each counted once
    seconds          from the request until the file was safe
    offered, agreed  the options that were offered, and those that both ends agreed to
    retransmissions  packets that this side sent again
    round_trip       seconds, smoothed; None if no exchange could be timed
    sha256           digest of the file in its local form, if `sha256=True` was given
    peer             host and TID of the server
    local            the path, or None for a file object and for octets
    data             the received octets, if `local=None` was given
    stays            seconds that the client still dallies, in case the last ACK was lost
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
    data: bytes | None = hidden(default=None)
    stays: float = 0.0

    @property
    def rate(self) -> float:
        """Octets per second."""
        return self.octets / self.seconds if self.seconds > 0 else 0.0

    @property
    def announced_size(self) -> int | None:
        """The size that the server of a `get` announced, if another number of octets came.

        Otherwise it is None. The file may have grown or shrunk meanwhile, or it was cut. In
        netascii servers tell the size on disk. Some servers tell 0 for every file, because the
        request has 0.
        """
        told = self.agreed.tsize
        if self.verb == "put" or self.mode == "netascii" or not told or told == self.octets:
            return None
        return told


@frozen
class Waiting:
    """A packet was sent again, because no answer came.

    `awaited` names the awaited answer, such as "block 3". `attempts` is how often it was asked for.
    `left` is the seconds until the transfer is given up, or None if only the number of retries
    counts. `network_error` is the last error that the network reported in this silence, or empty.
    """

    peer: Address
    awaited: str
    attempts: int
    left: float | None
    network_error: str


@frozen
class Progress:
    """The progress of a transfer when it ended: the facts that explain a failure to a person."""

    request: str  # RRQ or WRQ
    peer: Address
    answered: bool
    octets: int
    attempts: int
    silence: float  # seconds
    network_error: str = ""
    old_news: int = 0  # datagrams with nothing new in this silence


def failure(finished: Finished, standing: Progress) -> TftpError:
    """Return the exception for an outcome other than success."""
    from tftp_fsm.transports.zones import host_text  # imported late: most transfers succeed

    where = sentence("{host} port {port}", host=host_text(standing.peer), port=standing.peer[1])
    match finished.outcome:
        case Outcome.PEER_ERROR:
            return PeerError(finished.code or 0, finished.message)
        case Outcome.TIMED_OUT:
            return TransferTimedOut(_silence(standing, where))
        case Outcome.UNREACHABLE:
            return HostUnreachable(_unreachable(standing, where, finished.message))
        case Outcome.UNKNOWN:
            return OutcomeUnknown(layout("{where}: {why}", where=where, why=finished.message))
        case Outcome.REFUSED:
            why = finished.message
            return ProtocolError(
                sentence("{where} broke the protocol: {why}", where=where, why=why)
            )
        case outcome if outcome in LOCAL_FAILURES:
            return LocalError(finished.message, finished.code or 0)
        case _:
            return TransferAborted(marked(finished.message or ABORTED))


def _silence(standing: Progress, where: str) -> str:
    network = _network_said(standing.network_error)
    tried = {"where": where, "attempts": standing.attempts, "silence": standing.silence}
    if not standing.answered:
        return sentence(
            "no answer from {where} to the {request} ({attempts} attempts in {silence:.1f} "
            "s): {why}",
            **tried,
            request=standing.request,
            why=network or NEW_PORT,
        )
    if not standing.old_news:
        return sentence(
            "no answer from {where} after {octets:,} octets ({attempts} attempts in "
            "{silence:.1f} s): {why}",
            **tried,
            octets=standing.octets,
            why=network or sentence("the network is interrupted, or the server has stopped"),
        )
    told = sentence(
        "{where} sent nothing new after {octets:,} octets ({attempts} attempts in "
        "{silence:.1f} s, datagrams received: {heard})",
        **tried,
        octets=standing.octets,
        heard=standing.old_news,
    )
    return layout("{told}; {network}", told=told, network=network) if network else told


def _network_said(error: str) -> str:
    return sentence("the network reported: {error}", error=marked(error)) if error else ""


def _unreachable(standing: Progress, where: str, why: str) -> str:
    if standing.network_error:
        return sentence("cannot reach {where}: {why}", where=where, why=marked(why))
    if not standing.answered:
        return sentence(
            "no program listens at {where}: is a TFTP server running there, on that port?",
            where=where,
        )
    return sentence(
        "{where} closed its port after {octets:,} octets: the server stopped",
        where=where,
        octets=standing.octets,
    )

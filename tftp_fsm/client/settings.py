"""The settings of a client, with their defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Observer
from tftp_fsm.protocol.session import MODES, Session
from tftp_fsm.protocol.timing import RetryPolicy, policy
from tftp_fsm.transports import Transport
from tftp_fsm.wire.packets import WELL_KNOWN_PORT
from tftp_fsm.wire.ranges import CLIENT, OFFERED_TIMEOUT, check

if TYPE_CHECKING:
    from tftp_fsm.client.result import Transfer, Waiting
    from tftp_fsm.transports.carried import Listening
    from tftp_fsm.transports.faults import Faults, Impairment

Auto: TypeAlias = Literal["auto"]
Progress: TypeAlias = Callable[[int, int | None], None]


class Keywords(TypedDict, total=False):
    """The keyword arguments of `get` and `put`: the fields of `Settings`."""

    port: int
    mode: str
    blksize: int | Auto | None
    windowsize: int | Auto | None
    timeout: float | None
    retries: int | None
    patience: float | None
    max_time: float | None
    dally: float | None
    options: bool
    bind: str | None
    ports: range | None
    family: int | None
    overwrite: bool
    strict_size: bool
    max_size: int | None
    offload: bool
    sha256: bool
    faults: Faults | None
    transport: Transport | None
    observer: Observer | None
    progress: Progress | None
    on_session: Callable[[Session], None] | None
    on_waiting: Callable[[Waiting], None] | None
    on_finished: Callable[[Transfer], None] | None
    on_mishap: Callable[[Impairment], None] | None
    on_datagram: Listening | None


@frozen
class Settings:
    """How a file is transferred. ValueError: a value is not possible.

    port        of the server
    mode        octet, or netascii, which translates line ends
    blksize     octets of a block; auto: what the path carries in one piece; None: not offered
    windowsize  blocks before an ACK; auto: 16, or fewer if blocks are large; None: not offered
    timeout     the least seconds before a retransmission, in the whole transfer; whole ones are
                also offered to the peer; None: 1 at first, then what the round trips say
    retries     retransmissions in one silence, each after twice the time; None: as many as
                `patience` allows
    patience    seconds of silence before giving up, but at least three times the wait; None: 30,
                or if `retries` is given, as long as they last
    max_time    seconds that the whole transfer may take; None: no limit
    dally       seconds to stay and repeat the final ACK; None: 3 at the most, and only if
                something was lost
    options     False: the plain protocol of RFC 1350
    bind, ports the address of this side, and the ports from which its TID is chosen
    family      only socket.AF_INET, or only socket.AF_INET6
    overwrite   whether a `get` may replace a file
    max_size    octets that a received file may have; None: twice what the server told (tsize), or
                a mebibyte more, and a twentieth of the free room stays free; 1 GiB in memory
    strict_size whether a `get` fails if the file has another size than the server told (tsize)
    offload     False: a system call for each datagram, so that a capture shows each as a frame
    sha256      whether to compute the digest of the file in its local form
    faults      a bad network on purpose
    transport   used instead of UDP; it stays open, and `host` is a name that it knows
    observer    called with each Step; every datagram is then a step of its own
    progress    called with the octets so far and the octets in all, or None if that is unknown
    on_session  called with the session before its first step, once for each address tried
    on_waiting  called with a `Waiting` each time that a packet was sent again for want of an answer
    on_finished called with the result as soon as the file is safe, before dallying ends
    on_mishap   called with each datagram that met one of the `faults`
    on_datagram called with each datagram: before its step if it has come, after its step if it was
                sent; a transfer without an `observer` then steps by datagrams, too

    An exception from one of these functions ends the transfer as an interrupt does: the peer gets
    an ERROR, no partial file stays, and the exception goes on to the caller.
    """

    port: int = WELL_KNOWN_PORT
    mode: str = "octet"
    blksize: int | Auto | None = "auto"
    windowsize: int | Auto | None = "auto"
    timeout: float | None = None
    retries: int | None = None
    patience: float | None = None
    max_time: float | None = None
    dally: float | None = None
    options: bool = True
    bind: str | None = None
    ports: range | None = None
    family: int | None = None
    overwrite: bool = True
    strict_size: bool = False
    max_size: int | None = None
    offload: bool = True
    sha256: bool = False
    faults: Faults | None = None
    transport: Transport | None = None
    observer: Observer | None = None
    progress: Progress | None = None
    on_session: Callable[[Session], None] | None = None
    on_waiting: Callable[[Waiting], None] | None = None
    on_finished: Callable[[Transfer], None] | None = None
    on_mishap: Callable[[Impairment], None] | None = None
    on_datagram: Listening | None = None

    def __post_init__(self) -> None:
        check(self, CLIENT)
        if self.mode.lower() not in MODES:
            raise ValueError(f"mode {self.mode!r} is not one of {', '.join(MODES)}")
        if self.strict_size and (self.netascii or not self.options):
            why = "netascii has another size on the wire, and without options no size is told"
            raise ValueError(f"strict_size means nothing here: {why}")

    @property
    def netascii(self) -> bool:
        """Whether line ends are translated."""
        return self.mode.lower() == "netascii"

    @property
    def offered_timeout(self) -> int | None:
        """`timeout` as an option, which has whole seconds only (RFC 2349), or None."""
        if self.timeout is None or self.timeout not in OFFERED_TIMEOUT:
            return None
        return int(self.timeout)

    def retry_policy(self, unanswered_patience: float | None = None) -> RetryPolicy:
        """Of a session; `unanswered_patience` is a lower limit before the first answer."""
        return policy(self.timeout, self.retries, self.patience, self.dally, unanswered_patience)

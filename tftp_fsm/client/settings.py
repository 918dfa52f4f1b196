"""The settings of a client, with their defaults."""

from __future__ import annotations

from tftp_fsm.client.result import Transfer, Waiting
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.lazy import LateType
from tftp_fsm.protocol.session import MODES, Session
from tftp_fsm.protocol.timing import RetryPolicy, policy
from tftp_fsm.wire.packets import WELL_KNOWN_PORT
from tftp_fsm.wire.ranges import CLIENT, OFFERED_TIMEOUT, check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tftp_fsm.client.keywords import Auto, Observer, Progress, ToldMishap
    from tftp_fsm.transports.carried import Listening
    from tftp_fsm.transports.faults import Faults
    from tftp_fsm.transports.protocol import Transport
else:
    Callable = LateType("collections.abc", "Callable")
    Auto = LateType("tftp_fsm.client.keywords", "Auto")
    Observer = LateType("tftp_fsm.client.keywords", "Observer")
    Progress = LateType("tftp_fsm.client.keywords", "Progress")
    ToldMishap = LateType("tftp_fsm.client.keywords", "ToldMishap")
    Faults = LateType("tftp_fsm.transports.faults", "Faults")
    Listening = LateType("tftp_fsm.transports.carried", "Listening")
    Transport = LateType("tftp_fsm.transports.protocol", "Transport")


@frozen
class Settings:
    """The settings of a transfer. Raises ValueError for an impossible value.

    port         the well-known port of the server
    mode         octet, or netascii, which translates line ends
    blksize      octets of a block; auto: what fits into one frame of the path; None: not offered
    windowsize   blocks in a window; auto: 16, or fewer if blocks are large; None: not offered
    timeout      the least seconds before each retransmission; a whole number is also offered to
                 the peer; None: 1 second at first, and later by the measured round trips
    retries      retransmissions in one silence, each wait twice as long; None: as many as
                 `patience` allows
    patience     seconds of silence before giving up, but at least three times the wait; None: 30,
                 or if `retries` is given, as long as they last
    max_time     seconds that the whole transfer may take; None: no limit
    dally        seconds to stay and repeat the final ACK; None: 3 at the most, and only if
                 something was lost
    options      False: the plain protocol of RFC 1350
    bind         the address of this side
    ports        the ports from which its TID is chosen
    family       only socket.AF_INET, or only socket.AF_INET6
    overwrite    whether a `get` may replace a file
    max_size     octets that a received file may have; None: twice what the server told (tsize), or
                 a mebibyte more, and a twentieth of the free room stays free; 1 GiB in memory
    strict_size  whether a `get` fails if the file has another size than the server told (tsize)
    offload      False: a system call for each datagram, so that a capture shows each as a frame
    sha256       whether to compute the digest of the file in its local form
    faults       a simulated bad network
    transport    used in place of UDP; it stays open, and `host` is a name that it knows
    observer     called with each Step; then each datagram is a separate step
    progress     called with the octets so far and the total octets, or None if that is unknown
    on_session   called with the session before its first step, once for each address tried
    on_waiting   called with a `Waiting` each time that a packet was sent again without an answer
    on_finished  called with the result as soon as the file is safe, before dallying ends
    on_mishap    called with each datagram that met one of the `faults`
    on_datagram  called with each datagram: before the step of a received one, after the step of a
                 sent one; then each datagram is a separate step, even without an `observer`

    An exception from one of these functions ends the transfer like an interrupt: the peer gets an
    ERROR, no partial file stays, and the caller gets the exception.
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
    on_mishap: ToldMishap | None = None
    on_datagram: Listening | None = None

    def __post_init__(self) -> None:
        check(self, CLIENT)
        if self.mode.lower() not in MODES:
            known = ", ".join(MODES)
            raise ValueError(
                sentence("mode {mode!r} is not one of {known}", mode=self.mode, known=known)
            )
        if self.strict_size and (self.netascii or not self.options):
            raise ValueError(
                sentence(
                    "strict_size works only in mode octet and with options: a netascii file "
                    "has another size on the wire, and without options no size is announced"
                )
            )

    @property
    def netascii(self) -> bool:
        """Whether line ends are translated."""
        return self.mode.lower() == "netascii"

    @property
    def offered_timeout(self) -> int | None:
        """`timeout` as an option, or None. The option has only whole seconds (RFC 2349)."""
        if self.timeout is None or self.timeout not in OFFERED_TIMEOUT:
            return None
        return int(self.timeout)

    def retry_policy(self, unanswered_patience: float | None = None) -> RetryPolicy:
        """Return the policy. `unanswered_patience` is a lower patience before the first answer."""
        return policy(self.timeout, self.retries, self.patience, self.dally, unanswered_patience)

"""The configuration of a server. It is checked once, when it is made."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Step
from tftp_fsm.protocol.timing import PATIENCE, UNPROVEN_RETRIES, RetryPolicy, policy
from tftp_fsm.transports.tid import ephemeral_ports
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import OptionLimits
from tftp_fsm.wire.packets import WELL_KNOWN_PORT
from tftp_fsm.wire.ranges import PORT, SERVER, check

if TYPE_CHECKING:
    from tftp_fsm.transports.carried import Listening

StepObserver: TypeAlias = Callable[[Address, Step], None]
"""A function that is called with the peer and each step of its session."""

DALLY = 6.0  # seconds; atftp, BusyBox and tftp-hpa repeat their last DATA after five
GRACE = 10.0  # seconds; how long running transfers may go on after a stop
LIMITS = OptionLimits()
SINGLE_PORT_LIMITS = OptionLimits(blksize=1428, windowsize=1)  # what fits into one frame
# A forger who cannot see the answers sends an ACK to every TID that the session may have. Each ACK
# has 32 octets with its IP and UDP headers, and the window that comes of it is sent SENT times.
ACK_OCTETS = 32
SENT = 1 + UNPROVEN_RETRIES
OCTETS_FOR_TID = ACK_OCTETS // SENT  # octets of a window


@frozen
class ServerConfig:
    """Times are in seconds, sizes in octets, windows in blocks. Raises ValueError for bad values.

    `bind` holds addresses of this host; if it is empty, the server listens on all of both
    families. With port 0 the kernel chooses a port. Each worker counts `max_sessions` on its own.
    With `public_only` a file is sent only if everybody may read it (its mode), and replaced only if
    everybody may write it.
    The last steps of the newest sessions that failed are written to the folder `keep_failures`.
    Without `offload` each datagram is a system call of its own, and so a frame of its own in a
    capture. With an `observer` each datagram is a step of its own, which is slower.
    `on_datagram` is called with each datagram: before its step if it has come, after its step if it
    was sent.

    Sessions hold at most `max_descriptors` files and sockets. If it is None, `serve` takes what the
    process may open, and `Server` a quarter of that.

    `timeout` is the least wait before a retransmission; if it is None, the first wait is a second,
    and later ones depend on the measured round trip. `patience` is the longest silence of a client,
    and `retries` how many packets at the most are sent again in it. If only `retries` is given, a
    session ends as soon as they are used up. With neither, the patience is 30 seconds.

    If `max_blksize`, `max_windowsize` or `retries` is None, its value depends on how many TIDs a
    forger of ACKs must try. With `single_port` or a small `port_range` a forged ACK cannot be told
    from a real one, so each datagram that arrives causes only one small datagram. Otherwise a
    window has no more octets than the forged ACKs that bring it (`limits`).
    """

    root: str | os.PathLike[str]
    bind: tuple[str, ...] = ()
    port: int = WELL_KNOWN_PORT
    writable: bool = False
    overwrite: bool = False
    fold_case: bool = False
    public_only: bool = False
    max_size: int | None = None
    max_sessions: int = 1000
    max_sessions_per_address: int = 100
    max_descriptors: int | None = None
    max_blksize: int | None = None
    max_windowsize: int | None = None
    port_range: range | None = None
    single_port: bool = False
    timeout: float | None = None
    retries: int | None = None
    patience: float | None = None
    dally: float = DALLY
    grace: float = GRACE
    offload: bool = True
    keep_failures: str | os.PathLike[str] | None = None
    observer: StepObserver | None = None
    on_datagram: Listening | None = None

    def __post_init__(self) -> None:
        check(self, SERVER)
        if self.port_range is not None:
            if not self.port_range:
                raise ValueError("port_range has no port")
            for end in (self.port_range[0], self.port_range[-1]):
                PORT.check("port_range", end)
        if self.overwrite and not self.writable:
            raise ValueError("overwrite means nothing unless writable is given too")
        if self.single_port and self.port_range is not None:
            raise ValueError("port_range means nothing with single_port, which uses no other port")

    @property
    def limits(self) -> OptionLimits:
        """The largest option values that a session accepts."""
        room = self.tids * OCTETS_FOR_TID
        blksize = min(LIMITS.blksize, max(SINGLE_PORT_LIMITS.blksize, room))
        windowsize = SINGLE_PORT_LIMITS.windowsize if self.is_guessable else LIMITS.windowsize
        return OptionLimits(
            blksize if self.max_blksize is None else self.max_blksize,
            windowsize if self.max_windowsize is None else self.max_windowsize,
            room if self.max_windowsize is None else None,
        )

    @property
    def places(self) -> int:
        """How many sessions there may be: `max_sessions`, or what the descriptors are enough for.

        A session has a socket, unless all share a port. A download has one file, and an upload has
        a file and its directory.
        """
        each = (0 if self.single_port else 1) + (2 if self.writable else 1)
        most = self.max_sessions if self.max_descriptors is None else self.max_descriptors // each
        return max(1, min(self.max_sessions, most))

    @property
    def tids(self) -> int:
        """Among how many ports a forger must guess that of a session."""
        if self.single_port:
            return 1
        return ephemeral_ports() if self.port_range is None else len(self.port_range)

    @property
    def is_guessable(self) -> bool:
        """Whether there are so few TIDs that an ACK proves nothing: all are tried at no cost."""
        return self.tids * OCTETS_FOR_TID < SINGLE_PORT_LIMITS.blksize

    @property
    def retry_policy(self) -> RetryPolicy:
        """The time-outs and retries of each session."""
        retries, patience = self.retries, self.patience
        if self.is_guessable and retries is None:
            retries, patience = UNPROVEN_RETRIES, PATIENCE if patience is None else patience
        known = policy(self.timeout, retries, patience, self.dally)
        window = self.limits.window_octets
        if window is None or self.is_guessable:
            return known
        return replace(known, doubtful_octets=SENT * window)

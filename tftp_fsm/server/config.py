"""The configuration of a server. It is checked once, when it is constructed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Step
from tftp_fsm.protocol.timing import PATIENCE, UNPROVEN_RETRIES, RetryPolicy, policy
from tftp_fsm.server.groups import SIZE
from tftp_fsm.transports.kernel import ephemeral_ports
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import OptionLimits
from tftp_fsm.wire.packets import WELL_KNOWN_PORT
from tftp_fsm.wire.ranges import OPTIONS, PORT, SERVER, check

if TYPE_CHECKING:
    from tftp_fsm.providers.settings import Names
    from tftp_fsm.transports.carried import Listening

StepObserver: TypeAlias = Callable[[Address, Step], None]
"""A function that is called with the peer and each step of its session."""

DALLY = 6.0  # seconds; atftp, BusyBox and tftp-hpa repeat their last DATA after five
GRACE = 10.0  # seconds; how long running transfers may go on after a stop
NETWORK_RATE = 4 << 20  # octets a second
LIMITS = OptionLimits()
SINGLE_PORT_LIMITS = OptionLimits(blksize=1428, windowsize=1)  # what fits into one frame
# A forger who cannot see the answers sends an ACK to every TID that the session may have. Each ACK
# has 32 octets with its IP and UDP headers. The ACK that hits makes the session send a window, and
# the session sends this window SENT times.
ACK_OCTETS = 32
SENT = 1 + UNPROVEN_RETRIES
OCTETS_FOR_TID = ACK_OCTETS // SENT  # octets of a window


@frozen
class ServerConfig:
    """Times are in seconds, sizes in octets, windows in blocks. Raises ValueError for bad values.

    `bind` holds addresses of this host. If it is empty, the server listens on all IPv4 and IPv6
    addresses. With port 0 the kernel chooses a port. `max_sessions` is the limit of each worker.
    With `public_only` a file is sent only if everybody may read it (its mode), and replaced only if
    everybody may write it.
    The last steps of the newest sessions that failed are written to the folder `keep_failures`.
    Without `offload` each datagram takes its own system call, so a capture shows each as a separate
    frame. With an `observer` each datagram is a separate step, which is slower.
    `on_datagram` is called with each datagram. A received datagram is handed to it before its step,
    and a sent datagram after its step.

    Sessions hold at most `max_descriptors` files and sockets. If it is None, `serve` takes the
    limit of the process, and `Server` takes a quarter of that limit.

    Clients in the networks of `deny` get no answer. If `allow` has networks, only clients in these
    get an answer. The options `refuse_option` are never accepted. A link may lead out of the root
    into the folders `follow_links`. `keep_versions` is the number of earlier versions that are kept
    of a replaced file.

    Files may be made on request (`pipeline`). `map` changes names, and `provider` makes files.
    `proxy` is the URL of an HTTP server that has more files. `root_per_client` ("ip" or "mac")
    gives each client its own directory. The files of `templates` are filled in for each client.
    Other threads than the loop's search for these files, for at most `provider_timeout` seconds. A
    file that a provider makes has at most `provider_max_size` octets.

    `timeout` is the least wait before a retransmission. If it is None, the first wait is a second,
    and later waits depend on the measured round trip. `patience` is the longest silence of a
    client. `retries` is the most packets that are sent again in one silence. If only `retries` is
    given, a session ends as soon as the retries are used up. If neither is given, the patience is
    30 seconds.

    If `max_blksize`, `max_windowsize` or `retries` is None, its value depends on how many TIDs a
    forger of ACKs must try. With `single_port` or a small `port_range` a forged ACK cannot be told
    from a real one, so each datagram that arrives causes only one small datagram. Otherwise a
    window has no more octets than the forged ACKs that are needed to get it (`limits`).

    With `single_port` or a small `port_range` one network gets 64 MiB of DATA at once, and then
    `network_rate` octets a second (`pacer`).
    """

    root: str | os.PathLike[str]
    bind: tuple[str, ...] = ()
    port: int = WELL_KNOWN_PORT
    writable: bool = False
    overwrite: bool = False
    fold_case: bool = False
    public_only: bool = False
    max_size: int | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    refuse_option: tuple[str, ...] = ()
    follow_links: tuple[str | os.PathLike[str], ...] = ()
    keep_versions: int = 0
    map: Names | None = None
    provider: object | None = None
    provider_timeout: float = 20.0
    provider_max_size: int = 1 << 30
    proxy: str | None = None
    root_per_client: Literal["ip", "mac"] | None = None
    templates: bool = False
    max_sessions: int = 1000
    max_sessions_per_address: int = 100
    max_descriptors: int | None = None
    max_blksize: int | None = None
    max_windowsize: int | None = None
    network_rate: int = NETWORK_RATE
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
                raise ValueError(sentence("port_range has no port"))
            for end in (self.port_range[0], self.port_range[-1]):
                PORT.check("port_range", end)
        if self.overwrite and not self.writable:
            raise ValueError(sentence("overwrite has no effect unless writable is given too"))
        if self.keep_versions and not self.overwrite:
            raise ValueError(sentence("keep_versions has no effect unless overwrite is given too"))
        self._check_access()
        self._check_provided()
        if self.single_port and self.port_range is not None:
            raise ValueError(
                sentence(
                    "port_range has no effect with single_port, because single_port "
                    "uses no other port"
                )
            )

    def _check_access(self) -> None:
        for option in self.refuse_option:
            if option.lower() not in OPTIONS:
                raise ValueError(
                    sentence(
                        "refuse_option takes {names}, not {option!r}",
                        names=", ".join(OPTIONS),
                        option=option,
                    )
                )
        if self.allow or self.deny:
            from tftp_fsm.server.admission import read_networks

            read_networks("allow", self.allow)
            read_networks("deny", self.deny)

    def _check_provided(self) -> None:
        if self.root_per_client not in (None, "ip", "mac"):
            raise ValueError(
                sentence(
                    "root_per_client takes ip or mac, not {value!r}",
                    value=self.root_per_client,
                )
            )
        if self.provider is None and self.proxy is None:
            return
        from tftp_fsm.providers.settings import functions_of, parse_url

        if self.provider is not None:
            functions_of(self.provider)
        if self.proxy is not None:
            parse_url(self.proxy)

    @property
    def is_provided(self) -> bool:
        """Whether files come from another place than `root`, or under other names."""
        parts = (self.map, self.provider, self.proxy, self.root_per_client, self.templates or None)
        return any(part is not None for part in parts)

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
            tuple(option.lower() for option in self.refuse_option),
        )

    @property
    def places(self) -> int:
        """The most sessions: `max_sessions`, or fewer if the descriptors are not enough.

        A session has a socket, unless all share a port. A download has one file, and an upload has
        a file and its directory. `groups.SIZE` sockets share the descriptor of their group.
        """
        if self.max_descriptors is None:
            return self.max_sessions
        of_group = 1 + SIZE * (3 if self.writable else 2)
        of_files = SIZE * (2 if self.writable else 1)
        most = self.max_descriptors * SIZE // (of_files if self.single_port else of_group)
        return max(1, min(self.max_sessions, most))

    @property
    def tids(self) -> int:
        """The number of ports among which a forger must guess the port of a session."""
        if self.single_port:
            return 1
        return ephemeral_ports() if self.port_range is None else len(self.port_range)

    @property
    def is_guessable(self) -> bool:
        """Whether an ACK proves nothing, because a forger can try all TIDs at little cost."""
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

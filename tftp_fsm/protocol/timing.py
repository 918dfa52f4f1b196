"""When to retransmit, and when to give up: the adaptive time-out of RFC 6298, and the limits.

All times are in seconds. Nothing here reads a clock: callers pass samples and ask for the RTO.
"""

from __future__ import annotations

from tftp_fsm.frozen import frozen

RTO_INITIAL = 1.0  # seconds; RFC 6298 (2.1), and the least that RFC 8085 section 3.1.1 allows
RTO_FLOOR = 0.2  # seconds; less than RFC 6298 (2.4), as in most TCPs; enough for LANs and disks
RTO_CEILING = 60.0  # seconds; the least RFC 6298 (2.5) allows a ceiling to be
GRANULARITY = 0.01  # seconds; G of RFC 6298
RETRIES = 5  # in one wait; with the initial RTO a silent peer is given up after 63 seconds
COPY_LIFETIME = 1.0  # seconds; no network delays a copy of a datagram for longer
STRAY_INTERVAL = 0.1  # seconds between two answers to strangers
# Copies of a block that come so soon after its ACK are a burst, which the ACK answers. It is less
# than the shortest time after which a sender retransmits.
BURST = 0.05  # seconds


class RetransmissionTimer:
    """The RTO of one session. `fixed` is a negotiated `timeout`, which samples do not change."""

    def __init__(self, initial: float = RTO_INITIAL, fixed: float | None = None) -> None:
        self.srtt: float | None = None
        self.rttvar = 0.0
        self._base = initial
        self._fixed = fixed
        self._backed_off = 0

    @property
    def rto(self) -> float:
        """Seconds to wait for an answer. Each `back_off` doubles them."""
        base = self._base if self._fixed is None else self._fixed
        return min(base * float(1 << self._backed_off), max(RTO_CEILING, base))

    @property
    def path_rto(self) -> float:
        """The RTO that the samples give, without `fixed` and without any `back_off`."""
        return self._base

    def fix(self, seconds: float | None) -> None:
        """Use this base and ignore samples. None: adapt to the samples again."""
        self._fixed = seconds

    def back_off(self) -> None:
        """Double the RTO, because no answer came (RFC 6298 (5.5), RFC 1123 section 4.2.3.2)."""
        self._backed_off = min(self._backed_off + 1, 16)

    def ease(self) -> None:
        """Undo one doubling: something new came, but it may answer a retransmission.

        Karn's rule alone would keep the whole back-off until the next unambiguous sample. At 30 %
        loss such a sample hardly ever comes, and waits near a minute on a fast path. (RFC 6298
        section 5 leaves this open.)
        """
        self._backed_off = max(0, self._backed_off - 1)

    def sample(self, rtt: float) -> None:
        """Take in a round trip in which nothing was sent twice (RFC 6298 section 3)."""
        if self.srtt is None:
            self.srtt, self.rttvar = rtt, rtt / 2
        else:
            self.rttvar += (abs(self.srtt - rtt) - self.rttvar) / 4
            self.srtt += (rtt - self.srtt) / 8
        self._base = max(RTO_FLOOR, self.srtt + max(GRANULARITY, 4 * self.rttvar))
        self._backed_off = 0


@frozen
class RetryPolicy:
    """How long one side goes on.

    `retries` is the limit of one wait. `unanswered_retries` is a lower limit that holds until the
    peer has answered for the first time; None means that there is none. `retransmissions` is the
    limit of a whole transfer, to which `total` adds a share of the blocks that were moved, so that
    a peer who crawls is left in the end. `initial_rto` is in seconds. `dally` is in seconds too;
    None means three RTOs if anything was lost, and no time at all if nothing was.
    """

    retries: int = RETRIES
    initial_rto: float = RTO_INITIAL
    dally: float | None = None
    retransmissions: int = 200
    unanswered_retries: int | None = None

    def total(self, blocks: int) -> int:
        """How many packets may be retransmitted once `blocks` have been moved."""
        return self.retransmissions + 8 * blocks

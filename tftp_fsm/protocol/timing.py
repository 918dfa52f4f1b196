"""When to retransmit, and when to give up: the adaptive time-out of RFC 6298, and the limits.

All times are in seconds. Nothing here reads a clock: callers pass samples and ask for the RTO.
"""

from __future__ import annotations

from math import inf

from tftp_fsm.frozen import frozen

RTO_INITIAL = 1.0  # seconds; RFC 6298 (2.1), and the least that RFC 8085 section 3.1.1 allows
RTO_FLOOR = 0.2  # seconds; less than RFC 6298 (2.4), as in most TCPs; enough for LANs and disks
RTO_CEILING = 60.0  # seconds; the lowest ceiling that RFC 6298 (2.5) allows
GRANULARITY = 0.01  # seconds; G of RFC 6298
COPY_LIFETIME = 1.0  # seconds; a network does not delay a copy of a datagram for longer
PATIENCE = 30.0  # seconds of silence before giving up; a device may be erasing its flash memory
LEAST_PATIENCE = 3  # RTOs: the first wait, and one of twice the length after a retransmission
UNPROVEN_RETRIES = 3  # retransmissions to an address that has not answered yet
STRAY_INTERVAL = 0.1  # seconds between two answers to strangers
# Copies of a block that come within this time after its ACK are a burst, and the ACK answers them.
# It is less than the shortest time after which a sender retransmits.
BURST = 0.05  # seconds


class RetransmissionTimer:
    """The RTO of one session, in seconds.

    Samples never make it shorter than `floor`. `fixed` is a negotiated `timeout`. Samples do not
    change it.
    """

    def __init__(
        self, initial: float = RTO_INITIAL, fixed: float | None = None, floor: float = RTO_FLOOR
    ) -> None:
        self.srtt: float | None = None
        self.rttvar: float = 0.0
        self._base = initial
        self._fixed = fixed
        self._floor = floor
        self._backed_off = 0

    def copy(self) -> RetransmissionTimer:
        """Return a timer in the same state."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        return other

    @property
    def base(self) -> float:
        """The RTO without back-off."""
        return self._base if self._fixed is None else self._fixed

    @property
    def rto(self) -> float:
        """Seconds to wait for an answer. Each `back_off` doubles them."""
        base = self.base
        return min(base * float(1 << self._backed_off), max(RTO_CEILING, base))

    @property
    def path_rto(self) -> float:
        """The RTO of the samples, without `fixed` and without any `back_off`."""
        return self._base

    def fix(self, seconds: float | None) -> None:
        """Use this base and ignore samples. With None adapt to the samples again."""
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
        """Add a round trip in which nothing was sent twice (RFC 6298 section 3)."""
        if self.srtt is None:
            self.srtt, self.rttvar = rtt, rtt / 2
        else:
            self.rttvar += (abs(self.srtt - rtt) - self.rttvar) / 4
            self.srtt += (rtt - self.srtt) / 8
        self._base = max(self._floor, self.srtt + max(GRANULARITY, 4 * self.rttvar))
        self._backed_off = 0


@frozen
class RetryPolicy:
    """The rules for how long one side goes on. All times are in seconds.

    `patience` is the longest silence, in which nothing new comes from the peer. `retries` is the
    most packets that are retransmitted in one silence. If only `retries` is given, the transfer is
    given up as soon as they are used up. If neither is given, the patience is PATIENCE. Until the
    peer has answered for the first time, `unanswered_patience` may be a shorter limit. After the
    first ACK a server sends at most `doubtful_octets` of file data until the second ACK comes, but
    it always sends a window four times.
    `retransmissions` is the limit of a whole transfer. `total` adds a share of the moved blocks to
    it, so that a transfer with a very slow peer ends at some time.

    `initial_rto` is the first wait, and `least_rto` is the shortest later wait. If `dally` is None,
    the receiver dallies only if something was lost: for three RTOs, but not longer than
    `receiver.DALLY_MOST`.
    """

    retries: int | None = None
    initial_rto: float = RTO_INITIAL
    dally: float | None = None
    retransmissions: int = 200
    patience: float | None = None
    least_rto: float = RTO_FLOOR
    unanswered_patience: float | None = None
    doubtful_octets: int | None = None

    @property
    def longest_silence(self) -> float:
        """The longest silence in seconds, or infinity if only the number of retries decides."""
        if self.patience is not None:
            return self.patience
        return PATIENCE if self.retries is None else inf

    def total(self, blocks: int) -> int:
        """Return how many packets may be retransmitted after `blocks` blocks were moved."""
        return self.retransmissions + 8 * blocks


def policy(
    timeout: float | None,
    retries: int | None,
    patience: float | None,
    dally: float | None,
    unanswered_patience: float | None = None,
) -> RetryPolicy:
    """Return the policy of a user with these values. `timeout` is the shortest wait."""
    return RetryPolicy(
        retries=retries,
        initial_rto=RTO_INITIAL if timeout is None else timeout,
        dally=dally,
        patience=patience,
        least_rto=RTO_FLOOR if timeout is None else max(timeout, RTO_FLOOR),
        unanswered_patience=unanswered_patience,
    )

"""The counters of a session."""

from __future__ import annotations

from tftp_fsm.frozen import mutable


@mutable
class Counters:
    """Counts of packets. `octets` counts file data in its form on the wire, each octet once."""

    octets: int = 0
    blocks: int = 0
    retransmissions: int = 0
    duplicates: int = 0
    timeouts: int = 0
    gaps: int = 0
    strays: int = 0
    ignored: int = 0

    @property
    def quiet(self) -> bool:
        """Whether nothing was lost, as far as this side knows."""
        return not (self.retransmissions or self.duplicates or self.timeouts or self.gaps)

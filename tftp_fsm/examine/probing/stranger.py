"""A second TID of ours. For the server's session its packets come from a wrong TID."""

from __future__ import annotations

from typing import Self

from tftp_fsm.examine.probing.tap import Seen, Tap
from tftp_fsm.transports.burst import Burst
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Packet, build


class Stranger:
    """Sends single packets and receives the answers, but not after `ends`."""

    def __init__(self, tap: Tap, ends: float) -> None:
        self._tap = tap
        self._ends = ends

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tap.close()

    def say(self, packet: Packet, to: Address) -> None:
        """Send a packet."""
        self._tap.send(Burst.of(build(packet), to))

    def hear(self, seconds: float) -> list[Seen]:
        """Return the packets so far, or wait for one packet for `seconds` seconds."""
        if not self._heard and not self.is_refused:
            self._tap.receive(min(self._tap.now() + seconds, self._ends))
        return self._heard

    @property
    def is_refused(self) -> bool:
        """Whether the network reports that the port is closed for this TID."""
        return any(report.is_hard for report in self._tap.unreachable)

    @property
    def _heard(self) -> list[Seen]:
        return [seen for seen in self._tap.seen if seen.direction == "received"]

"""A second TID of ours. For the server's session its packets come from a wrong TID."""

from __future__ import annotations

from contextlib import suppress
from typing import Self

from tftp_fsm.examine.probing.tap import Seen, Spent, Tap
from tftp_fsm.examine.probing.watch import Beside, Watch
from tftp_fsm.language import mark
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Packet

SOON = 0.1  # seconds; an answer that comes so early is read before the session goes on
MORE = 16  # later answers that are read at the end, so that a watcher sees them
SENT = mark("sent on purpose from another port, to see how the server treats a wrong TID")
CAME = mark("it came to that other port, and not to the session")


class Stranger:
    """Sends single packets and receives the answers, but not after `ends`."""

    def __init__(self, tap: Tap, ends: float, watch: Watch | None = None) -> None:
        self._tap = tap
        self._ends = ends
        self._beside = Beside(tap, watch or Watch())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Spent):
            for _more in range(MORE):
                if not self._beside.receive(self._tap.now(), CAME):
                    break
        self._tap.close()

    def say(self, packet: Packet, to: Address) -> None:
        """Send a packet, and read an answer that comes soon, so that it is told at its time."""
        self._beside.send(packet, to, SENT)
        self.hear(SOON)

    def hear(self, seconds: float) -> list[Seen]:
        """Return the packets so far, or wait for one packet for `seconds` seconds."""
        if not self._heard and not self.is_refused:
            self._beside.receive(min(self._tap.now() + seconds, self._ends), CAME)
        return self._heard

    @property
    def is_refused(self) -> bool:
        """Whether the network reports that the port is closed for this TID."""
        return any(report.is_hard for report in self._tap.unreachable)

    @property
    def _heard(self) -> list[Seen]:
        return [seen for seen in self._tap.seen if seen.direction == "received"]

"""Report all datagrams on the wire in the attempts of a class to a recorder.

A capture has all real datagrams, also those of a stranger, and each copy.
"""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.examine.grading.story import Port, Way
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Observer, Step
from tftp_fsm.transports.carried import Carried
from tftp_fsm.transports.faults import LOST, Direction, Impairment
from tftp_fsm.wire.address import Address

COPY = "a copy"
ADDED = "added by the trial"
STRANGER = "added by the trial, as a stranger"
LATE = "delayed on purpose"
IN_PLACE = "in the place of another packet"
UNHEARD = "lost on purpose, on its way to the server"


@frozen
class Recording:
    """Functions that are called with the steps and the datagrams of all attempts.

    `datagram` belongs to a step. `beside` belongs to no step, and has its own reason. `mishap` is
    called before a datagram that is lost. `remark` describes the next datagram of a client.
    """

    step: Callable[[Address, Step], None]
    datagram: Callable[[Carried], None]
    beside: Callable[[Carried, str], None]
    mishap: Callable[[Impairment], None]
    remark: Callable[[Address, str], None]


class Recorded:
    """One client. Without a `recording` it does nothing. `local` returns the address of a port."""

    def __init__(
        self,
        recording: Recording | None,
        peer: Address,
        local: Callable[[Port], Address],
        now: Callable[[], float],
    ) -> None:
        self._recording = recording
        self._peer = peer
        self._local = local
        self._now = now

    @property
    def observer(self) -> Observer | None:
        """The observer of the session."""
        if self._recording is None:
            return None
        step, peer = self._recording.step, self._peer
        return lambda taken: step(peer, taken)

    def told(self, way: Way, port: Port, datagram: bytes, why: str = "") -> None:
        """Report a datagram that was heard or sent. `why` is the reason if it is not a step."""
        if self._recording is None:
            return
        carried = self._carried(way, port, datagram)
        if why:
            self._recording.beside(carried, why)
        else:
            self._recording.datagram(carried)

    def lost(self, datagram: bytes) -> None:
        """Report a datagram of the session that was not sent."""
        if self._recording is not None:
            impairment = Impairment(self._now(), "sent", datagram, self._peer, LOST)
            self._recording.mishap(impairment)
            self._recording.datagram(self._carried("sent", "tid", datagram))

    def _carried(self, way: Way, port: Port, datagram: bytes) -> Carried:
        direction: Direction = "received" if way == "heard" else "sent"
        return Carried(self._now(), direction, datagram, self._local(port), self._peer)

"""Write the datagrams of all sessions of a server in their order.

sessions = SessionRecorder(writer)
ServerConfig(..., observer=sessions.step, on_datagram=sessions.datagram)
writer.close(time.time(), sessions.rest())
"""

from __future__ import annotations

from collections import OrderedDict

from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.recorder import Recorder
from tftp_fsm.protocol.events import Step
from tftp_fsm.transports.carried import Carried
from tftp_fsm.transports.faults import Impairment
from tftp_fsm.wire.address import Address

KEPT = 4096  # clients; if there are more, those that were silent for longest are forgotten


class SessionRecorder:
    """A recorder for each client. A server moves one session at a time, so this does too.

    If a datagram has caused no step before another client's turn, it has no session.
    """

    def __init__(self, writer: PcapngWriter) -> None:
        self._writer = writer
        self._recorders: OrderedDict[Address, Recorder] = OrderedDict()
        self._last: Recorder | None = None

    def step(self, peer: Address, step: Step) -> None:
        """Take a step of the session with `peer`."""
        self._recorder(peer).step(step)

    def datagram(self, carried: Carried) -> None:
        """Take a datagram that a session, or the listening port, has sent or heard."""
        self._recorder(carried.peer).datagram(carried)

    def beside(self, carried: Carried, why: str) -> None:
        """Take a datagram that belongs to no step."""
        self._recorder(carried.peer).beside(carried, why)

    def mishap(self, impairment: Impairment) -> None:
        """Take a simulated fault of a datagram, before the datagram is reported as sent."""
        self._recorder(impairment.peer).mishap(impairment)

    def remark(self, peer: Address, words: str) -> None:
        """Take a remark about the next datagram of a client."""
        self._recorder(peer).remark(words)

    def rest(self) -> list[str]:
        """Write the remaining datagrams, and return the notes without a packet."""
        return [note for recorder in self._recorders.values() for note in recorder.rest()]

    def _recorder(self, peer: Address) -> Recorder:
        recorder = self._recorders.get(peer)
        if recorder is None:
            recorder = self._recorders[peer] = Recorder(self._writer, "server")
        self._recorders.move_to_end(peer)
        if self._last is not None and self._last is not recorder:
            self._last.flush()
        self._last = recorder
        if len(self._recorders) > KEPT:
            self._recorders.popitem(last=False)
        return recorder

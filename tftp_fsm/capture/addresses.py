"""Find the addresses of the packets in a trace, which has only some of them."""

from __future__ import annotations

from bisect import bisect_right

from tftp_fsm.capture.rebuilt_packets import Datagram
from tftp_fsm.ladder.build import CLIENT, lane_of
from tftp_fsm.simulation.addresses import CLIENT as CLIENT_ADDRESS
from tftp_fsm.simulation.addresses import LISTENER, SERVER
from tftp_fsm.trace.records import Json
from tftp_fsm.trace.trace import Trace
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import is_request


class Hosts:
    """The addresses in a trace. Missing ones are replaced by those of a simulation."""

    def __init__(self, trace: Trace) -> None:
        heads = trace.ends.items()
        peers = {end: _address(head.get("peer")) for end, head in heads}
        self._client = next(
            (peer for end, peer in peers.items() if lane_of(end) != CLIENT and peer), CLIENT_ADDRESS
        )
        self._listeners = {end: peer or LISTENER for end, peer in peers.items()}
        self._ends = [end for end, _ in trace.steps]
        self._tids: list[tuple[int, Address]] = []
        for number, (end, step) in enumerate(trace.steps):
            source = getattr(step.event, "source", None)
            if lane_of(end) == CLIENT and source is not None:
                self._tids.append((number, source))

    def ends_of(self, sender: str, datagram: Datagram, step: int) -> tuple[Address, Address]:
        """Source and destination of a datagram that the step number `step` sent or heard."""
        if sender != CLIENT:
            return self._server(step), datagram.to or self._client
        if is_request(datagram.octets):
            return self._client, self._listener(step)
        return self._client, datagram.to or self._server(step)

    def _listener(self, step: int) -> Address:
        end = self._ends[step] if step < len(self._ends) else CLIENT
        clients = (name for name in self._listeners if lane_of(name) == CLIENT)
        return self._listeners.get(end if lane_of(end) == CLIENT else next(clients, ""), LISTENER)

    def _server(self, step: int) -> Address:
        """Return the server's TID that the client heard last, or will hear next."""
        if not self._tids:
            listener = self._listener(step)
            return SERVER if listener == LISTENER else listener
        place = bisect_right(self._tids, step, key=lambda tid: tid[0])
        return self._tids[max(0, place - 1)][1]


def _address(plain: Json | list[object] | None) -> Address | None:
    return tuple(plain) if isinstance(plain, list | tuple) else None  # type: ignore[return-value]

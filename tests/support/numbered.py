"""A server that answers ACK n with DATA n + 1, whatever n is, and a stranger with what is asked."""

from __future__ import annotations

from tests.support.simulated_server import Listener
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Packet, build, parse


class Numbered:
    """`answers` go to a stranger. `then` says what the client gets once a stranger has spoken."""

    def __init__(self, *answers: Packet, then: str = "data") -> None:
        self._answers = answers
        self._then = then

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        spoken = False

        def heard(arrived: Burst | Unreachable) -> None:
            nonlocal spoken
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if not isinstance(packet, Ack):
                return
            if arrived.peer != client:
                spoken = True
                for answer in self._answers:
                    tid.send(Burst.of(build(answer), arrived.peer))
            if spoken and self._then == "error":
                tid.send(Burst.of(b"\0\5\0\0two clients\0", client))
            elif self._moves(is_client=arrived.peer == client, spoken=spoken):
                tid.send(Burst.of(build(Data(packet.block + 1, bytes(512))), client))

        tid = listener.tid(heard)
        tid.send(Burst.of(build(Data(1, bytes(512))), client))

    def _moves(self, *, is_client: bool, spoken: bool) -> bool:
        if is_client:
            return not (spoken and self._then == "silence")
        return self._then == "moved"

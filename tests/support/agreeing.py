"""A server of a short file that agrees to anything, and the result of one check of a server."""

from __future__ import annotations

from tests.support.simulated_server import Answering, Listener, World
from tftp_fsm.examine.checks import Result
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Data, Error, Oack, Pairs, Rrq, build, parse

SHORT = b"one line\n"


def agreeing(answer: Pairs | int | None, blocks: int = 1) -> Answering:
    """A server of a short file. Options get this OACK, or ERROR, or what was asked (None).

    After an ACK it sends so many blocks.
    """

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        if not isinstance(request, Rrq):
            return

        def heard(arrived: Burst | Unreachable) -> None:
            if isinstance(arrived, Burst) and b"".join(arrived.buffers) == b"\0\4\0\0":
                for block in range(1, blocks + 1):
                    tid.send(Burst.of(build(Data(block, bytes(512))), client))

        tid = listener.tid(heard)
        if not request.options:
            said = build(Data(1, SHORT))
        elif isinstance(answer, int):
            said = build(Error(answer, "no"))
        else:
            said = build(Oack(request.options if answer is None else answer))
        tid.send(Burst.of(said, client))

    return serve


def found(answer: Answering, name: str) -> Result:
    return World(answer).results(only=(name,), patience=1.0)[name]

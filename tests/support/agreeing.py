"""Servers that agree to anything, or to more than was asked, and the result of one check."""

from __future__ import annotations

from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm.examine.checks import Result
from tftp_fsm.examine.probing.unrequested_options import unasked
from tftp_fsm.transports import Burst, Transport, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Data, Error, Oack, Pairs, Request, Rrq, build, parse

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


class _Adding:
    """A transport of a server: each OACK that it sends has these options at its end."""

    def __init__(self, inner: Transport, pairs: Pairs) -> None:
        self._inner = inner
        self._pairs = pairs
        self.receive, self.now, self.close = inner.receive, inner.now, inner.close

    def send(self, burst: Burst) -> None:
        packet = parse(b"".join(burst.buffers))
        if isinstance(packet, Oack):
            burst = Burst.of(build(Oack((*packet.options, *self._pairs))), burst.peer)
        self._inner.send(burst)


def adding(*pairs: tuple[str, str], to: type[Request] = Rrq) -> Answering:
    """A server of LINES with all options. Each OACK to RRQ (or WRQ) has these pairs, too."""
    files = Files({"file": LINES})

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        more = unasked(request.options, pairs) if isinstance(request, to) else ()
        tid = listener.tid
        listener.tid = lambda heard: _Adding(tid(heard), more)  # type: ignore[method-assign]
        try:
            files(listener, octets, client)
        finally:
            listener.tid = tid  # type: ignore[method-assign]

    return serve


def found(answer: Answering, name: str) -> Result:
    return World(answer).results(only=(name,), patience=1.0)[name]

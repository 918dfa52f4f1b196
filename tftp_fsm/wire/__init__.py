"""The wire: packets (declared with construct), option negotiation, netascii. No I/O, no clock.

    from tftp_fsm.wire import Ack, build, parse

    assert parse(build(Ack(1))) == Ack(1)

If `parse` cannot read a datagram, it raises `tftp_fsm.MalformedPacket`.
"""

from __future__ import annotations

from tftp_fsm.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.wire.address import Address
    from tftp_fsm.wire.headers import Opcode
    from tftp_fsm.wire.options import OptionLimits, Options, Refusal, accept, agree, offer
    from tftp_fsm.wire.packets import (
        WELL_KNOWN_PORT,
        Ack,
        Data,
        Error,
        ErrorCode,
        Oack,
        Packet,
        Pairs,
        Reading,
        Request,
        Rrq,
        Wrq,
        build,
        parse,
        read,
    )
else:  # a type checker that saw `__getattr__` would let every name pass
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "address": "Address",
            "headers": "Opcode",
            "options": "OptionLimits Options Refusal accept agree offer",
            "packets": (
                "Ack Data Error ErrorCode Oack Packet Pairs Reading Request Rrq Wrq "
                "WELL_KNOWN_PORT build parse read"
            ),
        },
    )

__all__ = [
    "WELL_KNOWN_PORT",
    "Ack",
    "Address",
    "Data",
    "Error",
    "ErrorCode",
    "Oack",
    "Opcode",
    "OptionLimits",
    "Options",
    "Packet",
    "Pairs",
    "Reading",
    "Refusal",
    "Request",
    "Rrq",
    "Wrq",
    "accept",
    "agree",
    "build",
    "offer",
    "parse",
    "read",
]

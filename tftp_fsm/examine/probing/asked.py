"""Options of an OACK that nobody has asked for, which RFC 2347 forbids.

A session refuses such an OACK. So that other checks go on, a rule of the script takes these options
out before the OACK reaches the session. One check tells all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from tftp_fsm.errors import MalformedPacket
from tftp_fsm.examine.probing.tap import Seen
from tftp_fsm.examine.script import Rule, changed
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Oack, Pairs, Rrq, Wrq, build, parse


def without_unasked(asked: Pairs) -> Rule:
    """An OACK arrives without the options that are not in `asked`."""

    def change(datagram: bytes) -> bytes:
        try:
            packet = parse(datagram)
        except MalformedPacket:
            return datagram
        extra = unasked(asked, packet.options) if isinstance(packet, Oack) else ()
        if not extra or not isinstance(packet, Oack):
            return datagram
        return build(Oack(tuple(pair for pair in packet.options if pair not in extra)))

    return changed(Opcode.OACK, change, "received")


def unasked(asked: Pairs, answered: Pairs) -> Pairs:
    """The options of an answer that were not asked for."""
    names = {name.lower() for name, _ in asked}
    return tuple(pair for pair in answered if pair[0].lower() not in names)


def unasked_of(session: Iterable[Seen]) -> Pairs | None:
    """Those of the first OACK of a session; None if it has none."""
    asked: Pairs = ()
    for seen in session:
        packet = seen.packet
        if seen.direction == "sent" and isinstance(packet, Rrq | Wrq):
            asked = packet.options
        elif seen.direction == "received" and isinstance(packet, Oack):
            return unasked(asked, packet.options)
    return None

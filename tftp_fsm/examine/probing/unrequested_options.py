"""Find the options of an OACK that were not requested, which RFC 2347 forbids.

A session refuses such an OACK. Therefore a rule of the script removes these options before the OACK
reaches the session, and the other checks can go on. One check reports all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from tftp_fsm.errors import MalformedPacket
from tftp_fsm.examine.probing.tap import Seen
from tftp_fsm.examine.script import Rule, changed
from tftp_fsm.frozen import frozen
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Oack, Pairs, Rrq, Wrq, build, parse


def without_unasked(asked: Pairs) -> Rule:
    """Return a rule: an OACK arrives without the options that are not in `asked`."""

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
    """Return the options of an answer that were not requested."""
    names = {name.lower() for name, _ in asked}
    return tuple(pair for pair in answered if pair[0].lower() not in names)


@frozen
class Answered:
    """The first OACK of a session: its options that were not requested.

    `is_uncalled`: the request had no options, so no OACK may answer it.
    """

    unasked: Pairs
    is_uncalled: bool


def answered(session: Iterable[Seen]) -> Answered | None:
    """Return how the first OACK of a session answers the request, or None if it has no OACK."""
    asked: Pairs = ()
    for seen in session:
        packet = seen.packet
        if seen.direction == "sent" and isinstance(packet, Rrq | Wrq):
            asked = packet.options
        elif seen.direction == "received" and isinstance(packet, Oack):
            return Answered(unasked(asked, packet.options), not asked)
    return None

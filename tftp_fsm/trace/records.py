"""What a trace holds: steps, what the network did, what was set by hand. `codec` has their JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.language.sentences import sentence
from tftp_fsm.protocol.events import Step
from tftp_fsm.wire.headers import without_payload

if TYPE_CHECKING:
    from tftp_fsm.transports.faults import Fate

Json: TypeAlias = dict[str, Any]


@frozen
class Recorded:
    """A step, and the end that made it.

    A debugger knows each datagram by a number: `heard` is that of the datagram that was the event,
    and `sent` are those of the datagrams that the step sent. A second copy has the number of the
    first. Without numbers (None, or empty) a reader matches datagrams by kind and block.
    """

    end: str
    step: Step
    heard: int | None = None
    sent: tuple[int, ...] = ()


@frozen
class WireEvent:
    """What the network did to one datagram. `now` is when it was sent, in seconds.

    `head` is the header of DATA, and the whole of every other packet. `octets` is the full length.
    A copy arrives after each of `delays` (seconds beyond the latency). Without any it is lost.
    `flipped` is the number of a bit that was changed on the way. `packet` is the number of the
    datagram, if it is known; see `Recorded`.
    """

    now: float
    sender: str
    receiver: str
    head: bytes
    octets: int
    fate: tuple[str, ...]
    delays: tuple[float, ...]
    flipped: int | None = None
    packet: int | None = None


def wire_event(
    now: float,
    sender: str,
    receiver: str,
    datagram: bytes,
    fate: Fate,
    size: int | None = None,
    packet: int | None = None,
) -> WireEvent:
    """The record of a datagram's fate. It keeps no file data.

    `size` is the length of the whole datagram, where `datagram` is only the beginning of it.
    """
    head, octets = without_payload(datagram), len(datagram) if size is None else size
    fates = fate.mishaps, fate.delays, fate.flipped
    return WireEvent(now, sender, receiver, head, octets, *fates, packet)


@frozen
class ByHand:
    """A variable that the user of a debugger set. With `both`, the other end changed with it."""

    end: str
    name: str
    value: str
    both: bool = False

    @property
    def words(self) -> str:
        """`by hand: block = 65533`, for the lane of its end."""
        return sentence("by hand: {name} = {value}", name=self.name, value=self.value)

    @property
    def note(self) -> str:
        """`block of client set to 65533 by hand`."""
        name, value = self.name, self.value
        if self.both:
            return sentence("{name} of both ends set to {value} by hand", name=name, value=value)
        return sentence(
            "{name} of {end} set to {value} by hand", name=name, end=self.end, value=value
        )

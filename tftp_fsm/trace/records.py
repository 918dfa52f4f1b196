"""The entries of a trace: steps, faults of the network, changes by hand. `codec` has the JSON."""

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

    A debugger numbers the datagrams. `heard` is the number of the event's datagram, and `sent` has
    the numbers of the datagrams that the step sent. A second copy has the number of the first.
    Without numbers (None, or empty) a reader matches datagrams by kind and block.
    """

    end: str
    step: Step
    heard: int | None = None
    sent: tuple[int, ...] = ()


@frozen
class WireEvent:
    """A fault of the network to one datagram. `now` is the time of its sending, in seconds.

    `head` is the header of a DATA, or all octets of another packet. `octets` is the full length.
    `delays` has the extra delay of each copy that arrives (seconds beyond the latency). If it is
    empty, the datagram is lost. `flipped` is the number of a bit that was changed on the way.
    `packet` is the number of the datagram, if it is known; see `Recorded`.
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
    """Return the record of a datagram's fate. It has no file data.

    `size` is the length of the whole datagram if `datagram` is only its beginning.
    """
    head, octets = without_payload(datagram), len(datagram) if size is None else size
    fates = fate.mishaps, fate.delays, fate.flipped
    return WireEvent(now, sender, receiver, head, octets, *fates, packet)


@frozen
class ByHand:
    """A variable that a debugger's user has set. With `both`, the other end has changed too."""

    end: str
    name: str
    value: str
    both: bool = False

    @property
    def words(self) -> str:
        """The words for the lane of its end: `by hand: block = 65533`."""
        return sentence("by hand: {name} = {value}", name=self.name, value=self.value)

    @property
    def note(self) -> str:
        """The note: `block of client set to 65533 by hand`."""
        name, value = self.name, self.value
        if self.both:
            return sentence("{name} of both ends set to {value} by hand", name=name, value=value)
        return sentence(
            "{name} of {end} set to {value} by hand", name=name, end=self.end, value=value
        )

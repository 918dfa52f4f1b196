"""The common parts of all predicted runs. The four kinds are in `lockstep` and `windows`.

In a transfer without faults the session knows the header of the next DATA or ACK, and the answer of
its table. While exactly these datagrams arrive, a run's `fill` answers them without a step. Then
`take` returns the whole run as one event. The table handles this event, and the driver compares the
table's effects with the effects that the run has carried out. Any other datagram is handled after
the run, by a separate step.
"""

from __future__ import annotations

from tftp_fsm.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tftp_fsm.driver.interfaces import Payload
    from tftp_fsm.protocol.events import Effect, Event

OTHERS = 1024  # octets; room for an ERROR with its message, which may come instead
SHOWN_EVERY = 0.02  # seconds; a run ends after about this time, so that progress can be shown
SHARED_TURN = 0.004  # seconds; the limit of `fill` if receiving never blocks, for other sessions
PADDED = "padding ignored"  # the tolerated flaw of at least one ACK in a run; see `wire.packets`


def slot_room(blksize: int) -> int:
    """Return the room for one datagram: one octet more than DATA, to detect longer ones."""
    return max(blksize + 5, OTHERS)


def fill_ends(now: Callable[[], float], blocking: bool) -> float:
    """Return the time at which a `fill` that begins now must return, on the transport's clock."""
    return now() + (SHOWN_EVERY if blocking else SHARED_TURN)


@frozen
class Taken:
    """A run that was exchanged, as one event, and the effects that were carried out for it.

    The table must answer `event` with effects that begin with `done`. `payload` is the file data
    that has still to be written.
    """

    event: Event
    done: tuple[Effect, ...]
    payload: Payload = ()

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
    from collections.abc import Callable, Sequence
    from typing import Protocol, TypeAlias

    from tftp_fsm.protocol.events import Effect, Event
    from tftp_fsm.protocol.rows import State
    from tftp_fsm.transports.burst import Buffer
    from tftp_fsm.wire.address import Address

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


Payload: TypeAlias = "Sequence[Buffer]"
"""The file data of the DATA packets of one event, in order."""

Joined: TypeAlias = tuple[bytes, int]
"""The octets that arrived, and the size of each datagram in them."""

Receive: TypeAlias = "Callable[[memoryview], int]"
Emit: TypeAlias = "Callable[[bytes], int]"


@frozen
class Taken:
    """A run that was exchanged, as one event, and the effects that were carried out for it.

    The table must answer `event` with effects that begin with `done`. `payload` is the file data
    that has still to be written.
    """

    event: Event
    done: tuple[Effect, ...]
    payload: Payload = ()


if TYPE_CHECKING:  # the members of a session that effects and runs use

    class Moved(Protocol):
        """The members of a session that effects and runs read."""

        @property
        def state(self) -> State: ...

        @property
        def peer(self) -> Address | None: ...

        @property
        def blksize(self) -> int: ...

        @property
        def windowsize(self) -> int: ...

        @property
        def prediction(self) -> int | None: ...

    class Receives(Moved, Protocol):
        """The members of a receiving session that a run reads. See `Receiver`."""

        @property
        def next_number(self) -> int: ...

        @property
        def received(self) -> int: ...

        @property
        def acknowledged(self) -> int: ...

    class Sends(Moved, Protocol):
        """The members of a sending session that a run reads. See `Sender`."""

        @property
        def acked(self) -> int: ...

        @property
        def blocks(self) -> int: ...

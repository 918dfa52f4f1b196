"""What all runs of predicted exchanges share. The four kinds are in `lockstep` and `windows`.

In a quiet transfer the session knows how the next good DATA or ACK begins, and what its table
will answer. While exactly that arrives, a run's `fill` answers it without a step. `take` then gives
the whole run as one event, for the table to confirm: the driver compares the table's effects with
what was done. Everything else is handled after the run, by a step of its own.
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
SHOWN_EVERY = 0.02  # seconds; a run ends after about this long, so that progress can be shown
SHARED_TURN = 0.004  # seconds; where receiving never blocks, others wait for `fill` no longer
PADDED = "padding ignored"  # what was tolerated in at least one ACK of a run; see `wire.packets`


def slot_room(blksize: int) -> int:
    """Octets for one datagram. One octet more than DATA has shows that a datagram is too long."""
    return max(blksize + 5, OTHERS)


def fill_ends(now: Callable[[], float], blocking: bool) -> float:
    """When a `fill` that begins now has to return, on the transport's clock."""
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


if TYPE_CHECKING:  # what a session is to effects and runs

    class Moved(Protocol):
        """What effects and runs read of a session."""

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
        """What a run reads of a session that receives: see `Receiver`."""

        @property
        def next_number(self) -> int: ...

        @property
        def received(self) -> int: ...

        @property
        def acknowledged(self) -> int: ...

    class Sends(Moved, Protocol):
        """What a run reads of a session that sends: see `Sender`."""

        @property
        def acked(self) -> int: ...

        @property
        def blocks(self) -> int: ...

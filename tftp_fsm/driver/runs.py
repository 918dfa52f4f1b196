"""What a run of predicted exchanges is. `lockstep` and `windows` have the four kinds.

In a quiet transfer the session knows how the next good DATA or ACK begins, and what its table
will answer. While exactly that arrives, a run's `fill` answers it without a step. `take` then gives
the whole run as one event, for the table to confirm: the driver compares the table's effects with
what was done. Everything else is handled after the run, by a step of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Effect, Event
from tftp_fsm.transports import Buffer

OTHERS = 1024  # octets; room for an ERROR with its message, which may come instead
PADDED = "padding ignored"  # what was tolerated in at least one ACK of a run; see `wire.packets`

Payload: TypeAlias = Sequence[Buffer]
"""The file data of the DATA packets of one event, in order."""

Joined: TypeAlias = tuple[bytes, int]
"""The octets that arrived, and the size of each datagram in them."""

Receive: TypeAlias = Callable[[memoryview], int]
ReceiveJoined: TypeAlias = Callable[[memoryview], tuple[int, int]]
Emit: TypeAlias = Callable[[bytes], int]


@frozen
class Taken:
    """A run that was exchanged: the one event that it was, and the effects that were carried out.

    The table must answer `event` with effects that begin with `done`. `payload` is the file data
    that has still to be written.
    """

    event: Event
    done: tuple[Effect, ...]
    payload: Payload = ()

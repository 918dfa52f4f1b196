"""Moves: the actions of the debugger's user, and the choices of the user.

A run is the list of its moves. The same moves in the same world give the same steps.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.rows import Row, State


@frozen
class Begin:
    """The client's user asks for the file."""


@frozen
class Arrive:
    """The held datagram arrives. If it is for a real peer, it is sent to the peer."""

    packet: int


@frozen
class Drop:
    """The datagram is lost: it never arrives."""

    packet: int


@frozen
class Duplicate:
    """A copy of the datagram is under way too."""

    packet: int


@frozen
class Delay:
    """The datagram arrives `seconds` later."""

    packet: int
    seconds: float


@frozen
class Swap:
    """The next datagram in the same direction overtakes this one."""

    packet: int


@frozen
class Replace:
    """Other octets arrive in its place."""

    packet: int
    octets: bytes


@frozen
class Inject:
    """Put a new datagram on the wire to `end`, as if its peer or a stranger had sent it."""

    end: str
    octets: bytes
    stranger: bool = False


@frozen
class Expire:
    """Nothing comes until the end's deadline."""

    end: str


@frozen
class Abort:
    """The end's user gives up."""

    end: str


@frozen
class ReportUnreachable:
    """The network tells the end that no program listens at its peer's TID."""

    end: str


@frozen
class FailStorage:
    """The end's disk is full."""

    end: str


@frozen
class SetVariable:
    """Set a variable of `end` to `value`, as it was typed.

    With `both`, the other end, the wire and the file change with it.
    """

    end: str
    name: str
    value: str
    both: bool = False


@frozen
class Wait:
    """Time runs until an arrival, for `seconds` at most. None means until a deadline."""

    seconds: float | None = None


@frozen
class Replay:
    """The next entry of a recorded trace."""


Move: TypeAlias = (
    Begin
    | Arrive
    | Drop
    | Duplicate
    | Delay
    | Swap
    | Replace
    | Inject
    | Expire
    | Abort
    | ReportUnreachable
    | FailStorage
    | SetVariable
    | Wait
    | Replay
)

Likely: TypeAlias = Literal["next", "possible", "rare"]


@frozen
class Choice:
    """One event that can happen now.

    `when` is its time (seconds). `end` would hear it, `row` would answer it, and `leads_to` is the
    state afterwards. These are None if no end would hear it. `likely` is `next` for the event that
    `step` chooses, and `rare` for an event that happens only if the user chooses it.
    """

    words: str
    move: Move
    when: float
    end: str | None = None
    row: Row | None = None
    leads_to: State | None = None
    likely: Likely = "possible"

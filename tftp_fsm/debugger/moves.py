"""What a user of the debugger may have happen: moves, and the choice between them.

A run is the list of its moves: the same moves over the same world give the same steps.
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
    """The held datagram goes on: it arrives, or, to a real peer, leaves."""

    packet: int


@frozen
class Lose:
    """It never arrives."""

    packet: int


@frozen
class Duplicate:
    """A copy is under way too."""

    packet: int


@frozen
class Delay:
    """It takes so many seconds more."""

    packet: int
    seconds: float


@frozen
class Swap:
    """The next datagram of its direction overtakes it."""

    packet: int


@frozen
class Replace:
    """Other octets arrive in its place."""

    packet: int
    octets: bytes


@frozen
class Inject:
    """A datagram that nobody sent is under way to `end`, from its peer or from a stranger."""

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
class Unreach:
    """The network tells the end that nobody listens at its peer's TID."""

    end: str


@frozen
class FailStorage:
    """The end's disk is full."""

    end: str


@frozen
class SetVariable:
    """`value` as it was written. `both`: the other end, the wire and the file go along."""

    end: str
    name: str
    value: str
    both: bool = False


@frozen
class Wait:
    """Time runs until something arrives, or for so many seconds (None: until a deadline)."""

    seconds: float | None = None


@frozen
class Replay:
    """The next entry of a recorded trace."""


Move: TypeAlias = (
    Begin
    | Arrive
    | Lose
    | Duplicate
    | Delay
    | Swap
    | Replace
    | Inject
    | Expire
    | Abort
    | Unreach
    | FailStorage
    | SetVariable
    | Wait
    | Replay
)

Likely: TypeAlias = Literal["next", "possible", "rare"]


@frozen
class Choice:
    """One thing that can happen now.

    `when` is the time that it would be (seconds). `end` is who would hear it, `row` what its table
    would answer and `leads_to` the state after it; None where nobody hears. `likely`: `next` is
    what `step` does, `rare` is what only a user wants.
    """

    words: str
    move: Move
    when: float
    end: str | None = None
    row: Row | None = None
    leads_to: State | None = None
    likely: Likely = "possible"

"""The world that is debugged: one or two sessions of ours, and the datagrams between them.

A world stands still until a move is performed. A move returns frames, one for each step of a
session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.records import ByHand, Json, WireEvent

Pending: TypeAlias = tuple[ByHand | WireEvent, ...]


class World(Protocol):
    """The interface for the stepper. `now` is in seconds on the world's own clock.

    If `rewinds` is true, the stepper can go back to a copy. If `sees_all` is true, both ends and
    every datagram are known. `headers` describes the beginning of each session in the form of a
    trace. `remarks` has present remarks for the user, such as that a real peer may have given up.
    """

    rewinds: bool
    sees_all: bool

    @property
    def now(self) -> float: ...

    @property
    def sessions(self) -> Mapping[str, Session]: ...

    @property
    def variables(self) -> Mapping[str, Mapping[str, object]]:
        """The known variables of each end."""

    @property
    def wire(self) -> tuple[Held, ...]: ...

    @property
    def headers(self) -> Mapping[str, Json]: ...

    @property
    def about(self) -> Json: ...

    @property
    def remarks(self) -> tuple[str, ...]: ...

    @property
    def pending(self) -> Pending:
        """Return the user's changes since the last step. The next frame will have them."""

    @property
    def compares(self) -> bool:
        """Whether the sent file and the received file can be compared."""

    @property
    def intact(self) -> bool | None:
        """Whether the file arrived unchanged, or None if that is not known (yet)."""

    def perform(self, move: m.Move) -> tuple[Frame, ...]:
        """Carry out a move. LocalError: it cannot be carried out, and nothing has changed."""

    def next_move(self) -> m.Move | None:
        """The move that comes next if the user does nothing, or None at the end."""

    def choices(self) -> tuple[m.Choice, ...]:
        """Return everything that can happen now. The first one is the choice of `step`."""

    def copy(self) -> World:
        """A copy of the world. What happens to one of the two does not change the other."""

    def interrupt(self) -> None:
        """End a wait for a real peer with LocalError. This is called from another thread."""

    def close(self) -> None:
        """Close files and sockets."""

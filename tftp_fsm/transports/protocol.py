"""The interface of transports, for type checkers and for users.

A short transfer does not import this, because a `Protocol` needs the whole module `typing`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.wire.address import Address

FastPath: TypeAlias = tuple[Callable[[memoryview], int], Callable[[bytes], int]]
"""Two calls for one peer: receive a datagram into a buffer, and send one. They raise OSError."""


class ReceiveJoined(Protocol):
    """Receives datagrams of one peer next to each other. It raises OSError."""

    def __call__(self, buffer: memoryview, segment: int = 0, enough: int = 0, /) -> tuple[int, int]:
        """Return the number of octets, and the size of each datagram. The last may be shorter.

        The caller expects datagrams of `segment` octets, and needs no more than `enough` octets
        now. If the kernel has joined datagrams, there may be more.
        """


JoinedFastPath: TypeAlias = tuple[ReceiveJoined, Callable[[bytes], int]]
"""The calls of `FastPath`, for datagrams that the kernel may have joined."""


class Transport(Protocol):
    """The interface that the package uses. Users may write their own transports.

    A transport that looks up names also has `addresses_of(host, port)`. It returns addresses in
    the same form as `Burst.peer`.
    """

    def send(self, burst: Burst) -> None:
        """Send each datagram of `burst` to its peer. Loss is silent, as on any network."""

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """Wait for the next burst, until `now()` reaches `deadline`; then return None.

        A `deadline` of None waits for ever.
        """

    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def close(self) -> None:
        """Close the transport, which frees the TID. May be called again."""


def addresses_of(transport: Transport, host: str, port: int) -> list[Address]:
    """Return the addresses of `host`, or the name itself if the transport looks up no names."""
    look_up: Callable[[str, int], list[Address]] | None
    look_up = getattr(transport, "addresses_of", None)
    return [(host, port)] if look_up is None else look_up(host, port)


class Pacing(Protocol):
    """Decides when a burst is sent, such as `tftp_fsm.server.pacer.Pacer`."""

    def admit(self, burst: Burst, send: Callable[[Burst], object], now: float) -> bool:
        """Return whether the burst may be sent now. If not, `send` gets a copy later, or none."""

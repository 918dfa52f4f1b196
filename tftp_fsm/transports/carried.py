"""Report the datagrams that a session has sent or heard to a recorder.

If a driver gets a function for them, it sends through a `Telling`. Otherwise this module is not
imported.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.protocol import Transport
from tftp_fsm.wire.address import Address

ANYWHERE = ("", "0.0.0.0", "::")
REMEMBERED = 256  # hosts of strangers that are kept; a flood may have more


@frozen
class Carried:
    """A datagram of one session. `now` is in seconds on the clock of its transport.

    `local` is the address of the session, and `peer` is where the datagram went or came from. The
    host of `local` is empty if the transport does not tell it.
    """

    now: float
    direction: Literal["sent", "received"]
    octets: bytes
    local: Address
    peer: Address


Listening: TypeAlias = Callable[[Carried], None]


class Telling:
    """The transport `inner`. It also tells `listening` of each datagram that was sent.

    A server hands received datagrams to the driver, so the driver reports these with `heard`.
    """

    def __init__(self, inner: Transport, listening: Listening) -> None:
        self._inner = inner
        self._listening = listening
        self._local: dict[str, Address] = {}

    def send(self, burst: Burst) -> None:
        """Send the burst. If that succeeds, tell of it."""
        self._inner.send(burst)
        for datagram in burst.datagrams():
            self._tell("sent", datagram, burst.peer)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """Receive from `inner`."""
        return self._inner.receive(deadline)

    def now(self) -> float:
        """The clock of `inner`."""
        return self._inner.now()

    def close(self) -> None:
        """Close `inner`."""
        self._inner.close()

    def heard(self, datagram: memoryview, peer: Address) -> None:
        """Tell of a datagram that has come."""
        self._tell("received", bytes(datagram), peer)

    def _tell(self, direction: Literal["sent", "received"], datagram: bytes, peer: Address) -> None:
        if peer[0] not in self._local:  # finding it is a system call
            if len(self._local) >= REMEMBERED:
                self._local.clear()
            self._local[peer[0]] = local_address(self._inner, peer)
        local = self._local[peer[0]]
        self._listening(Carried(self._inner.now(), direction, datagram, local, peer))


def local_address(transport: object, peer: Address) -> Address:
    """Return the address from which `transport` reaches `peer`. Nothing is sent for this."""
    local: Address = getattr(transport, "local_address", None) or ("", 0)
    return (host_towards(peer), local[1]) if local[0] in ANYWHERE else local


def host_towards(peer: Address) -> str:
    """Return our address in a datagram to `peer`, or "" if the kernel does not tell it."""
    family = socket.AF_INET if len(peer) == 2 else socket.AF_INET6
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(peer)
        return str(probe.getsockname()[0])
    return ""

"""The two ways in which a session of a server has a TID.

`SessionTransport`: a port of its own (RFC 1350 section 4). `SharedTransport`: the listening
port, for NAT and containers that let only one port through; there the peer's address tells
whose a datagram is. Neither ever waits, and both tell the time that the loop keeps.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Protocol

from tftp_fsm.server.listener import Listener
from tftp_fsm.server.outlet import Outlet
from tftp_fsm.transports import Address, Burst, Unreachable
from tftp_fsm.transports.offload import CONTROL_ROOM, join_received, joined_every
from tftp_fsm.transports.resolve import family_of, plain
from tftp_fsm.transports.tid import bound_socket

LEAST_BUFFER = 1 << 16  # octets; smaller windows fit into any socket
MOST_BUFFER = 1 << 22


class ServerTransport(Protocol):
    """A `Transport` of the loop: `receive` gives what is there, or None at once."""

    def send(self, burst: Burst) -> None: ...

    def receive(self, deadline: float | None) -> Burst | Unreachable | None: ...

    def now(self) -> float: ...

    def close(self) -> None: ...

    def prepare(self, window: int) -> None:
        """Windows of so many octets will come and go."""


class SessionTransport:
    """A socket on a TID of its own, at the address `host` that the peer asked.

    `memory` is where all sessions of a loop receive: a burst is valid until the next
    `receive` of any of them. Raises LocalError where no port is free.
    """

    __slots__ = ("_joins", "_memory", "_outlet", "sock")

    def __init__(
        self, peer: Address, host: str | None, ports: range | None, memory: memoryview
    ) -> None:
        self.sock = bound_socket(family_of(peer), host, ports)
        self.sock.setblocking(False)
        self._memory = memory
        self._outlet = Outlet(self.sock)
        self._joins = False

    def send(self, burst: Burst) -> None:
        """Each datagram to the burst's peer."""
        self._outlet.send(burst, burst.peer)

    def receive(self, deadline: float | None = None) -> Burst | Unreachable | None:
        """What has come already; None: nothing has."""
        try:
            return self._take()
        except OSError:
            self._outlet.heard_icmp()
            return self._outlet.news.pop(0) if self._outlet.news else None

    def now(self) -> float:
        """The kernel's monotonic clock."""
        return time.monotonic()

    def close(self) -> None:
        """Give the TID back."""
        self.sock.close()

    def prepare(self, window: int) -> None:
        """Make room for windows of so many octets, and take their runs in one call."""
        if window < LEAST_BUFFER // 8:
            return
        self._joins = join_received(self.sock)
        wanted = min(max(2 * window, LEAST_BUFFER), MOST_BUFFER)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            if self.sock.getsockopt(socket.SOL_SOCKET, option) < wanted:
                with contextlib.suppress(OSError):  # macOS refuses what Linux caps
                    self.sock.setsockopt(socket.SOL_SOCKET, option, wanted)

    def _take(self) -> Burst:
        if not self._joins:
            octets, peer = self.sock.recvfrom_into(self._memory)
            return Burst((self._memory[:octets],), octets, plain(peer))
        octets, control, _, peer = self.sock.recvmsg_into((self._memory,), CONTROL_ROOM)
        return Burst((self._memory[:octets],), joined_every(control) or octets, plain(peer))


class SharedTransport:
    """The listening port, from the address `host` that the peer asked."""

    __slots__ = ("_host", "_listener")

    def __init__(self, listener: Listener, host: str | None) -> None:
        self._listener = listener
        self._host = host

    def send(self, burst: Burst) -> None:
        """Each datagram to the burst's peer."""
        self._listener.send(burst, self._host)

    def receive(self, deadline: float | None = None) -> Burst | Unreachable | None:
        """Nothing: the loop knows whose a datagram is, and hands it over."""
        return None

    def now(self) -> float:
        """The kernel's monotonic clock."""
        return time.monotonic()

    def close(self) -> None:
        """The port is not this session's."""

    def prepare(self, window: int) -> None:
        """The listener has what room there is."""

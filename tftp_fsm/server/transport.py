"""The two ways in which a session of a server has a TID.

`SessionTransport`: a port of its own (RFC 1350 section 4). `SharedTransport`: the listening
port, for NAT and containers that let only one port through; there the peer's address tells
whose a datagram is. Neither ever waits, and both tell the time that the loop keeps.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from tftp_fsm.server.listener import Listener
from tftp_fsm.transports import RUN_MEMORY, Burst, Unreachable
from tftp_fsm.transports.offload import CONTROL_ROOM, join_received, joined_every
from tftp_fsm.transports.outlet import UdpSender
from tftp_fsm.transports.resolve import family_of, plain
from tftp_fsm.transports.spin import SpinPolicy, spin_then_block
from tftp_fsm.transports.tid import READ_TIMEOUT, bound_socket, wait_at_most
from tftp_fsm.transports.udp import Calls, JoinedCalls
from tftp_fsm.wire.address import Address

SOLE_PATIENCE = 0.004  # seconds; how long others may be kept waiting by the only session
SHARED_MEMORY = 1 << 14  # octets; what a run of one session among many keeps
LEAST_BUFFER = 1 << 16  # octets; smaller windows fit into any socket
MOST_BUFFER = 1 << 22

_Buffer = TypeVar("_Buffer")
_Read = TypeVar("_Read")


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

    __slots__ = (
        "_blocks",
        "_joins",
        "_looks",
        "_memory",
        "_outlet",
        "_strange",
        "blocking",
        "sock",
    )

    def __init__(
        self, peer: Address, host: str | None, ports: range | None, memory: memoryview
    ) -> None:
        self.sock = bound_socket(family_of(peer), host, ports)
        self.sock.setblocking(False)
        self._blocks = False
        self._memory = memory
        self._outlet = UdpSender(self.sock)
        self._joins = False
        self._strange: Burst | None = None
        self._looks: SpinPolicy | None = None
        self.blocking = False
        wait_at_most(self.sock, SOLE_PATIENCE)

    def fast_path(self, peer: Address) -> Calls | None:
        """Receive from `peer` into a buffer, and send to it; they raise OSError.

        Where this session is the only one, receiving waits a moment: one system call less for
        each exchange, and nobody else is kept waiting.
        """
        if self._joins or not READ_TIMEOUT:
            return None
        self._block(self.blocking)
        receive_from, send_to = self._eagerly(self.sock.recvfrom_into, 0), self.sock.sendto

        def receive(buffer: memoryview) -> int:
            octets, source = receive_from(buffer)
            if source != peer and plain(source) != peer:
                self._strange = Burst.of(bytes(buffer[:octets]), plain(source))
                raise InterruptedError
            return octets

        return receive, lambda datagram: send_to(datagram, peer)

    def joined_fast_path(self, peer: Address) -> JoinedCalls | None:
        """The same where datagrams come joined: octets, and the size of each."""
        if not READ_TIMEOUT:
            return None
        self._block(self.blocking)
        receive_joined = self._eagerly(self.sock.recvmsg_into, CONTROL_ROOM)
        send_to = self.sock.sendto

        def receive(buffer: memoryview) -> tuple[int, int]:
            octets, control, _, source = receive_joined((buffer,))
            segment = joined_every(control) or octets
            if source != peer and plain(source) != peer:
                self._strange = Burst((bytes(buffer[:octets]),), segment, plain(source))
                raise InterruptedError
            return octets, segment

        return receive, lambda datagram: send_to(datagram, peer)

    @property
    def memory(self) -> memoryview:
        """Where all sessions of the loop receive, one at a time."""
        return self._memory

    @property
    def run_memory(self) -> int:
        """Octets that a predicted run may keep."""
        return RUN_MEMORY if self.blocking else SHARED_MEMORY

    def on_error(self, error: OSError) -> None:
        """What one of `fast_path` raised: InterruptedError means that a stranger came between."""
        self._outlet.heard_icmp()

    def send(self, burst: Burst) -> None:
        """Each datagram to the burst's peer."""
        self._outlet.send(burst, burst.peer)

    def receive(self, deadline: float | None = None) -> Burst | Unreachable | None:
        """What has come already; None: nothing has."""
        if self._strange is not None:
            strange, self._strange = self._strange, None
            return strange
        try:
            self._block(False)
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

    def _eagerly(
        self, read: Callable[[_Buffer, int, int], _Read], room: int
    ) -> Callable[[_Buffer], _Read]:
        """The only session may look; among many, whoever has something is known already."""
        if not self.blocking:
            return lambda buffer: read(buffer, room, 0)
        self._looks = self._looks or SpinPolicy()
        return spin_then_block(read, room, self._looks, self.now())

    def _block(self, wanted: bool) -> None:
        """A system call, so only where it changes anything."""
        if self._blocks is not wanted:
            self.sock.setblocking(wanted)
            self._blocks = wanted

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

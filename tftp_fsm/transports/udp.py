"""Blocking UDP: one TID for every peer.

The socket is not connected. A TFTP server answers from a new port, which the client cannot know
before. A datagram from a wrong TID must be received too, because the answer is ERROR 5 (RFC 1350
section 4).

    transport = UdpTransport(socket.AF_INET)
    transport.send(Burst.of(request, ("192.0.2.1", 69)))
    arrived = transport.receive(transport.now() + 1.0)

A driver that predicts the next datagram uses `fast_path` instead, and goes back to `receive` for
all other datagrams.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque

from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import sentence
from tftp_fsm.lazy import LateType
from tftp_fsm.transports.burst import JOINED, RUN_MEMORY, WINDOWS_MEMORY, Burst, Unreachable
from tftp_fsm.transports.gathered import ALONE, Gathering
from tftp_fsm.transports.icmp import UNREACHABLE, IcmpErrors, unreachable
from tftp_fsm.transports.kernel import READ_TIMEOUT, grow_buffers, wait_at_most
from tftp_fsm.transports.offload import (
    CONTROL_ROOM,
    join_received,
    joined_every,
    leave_apart,
    receive_burst,
)
from tftp_fsm.transports.readiness import Readiness
from tftp_fsm.transports.resolve import resolve
from tftp_fsm.transports.spin import AT_ONCE, SpinPolicy, spin_then_block
from tftp_fsm.transports.tid import bound_socket, connected_twin
from tftp_fsm.transports.udp_sender import UdpSender
from tftp_fsm.wire.address import Address, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.transports.protocol import FastPath, JoinedFastPath
else:
    FastPath = LateType("tftp_fsm.transports.protocol", "FastPath")
    JoinedFastPath = LateType("tftp_fsm.transports.protocol", "JoinedFastPath")

__all__ = ["UdpTransport"]

LONGEST_READ = 0.1  # seconds; a blocking read returns after this time
LEAST_BUFFER = 1 << 16  # octets
MOST_BUFFER = 1 << 23


class UdpTransport:
    """Datagrams over UDP, for one family (socket.AF_INET or AF_INET6).

    `bind` is an address of this host, and the TID is chosen from `ports`; without them the kernel
    chooses. `buffer` is as for `set_buffers`. Raises LocalError if no TID is free.
    """

    def __init__(
        self,
        family: int,
        bind: str | None = None,
        ports: range | None = None,
        buffer: int = 0,
        *,
        offload: bool = True,
    ) -> None:
        self._socket = bound_socket(family, bind, ports)
        wait_at_most(self._socket, LONGEST_READ)
        self._pinned: socket.socket | None = None
        self._pinned_peer: Address | None = None
        self._last_peer: Address | None = None
        self._waiting: deque[Burst | Unreachable] = deque()
        self._icmp = IcmpErrors(self._socket, self._waiting.append)
        self._sender = UdpSender(self._socket, self._icmp, offload=offload)
        self._readiness = Readiness(self._socket)
        self._memory = memoryview(bytearray(JOINED))
        self._offload = offload
        self._joins = False
        self._alone = 0  # how many datagrams in a row the kernel did not join
        self._spin = SpinPolicy()
        if buffer:
            self.set_buffers(buffer)

    @property
    def local_address(self) -> Address:
        """The host and TID of this side."""
        return plain(self._socket.getsockname())

    def addresses_of(self, host: str, port: int) -> list[Address]:
        """The addresses of `host` that this socket can reach. Raises HostUnreachable."""
        return resolve(host, port, self._socket.family)

    def set_buffers(self, octets: int) -> None:
        """Make room in the kernel for windows of `octets`, and receive their runs in one call.

        The room never shrinks, and at most 8 MiB are asked for.
        """
        self._memory = memoryview(bytearray(WINDOWS_MEMORY))
        for sock in self._sockets():
            grow_buffers(sock, max(LEAST_BUFFER, min(octets, MOST_BUFFER)))
            if self._offload:
                self._joins = join_received(sock)

    def send(self, burst: Burst) -> None:
        """Send each datagram. If the kernel can cut bursts, this takes few system calls.

        Raises LocalError for a datagram that the path cannot carry, and for an address that no
        socket of this family can reach.
        """
        self._last_peer = burst.peer
        if not self._send_pinned(burst):
            self._sender.send(burst, burst.peer)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """Return the next burst from any peer. The next `receive` overwrites its memory."""
        if self._may_block(deadline):
            burst = self._take(self._socket, 0)
            if burst is not None:
                return burst
        return self._wait(deadline)

    def pin(self, peer: Address) -> None:
        """Give `peer` a separate socket with the same TID, because its TID is known now.

        Then the kernel finds the route only once, not for each datagram. This saves a tenth of the
        time of a lock-step block, but nothing with windows. Other peers still reach the first
        socket. A second call does nothing. On a system whose sockets cannot share a TID, the first
        call does nothing either.
        """
        if not READ_TIMEOUT or self._pinned is not None:
            return
        try:
            self._pinned = connected_twin(self._socket, peer)
        except OSError:
            return
        self._pinned_peer = peer
        wait_at_most(self._pinned, LONGEST_READ)
        self._icmp.watch(self._pinned)
        self._readiness.add(self._pinned)
        if self._joins:
            join_received(self._pinned)
        for sock in self._sockets():
            self._keep_early(sock)

    def fast_path(self, peer: Address) -> FastPath | None:
        """Return `recv_into` and `send` of the peer's socket, for a loop of predicted exchanges.

        After an OSError, call `on_error` and then `receive`. Return None if this system has no fast
        path, or after `set_buffers`, because datagrams may come joined then.
        """
        sock = self._pinned_to(peer)
        if sock is None or self._joins:
            return None
        return spin_then_block(sock.recv_into, 0, self._spin, self.now()), sock.send

    def joined_fast_path(self, peer: Address) -> JoinedFastPath | None:
        """Return the fast path for windows. It receives a run's octets and its segment size."""
        sock = self._pinned_to(peer)
        if sock is None:
            return None
        if not self._joins:
            first = spin_then_block(sock.recv_into, 0, self._spin, self.now())
            return Gathering(sock.recv_into, first, self._put_aside, self._note), sock.send
        read_joined = spin_then_block(sock.recvmsg_into, CONTROL_ROOM, self._spin, self.now())

        def receive(buffer: memoryview, segment: int = 0, enough: int = 0) -> tuple[int, int]:
            self._look_for_lone(sock)
            octets, control, _, _ = read_joined((buffer,))
            joined = joined_every(control)
            self._alone = self._alone + 1 if joined is None else 0
            return octets, joined or octets

        return receive, sock.send

    def _look_for_lone(self, sock: socket.socket) -> None:
        """End the run if the peer sends each datagram alone: then `Gathering` is faster."""
        if self._alone >= ALONE:
            self._joins = False
            leave_apart(sock)
            raise InterruptedError

    def _put_aside(self, octets: bytes) -> None:
        assert self._pinned_peer is not None, "it came to the peer's own socket"
        self._waiting.append(Burst.of(octets, self._pinned_peer))

    @property
    def blocking(self) -> bool:
        """True, because receiving by `fast_path` waits, for at most LONGEST_READ seconds."""
        return True

    @property
    def memory(self) -> memoryview:
        """The receive buffer. After `set_buffers` it holds whole windows."""
        return self._memory

    @property
    def run_memory(self) -> int:
        """The number of octets that a predicted run may keep."""
        return RUN_MEMORY

    def on_error(self, error: OSError) -> None:
        """Take an error of `fast_path`. If a peer is unreachable, `receive` returns that."""
        self._note(error)

    def now(self) -> float:
        """The kernel's monotonic clock."""
        return time.monotonic()

    def close(self) -> None:
        """Close the sockets, which frees the TID."""
        for sock in self._sockets():
            sock.close()

    def _sockets(self) -> tuple[socket.socket, ...]:
        return (self._socket,) if self._pinned is None else (self._socket, self._pinned)

    def _pinned_to(self, peer: Address) -> socket.socket | None:
        """Return the socket of `peer`. Return None without one, or if an earlier datagram waits."""
        self.pin(peer)
        return None if self._waiting or peer != self._pinned_peer else self._pinned

    def _send_pinned(self, burst: Burst) -> bool:
        """Send a single datagram by the peer's socket. Return False if that was not possible."""
        if self._pinned is None or burst.peer != self._pinned_peer or len(burst.buffers) > 1:
            return False
        if len(burst.buffers[0]) > burst.segment:
            return False
        with contextlib.suppress(OSError):  # the sender tries again, and finds the reason
            self._pinned.send(burst.buffers[0])
            return True
        return False

    def _keep_early(self, sock: socket.socket) -> None:
        # A datagram of another peer may reach the pinned socket between bind and connect. A
        # datagram of this peer may have reached the first socket, which `fast_path` does not read.
        while (burst := self._take(sock, AT_ONCE)) is not None:
            octets = b"".join(burst.buffers)
            self._waiting.append(Burst((octets,), burst.segment, burst.peer))

    def _may_block(self, deadline: float | None) -> bool:
        # A blocking read takes one system call. Waiting and then reading takes two.
        if not READ_TIMEOUT or self._pinned is not None or self._waiting:
            return False
        return deadline is None or deadline - time.monotonic() > LONGEST_READ

    def _wait(self, deadline: float | None) -> Burst | Unreachable | None:
        if self._socket.fileno() < 0:
            raise LocalError(sentence("this transport is closed"))
        while not self._waiting:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            for sock in self._readiness.wait(left):
                burst = self._take(sock, AT_ONCE)
                if burst is not None:
                    return burst
            if left == 0 and not self._waiting:
                return None
        return self._waiting.popleft()

    def _take(self, sock: socket.socket, flags: int) -> Burst | None:
        try:
            return receive_burst(sock, self._memory, self._joins, flags)
        except OSError as error:
            self._note(error)
            return None

    def _note(self, error: OSError) -> None:
        """Keep the error of a failed read about a peer. `receive` will return it."""
        if not self._icmp.read() and error.errno in UNREACHABLE and self._last_peer is not None:
            # Windows does not tell which peer is unreachable. It is most likely the last one.
            self._waiting.append(unreachable(error.errno, self._last_peer))

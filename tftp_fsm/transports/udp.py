"""Blocking UDP: one TID, every peer.

The socket is not connected, because a TFTP server answers from a port that nobody knows yet, and
because strangers must be heard to be told ERROR 5 (RFC 1350 section 4).

    transport = UdpTransport(socket.AF_INET)
    transport.send(Burst.of(request, ("192.0.2.1", 69)))
    arrived = transport.receive(transport.now() + 1.0)

A driver that predicts the next datagram has a cheaper way: `pin` the peer, then alternate
`receive_into` and `send_one`, and go back to `receive` for whatever was not predicted.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from tftp_fsm.errors import LocalError
from tftp_fsm.transports import (
    JOINED,
    RUN_MEMORY,
    WINDOWS_MEMORY,
    Buffer,
    Burst,
    Unreachable,
)
from tftp_fsm.transports.icmp import UNREACHABLE, queued_errors
from tftp_fsm.transports.offload import (
    CONTROL_ROOM,
    REFUSALS,
    SENDS_PIECES,
    ControlMessages,
    can_segment,
    cut_every,
    few_pieces,
    gather,
    join_received,
    joined_every,
    segments_a_call,
)
from tftp_fsm.transports.readiness import Readiness
from tftp_fsm.transports.resolve import plain, resolve
from tftp_fsm.transports.spin import AT_ONCE, SpinPolicy, spin_then_block
from tftp_fsm.transports.tid import (
    READ_TIMEOUT,
    bound_socket,
    connected_twin,
    path_mtu,
    wait_at_most,
)
from tftp_fsm.wire.address import Address

__all__ = ["PATIENCE", "UdpTransport", "path_mtu"]

Calls: TypeAlias = tuple[Callable[[memoryview], int], Callable[[bytes], int]]

JoinedCalls: TypeAlias = tuple[Callable[[memoryview], tuple[int, int]], Callable[[bytes], int]]

PATIENCE = 0.1  # seconds; the longest that one cheap, blocking read lasts
LEAST_BUFFER = 1 << 16  # octets
MOST_BUFFER = 1 << 23
ATTEMPTS = 4  # a send is refused, once each, for what ICMP said about earlier datagrams

_LOSSES = frozenset({errno.ENOBUFS, errno.EAGAIN, errno.EWOULDBLOCK, errno.EPERM})
"""Refused sends that are losses: no room, or (EPERM) a firewall of this host that drops."""


class UdpTransport:
    """Datagrams over UDP, for one family (socket.AF_INET or AF_INET6).

    `bind` is an address of this host, `ports` where the TID is chosen from; without them the
    kernel chooses. `buffer` is as for `set_buffers`. Raises LocalError where no TID is free.
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
        wait_at_most(self._socket, PATIENCE)
        self._pinned: socket.socket | None = None
        self._pinned_peer: Address | None = None
        self._last_peer: Address | None = None
        self._waiting: deque[Burst | Unreachable] = deque()
        self._readiness = Readiness(self._socket)
        self._memory = memoryview(bytearray(JOINED))
        self._offload = offload
        self._segments = offload and can_segment()
        self._joins = False
        self._looks = SpinPolicy()
        if buffer:
            self.set_buffers(buffer)

    @property
    def local_address(self) -> Address:
        """This side's host and TID."""
        return plain(self._socket.getsockname())

    def addresses_of(self, host: str, port: int) -> list[Address]:
        """What this socket can reach of a name. Raises HostUnreachable."""
        return resolve(host, port, self._socket.family)

    def set_buffers(self, octets: int) -> None:
        """Make room in the kernel for windows of `octets`, and take their runs in one call.

        Never less room than there is; more than 8 MiB is not asked for.
        """
        self._memory = memoryview(bytearray(WINDOWS_MEMORY))
        wanted = max(LEAST_BUFFER, min(octets, MOST_BUFFER))
        for sock in self._sockets():
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                if sock.getsockopt(socket.SOL_SOCKET, option) < wanted:
                    with contextlib.suppress(OSError):  # macOS refuses what Linux caps
                        sock.setsockopt(socket.SOL_SOCKET, option, wanted)
            if self._offload:
                self._joins = join_received(sock)

    def send(self, burst: Burst) -> None:
        """Send each datagram, in few system calls where the kernel cuts them itself.

        Raises LocalError for a datagram that the path cannot carry, and for an address that no
        socket of this family reaches.
        """
        if len(burst.buffers) == 1 and len(burst.buffers[0]) <= burst.segment:
            self.send_one(burst.buffers[0], burst.peer)
        elif self._segments and sum(map(len, burst.buffers)) > burst.segment > 0:
            self._send_joined(burst)
        else:
            self._send_each(burst)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """What came next from any peer; its memory is used again by the next `receive`."""
        if self._may_block(deadline):
            burst = self._take(self._socket, 0)
            if burst is not None:
                return burst
        return self._wait(deadline)

    def receive_into(self, buffer: bytearray | memoryview) -> tuple[int, Address] | None:
        """The cheap way for lock-step: the next datagram's length and peer, or None.

        None says *ask `receive`*: nothing came for PATIENCE seconds, the network said something,
        `set_buffers` prepared for windows, or this system has no cheap way. After `pin` only the
        peer is heard here; strangers wait for `receive`.
        """
        if self._joins or not READ_TIMEOUT:
            return None
        try:
            if self._pinned is not None and self._pinned_peer is not None:
                return self._pinned.recv_into(buffer), self._pinned_peer
            octets, peer = self._socket.recvfrom_into(buffer)
            return octets, plain(peer)
        except OSError as error:
            self._note(error)
            return None

    def send_one(self, datagram: Buffer, peer: Address) -> None:
        """The cheap way for lock-step: `send` for one datagram in one piece."""
        self._last_peer = peer
        try:
            if self._pinned is not None and peer == self._pinned_peer:
                self._pinned.send(datagram)
            else:
                self._socket.sendto(datagram, peer)
        except OSError:
            self._put((datagram,), (), peer)

    def pin(self, peer: Address) -> None:
        """Give `peer`, whose TID is now known, a socket of its own on the same TID.

        It spares the kernel a route for each datagram and this side an address: a tenth of a
        lock-step block. Windows gain nothing. Strangers still reach the first socket. Does
        nothing the second time, and where sockets cannot share a TID.
        """
        if not READ_TIMEOUT or self._pinned is not None:
            return
        try:
            self._pinned = connected_twin(self._socket, peer)
        except OSError:
            return
        self._pinned_peer = peer
        wait_at_most(self._pinned, PATIENCE)
        self._readiness.add(self._pinned)
        if self._joins:
            join_received(self._pinned)
        for sock in self._sockets():
            self._keep_early(sock)

    def fast_path(self, peer: Address) -> Calls | None:
        """`recv_into` and `send` of the peer's own socket, for the tightest of loops.

        They raise OSError: give it to `on_error`, then ask `receive`. None: this system, or a
        transport that was prepared for windows, has no such way.
        """
        self.pin(peer)
        if self._joins or self._waiting or self._pinned is None or peer != self._pinned_peer:
            return None
        return spin_then_block(
            self._pinned.recv_into, 0, self._looks, self.now()
        ), self._pinned.send

    def joined_fast_path(self, peer: Address) -> JoinedCalls | None:
        """The same for windows: what is received is a run's octets and its segment size."""
        self.pin(peer)
        sock = self._pinned
        if sock is None or self._waiting or peer != self._pinned_peer:
            return None

        if not self._joins:
            read = spin_then_block(sock.recv_into, 0, self._looks, self.now())

            def receive_one(buffer: memoryview) -> tuple[int, int]:
                octets = read(buffer)
                return octets, octets

            return receive_one, sock.send
        read_joined = spin_then_block(sock.recvmsg_into, CONTROL_ROOM, self._looks, self.now())

        def receive(buffer: memoryview) -> tuple[int, int]:
            octets, control, _, _ = read_joined((buffer,))
            return octets, joined_every(control) or octets

        return receive, sock.send

    @property
    def blocking(self) -> bool:
        """What `fast_path` receive waits at most PATIENCE."""
        return True

    @property
    def memory(self) -> memoryview:
        """Where it receives; whole windows, once `set_buffers` prepared for them."""
        return self._memory

    @property
    def run_memory(self) -> int:
        """Octets that a predicted run may keep."""
        return RUN_MEMORY

    def on_error(self, error: OSError) -> None:
        """What one of `fast_path` raised; `receive` will tell what it says about a peer."""
        self._note(error)

    def now(self) -> float:
        """The kernel's monotonic clock."""
        return time.monotonic()

    def close(self) -> None:
        """Give the TID back."""
        for sock in self._sockets():
            sock.close()

    def _sockets(self) -> tuple[socket.socket, ...]:
        return (self._socket,) if self._pinned is None else (self._socket, self._pinned)

    def _keep_early(self, sock: socket.socket) -> None:
        # Between bind and connect a stranger's datagram may have come to the peer's socket; and
        # before it the peer's to the first one, where the cheap way does not look.
        while (burst := self._take(sock, AT_ONCE)) is not None:
            octets = b"".join(burst.buffers)
            self._waiting.append(Burst((octets,), burst.segment, burst.peer))

    def _may_block(self, deadline: float | None) -> bool:
        # One blocking read costs one system call; waiting and then reading costs two.
        if not READ_TIMEOUT or self._pinned is not None or self._waiting:
            return False
        return deadline is None or deadline - time.monotonic() > PATIENCE

    def _wait(self, deadline: float | None) -> Burst | Unreachable | None:
        if self._socket.fileno() < 0:
            raise LocalError("this transport is closed")
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
        memory = self._memory
        try:
            if not self._joins:
                octets, peer = sock.recvfrom_into(memory, 0, flags)
                return Burst((memory[:octets],), octets, plain(peer))
            octets, control, _, peer = sock.recvmsg_into((memory,), CONTROL_ROOM, flags)
            return Burst((memory[:octets],), joined_every(control) or octets, plain(peer))
        except OSError as error:
            self._note(error)
            return None

    def _note(self, error: OSError) -> None:
        """Keep for `receive` what a failed read says about a peer."""
        if not self._heard_icmp() and error.errno in UNREACHABLE and self._last_peer is not None:
            # Windows says that some peer is unreachable: the last one asked is the likeliest.
            self._waiting.append(Unreachable(self._last_peer))

    def _heard_icmp(self) -> bool:
        said = [one for sock in self._sockets() for one in queued_errors(sock)]
        for number, peer in said:
            if number in UNREACHABLE:
                self._waiting.append(Unreachable(plain(peer)))
        return bool(said)

    def _send_each(self, burst: Burst) -> None:
        for datagram in gather(burst.buffers, burst.segment):
            self._put(datagram, (), burst.peer)

    def _send_joined(self, burst: Burst) -> None:
        control = cut_every(burst.segment)
        for part in gather(burst.buffers, burst.segment * segments_a_call(burst.segment)):
            if self._segments:
                self._put(part, control, burst.peer)
            if not self._segments:
                self._send_each(Burst(part, burst.segment, burst.peer))

    def _put(self, pieces: Sequence[Buffer], control: ControlMessages, peer: Address) -> None:
        self._last_peer = peer
        for _ in range(ATTEMPTS):
            try:
                if SENDS_PIECES:
                    self._socket.sendmsg(few_pieces(pieces), control, 0, peer)
                else:
                    self._socket.sendto(b"".join(pieces), peer)
                return
            except OSError as error:
                if self._heard_icmp():
                    continue
                if control and error.errno in REFUSALS:
                    self._segments = False
                    return
                return self._refused(error, sum(map(len, pieces)), peer)

    def _refused(self, error: OSError, octets: int, peer: Address) -> None:
        where = f"{peer[0]} port {peer[1]}"
        if error.errno in UNREACHABLE:
            self._waiting.append(Unreachable(peer))
        elif error.errno == errno.EMSGSIZE:
            raise LocalError(
                f"a datagram of {octets} octets does not fit the path to {where}: "
                "use a lower --blksize"
            ) from error
        elif error.errno not in _LOSSES:
            raise LocalError(f"cannot send to {where}: {error.strerror or error}") from error

"""UDP without waiting, for loops with many sessions: one socket, which has the TID of one session.

The server's loop has one for each session (RFC 1350 section 4), and so has a client in an event
loop. It does not wait for datagrams, except where it may block for a moment in `fast_path`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from tftp_fsm.errors import LocalError
from tftp_fsm.transports.burst import RUN_MEMORY, Burst, Unreachable
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
from tftp_fsm.transports.protocol import FastPath, JoinedFastPath, Pacing
from tftp_fsm.transports.resolve import family_of
from tftp_fsm.transports.spin import SpinPolicy, spin_then_block
from tftp_fsm.transports.tid import bound_socket
from tftp_fsm.transports.udp_sender import UdpSender
from tftp_fsm.wire.address import Address, plain

LONGEST_READ = 0.004  # seconds; new clients wait this long at most for a session that blocks
SHARED_MEMORY = 1 << 14  # octets; the most that a run may keep if there are other sessions
LEAST_BUFFER = 1 << 16  # octets; a window up to this size fits into any socket
MOST_BUFFER = 1 << 22

_Buffer = TypeVar("_Buffer")
_Read = TypeVar("_Read")


class SessionTransport:
    """A socket with its own TID, at our address `host`, to which the client sent its request.

    All sessions of a loop receive into the same `memory`. So a burst is valid until any session
    receives again. `pacer`, if it is given, limits the DATA. Raises LocalError if no port is free.
    """

    __slots__ = (
        "_alone",
        "_icmp",
        "_is_blocking",
        "_joins",
        "_memory",
        "_offload",
        "_pacer",
        "_peer",
        "_sender",
        "_spin",
        "_waiting",
        "blocking",
        "sock",
    )

    def __init__(
        self,
        peer: Address,
        host: str | None,
        ports: range | None,
        memory: memoryview,
        *,
        offload: bool = True,
        pacer: Pacing | None = None,
    ) -> None:
        self._pacer = pacer
        self.sock = bound_socket(family_of(peer), host, ports)
        self.sock.setblocking(False)
        wait_at_most(self.sock, LONGEST_READ)
        self._is_blocking = False
        self._peer = peer
        self._memory = memory
        self._waiting: list[Burst | Unreachable] = []
        self._icmp = IcmpErrors(self.sock, self._waiting.append)
        self._sender = UdpSender(self.sock, self._icmp, offload=offload)
        self._offload = offload
        self._joins = False
        self._alone = 0  # how many datagrams in a row the kernel did not join
        self._spin: SpinPolicy | None = None
        self.blocking = False

    def fast_path(self, peer: Address) -> FastPath | None:
        """Return two calls: one receives a datagram of `peer` into a buffer, and one sends one.

        They raise OSError. The loop sets `blocking` if this is its only session. Then receiving
        waits for up to LONGEST_READ seconds, which saves a system call for each block.
        """
        if self._joins or not READ_TIMEOUT:
            return None
        self._set_blocking(self.blocking)
        read, send_to = self.sock.recvfrom_into, self.sock.sendto
        receive_from: Callable[[memoryview], tuple[int, Any]] = read
        if self.blocking:
            receive_from = self._reader(read, 0)

        def receive(buffer: memoryview) -> int:
            octets, source = receive_from(buffer)
            if source != peer and plain(source) != peer:
                self._put_aside(buffer[:octets], octets, plain(source))
            return octets

        return receive, self._paced(lambda datagram: send_to(datagram, peer), peer)

    def joined_fast_path(self, peer: Address) -> JoinedFastPath | None:
        """Return the fast path for windows, or None if a datagram waits for `receive`."""
        if not READ_TIMEOUT or self._waiting:
            return None
        self._set_blocking(self.blocking)
        send = self._paced(lambda datagram: self.sock.sendto(datagram, peer), peer)
        if not self._joins:
            return self._gathering(peer), send
        receive_joined = self._reader(self.sock.recvmsg_into, CONTROL_ROOM)

        def receive(buffer: memoryview, segment: int = 0, enough: int = 0) -> tuple[int, int]:
            self._look_for_lone()
            octets, control, _, source = receive_joined((buffer,))
            joined = joined_every(control)
            self._alone = self._alone + 1 if joined is None else 0
            if source != peer and plain(source) != peer:
                self._put_aside(buffer[:octets], joined or octets, plain(source))
            return octets, joined or octets

        return receive, send

    def _look_for_lone(self) -> None:
        """End the run if the peer sends each datagram alone: then `Gathering` is faster."""
        if self._alone >= ALONE:
            self._joins = False
            leave_apart(self.sock)
            raise InterruptedError

    def _gathering(self, peer: Address) -> Gathering:
        receive_from, receive_first = (
            self.sock.recvfrom_into,
            self._reader(self.sock.recvfrom_into, 0),
        )

        def of_peer(came: tuple[int, object], buffer: memoryview) -> int:
            octets, source = came
            if source != peer and plain(source) != peer:
                self._put_aside(buffer[:octets], octets, plain(source))
            return octets

        def first(buffer: memoryview) -> int:
            return of_peer(receive_first(buffer), buffer)

        def read(buffer: memoryview, octets: int, flags: int) -> int:
            return of_peer(receive_from(buffer, octets, flags), buffer)

        return Gathering(read, first, partial(self._keep, peer), self.on_error)

    def _keep(self, peer: Address, octets: bytes) -> None:
        self._waiting.append(Burst.of(octets, peer))

    @property
    def local_address(self) -> Address:
        """The host and TID of this side."""
        return plain(self.sock.getsockname())

    @property
    def memory(self) -> memoryview:
        """The receive buffer, which the sessions of the loop share."""
        return self._memory

    @property
    def run_memory(self) -> int:
        """The number of octets that a predicted run may keep."""
        return RUN_MEMORY if self.blocking else SHARED_MEMORY

    def on_error(self, error: OSError) -> None:
        """Take an error of `fast_path`. If a peer is unreachable, `receive` returns that."""
        if not self._icmp.read() and error.errno in UNREACHABLE:
            self._waiting.append(unreachable(error.errno, self._peer))

    def send(self, burst: Burst) -> None:
        """Send each datagram to the burst's peer."""
        if self._pacer is None or self._pacer.admit(burst, self._send_late, self.now()):
            self._sender.send(burst, burst.peer)

    def _send_late(self, burst: Burst) -> None:
        """Send a burst that had to wait, unless the session has ended meanwhile."""
        if self.sock.fileno() >= 0:
            with suppress(LocalError):
                self._sender.send(burst, burst.peer)

    def _paced(self, send: Callable[[bytes], int], peer: Address) -> Callable[[bytes], int]:
        pacer = self._pacer
        if pacer is None:
            return send

        def paced(datagram: bytes) -> int:
            may = pacer.admit(Burst.of(datagram, peer), self._send_late, self.now())
            return send(datagram) if may else len(datagram)

        return paced

    def receive(self, deadline: float | None = None) -> Burst | Unreachable | None:
        """Return a datagram that has come already, or None."""
        if not self._waiting:
            try:
                self._set_blocking(False)
                return receive_burst(self.sock, self._memory, self._joins)
            except OSError:
                self._icmp.read()
        return self._waiting.pop(0) if self._waiting else None

    def now(self) -> float:
        """The kernel's monotonic clock."""
        return time.monotonic()

    def close(self) -> None:
        """Close the socket, which frees the TID."""
        self.sock.close()

    def prepare(self, window: int, *, joins: bool = True) -> None:
        """Make room for windows of `window` octets. With `joins` receive a run in one call.

        In lock-step no two datagrams come together, so there is nothing to join.
        """
        if window < LEAST_BUFFER // 8:
            return
        self._joins = joins and self._offload and join_received(self.sock)
        grow_buffers(self.sock, min(max(2 * window, LEAST_BUFFER), MOST_BUFFER))

    def _reader(
        self, read: Callable[[_Buffer, int, int], _Read], room: int
    ) -> Callable[[_Buffer], _Read]:
        """Poll first only if the session may block. Otherwise the loop has polled already."""
        if not self.blocking:
            return lambda buffer: read(buffer, room, 0)
        self._spin = self._spin or SpinPolicy()
        return spin_then_block(read, room, self._spin, self.now())

    def _put_aside(self, octets: memoryview, segment: int, peer: Address) -> None:
        """Keep a datagram from another TID for `receive`, and end the run of the fast path."""
        self._waiting.append(Burst((bytes(octets),), segment, peer))
        raise InterruptedError

    def _set_blocking(self, wanted: bool) -> None:
        """Make the system call only if it changes something."""
        if self._is_blocking is not wanted:
            self.sock.setblocking(wanted)
            self._is_blocking = wanted

"""The transport of a session that uses the listening port, for `single_port`.

NAT and some containers let only one port through. The loop receives for all these sessions, and
finds the session of a datagram by the address of its peer. A session with its own port has a
`tftp_fsm.transports.session_transport.SessionTransport`.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Protocol

from tftp_fsm.errors import LocalError
from tftp_fsm.server.listener import Listener
from tftp_fsm.server.pacer import Pacer
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.wire.address import Address


class ServerTransport(Protocol):
    """A `Transport` for the loop: `receive` returns at once, and returns None without data.

    If `blocking` is set, a `SessionTransport` may wait a moment in `fast_path`.
    """

    blocking: bool

    def send(self, burst: Burst) -> None: ...

    def receive(self, deadline: float | None) -> Burst | Unreachable | None: ...

    def now(self) -> float: ...

    def close(self) -> None: ...

    def prepare(self, window: int, *, joins: bool = True) -> None:
        """Prepare for windows of `window` octets. `joins`: they have several datagrams."""


class SharedTransport:
    """The listening port, with our address `host`. `pacer`, if it is given, limits the DATA."""

    __slots__ = ("_host", "_listener", "_pacer", "blocking")

    def __init__(self, listener: Listener, host: str | None, pacer: Pacer | None = None) -> None:
        self._listener = listener
        self._host = host
        self.blocking = False
        self._pacer = pacer

    @property
    def local_address(self) -> Address:
        """Our address to which the request was sent, if it is known, and the listening port."""
        here = self._listener.address
        return here if self._host is None else (self._host, here[1])

    def send(self, burst: Burst) -> None:
        """Send each datagram to the burst's peer."""
        if self._pacer is None or self._pacer.admit(burst, self._send_late, self.now()):
            self._listener.send(burst, self._host)

    def _send_late(self, burst: Burst) -> None:
        if self._listener.sock.fileno() >= 0:
            with suppress(LocalError):
                self._listener.send(burst, self._host)

    def receive(self, deadline: float | None = None) -> Burst | Unreachable | None:
        """Return None: the loop receives for all sessions and hands them their datagrams."""
        return None

    def now(self) -> float:
        """The kernel's monotonic clock."""
        return time.monotonic()

    def close(self) -> None:
        """Leave the port open, because all sessions share it."""

    def prepare(self, window: int, *, joins: bool = True) -> None:
        """Do nothing: the buffer of the listening socket is large already."""

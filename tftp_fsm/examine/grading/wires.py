"""The ports of one attempt over UDP: the TID of its session, and another TID for a stranger."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from tftp_fsm.examine.grading.story import Port
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.carried import ANYWHERE, host_towards, local_address
from tftp_fsm.transports.session_transport import SessionTransport
from tftp_fsm.wire.address import Address

MEMORY = 1 << 16  # octets; no datagram is longer

Watch = Callable[[socket.socket, Port], None]


class UdpWire:
    """Ports at our address `host`, to which the client sent its request.

    `watch` is called with each socket. `listening` is the address of the listening port, and its
    host may be a wildcard.

    Raises LocalError if no port is free.
    """

    def __init__(
        self, peer: Address, host: str | None, memory: memoryview, listening: Address = ("", 0)
    ) -> None:
        self.watch: Watch = lambda sock, port: None
        self._asked = peer, host, memory
        self._listening = listening
        self._ports: dict[Port, SessionTransport] = {"tid": self._new()}

    def _new(self) -> SessionTransport:
        peer, host, memory = self._asked
        return SessionTransport(peer, host, None, memory, offload=False)

    @property
    def sockets(self) -> list[socket.socket]:
        """All open sockets."""
        return [transport.sock for transport in self._ports.values()]

    def begin(self, watch: Watch) -> None:
        """Call `watch` with each socket, now and later."""
        self.watch = watch
        for port, transport in self._ports.items():
            watch(transport.sock, port)

    def now(self) -> float:
        """The kernel's monotonic clock."""
        return time.monotonic()

    def send(self, datagram: bytes, to: Address) -> None:
        """Send from the TID of the session."""
        self._ports["tid"].send(Burst.of(datagram, to))

    def open_stranger(self) -> None:
        """Open another port. Raises LocalError if none is free."""
        self._port("stranger")

    def send_as_stranger(self, datagram: bytes, to: Address) -> None:
        """Send from the other port."""
        self._port("stranger").send(Burst.of(datagram, to))

    def receive(self, port: Port) -> Burst | Unreachable | None:
        """Return the datagrams that have come to this port, or None."""
        return self._ports[port].receive()

    def local(self, port: Port) -> Address:
        """Return our address as the client sees it."""
        peer, host, _ = self._asked
        if port == "listening":
            here = self._listening[0]
            return host or (host_towards(peer) if here in ANYWHERE else here), self._listening[1]
        return local_address(self._port(port), peer)

    def _port(self, port: Port) -> SessionTransport:
        """Return the port, and open it at the first use."""
        if port not in self._ports:
            self._ports[port] = self._new()
            self.watch(self._ports[port].sock, port)
        return self._ports[port]

    def close(self) -> None:
        """Close the ports."""
        for transport in self._ports.values():
            transport.close()

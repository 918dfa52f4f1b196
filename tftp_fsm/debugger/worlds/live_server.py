"""Our server's side of a transfer with a real client. It waits for the client's request."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

from tftp_fsm.debugger.worlds.live import LiveWorld
from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import MalformedPacket
from tftp_fsm.protocol.events import Event
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.listener import Arrival, Listener, listen
from tftp_fsm.server.pipeline import pipeline
from tftp_fsm.server.session_factory import SessionFactory, open_root
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.readiness import bounded
from tftp_fsm.transports.session_transport import SessionTransport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Rrq, Wrq
from tftp_fsm.wire.packets import read

MEMORY = 1 << 16  # octets; no datagram is longer
AT_ONCE = 64  # datagrams


class ServedTransport:
    """The TID of a session, and the listening port, where the client may repeat its request."""

    def __init__(self, listeners: list[Listener], session: SessionTransport, peer: Address) -> None:
        self._listeners = listeners
        self._session = session
        self._peer = peer
        self._memory = memoryview(bytearray(MEMORY))
        self._repeated: list[Burst] = []

    @property
    def local_address(self) -> Address:
        """Host and TID of this end."""
        address: Address = self._session.sock.getsockname()[:2]
        return address

    def use(self, session: SessionTransport) -> None:
        """Take the TID of another session, and close that of the earlier one."""
        self._session.close()
        self._session = session

    def send(self, burst: Burst) -> None:
        """Send from the TID."""
        self._session.send(burst)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """Return the next datagram of the session, or of its client at the listening port."""
        while True:
            arrived = self._repeated.pop(0) if self._repeated else self._session.receive()
            if arrived is not None:
                return arrived
            left = None if deadline is None else deadline - self.now()
            if left is not None and left <= 0:
                return None
            sockets = [self._session.sock, *(listener.sock for listener in self._listeners)]
            ready = select.select(sockets, (), (), bounded(left))[0]
            self._repeated += self._at_listeners(ready)

    def now(self) -> float:
        """The kernel's monotonic clock."""
        return self._session.now()

    def close(self) -> None:
        """Close all ports."""
        self._session.close()
        for listener in self._listeners:
            listener.close()

    def _at_listeners(self, ready: list[socket.socket]) -> Iterator[Burst]:
        for listener in self._listeners:
            if listener.sock in ready:
                for arrival in listener.arrivals(self._memory, AT_ONCE):
                    if arrival.peer == self._peer:
                        yield Burst.of(bytes(arrival.octets), arrival.peer)


class Served:
    """Listens for one client. `wait` returns the world of its session, which owns the ports."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._root = open_root(config)
        try:
            self._listeners = listen(config)
        except BaseException:
            self._root.close()
            raise
        self._memory = memoryview(bytearray(MEMORY))

    @property
    def addresses(self) -> list[Address]:
        """The addresses of the listening port."""
        return [listener.address for listener in self._listeners]

    def wait(self, seconds: float | None = None) -> LiveWorld | None:
        """Return the world of the first request, or None if none comes within `seconds`."""
        while True:
            sockets = [listener.sock for listener in self._listeners]
            ready = select.select(sockets, (), (), bounded(None) if seconds is None else seconds)[0]
            if not ready and seconds is not None:
                return None
            for listener in self._listeners:
                for arrival in listener.arrivals(self._memory, AT_ONCE):
                    world = self._world_of(arrival)
                    if world is not None:
                        return world

    def close(self) -> None:
        """Close the ports if no request came."""
        for listener in self._listeners:
            listener.close()
        self._root.close()

    def _world_of(self, arrival: Arrival) -> LiveWorld | None:
        octets, peer = bytes(arrival.octets), arrival.peer
        try:
            reading = read(octets)
        except MalformedPacket:
            return None
        if not isinstance(reading.packet, Rrq | Wrq):
            return None
        transport = ServedTransport(self._listeners, self._tid_for(arrival), peer)
        world = LiveWorld("server", transport, closing=self._root.close)
        factory = SessionFactory(self._config, self._root, pipeline(self._config, self._root))

        def another() -> tuple[Driver, Event]:
            transport.use(self._tid_for(arrival))
            return factory.driver(reading, peer, world.pipe, None)

        world.another = another
        driver, first = factory.driver(reading, peer, world.pipe, None)
        world.begin_with(driver, first, Burst.of(octets, peer))
        return world

    def _tid_for(self, arrival: Arrival) -> SessionTransport:
        ports, offload = self._config.port_range, self._config.offload
        return SessionTransport(arrival.peer, arrival.host, ports, self._memory, offload=offload)

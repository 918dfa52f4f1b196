"""A bad network between real programs: a relay that loses, copies, reorders and delays packets.

    with Relay(("127.0.0.1", server.port), Faults(loss=0.1, seed=7)) as relay:
        client.get("127.0.0.1", relay.port, ...)

The client sends its request to the relay's port. The relay has one port for each client, from which
it sends to the server. It has another port for each TID of the server, from which it sends to the
client. So both ends see TIDs as in RFC 1350 section 4. With the same seed, the n-th datagram of a
direction has the same fate in every run. The times are real.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import Literal, Self, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.testing.losses import Losses, packet_words
from tftp_fsm.transports.faults import LOST, Direction, Fate, Faults, decide
from tftp_fsm.transports.resolve import family_of
from tftp_fsm.transports.waker import Waker
from tftp_fsm.wire.address import Address, plain

MOST = 65535  # octets of a datagram
TURN = 64  # datagrams of one socket before the next one
CLIENTS = 100  # for more, the ports of the client that has been silent for longest are closed
KEPT = 1000  # mishaps that are kept
_WAYS: dict[Direction, str] = {"sent": "to the server", "received": "to the client"}


@frozen
class _Way:
    """A way through the relay: datagrams of one socket go out of another, to an address."""

    direction: Direction
    out: socket.socket
    to: Address


_Source: TypeAlias = _Way | Address | Literal["asked"]
"""The purpose of a socket: a TID of the server, a client, or the port for requests."""


class Relay:
    """The relay, in a separate thread, at the host of the server.

    `lost`, `copied` and `passed` count datagrams. `mishaps` has the last faults in words.
    """

    def __init__(self, server: Address, faults: Faults, lose: Iterable[str] = ()) -> None:
        self.lost = self.copied = self.passed = 0
        self.mishaps: deque[str] = deque(maxlen=KEPT)
        self._server, self._faults, self._losses = server, faults, Losses(lose)
        self._random = {way: faults.random(way) for way in _WAYS}
        self._selector = selectors.DefaultSelector()
        self._held: list[tuple[float, int, bytes, _Way]] = []
        self._clients: dict[Address, _Client] = {}
        self._order = itertools.count()
        self._has_ended = False
        self._waker = Waker(self._selector)
        self._listener = self._open("asked")
        self._thread = threading.Thread(target=self._run, name="tftp-fsm relay", daemon=True)

    @property
    def address(self) -> Address:
        """The address to which clients send requests."""
        return plain(self._listener.getsockname())

    @property
    def port(self) -> int:
        """The port of `address`."""
        return self.address[1]

    def client_of(self, peer: Address) -> Address:
        """Return the client that the server sees as `peer`, or `peer` if the relay forgot it."""
        with suppress(OSError):
            for address, client in list(self._clients.items()):
                if plain(client.upstream.getsockname())[1] == peer[1]:
                    return address
        return peer

    def start(self) -> None:
        """Begin to carry datagrams."""
        self._thread.start()

    def stop(self) -> None:
        """Stop. Delayed datagrams are lost. May be called again."""
        self._has_ended = True
        self._waker.wake()
        if self._thread.is_alive():
            self._thread.join()
        for address in list(self._clients):
            self._forget(address)
        self._selector.close()
        self._listener.close()
        self._waker.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _open(self, source: _Source) -> socket.socket:
        sock = socket.socket(family_of(self._server), socket.SOCK_DGRAM)
        sock.bind((self._server[0], 0, *self._server[2:]))
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, source)
        return sock

    def _run(self) -> None:
        while not self._has_ended:
            self._turn(max(0.0, self._held[0][0] - monotonic()) if self._held else None)
        self._turn(0.0)  # the last datagrams of both ends

    def _turn(self, wait: float | None) -> None:
        for key, _ in self._selector.select(wait):
            if isinstance(key.fileobj, socket.socket) and key.data is not None:
                self._receive(key.fileobj, key.data)
        self._release()

    def _receive(self, sock: socket.socket, source: _Source) -> None:
        for _ in range(TURN):
            try:
                octets, peer = sock.recvfrom(MOST)
            except OSError:  # nothing more, or closed meanwhile
                return
            self._arrived(source, octets, plain(peer))

    def _arrived(self, source: _Source, octets: bytes, peer: Address) -> None:
        if source == "asked":
            self._pass(_Way("sent", self._client(peer).upstream, self._server), octets)
        elif isinstance(source, _Way):
            self._pass(source, octets)
        else:
            front = self._client(source).front(peer, self)
            self._pass(_Way("received", front, source), octets)

    def _client(self, address: Address) -> _Client:
        """Return the client, which becomes the last one to be forgotten."""
        client = self._clients.pop(address, None) or _Client(self._open(address))
        self._clients[address] = client
        if len(self._clients) > CLIENTS:
            self._forget(next(iter(self._clients)))
        return client

    def _forget(self, address: Address) -> None:
        for sock in self._clients.pop(address).sockets:
            self._selector.unregister(sock)
            sock.close()

    def _pass(self, way: _Way, octets: bytes) -> None:
        fate = self._fate_of(way.direction, octets)
        self.passed += 1
        self.lost += not fate.delays
        self.copied += len(fate.delays) > 1
        if fate.mishaps:
            words = f"{packet_words(octets)} {_WAYS[way.direction]}"
            self.mishaps.append(f"{words}: {', '.join(fate.mishaps)}")
        for delay in fate.delays:
            due = monotonic() + delay
            heapq.heappush(self._held, (due, next(self._order), fate.applied_to(octets), way))

    def _fate_of(self, direction: Direction, octets: bytes) -> Fate:
        """Return the fate. A named packet also uses random numbers, so others keep their fates."""
        fate = decide(self._faults, self._random[direction], len(octets))
        return LOST if self._losses.take(octets) else fate

    def _release(self) -> None:
        while self._held and self._held[0][0] <= monotonic():
            _, _, octets, way = heapq.heappop(self._held)
            with suppress(OSError):  # this socket or the other end was closed meanwhile
                way.out.sendto(octets, way.to)


class _Client:
    """A client: the port that sends to the server, and one port for each TID of the server."""

    def __init__(self, upstream: socket.socket) -> None:
        self.upstream = upstream
        self._fronts: dict[Address, socket.socket] = {}

    def front(self, tid: Address, relay: Relay) -> socket.socket:
        """Return the socket that the client sees as this TID of the server."""
        if tid not in self._fronts:
            self._fronts[tid] = relay._open(_Way("sent", self.upstream, tid))
        return self._fronts[tid]

    @property
    def sockets(self) -> list[socket.socket]:
        """All its sockets."""
        return [self.upstream, *self._fronts.values()]

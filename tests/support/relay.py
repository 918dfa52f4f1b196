"""A bad network between real programs: a relay that loses, copies, reorders and delays by seed.

    with Relay(("127.0.0.1", server.port), Faults(loss=0.1, seed=7)) as relay:
        client.get("127.0.0.1", relay.port, ...)

The client asks the relay's port. For each client the relay asks the server from a port of its own,
and each TID of the server has a port of the relay that answers the client. So both ends see the
TIDs that RFC 1350 section 4 wants. The n-th datagram of a direction meets the same fate in every
run of a seed; the times are real ones.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

from tftp_fsm.transports.faults import Direction, Faults, decide

Host: TypeAlias = tuple[str, int]
LOOK = 0.05  # seconds between two looks whether the relay is to end
MOST = 65535


@dataclass
class _Way:
    """What arrives at one socket goes out of another, to an address."""

    direction: Direction
    out: socket.socket
    to: Host


class Relay:
    """The relay, in a thread of its own. `lost`, `copied` and `passed` count datagrams."""

    def __init__(self, server: Host, faults: Faults) -> None:
        self.lost = self.copied = self.passed = 0
        self._server, self._faults = server, faults
        self._random = {way: faults.random(way) for way in ("sent", "received")}
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._held: list[tuple[float, int, bytes, socket.socket, Host]] = []
        self._upstream: dict[Host, socket.socket] = {}
        self._fronts: dict[tuple[socket.socket, Host], socket.socket] = {}
        self._order = itertools.count()
        self._ended = threading.Event()
        self._listener = self._open("listener")
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._selector.close()
        for sock in self._sockets:
            sock.close()

    def _open(self, what: object) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        self._sockets.append(sock)
        self._selector.register(sock, selectors.EVENT_READ, what)
        return sock

    def _run(self) -> None:
        while not self._ended.is_set():
            wait = LOOK if not self._held else max(0.0, min(LOOK, self._held[0][0] - monotonic()))
            for key, _ in self._selector.select(wait):
                assert isinstance(key.fileobj, socket.socket)
                with suppress(OSError):  # an ICMP error of an end that has closed its port
                    octets, source = key.fileobj.recvfrom(MOST)
                    self._arrived(key.fileobj, key.data, octets, source)
            self._release()

    def _arrived(self, sock: socket.socket, what: object, octets: bytes, source: Host) -> None:
        if what == "listener":
            self._pass(_Way("sent", self._asking_for(source), self._server), octets)
        elif isinstance(what, tuple):  # the upstream socket of a client
            self._pass(_Way("received", self._front(sock, source, what), what), octets)
        elif isinstance(what, _Way):
            self._pass(what, octets)

    def _asking_for(self, client: Host) -> socket.socket:
        if client not in self._upstream:
            self._upstream[client] = self._open(client)
        return self._upstream[client]

    def _front(self, upstream: socket.socket, tid: Host, client: Host) -> socket.socket:
        """The socket that is this TID of the server for the client."""
        key = (upstream, tid)
        if key not in self._fronts:
            self._fronts[key] = self._open(_Way("sent", upstream, tid))
        return self._fronts[key]

    def _pass(self, way: _Way, octets: bytes) -> None:
        fate = decide(self._faults, self._random[way.direction], len(octets))
        self.passed += 1
        self.lost += not fate.delays
        self.copied += len(fate.delays) > 1
        for delay in fate.delays:
            due = monotonic() + delay
            heapq.heappush(self._held, (due, next(self._order), octets, way.out, way.to))

    def _release(self) -> None:
        while self._held and self._held[0][0] <= monotonic():
            _, _, octets, out, to = heapq.heappop(self._held)
            with suppress(OSError):
                out.sendto(octets, to)

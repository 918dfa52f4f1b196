"""Run the loop of our server inside the test, and raw clients that talk to it.

with serving(root) as served:           # the loop; it moves only when the test turns it
    peer = served.peer()                # a raw client that sends and hears single packets
    peer.ask("boot.img")
    assert peer.hear() == Data(1, ...)

with command(root, "--writable") as server:    # the process; `server.port` is where it listens
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tftp_fsm.errors import MalformedPacket
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.listener import listen
from tftp_fsm.server.log import Refused, Report
from tftp_fsm.server.loop import Loop
from tftp_fsm.server.session_factory import open_root
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq, build, parse

TURNS = 400  # of the loop at the most, each at most SLICE seconds, before a test gives up
SLICE = 0.05


class Peer:
    """A raw client with one TID. The test decides each packet that it sends."""

    def __init__(self, served: Served, host: str = "127.0.0.1") -> None:
        self.served = served
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.sock.setblocking(False)
        self.server: Any = None
        self.octets_in = self.octets_out = self.datagrams_in = 0

    def say(self, packet: Packet | bytes, to: Any = None) -> None:
        """Send to the server's TID, or to its listening port if the TID is not known yet."""
        octets = packet if isinstance(packet, bytes) else build(packet)
        self.octets_out += len(octets)
        self.sock.sendto(octets, to or self.server or self.served.address)

    def ask(self, name: str, verb: type[Rrq] | type[Wrq] = Rrq, **options: object) -> None:
        """Send a request to the listening port."""
        self.ask_with(name, options, verb)

    def ask_with(
        self, name: str, options: Mapping[str, object], verb: type[Rrq] | type[Wrq] = Rrq
    ) -> None:
        pairs = tuple((key, str(value)) for key, value in options.items())
        self.say(verb(name.encode(), "octet", pairs), self.served.address)

    def hear(self) -> Packet:
        """Turn the loop until a packet comes. Its sender becomes the server's TID."""
        for _ in range(TURNS):
            found = self.peek()
            if found is not None:
                return found
            self.served.loop.turn(SLICE)
        raise AssertionError("nothing was heard")

    def say_until_heard(self, packet: Packet, to: Any = None) -> Packet:
        """Send it again until a packet comes. Copies directly after an ACK get no answer."""
        for _ in range(TURNS):
            self.say(packet, to)
            self.served.loop.turn(SLICE)  # it hears the packet
            self.served.loop.turn(SLICE)  # nothing comes, so a moment passes
            found = self.peek()
            if found is not None:
                return found
        raise AssertionError("nothing was heard")

    def hears_nothing(self) -> bool:
        """Return whether no packet has come after the loop has received all that was sent to it."""
        self.served.turn()
        return self.peek() is None

    def hear_all(self) -> list[Packet]:
        """Let the loop receive all that was sent to it. Return all packets that have come."""
        self.served.turn()
        return self.heard()

    def heard(self) -> list[Packet]:
        """Return all packets that have come so far."""
        return list(iter(self.peek, None))

    def peek(self) -> Packet | None:
        try:
            octets, self.server = self.sock.recvfrom(70000)
        except BlockingIOError:
            return None
        self.octets_in += len(octets)
        self.datagrams_in += 1
        try:
            return parse(octets)
        except MalformedPacket as broken:
            raise AssertionError(f"the server sent {octets!r}: {broken}") from None

    def get(self, name: str, blksize: int = 512, windowsize: int = 1, mode: str = "octet") -> bytes:
        """Get a whole file as a correct client does. Return its octets on the wire."""
        options = (("blksize", str(blksize)), ("windowsize", str(windowsize)))
        self.say(Rrq(name.encode(), mode, options), self.served.address)
        found = bytearray()
        expected = 1
        for _ in range(100_000):
            match self.hear():
                case Oack():
                    self.say(Ack(0))
                case Data(block, _) if block != expected & 0xFFFF:
                    pass  # on a busy machine the server may have sent it again
                case Data(block, payload):
                    expected += 1
                    found += payload
                    if block % windowsize == 0 or len(payload) < blksize:
                        self.say(Ack(block))
                    if len(payload) < blksize:
                        self.served.turn()
                        return bytes(found)
                case other:
                    raise AssertionError(f"heard {other}")
        raise AssertionError("no end")


class Served:
    """Run a server's loop over `root`, on a free port of the loopback.

    With `waits_for_disk` a turn of the test also ends the commits that it began.
    """

    def __init__(self, root: Path, *, waits_for_disk: bool = True, **options: Any) -> None:
        self._waits_for_disk = waits_for_disk
        options = {"bind": ("127.0.0.1",), "port": 0, "dally": 0.05, **options}
        self.config = ServerConfig(root, **options)
        self.root = open_root(self.config)
        listeners = listen(self.config)
        self.listeners = listeners
        self.address: Any = listeners[0].address
        self.reports: list[Report] = []
        self.complaints: list[str] = []
        self.refused: list[Refused] = []
        self.loop = Loop(
            self.config,
            self.root,
            listeners,
            self.reports.append,
            self.complaints.append,
            self.refused.append,
        )
        self.peers: list[Peer] = []

    def peer(self, host: str = "127.0.0.1") -> Peer:
        self.peers.append(Peer(self, host))
        return self.peers[-1]

    def turn(self, datagrams: int = 3) -> None:
        """Let the loop receive what has come, up to its limit of datagrams for each session."""
        for _ in range(datagrams):
            self.loop.turn(0)
            if self._waits_for_disk:
                self.loop.finish_commits()

    def until_idle(self) -> None:
        """Turn the loop until the last session has ended."""
        self.turn()
        for _ in range(TURNS):
            if not len(self.loop.sessions):
                return
            self.loop.turn(SLICE)
        raise AssertionError(f"{len(self.loop.sessions)} sessions are still there")

    def close(self) -> None:
        self.loop.close()
        self.root.close()
        for peer in self.peers:
            peer.sock.close()
        assert self.complaints == []


@contextmanager
def serving(root: Path, **options: Any) -> Iterator[Served]:
    served = Served(root, **options)
    try:
        yield served
    finally:
        served.close()


def error(packet: Packet, code: int) -> str:
    """Fail unless `packet` is an ERROR with this code. Return its message."""
    assert isinstance(packet, Error), f"heard {packet}, not an ERROR"
    assert packet.code == code, packet
    return packet.message

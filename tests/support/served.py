"""A server's loop and raw clients in one thread: nothing moves unless a test turns the loop."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tftp_fsm.errors import MalformedPacket
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.embedded import open_root
from tftp_fsm.server.listener import listen
from tftp_fsm.server.log import Report
from tftp_fsm.server.loop import Loop
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq, build, parse

REPOSITORY = Path(__file__).resolve().parents[2]
TURNS = 400  # of the loop at the most, each at most SLICE seconds, before a test gives up
SLICE = 0.05


class Peer:
    """One TID of a client that says and hears datagrams as they are."""

    def __init__(self, served: Served, host: str = "127.0.0.1") -> None:
        self.served = served
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.sock.setblocking(False)
        self.server: Any = None
        self.octets_in = self.octets_out = self.datagrams_in = 0

    def say(self, packet: Packet | bytes, to: Any = None) -> None:
        """To the server's TID once that is known, before that to its listening port."""
        octets = packet if isinstance(packet, bytes) else build(packet)
        self.octets_out += len(octets)
        self.sock.sendto(octets, to or self.server or self.served.address)

    def ask(self, name: str, verb: type[Rrq] | type[Wrq] = Rrq, **options: object) -> None:
        """A request, always to the listening port."""
        self.ask_with(name, options, verb)

    def ask_with(
        self, name: str, options: Mapping[str, object], verb: type[Rrq] | type[Wrq] = Rrq
    ) -> None:
        pairs = tuple((key, str(value)) for key, value in options.items())
        self.say(verb(name.encode(), "octet", pairs), self.served.address)

    def hear(self) -> Packet:
        """The next packet; its sender is the server's TID from then on."""
        for _ in range(TURNS):
            found = self.peek()
            if found is not None:
                return found
            self.served.loop.turn(SLICE)
        raise AssertionError("nothing was heard")

    def hears_nothing(self) -> bool:
        """Once the loop has taken all that was said to it."""
        self.served.turn()
        return self.peek() is None

    def hear_all(self) -> list[Packet]:
        """All that has come, once the loop has taken all that was said to it."""
        self.served.turn()
        return self.heard()

    def heard(self) -> list[Packet]:
        """All that has come."""
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
        """A whole file as it is on the wire, with good manners."""
        options = (("blksize", str(blksize)), ("windowsize", str(windowsize)))
        self.say(Rrq(name.encode(), mode, options), self.served.address)
        found = bytearray()
        for _ in range(100_000):
            match self.hear():
                case Oack():
                    self.say(Ack(0))
                case Data(block, payload):
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
    """A loop over `root`, on a free port of the loopback."""

    def __init__(self, root: Path, **options: Any) -> None:
        options = {"bind": ("127.0.0.1",), "port": 0, "dally": 0.05, **options}
        self.config = ServerConfig(root, **options)
        self.root = open_root(self.config)
        listeners = listen(self.config)
        self.listeners = listeners
        self.address: Any = listeners[0].address
        self.reports: list[Report] = []
        self.complaints: list[str] = []
        self.loop = Loop(
            self.config, self.root, listeners, self.reports.append, self.complaints.append
        )
        self.peers: list[Peer] = []

    def peer(self, host: str = "127.0.0.1") -> Peer:
        self.peers.append(Peer(self, host))
        return self.peers[-1]

    def turn(self, datagrams: int = 3) -> None:
        """Take everything that has come, if it is no more than that for each session."""
        for _ in range(datagrams):
            self.loop.turn(0)

    def until_idle(self) -> None:
        """Until the last session has gone; no longer than their time-outs take."""
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
    """The message of an ERROR with that code."""
    assert isinstance(packet, Error), f"heard {packet}, not an ERROR"
    assert packet.code == code, packet
    return packet.message


class Command:
    """`tftp-fsm serve` as a process. Its log goes to a file: a pipe would fill and hold it up."""

    def __init__(self, root: Path, *flags: str, **more: Any) -> None:
        words = [sys.executable, "-m", "tftp_fsm", "serve", str(root), "--log-format", "json"]
        if "--port" not in flags and "pass_fds" not in more:
            flags = ("--bind", "127.0.0.1", "--port", "0", *flags)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self.process = subprocess.Popen(
            [*words, *flags],
            stdout=self._log,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | more.pop("env", {}),
            **more,
        )
        self.port = 0

    def wait_until_it_listens(self) -> None:
        self.port = self.line("listening")["port"]

    def lines(self, event: str) -> list[dict[str, Any]]:
        """All lines of that kind so far."""
        size = os.fstat(self._log.fileno()).st_size
        *whole, _ = os.pread(self._log.fileno(), size, 0).split(b"\n")
        return [line for line in map(json.loads, whole) if line["event"] == event]

    def line(self, event: str, count: int = 1) -> dict[str, Any]:
        """The `count`-th line of that kind, when it comes."""
        until(lambda: len(self.lines(event)) >= count or self.process.poll() is not None)
        found = self.lines(event)
        assert len(found) >= count, f"the server did not say {event}, exit {self.process.poll()}"
        return found[count - 1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it, and wait; the exit status."""
        self.process.send_signal(number)
        _, complaints = self.process.communicate(timeout=TURNS * SLICE)
        assert complaints == b"", complaints
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self._log.close()

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def most_memory(self) -> int:
        """Octets that it ever had resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


@contextmanager
def command(root: Path, *flags: str, **more: Any) -> Iterator[Command]:
    one = Command(root, *flags, **more)
    try:
        one.wait_until_it_listens()
        yield one
    finally:
        one.close()


def until(condition: Callable[[], bool]) -> bool:
    """Whether it became true within the attempts that a test has."""
    return any(condition() or select.select((), (), (), SLICE)[0] for _ in range(TURNS))

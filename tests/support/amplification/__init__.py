"""Measure what forged datagrams send to a victim: octets in, octets out, and their ratio.

python -m tests.support.amplification      measures each mode; writes docs/amplification.md

The server is ours, on the loopback. Its clock moves only if an attack moves it, so nothing waits,
and each run gives the same figures. A victim never answers. Some attackers send to each TID that a
session may have. This is simulated: one datagram goes to the right TID, and all are counted.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.support.served import Peer, Served, serving
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.wire.packets import Ack, Data, Packet, Rrq, Wrq, build

HEADERS = 28  # octets of IPv4 and UDP
FILE = 8 << 20  # octets; more than any attack gets
SMALL = {"blksize": 8, "windowsize": 64}
LARGE = {"blksize": 65464, "windowsize": 64, "timeout": 255, "tsize": 0}
PORTS_OF_IANA = 1 << 14
STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Figures:
    """The datagrams that the attacker sent and that the victim got, with their octets of UDP."""

    datagrams_in: int
    octets_in: int
    datagrams_out: int
    octets_out: int
    seconds: float

    @property
    def factor(self) -> float:
        """Return the octets out for each octet in, without headers."""
        return self.octets_out / self.octets_in

    @property
    def wire_factor(self) -> float:
        """Return the same with the headers of IP and UDP."""
        octets_in = self.octets_in + HEADERS * self.datagrams_in
        return (self.octets_out + HEADERS * self.datagrams_out) / octets_in


class Clock:
    """The clock of the server: it stands still until an attack moves it on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Attack:
    """One server, one attacker, and victims that send nothing."""

    def __init__(self, served: Served, clock: Clock) -> None:
        self.served = served
        self._clock = clock
        self._began = clock.now
        self._victims: list[Peer] = []
        self._datagrams = self._octets = 0

    def victim(self, host: str = "127.0.0.1") -> Peer:
        """Open another TID of the victim at `host`. Its buffer holds all that comes."""
        self._victims.append(self.served.peer(host))
        self._victims[-1].sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        return self._victims[-1]

    def ask(self, victim: Peer, request: Rrq | Wrq) -> None:
        """Forge a request of `victim`."""
        self.say(victim, request, self.served.address, 1)

    def spray(self, victim: Peer, packet: Packet) -> None:
        """Forge `packet` for each TID that the session of `victim` may have."""
        tids = self.served.config.tids
        self.say(victim, packet, victim.server, tids)

    def say(self, victim: Peer, packet: Packet, to: Any, datagrams: int) -> None:
        octets = build(packet)
        self._datagrams += datagrams
        self._octets += datagrams * len(octets)
        if to is not None:
            victim.sock.sendto(octets, to)
        self.hear()

    def hear(self) -> None:
        """Let the server receive the sent datagrams, and the victims its answers."""
        self.served.turn()
        for victim in self._victims:
            victim.heard()

    def pass_time(self, seconds: float) -> None:
        """Let this number of seconds pass, and let the server do its due work."""
        end = self._clock.now + seconds
        for _ in range(STEPS):
            due = self._next_due()
            if due is None or due > end:
                break
            self._clock.now = max(due, self._clock.now)
            self.hear()
        self._clock.now = end

    def _next_due(self) -> float | None:
        """Return when the server next acts by itself, or None."""
        seconds = self.served.loop.longest_wait()
        return None if seconds is None else self._clock.now + seconds

    def until_over(self) -> Figures:
        """Let time pass until no session is left. Return the cost."""
        for _ in range(STEPS):
            due = self._next_due()
            if due is None:
                break
            self._clock.now = max(due, self._clock.now)
            self.hear()
        return Figures(
            self._datagrams,
            self._octets,
            sum(victim.datagrams_in for victim in self._victims),
            sum(victim.octets_in for victim in self._victims),
            self._clock.now - self._began,
        )


@contextmanager
def attack(root: Path, **options: Any) -> Iterator[Attack]:
    """An attack on a server with these options, whose root has `file`."""
    if not (root / "file").exists():
        (root / "file").write_bytes(bytes(FILE))
    clock = Clock()
    # The number of ports differs between hosts, and the figures must not.
    ports = patch("tftp_fsm.server.config.ephemeral_ports", lambda: PORTS_OF_IANA)
    with (
        patch("time.monotonic", clock),
        ports,
        serving(root, **{"offload": False, "writable": True, "dally": 6.0, **options}) as served,
    ):
        yield Attack(served, clock)


def request(options: dict[str, int] | None = None, name: bytes = b"file") -> Rrq:
    """The RRQ of an attacker."""
    return Rrq(name, "octet", tuple((k, str(v)) for k, v in (options or {}).items()))


# -- The attacks ----------------------------------------------------------------------------------


def one_request(on: Attack) -> None:
    on.ask(on.victim(), request())


def one_request_with_options(on: Attack) -> None:
    on.ask(on.victim(), request(LARGE))


def one_write_request(on: Attack) -> None:
    on.ask(on.victim(), Wrq(b"new"))


def one_missing_name(on: Attack) -> None:
    on.ask(on.victim(), request(name=b"missing"))


def acks(count: int, options: dict[str, int] = LARGE) -> Callable[[Attack], None]:
    """A request for large windows, and then ACKs of what was not received."""

    def run(on: Attack) -> None:
        victim = on.victim()
        on.ask(victim, request(options))
        tid = victim.server
        for _ in range(count):
            (session,) = (transfer.driver.session for transfer in on.served.loop.sessions)
            victim.server = tid
            on.spray(victim, Ack(max(0, getattr(session, "sent", 0)) & 0xFFFF))

    return run


def data_to_every_tid(on: Attack) -> None:
    victim = on.victim()
    on.ask(victim, Wrq(b"new", "octet", (("blksize", "8"),)))
    on.spray(victim, Data(1, bytes(8)))


@dataclass(frozen=True, slots=True)
class Mode:
    """A configuration, and its description for a reader."""

    name: str
    title: str
    options: dict[str, Any]


OWN = Mode("own", "a port for each session (the default)", {})
RANGE_1000 = Mode("range-1000", "`--port-range` of 1000 ports", {"port_range": range(40000, 41000)})
RANGE_11 = Mode("range-11", "`--port-range` of 11 ports", {"port_range": range(41000, 41011)})
SINGLE = Mode("single", "`--single-port`", {"single_port": True})
RANGE_179 = Mode("range-179", "`--port-range` of 179 ports", {"port_range": range(41000, 41179)})
MODES = (OWN, RANGE_1000, RANGE_179, RANGE_11, SINGLE)

ATTACKS: dict[str, Callable[[Attack], None]] = {
    "an RRQ": one_request,
    "an RRQ with options": one_request_with_options,
    "a WRQ": one_write_request,
    "an RRQ for a missing name": one_missing_name,
    "an RRQ, and an ACK to each TID": acks(1),
    "an RRQ for small blocks, and an ACK to each TID": acks(1, SMALL),
    "an RRQ, and two ACKs to each TID": acks(2),
    "an RRQ, and twenty ACKs to each TID": acks(20),
    "a WRQ, and a DATA to each TID": data_to_every_tid,
}


def measured(root: Path, mode: Mode, name: str) -> Figures:
    """The figures of one attack on one mode."""
    with attack(root, **mode.options) as on:
        ATTACKS[name](on)
        return on.until_over()


def tids(mode: Mode) -> int:
    """Return how many TIDs a session of this mode may have."""
    return ServerConfig(".", **mode.options).tids

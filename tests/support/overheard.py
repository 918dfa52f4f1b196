"""Make captures of simulated transfers, as a sniffer between both ends would write them.

overheard("get", CONTENT, Faults(loss=0.1, seed=7))             # at the senders: also what is lost
overheard("get", CONTENT, faults, at="arrival")                 # at the receivers
"""

from __future__ import annotations

import io
import socket
import struct
from collections.abc import Callable
from typing import Any, Literal
from unittest.mock import patch

from tests.support.captures import Captured, Sniffed
from tests.support.frames import pcap as pcap_of
from tftp_fsm.capture.ip_headers import checksum_of, ip_header, udp_packet
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain.reader import explain
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.explain.watchers import Watcher
from tftp_fsm.protocol.roles import OURS, Sessions
from tftp_fsm.simulation import transfer as simulation
from tftp_fsm.simulation.ends import LATENCY, Setup
from tftp_fsm.simulation.network import Arrival, SimulatedNetwork
from tftp_fsm.simulation.transfer import Result, Simulation
from tftp_fsm.transports import Burst
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options, offer
from tftp_fsm.wire.packets import Packet, build

RAW = 101
At = Literal["sent", "arrival"]


Tamper = Callable[[int, Address, bytes], "list[float] | None"]
"""Returns the delays (seconds) of a datagram's copies, from its number, its sender and its octets.

Numbers start from 1. None changes nothing, and an empty list loses the datagram.
"""


class Wire(Sniffed):
    """Keeps each datagram when it is sent, and changes it as `tamper` says."""

    tamper: Tamper | None = None

    def carry(self, sender: Address, burst: Burst) -> None:
        if self.tamper is None:
            self._carry(sender, burst)
            return
        for one in burst.datagrams():
            self._remember(sender, burst.peer, one)
            delays = self.tamper(len(self.seen), sender, one)
            for delay in [0.0] if delays is None else delays:
                arrives = self.now() + LATENCY + delay
                self._schedule(arrives, burst.peer, Burst.of(one, sender), sender)

    def _carry(self, sender: Address, burst: Burst) -> None:
        super().carry(sender, burst)

    def _remember(self, sender: Address, to: Address, octets: bytes) -> None:
        self.seen.append(Captured(self.now(), sender, to, octets))


class Arrived(Wire):
    """Keeps each datagram when it arrives."""

    def _carry(self, sender: Address, burst: Burst) -> None:
        SimulatedNetwork.carry(self, sender, burst)

    def _remember(self, sender: Address, to: Address, octets: bytes) -> None:
        pass

    def deliver_next(self) -> tuple[Address, Arrival] | None:
        delivered = super().deliver_next()
        to, burst = delivered or (None, None)
        if to is not None and isinstance(burst, Burst):
            self.seen += [Captured(self.now(), burst.peer, to, one) for one in burst.datagrams()]
        return delivered


def overheard(
    verb: Literal["get", "put"],
    content: bytes,
    faults: Faults | None = None,
    *,
    at: At = "sent",
    options: Options | None = None,
    sessions: Sessions = OURS,
    tamper: Tamper | None = None,
    **more: Any,
) -> tuple[Result, list[Captured]]:
    """Run a transfer. Return its result, and the captured datagrams."""
    kind: type[Wire] = Wire if at == "sent" else Arrived
    if tamper is not None:
        kind = type("Tampered", (kind,), {"tamper": staticmethod(tamper)})
    if options is None:
        options = offer(tsize=len(content) if verb == "put" else 0)
    with patch.object(simulation, "SimulatedNetwork", kind):
        run = Simulation(
            Setup(verb, content, faults or Faults(), options=options, sessions=sessions, **more)
        )
        result = run.run()
    assert isinstance(run.network, Sniffed)
    return result, run.network.seen


def as_pcap(datagrams: list[Captured], start: int = 1_700_000_000, kept: int = 1 << 18) -> bytes:
    """Return the octets of a pcap file with these datagrams, `kept` octets of each."""
    return pcap_of(
        (
            (
                start * 10**9 + round(now * 10**9),
                octets if isinstance(octets, Message) else udp_packet(source, to, octets),
            )
            for now, source, to, octets in datagrams
        ),
        RAW,
        unit=1,
        kept=kept,
    )


class Ended:
    """Keeps the facts of each transfer."""

    def __init__(self) -> None:
        self.facts: list[Facts] = []

    def begins(self, transfer: Transfer) -> None:
        pass

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        self.facts.append(facts)


def explained(octets: bytes, *watchers: Watcher, is_logged: bool = False) -> list[Facts]:
    """Return the facts of the transfers in a capture."""
    ended = Ended()
    explain(Capture(io.BytesIO(octets)), [ended, *watchers], is_logged=is_logged)
    return ended.facts


def slugs(facts: Facts, *severities: str) -> list[str]:
    """Return the kinds of the findings, in order."""
    wanted = severities or ("departure", "trouble")
    return [each.slug for each in facts.findings if each.severity in wanted]


class Message(bytes):
    """Return a whole IP packet with an ICMP message."""


def message(
    line: Line, kind: int, code: int, *, by: str | None = None, mtu: int = 0, quoted: int = 1 << 16
) -> Message:
    """Return an ICMP message about a packet, with its first `quoted` octets.

    It comes from `by`, or else from the receiver. `kind` and `code` are of ICMP or ICMPv6.
    """
    _, source, to, packet = line
    octets = packet if isinstance(packet, bytes) else build(packet)
    datagram = udp_packet(source, to, octets)
    is_v4 = datagram[0] >> 4 == 4
    rest = struct.pack(">HH", 0, mtu) if is_v4 else struct.pack(">I", mtu)
    body = struct.pack(">BBH", kind, code, 0) + rest + datagram[:quoted]
    target, host = (
        (datagram[12:16], datagram[16:20]) if is_v4 else (datagram[8:24], datagram[24:40])
    )
    if by is not None:
        host = socket.inet_pton(socket.AF_INET if is_v4 else socket.AF_INET6, by)
    pseudo = b"" if is_v4 else host + target + struct.pack(">II", len(body), 58)
    body = body[:2] + struct.pack(">H", checksum_of(pseudo + body)) + body[4:]
    head = bytearray(ip_header(host, target, len(body)))
    if is_v4:
        head[9], head[10:12] = 1, b"\0\0"
        head[10:12] = struct.pack(">H", checksum_of(bytes(head)))
    else:
        head[6] = 58
    return Message(bytes(head) + body)


def tells(now: float, line: Line, kind: int, code: int, **more: Any) -> Line:
    """Return the same as a line."""
    return now, line[2], line[1], message(line, kind, code, **more)


CLIENT, LISTENER, TID = ("client", 1024), ("server", 69), ("server", 2048)
Line = tuple[float, Address, Address, "Packet | bytes"]


def script(*lines: Line, kept: int = 1 << 18) -> bytes:
    """Return a capture of these lines: seconds, source, destination, packet."""
    datagrams = [
        Captured(now, source, to, octets if isinstance(octets, bytes) else build(octets))
        for now, source, to, octets in lines
    ]
    return as_pcap(datagrams, kept=kept)


def asks(now: float, packet: Packet) -> Line:
    """Return a line: the client sends to the well-known port."""
    return now, CLIENT, LISTENER, packet


def to_server(now: float, packet: Packet | bytes) -> Line:
    """Return a line: the client sends to the server's TID."""
    return now, CLIENT, TID, packet


def to_client(now: float, packet: Packet | bytes, source: Address = TID) -> Line:
    """Return a line: the server sends."""
    return now, source, CLIENT, packet


def first(facts: Facts) -> tuple[str, str] | None:
    """Return the first departure. Without one, return the first trouble."""
    for severity in ("departure", "trouble"):
        for each in facts.findings:
            if each.severity == severity:
                return each.slug, each.who
    return None

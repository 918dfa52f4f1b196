"""Make the pcap file of a simulated get, as a sniffer would write it.

    python -m tests.support.captures        writes tests/support/get.pcap

IPv4 without link headers (LINKTYPE_RAW), microseconds, checksums left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from tftp_fsm.simulation import transfer as simulation
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.simulation.transfer import Simulation
from tftp_fsm.transports import Burst
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import offer

CAPTURE = Path(__file__).with_name("get.pcap")
CONTENT = bytes(number * 7 % 253 for number in range(9000))
HOSTS = {"client": bytes((192, 0, 2, 9)), "server": bytes((192, 0, 2, 1))}
LINKTYPE_RAW = 101
_FILE = struct.Struct("<IHHiIII")
_RECORD = struct.Struct("<IIII")
_IP = struct.Struct(">BBHHHBBH4s4s")
_UDP = struct.Struct(">HHHH")


class Captured(NamedTuple):
    """One datagram, with its time (seconds), its source and its destination."""

    now: float
    source: Address
    to: Address
    octets: bytes


class Sniffed(SimulatedNetwork):
    """A simulated network that remembers each datagram that was sent, lost or not."""

    def __init__(self, latency: float, faults: Faults, **others: Any) -> None:
        super().__init__(latency, faults, **others)
        self.seen: list[Captured] = []

    def carry(self, sender: Address, burst: Burst) -> None:
        self.seen += [Captured(self.now(), sender, burst.peer, one) for one in burst.datagrams()]
        super().carry(sender, burst)


def a_get() -> list[Captured]:
    """Return the datagrams of a get with blocks of 1000 octets and windows of 4, without loss."""
    options = offer(blksize=1000, windowsize=4, tsize=0)
    with patch.object(simulation, "SimulatedNetwork", Sniffed):
        run = Simulation(Setup("get", CONTENT, options=options))
        run.run()
    assert isinstance(run.network, Sniffed)
    return run.network.seen


def pcap(datagrams: list[Captured]) -> bytes:
    """Return the octets of a pcap file that holds these datagrams."""
    records = [_FILE.pack(0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_RAW)]
    for now, source, to, octets in datagrams:
        packet = _UDP.pack(source[1], to[1], 8 + len(octets), 0) + octets
        head = (0x45, 0, 20 + len(packet), 0, 0, 64, 17, 0, HOSTS[source[0]], HOSTS[to[0]])
        packet = _IP.pack(*head) + packet
        microseconds = round(now * 1_000_000)
        size = len(packet)
        records.append(_RECORD.pack(*divmod(microseconds, 1_000_000), size, size) + packet)
    return b"".join(records)


def read(octets: bytes) -> Iterator[Captured]:
    """Return the datagrams in the octets that `pcap` made."""
    at, hosts = _FILE.size, {raw: name for name, raw in HOSTS.items()}
    while at < len(octets):
        seconds, microseconds, size, _ = _RECORD.unpack_from(octets, at)
        packet = octets[at + _RECORD.size : at + _RECORD.size + size]
        *_, source, to = _IP.unpack_from(packet)
        from_port, to_port, *_ = _UDP.unpack_from(packet, _IP.size)
        yield Captured(
            seconds + microseconds / 1_000_000,
            (hosts[source], from_port),
            (hosts[to], to_port),
            packet[_IP.size + _UDP.size :],
        )
        at += _RECORD.size + size


if __name__ == "__main__":
    CAPTURE.parent.mkdir(exist_ok=True)
    CAPTURE.write_bytes(pcap(a_get()))

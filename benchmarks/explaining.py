"""Measure how many packets per second `tftp-fsm explain` reads, compared with the reader alone.

One capture is a plain get in lock-step: DATA and ACK in turn, as in most captures of TFTP. The
other has one request from each of many hosts, and no answer, because the server is down. The other
side reads the same file down to its UDP datagrams, and does nothing with them.
"""

from __future__ import annotations

import gc
import io
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from bench import Bench
from jobs import Row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tftp_fsm.__main__ import SELDOM
from tftp_fsm.capture.ip_headers import udp_packet
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain.reader import explain
from tftp_fsm.wire.headers import ack_octets, data_header

CASES = ("explaining", "explaining-unanswered")
LEAST = {"explaining": 100_000, "explaining-unanswered": 2_500}  # packets in a CPU second
BLOCKS, REQUESTS = 100_000, 20_000
WHAT = {
    "explaining": "packets of a capture, DATA and ACK in lock-step, in a CPU second",
    "explaining-unanswered": "requests of different hosts without an answer, in a CPU second",
}
CLIENT, LISTENER, SERVER = ("192.0.2.9", 1024), ("192.0.2.1", 69), ("192.0.2.1", 2048)


def measured(bench: Bench, name: str) -> Iterator[Row]:
    """Return the row: packets in a CPU second."""
    fewer = 10 if bench.quick else 1
    capture = _a_get(BLOCKS // fewer) if name == "explaining" else _a_storm(REQUESTS // fewer)
    gc.set_threshold(SELDOM)  # as the command does
    explaining = max(_in_a_second(capture, explains=True) for _ in range(bench.repeat))
    reading = max(_in_a_second(capture, explains=False) for _ in range(bench.repeat))
    yield Row(
        name,
        WHAT[name],
        "tftp-fsm explain",
        "reading alone",
        (f"{explaining:,.0f}", f"{reading:,.0f}"),
        f"{reading / explaining:.2f}",
        f"at least {LEAST[name]:,}",
        explaining >= LEAST[name],
    )


def _in_a_second(octets: bytes, *, explains: bool) -> float:
    capture = Capture(io.BytesIO(octets))
    began = process_time()
    if explains:
        explain(capture, [])
    else:
        for _ in capture:
            pass
    return capture.frames / (process_time() - began)


def _a_get(blocks: int) -> bytes:
    """Return a pcap file of a get that has no end."""
    request = udp_packet(CLIENT, LISTENER, b"\0\1file\0octet\0")
    packets = [request]
    for block in range(1, blocks + 1):
        packets.append(udp_packet(SERVER, CLIENT, data_header(block) + bytes(512)))
        packets.append(udp_packet(CLIENT, SERVER, ack_octets(block)))
    return _pcap(packets)


def _a_storm(requests: int) -> bytes:
    """Return a pcap file of requests, each from another host."""
    hosts = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(requests))
    return _pcap([udp_packet((host, 2070), LISTENER, b"\0\1boot\0octet\0") for host in hosts])


def _pcap(packets: list[bytes]) -> bytes:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    return head + b"".join(
        struct.pack("<IIII", number // 10_000, number % 10_000 * 100, len(packet), len(packet))
        + packet
        for number, packet in enumerate(packets)
    )

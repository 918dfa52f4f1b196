"""Read a capture with tshark: the packets, their comments, and the files of transfers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import require

WAIT = 60.0  # the most seconds for one short program
CHECKED = ("-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")


def packets(capture: Path, port: int = 69) -> list[dict[str, list[str]]]:
    """Return the fields of each packet. A packet may have several comments."""
    names = (
        *("frame.comment", "frame.interface_name", "frame.packet_flags_direction"),
        *("ip.checksum.status", "udp.checksum.status", "_ws.malformed", "_ws.expert.severity"),
        *("frame.len", "frame.cap_len", "frame.time_epoch"),
        *("tftp.opcode", "tftp.block", "udp.srcport", "udp.dstport", "ip.src", "ip.dst"),
    )
    told = _run(capture, port, "-T", "json", *(word for name in names for word in ("-e", name)))
    found: list[dict[str, Any]] = json.loads(told or "[]")
    return [packet["_source"]["layers"] for packet in found]


def comments(capture: Path, port: int = 69) -> list[list[str]]:
    """Return the comments of each packet."""
    return [packet.get("frame.comment", []) for packet in packets(capture, port)]


def exported(capture: Path, folder: Path, port: int = 69) -> dict[str, bytes]:
    """Return the files that tshark puts together from the DATA packets."""
    _run(capture, port, "-q", "--export-objects", f"tftp,{folder}")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _run(capture: Path, port: int, *words: str) -> str:
    reads = ["-r", str(capture), "-d", f"udp.port=={port},tftp", *CHECKED]
    done = subprocess.run(
        [require("tshark"), *reads, *words],
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=True,
    )
    assert "damaged" not in done.stderr and "cut short" not in done.stderr, done.stderr
    return done.stdout


def told_of_icmp(capture: Path) -> list[tuple[str, str, str, str]]:
    """Return each message's type, code, MTU, and the source port of the quoted datagram."""
    names = ("icmp.type", "icmp.code", "icmp.mtu", "icmpv6.type", "icmpv6.code", "icmpv6.mtu")
    fields = [word for name in (*names, "udp.srcport") for word in ("-e", name)]
    lines = _run(capture, 69, "-T", "fields", *fields).splitlines()
    found = []
    for line in lines:
        *both, port = line.split("\t")
        kind, code, mtu = (one or other for one, other in zip(both[:3], both[3:], strict=True))
        found.append((kind, code, mtu, port))
    return found

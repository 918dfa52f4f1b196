"""Without segment offload a capture shows each block as a frame of its own.

A network namespace holds the server, the client and the sniffer; tshark reads what was sniffed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import require
from tests.support.namespaces import Network, network
from tests.support.serve_process import REPOSITORY, serve_process

BLKSIZE, WINDOWSIZE, BLOCKS = 1024, 4, 9
CONTENT = bytes(BLKSIZE * (BLOCKS - 1) + 100)
FRAME = BLKSIZE + 4 + 8 + 20 + 14  # octets, with the headers of TFTP, UDP, IPv4 and Ethernet
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "TFTP_FSM_OFFLOAD"}
ENVIRONMENT["PYTHONPATH"] = str(REPOSITORY)
OFF = {"TFTP_FSM_OFFLOAD": "0"}
WAIT = 30.0  # seconds, at the most, for one short program

# Every frame that leaves by the loopback, as a pcap file with Ethernet headers, until stdin ends.
SNIFFER = """
import select, socket, struct, sys
sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
sniffer.bind(("lo", 0))
sniffer.setblocking(False)
print("ready", flush=True)
sys.stdin.read()
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1))
    while select.select([sniffer], [], [], 0)[0]:
        frame, address = sniffer.recvfrom(1 << 18)
        if address[2] == socket.PACKET_OUTGOING:
            file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
"""


def sniffed(
    verb: str, net: Network, folder: Path, serve: list[str], words: list[str], env: dict[str, str]
) -> list[int]:
    """Return the octets of each frame of the sending side, in the order of the capture."""
    (folder / "file").write_bytes(CONTENT)
    capture, port = folder / "capture.pcap", 6969
    sizes = [f"--blksize={BLKSIZE}", f"--windowsize={WINDOWSIZE}"]
    names = ["file", str(folder / "got")] if verb == "get" else [str(folder / "file"), "new"]
    client = [sys.executable, "-m", "tftp_fsm", "127.0.0.1", "-p", str(port), verb, *names, *sizes]
    flags = ["--bind", "127.0.0.1", "--port", str(port), "--writable", "--dally", "0", *serve]
    within = net.within("host")
    with serve_process(folder, *flags, within=within, env=env):
        sniffer = subprocess.Popen(
            [*within, sys.executable, "-c", SNIFFER, str(capture)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert sniffer.stdout is not None and sniffer.stdout.readline() == b"ready\n"
        done = subprocess.run([*within, *client, *words], env=ENVIRONMENT | env, timeout=WAIT)
        sniffer.communicate(timeout=WAIT)
    assert done.returncode == 0
    return data_frames(capture)


def data_frames(capture: Path) -> list[int]:
    fields = ["-T", "fields", "-e", "udp.srcport", "-e", "frame.len", "-Y", "udp && frame.len>80"]
    told = subprocess.run(
        [require("tshark"), "-r", str(capture), *fields],
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=True,
    )
    lines = [line.split() for line in told.stdout.splitlines()]
    ports = Counter(port for port, size in lines if int(size) > 120)
    (sender,) = ports
    return [int(size) for port, size in lines if port == sender and int(size) > 120]


EACH = [FRAME] * (BLOCKS - 1) + [FRAME - BLKSIZE + 100]


@pytest.mark.parametrize(
    "verb, serve, words, env",
    [
        ("get", ["--no-offload"], [], {}),
        ("get", ["--no-offload", "--single-port", "--max-windowsize", "4"], [], {}),
        ("get", [], [], OFF),
        ("put", [], ["--no-offload"], {}),
        ("put", [], [], OFF),
    ],
)
def test_without_offload_each_block_is_a_frame(
    verb: str, serve: list[str], words: list[str], env: dict[str, str], tmp_path: Path
) -> None:
    with network("host") as net:
        assert sniffed(verb, net, tmp_path, serve, words, env) == EACH


@pytest.mark.parametrize("verb", ["get", "put"])
def test_with_offload_a_window_is_one_long_frame(verb: str, tmp_path: Path) -> None:
    """Without this, the test above would prove nothing. The documentation has the reason."""
    with network("host") as net:
        assert max(sniffed(verb, net, tmp_path, [], [], {})) > FRAME

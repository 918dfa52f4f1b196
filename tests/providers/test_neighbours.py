"""The hardware address of a client, in a network of the test's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.namespaces import network
from tftp_fsm.providers.neighbours import _messages, hardware_address, hexadecimal

REPOSITORY = Path(__file__).resolve().parents[2]
MAC = "02:00:00:00:00:0a"


@pytest.mark.parametrize("client, server", [("10.9.0.2", "10.9.0.1"), ("fd09::2", "fd09::1")])
def test_the_kernel_knows_who_is_on_its_link(client: str, server: str) -> None:
    bits = 64 if ":" in client else 24
    with network("server", "client") as net:
        net.cable("server", "eth0", "client", "eth0")
        net.ip("client", "link", "set", "eth0", "address", MAC)
        net.address("server", "eth0", f"{server}/{bits}")
        net.address("client", "eth0", f"{client}/{bits}")
        code = (
            "import socket, sys\n"
            "from tftp_fsm.providers.neighbours import hardware_address\n"
            "host = sys.argv[1]\n"
            "print(hardware_address((host, 1)))\n"
            "family = socket.AF_INET6 if ':' in host else socket.AF_INET\n"
            "sock = socket.socket(family, socket.SOCK_DGRAM)\n"
            "sock.settimeout(20)\n"
            "sock.connect((host, 9))\n"
            "sock.send(b'x')\n"
            "try:\n    sock.recv(1)\n"  # the answer of ICMP shows that the address is known now
            "except ConnectionRefusedError:\n    pass\n"
            "print(hardware_address((host, 1)))\n"
        )
        done = subprocess.run(
            [*net.within("server"), sys.executable, "-c", code, client],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=REPOSITORY,
        )
    assert done.stdout.split() == ["None", MAC], done


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "192.0.2.77", "no address", "fe80::1%eth0"])
def test_no_address_is_known_for_other_hosts(host: str) -> None:
    assert hardware_address((host, 1)) is None


def test_messages_that_are_cut_off_end_the_list() -> None:
    for octets in (b"", bytes(15), bytes(16), b"\xff" * 15, b"\x03" + bytes(20)):
        assert list(_messages(octets)) == []


@pytest.mark.parametrize(
    "host, digits",
    [("192.0.2.7", "C0000207"), ("2001:db8::7", "20010DB8" + "0" * 23 + "7"), ("name", "")],
)
def test_an_address_in_hexadecimal_digits(host: str, digits: str) -> None:
    assert hexadecimal(host) == digits

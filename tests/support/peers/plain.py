"""The smallest TFTP client: only RFC 1350, block by block over a socket.

It shares no code with the product, so its answer whether a server works is independent.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Mapping
from typing import TypeVar

BLOCK = 512  # octets

Answer = TypeVar("Answer")


class Refused(Exception):
    """The server sent ERROR."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"ERROR {code}: {message}")
        self.code = code
        self.message = message


def fetch(
    host: str, port: int, name: str, *, mode: str = "octet", attempts: int = 3, wait: float = 1.0
) -> bytes:
    """Return the file `name` as it is on the wire. A wait for a block lasts at most `wait` seconds.

    Raises `TimeoutError` if `attempts` requests or one block got no answer, and `Refused` if the
    server sent ERROR.
    """
    return _ask(host, port, _request(name, mode, {}), _receive, attempts, wait)


def negotiate(host: str, port: int, name: str, options: Mapping[str, int]) -> dict[str, int]:
    """Return the agreed options, and end the transfer with an ERROR. Raises `Refused` and so on."""
    return _ask(host, port, _request(name, "octet", options), _agreed, 3, 1.0)


def refusal(host: str, port: int, name: str) -> Refused:
    """Return the code and the message with which the server refuses to send `name`."""
    try:
        negotiate(host, port, name, {})
    except Refused as refused:
        return refused
    raise AssertionError(f"{host} port {port} does not refuse {name}")


def _request(name: str, mode: str, options: Mapping[str, int]) -> bytes:
    fields = [name, mode, *(word for pair in options.items() for word in map(str, pair))]
    return b"\0\1" + b"".join(field.encode() + b"\0" for field in fields)


def _ask(
    host: str,
    port: int,
    request: bytes,
    answer: Callable[[socket.socket], Answer],
    attempts: int,
    wait: float,
) -> Answer:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for attempt in range(attempts):
        # A new TID each time, so that an answer to an earlier request is not taken.
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.settimeout(wait)
            sock.sendto(request, (host, port))
            try:
                return answer(sock)
            except TimeoutError:
                if attempt == attempts - 1:
                    raise
    raise AssertionError("at least one attempt")


def _agreed(sock: socket.socket) -> dict[str, int]:
    packet, peer = sock.recvfrom(65535)
    opcode, number = struct.unpack_from("!HH", packet)
    if opcode == 5:
        raise Refused(number, _message(packet))
    sock.sendto(struct.pack("!HH", 5, 0) + b"that was the question\0", peer)
    fields = packet[2:].split(b"\0")[:-1] if opcode == 6 else []
    return {
        name.decode().lower(): int(value)
        for name, value in zip(fields[::2], fields[1::2], strict=True)
    }


def _receive(sock: socket.socket) -> bytes:
    content = bytearray()
    expected = 1
    while True:
        packet, peer = sock.recvfrom(65535)
        opcode, number = struct.unpack_from("!HH", packet)
        if opcode == 5:
            raise Refused(number, _message(packet))
        if opcode != 3:
            raise AssertionError(f"a server sent opcode {opcode} to a reader")
        sock.sendto(struct.pack("!HH", 4, number), peer)
        if number == expected & 0xFFFF:
            content += packet[4:]
            expected += 1
            if len(packet) < 4 + BLOCK:
                return bytes(content)


def _message(packet: bytes) -> str:
    return packet[4:].rstrip(b"\0").decode(errors="replace")

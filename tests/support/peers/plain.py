"""The least TFTP client that is still one: block by block over a socket, by RFC 1350 alone.

It shares no line with the product, so it can say whether a server is up, and be believed.
"""

from __future__ import annotations

import socket
import struct

BLOCK = 512  # octets


class Refused(Exception):
    """The server sent ERROR."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"ERROR {code}: {message}")
        self.code = code


def fetch(host: str, port: int, name: str, *, attempts: int = 3, wait: float = 1.0) -> bytes:
    """The file `name`, in octet mode. Each wait for a block lasts at most `wait` seconds.

    Raises `TimeoutError` when `attempts` requests or one block went unanswered, `Refused` when the
    server sent ERROR.
    """
    request = b"\0\1" + name.encode() + b"\0octet\0"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for attempt in range(attempts):
        # A new TID each time: an answer to an earlier request can't be taken for this one's.
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.settimeout(wait)
            sock.sendto(request, (host, port))
            try:
                return _receive(sock)
            except TimeoutError:
                if attempt == attempts - 1:
                    raise
    raise AssertionError("at least one attempt")


def _receive(sock: socket.socket) -> bytes:
    content = bytearray()
    expected = 1
    while True:
        packet, peer = sock.recvfrom(65535)
        opcode, number = struct.unpack_from("!HH", packet)
        if opcode == 5:
            raise Refused(number, packet[4:].rstrip(b"\0").decode(errors="replace"))
        if opcode != 3:
            raise AssertionError(f"a server sent opcode {opcode} to a reader")
        sock.sendto(struct.pack("!HH", 4, number), peer)
        if number == expected & 0xFFFF:
            content += packet[4:]
            expected += 1
            if len(packet) < 4 + BLOCK:
                return bytes(content)

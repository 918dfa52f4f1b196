"""Run many clients in lock-step at once, in one process that does as little as possible.

    crowd.py get|put HOST PORT REMOTE LOCAL COUNT BLKSIZE

Each reader reads REMOTE and compares it, block by block, with LOCAL. The exit status is 1 if a
reader got another file. Each writer writes LOCAL as REMOTE with its number; the caller compares the
files. The output is the time in seconds after which 99 of 100 clients had moved the file.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
from pathlib import Path
from time import monotonic

PATIENCE = float(os.environ.get("CROWD_PATIENCE", "1"))  # seconds until a client sends again
ENOUGH = 60 * PATIENCE  # seconds without any progress
DATA, ACK, OACK = 3, 4, 6


class Client:
    """One transfer. `answer` of its class decides what to send."""

    def __init__(
        self, server: tuple[str, int], request: bytes, content: bytes, blksize: int
    ) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.content, self.blksize = memoryview(content), blksize
        self._last, self._server, self._pinned = request, server, False
        self.done, self.heard = False, monotonic()
        self.again()

    def again(self) -> None:
        if self._pinned:
            self.sock.send(self._last)
        else:
            self.sock.sendto(self._last, self._server)

    def hear(self) -> None:
        try:
            datagram, peer = self.sock.recvfrom(1 << 16)
        except ConnectionRefusedError:
            sys.exit("the server closed its port while a client waited for it")
        self.heard = monotonic()
        if not self._pinned:
            self.sock.connect(peer)
            self._pinned = True
        opcode, number = struct.unpack_from("!HH", datagram)
        if opcode not in (DATA, ACK, OACK):
            sys.exit(f"heard {datagram[:60]!r}")
        answer = self.answer(opcode, number, datagram)
        if answer:
            self._last = answer
            self.again()

    def answer(self, opcode: int, number: int, datagram: bytes) -> bytes:
        raise NotImplementedError


class Reader(Client):
    number = 1  # of the block that it awaits

    def answer(self, opcode: int, number: int, datagram: bytes) -> bytes:
        if opcode == OACK:
            number = 0
        elif number == self.number & 0xFFFF:
            self._take(datagram[4:])
        return struct.pack("!HH", ACK, number)

    def _take(self, payload: bytes) -> None:
        at = (self.number - 1) * self.blksize
        if self.content[at : at + self.blksize] != payload:
            sys.exit(f"block {self.number} differs")
        self.number += 1
        self.done = len(payload) < self.blksize


class Writer(Client):
    number = 0  # of the ACK that it awaits

    def answer(self, opcode: int, number: int, datagram: bytes) -> bytes:
        """Return the next DATA. An old ACK gets no answer (RFC 1123 section 4.2.3.1)."""
        if (0 if opcode == OACK else number) != self.number & 0xFFFF:
            return b""
        at = self.number * self.blksize
        self.number += 1
        self.done = at > len(self.content)
        if self.done:
            return b""
        header = struct.pack("!HH", DATA, self.number & 0xFFFF)
        return header + self.content[at : at + self.blksize]


def main(
    verb: str, host: str, port: str, remote: str, local: str, count: str, blksize: str
) -> None:
    content = Path(local).read_bytes()
    clients: dict[int, Client] = {}
    waiting = select.epoll()
    for number in range(int(count)):
        kind, name = (Reader, remote) if verb == "get" else (Writer, f"{remote}-{number}")
        client = kind((host, int(port)), request_of(verb, name, blksize), content, int(blksize))
        clients[client.sock.fileno()] = client
        waiting.register(client.sock, select.EPOLLIN)
    progress = checked = began = monotonic()
    ends: list[float] = []
    while clients:
        for number, _ in waiting.poll(PATIENCE):
            client = clients[number]
            client.hear()
            progress = client.heard
            if client.done:
                waiting.unregister(number)
                del clients[number]
                client.sock.close()
                ends.append(progress - began)
        now = monotonic()
        if now - progress > ENOUGH:
            sys.exit(f"{len(clients)} clients heard nothing more")
        if now - checked >= PATIENCE / 4:
            checked = now
            for client in clients.values():
                if now - client.heard >= PATIENCE:
                    client.heard = now
                    client.again()
    print(ends[len(ends) * 99 // 100])


def request_of(verb: str, name: str, blksize: str) -> bytes:
    words = [name, "octet", *([] if blksize == "512" else ["blksize", blksize])]
    opcode = b"\0\1" if verb == "get" else b"\0\2"
    return opcode + b"".join(word.encode() + b"\0" for word in words)


if __name__ == "__main__":
    main(*sys.argv[1:])

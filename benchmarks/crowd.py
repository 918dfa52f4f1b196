"""Run many readers in lock-step at once, in one process that does as little as possible.

    crowd.py HOST PORT REMOTE LOCAL COUNT BLKSIZE

Each reads REMOTE and compares it, block by block, with LOCAL. The exit status is 1 if a reader got
another file. The output is the time in seconds after which 99 of 100 readers had the file.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
from pathlib import Path
from time import monotonic

PATIENCE = float(os.environ.get("CROWD_PATIENCE", "1"))  # seconds until a reader asks again
ENOUGH = 60 * PATIENCE  # seconds without any progress


class Reader:
    def __init__(
        self, server: tuple[str, int], request: bytes, expected: bytes, blksize: int
    ) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self._expected, self._blksize = memoryview(expected), blksize
        self._last, self._server, self._pinned = request, server, False
        self._number, self.done, self.heard = 1, False, monotonic()
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
            sys.exit(f"the server closed its port while a reader waited for block {self._number}")
        self.heard = monotonic()
        if not self._pinned:
            self.sock.connect(peer)
            self._pinned = True
        opcode, number = struct.unpack_from("!HH", datagram)
        if opcode == 6:
            number = 0
        elif opcode != 3:
            sys.exit(f"heard {datagram[:60]!r}")
        elif number == self._number & 0xFFFF:
            self._take(datagram[4:])
        self._last = struct.pack("!HH", 4, number)
        self.again()

    def _take(self, payload: bytes) -> None:
        at = (self._number - 1) * self._blksize
        if self._expected[at : at + self._blksize] != payload:
            sys.exit(f"block {self._number} differs")
        self._number += 1
        self.done = len(payload) < self._blksize


def main(host: str, port: str, remote: str, local: str, count: str, blksize: str) -> None:
    expected = Path(local).read_bytes()
    words = [remote, "octet", *([] if blksize == "512" else ["blksize", blksize])]
    request = b"\0\1" + b"".join(word.encode() + b"\0" for word in words)
    readers = {}
    waiting = select.epoll()
    for _ in range(int(count)):
        reader = Reader((host, int(port)), request, expected, int(blksize))
        readers[reader.sock.fileno()] = reader
        waiting.register(reader.sock, select.EPOLLIN)
    progress = checked = began = monotonic()
    ends: list[float] = []
    while readers:
        for number, _ in waiting.poll(PATIENCE):
            reader = readers[number]
            reader.hear()
            progress = reader.heard
            if reader.done:
                waiting.unregister(number)
                del readers[number]
                reader.sock.close()
                ends.append(progress - began)
        now = monotonic()
        if now - progress > ENOUGH:
            sys.exit(f"{len(readers)} readers heard nothing more")
        if now - checked >= PATIENCE / 4:
            checked = now
            for reader in readers.values():
                if now - reader.heard >= PATIENCE:
                    reader.heard = now
                    reader.again()
    print(ends[len(ends) * 99 // 100])


if __name__ == "__main__":
    main(*sys.argv[1:])

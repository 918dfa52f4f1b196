"""The limit of Python: loops that send and receive the same datagrams and do nothing else. They
have no timers, make no checks, and move one file at a time. They exist only for the comparison.

    bare.py server HOST PORT ROOT [sync]
    bare.py get|put HOST PORT REMOTE LOCAL BLKSIZE WINDOWSIZE [sync]

Windows use UDP_SEGMENT and UDP_GRO with 64 datagrams in a call. The file is read from an mmap and
written with writev. Each read polls LOOKS times before it sleeps. The product does the same. With
`sync` a file that came in windows is on the disk before its last ACK, as with the product.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

RRQ, WRQ, DATA, ACK, OACK = 1, 2, 3, 4, 6
SOL_UDP, UDP_SEGMENT, UDP_GRO = 17, 103, 104
BUFFER = 1 << 21  # octets
JOINED = 65507  # octets; a joined buffer is no longer, and has at most 64 datagrams
HEADER = struct.Struct("!HH")
LOOKS = 200
SYNC = "sync"
Peer = tuple[str, int]


def new_socket(host: str = "127.0.0.1", port: int = 0, wait: int = 2) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, port))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", wait, 0))
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    return sock


def read(sock: socket.socket, memory: bytearray | memoryview) -> int:
    for _ in range(LOOKS):
        try:
            return sock.recv_into(memory, 0, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
    return sock.recv_into(memory)


@contextlib.contextmanager
def content(path: Path) -> Iterator[memoryview]:
    with path.open("rb") as file:
        if not path.stat().st_size:
            yield memoryview(b"")
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            view = memoryview(mapped)
            try:
                yield view
            finally:
                view.release()


# -- The four loops. `sock` is connected. ----------------------------------------------------------


def send_blocks(sock: socket.socket, octets: memoryview, blksize: int) -> None:
    """Send in lock-step: DATA, ACK, DATA, ACK."""
    answer = bytearray(516)
    last = len(octets) // blksize + 1
    for number in range(1, last + 1):
        at = (number - 1) * blksize
        header = HEADER.pack(DATA, number & 0xFFFF)
        sock.send(b"".join((header, octets[at : at + blksize])))
        wanted = HEADER.pack(ACK, number & 0xFFFF)
        while read(sock, answer) != 4 or answer[:4] != wanted:
            pass


def receive_blocks(sock: socket.socket, path: Path, blksize: int) -> None:
    """Receive in lock-step."""
    datagram = memoryview(bytearray(blksize + 5))
    number, octets = 1, blksize + 4
    with path.open("wb", buffering=1 << 18) as file:
        while octets == blksize + 4:
            octets = read(sock, datagram)
            if datagram[:4] != HEADER.pack(DATA, number & 0xFFFF):
                octets = blksize + 4
                continue
            sock.send(HEADER.pack(ACK, number & 0xFFFF))
            file.write(datagram[4:octets])
            number += 1


def send_windows(sock: socket.socket, octets: memoryview, blksize: int, windowsize: int) -> None:
    """Send a window of DATA in few calls, then wait for its ACK. Send what was lost again."""
    control = ((SOL_UDP, UDP_SEGMENT, struct.pack("H", blksize + 4)),)
    answer, last, acked = bytearray(516), len(octets) // blksize + 1, 0
    at_once = min(64, JOINED // (blksize + 4))
    while acked < last:
        end = min(acked + windowsize, last)
        for first in range(acked + 1, end + 1, at_once):
            pieces: list[bytes | memoryview] = []
            for number in range(first, min(first + at_once, end + 1)):
                at = (number - 1) * blksize
                pieces += (HEADER.pack(DATA, number & 0xFFFF), octets[at : at + blksize])
            sock.sendmsg(pieces, control)
        with contextlib.suppress(BlockingIOError):
            read(sock, answer)
            step = (HEADER.unpack_from(answer)[1] - acked) & 0xFFFF
            acked += step if step <= windowsize else 0


def receive_windows(
    sock: socket.socket, path: Path, blksize: int, windowsize: int, *, sync: bool
) -> None:
    """Receive DATA as the kernel joined it. Send an ACK for each window and for each gap."""
    sock.setsockopt(SOL_UDP, UDP_GRO, 1)
    memory, full = memoryview(bytearray(1 << 16)), blksize + 4
    received = acked = 0
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    while True:
        octets = read(sock, memory)
        if HEADER.unpack_from(memory)[1] != (received + 1) & 0xFFFF:
            sock.send(HEADER.pack(ACK, received & 0xFFFF))
            acked = received
            continue
        pieces = [memory[at + 4 : min(at + full, octets)] for at in range(0, octets, full)]
        received += len(pieces)
        ended = octets % full != 0
        if received - acked >= windowsize or (ended and not sync):
            sock.send(HEADER.pack(ACK, received & 0xFFFF))
            acked = received
        os.writev(file, pieces)
        if ended:
            break
    if sync:
        os.fsync(file)
        sock.send(HEADER.pack(ACK, received & 0xFFFF))
    os.close(file)


def send(sock: socket.socket, path: Path, blksize: int, windowsize: int) -> None:
    with content(path) as octets:
        if windowsize == 1:
            send_blocks(sock, octets, blksize)
        else:
            send_windows(sock, octets, blksize, windowsize)


def receive(sock: socket.socket, path: Path, blksize: int, windowsize: int, *, sync: bool) -> None:
    if windowsize == 1:
        receive_blocks(sock, path, blksize)
    else:
        receive_windows(sock, path, blksize, windowsize, sync=sync)


# -- Beginning -----------------------------------------------------------------------------------


def client(
    verb: str, server: Peer, remote: str, local: Path, blksize: int, windowsize: int, *, sync: bool
) -> None:
    with new_socket() as sock:
        asked = {"blksize": blksize} | ({"windowsize": windowsize} if windowsize > 1 else {})
        words = [remote, "octet", *(str(word) for pair in asked.items() for word in pair)]
        request = struct.pack("!H", RRQ if verb == "get" else WRQ) + encoded(words)
        sock.sendto(request, server)
        answer, peer = sock.recvfrom(1 << 16)
        if struct.unpack_from("!H", answer)[0] != OACK:
            sys.exit(f"the server did not agree to {asked}: {answer[:60]!r}")
        sock.connect(peer)
        if verb == "get":
            sock.send(HEADER.pack(ACK, 0))
            receive(sock, local, blksize, windowsize, sync=sync)
        else:
            send(sock, local, blksize, windowsize)


def serve(host: str, port: int, root: Path, *, sync: bool) -> None:
    with new_socket(host, port, wait=0) as listening:
        while True:
            request, peer = listening.recvfrom(1 << 16)
            with new_socket(host) as sock, contextlib.suppress(OSError):
                sock.connect(peer)
                answer(sock, request, root, sync=sync)


def answer(sock: socket.socket, request: bytes, root: Path, *, sync: bool) -> None:
    words = [word.decode() for word in request[2:].split(b"\0")[:-1]]
    options = dict(zip(words[2::2], words[3::2], strict=False))
    blksize, windowsize = int(options.get("blksize", 512)), int(options.get("windowsize", 1))
    reading = struct.unpack_from("!H", request)[0] == RRQ
    if options:
        known = [word for name in options for word in (name, options[name])]
        sock.send(struct.pack("!H", OACK) + encoded(known))
        if reading:
            sock.recv(516)
    if reading:
        send(sock, root / words[0], blksize, windowsize)
    else:
        receive(sock, root / words[0], blksize, windowsize, sync=sync)


def encoded(words: list[str]) -> bytes:
    return b"".join(word.encode() + b"\0" for word in words)


def main(role: str, host: str, port: str, *rest: str) -> None:
    words = [word for word in rest if word != SYNC]
    sync = len(words) < len(rest)
    if role == "server":
        serve(host, int(port), Path(words[0]), sync=sync)
    else:
        remote, local, *sizes = words
        blksize, windowsize = map(int, sizes)
        client(role, (host, int(port)), remote, Path(local), blksize, windowsize, sync=sync)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""One lock-step reader while another process floods the server with requests for missing names.

    flood.py HOST PORT REMOTE LOCAL RATE BLKSIZE

The flood comes from another address of the loopback (127.0.0.2), RATE requests a second, each from
one of many ports. The reader compares REMOTE with LOCAL, as in crowd.py. Exits 1 if they differ.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from time import monotonic, sleep

import crowd

FLOODER = "127.0.0.2"
PORTS = 64  # TIDs of the flood
SLICE = 0.001  # seconds; how often the flood sends


def flood(server: tuple[str, int], rate: int) -> None:
    """Send `rate` requests a second, until this process is killed. Answers are not read."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(PORTS)]
    for sock in sockets:
        sock.bind((FLOODER, 0))
        sock.setblocking(False)
    sent, began = 0, monotonic()
    while True:
        for _ in range(int((monotonic() - began) * rate) - sent):
            try:
                name = b"missing%d" % sent
                sockets[sent % PORTS].sendto(b"\0\1" + name + b"\0octet\0", server)
            except OSError:  # the kernel has no room
                pass
            sent += 1
        sleep(SLICE)


def main(host: str, port: str, remote: str, local: str, rate: str, blksize: str) -> None:
    child = os.fork()
    if not child:
        if int(rate):
            flood((host, int(port)), int(rate))
        os._exit(0)
    try:
        crowd.main("get", host, port, remote, local, "1", blksize)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])

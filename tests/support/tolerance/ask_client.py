"""Serve one client by hand, send it an odd packet, and return its reaction in one word."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from struct import unpack_from
from typing import TypeAlias

import tftp_fsm
from tests.support.peers import Client
from tests.support.peers.clients import BLKSIZE
from tests.support.tolerance.odd import NAME, TO_WRITERS, WORDS, Odd, Where

REQUESTED = 20.0  # seconds for a program to start and to ask
SLICE = 0.05  # seconds of one wait for the answer
SILENT, ENDLESS = 60, 600  # waits until the verdict "silent", and until "ignores the ERROR"
GOES_ON = {Where.OACK: (4, 0), Where.DATA: (4, 1), Where.WRITING: (3, 1)}  # opcode, block
ENOUGH = b"\0\5\0\0that was the question\0"
YES, SILENCE = "yes", "no answer"
IMPOSSIBLE = "-"  # the client offers no option, so no OACK may be sent

Done: TypeAlias = "subprocess.CompletedProcess[str]"
Run: TypeAlias = Callable[
    [str, int, Path], str
]  # of verb, port and local file; what was said at the end


def ask_client(odd: Odd, run: Run, folder: Path) -> str:
    """Return `yes` if it goes on (after an ERROR: ends), as after a usual packet."""
    verb = "put" if odd in TO_WRITERS else "get"
    local = folder / NAME
    local.write_bytes(bytes(1500))
    said: list[str] = []
    with _bound() as sock:
        port = sock.getsockname()[1]
        thread = threading.Thread(target=lambda: said.append(run(verb, port, local)))
        thread.start()
        try:
            verdict = _served(odd, sock, thread)
        finally:
            thread.join()
    if verdict == YES and odd.where is Where.ENDING and WORDS.decode() in said[0]:
        return "yes, with its words"
    return verdict


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(REQUESTED)
    return sock


def _served(odd: Odd, sock: socket.socket, client: threading.Thread) -> str:
    request, peer = sock.recvfrom(65535)
    if odd.where is Where.OACK and b"blksize\x001024" not in request.lower():
        sock.sendto(ENOUGH, peer)
        return IMPOSSIBLE
    with _bound() as tid:
        tid.settimeout(SLICE)
        tid.sendto(odd.octets, peer)
        if odd.then:
            tid.sendto(odd.then, peer)
        verdict = _answered(odd, tid, client, sock)
        tid.sendto(ENOUGH, peer)
    return verdict


def _answered(
    odd: Odd, tid: socket.socket, client: threading.Thread, well_known: socket.socket
) -> str:
    """Return the client's next packet to that TID, a new request, or its end."""
    well_known.setblocking(False)
    for _ in range(ENDLESS if odd.where is Where.ENDING else SILENT):
        alive = client.is_alive()
        if not odd.then and _asks_again(well_known):  # curl does both, in either order
            return "asks again"
        try:
            kind, number = unpack_from("!HH", tid.recv(65535))
        except TimeoutError:
            if not alive:
                return YES if odd.where is Where.ENDING else SILENCE
            continue
        if kind == 5:
            return f"ERROR {number}"
        if odd.where is not Where.ENDING:  # tftp-hpa acknowledges an ERROR, and then ends
            return YES if (kind, number) == GOES_ON[odd.where] else f"opcode {kind}"
    return SILENCE


def _asks_again(well_known: socket.socket) -> bool:
    try:
        return bool(well_known.recv(65535))
    except BlockingIOError:
        return False


def program(client: Client) -> Run:
    """A real client's program."""
    blksize = 1024 if client.options & BLKSIZE else None

    def run(verb: str, port: int, local: Path) -> str:
        method: Callable[..., Done] = client.get if verb == "get" else client.put
        names = (NAME, local) if verb == "get" else (local, NAME)
        try:
            done = method("127.0.0.1", port, *names, blksize=blksize)
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout + done.stderr

    return run


def ours(verb: str, port: int, local: Path) -> str:
    """Our own client, as the library has it."""
    try:
        if verb == "get":
            tftp_fsm.get("127.0.0.1", NAME, port=port, blksize=1024, windowsize=1)
        else:
            tftp_fsm.put("127.0.0.1", local, NAME, port=port, blksize=1024, windowsize=1)
    except tftp_fsm.TftpError as error:
        return str(error)
    return ""


CLIENTS = ("curl", "tftp-hpa", "atftp", "busybox")

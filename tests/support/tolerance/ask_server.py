"""Send one odd packet to a server, and return its reaction in one word."""

from __future__ import annotations

import contextlib
import socket
from struct import unpack_from

from tests.support.tolerance.odd import ACK_1, NAME, PLAIN, WITH_BLKSIZE, Odd, Where

ANSWER = 0.5  # seconds for an answer; a busy server may be slow
ATTEMPTS = 4  # datagrams; after the last one the server counts as silent
QUIET = b"\0\5\0\0that was the question\0"
CONTENT = bytes(1500)  # two blocks of 512 octets and a short one; also more than one of 1024
YES, SILENCE = "yes", "no answer"


def ask_server(odd: Odd, host: str, port: int) -> str:
    """Return `yes` if it goes on (after an ERROR: ends), as after a usual packet."""
    with _Talk(host, port) as talk:
        match odd.where:
            case Where.REQUEST:
                return talk.request(odd.octets)
            case Where.DATA:
                talk.opened(PLAIN, opcode=3)
                return talk.moves_on(odd, opcode=3, number=2)
            case Where.OACK:
                talk.opened(WITH_BLKSIZE, opcode=6)
                return talk.moves_on(odd, opcode=3, number=1)
            case Where.ENDING:
                talk.opened(PLAIN, opcode=3)
                return talk.ends(odd.octets)
            case Where.WRITING:
                talk.opened(b"\0\2" + b"put-" + NAME.encode() + b"\0octet\0", opcode=4)
                return talk.moves_on(odd, opcode=4, number=1)


class _Talk(contextlib.AbstractContextManager["_Talk"]):
    """One TID of a client. It connects to the server's TID, so that ICMP reports reach it."""

    def __init__(self, host: str, port: int) -> None:
        self.server = host, port
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.sock.settimeout(ANSWER)
        self.connected = False

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            if self.connected:
                self.sock.send(QUIET)
        self.sock.close()

    def say(self, octets: bytes) -> None:
        if self.connected:
            self.sock.send(octets)
        else:
            self.sock.sendto(octets, self.server)

    def hear(self) -> bytes:
        octets, peer = self.sock.recvfrom(65535)
        if not self.connected:
            self.sock.connect(peer)
            self.connected = True
        return octets

    def opened(self, request: bytes, opcode: int) -> None:
        """Start a working session with a correct request."""
        for _ in range(ATTEMPTS):
            self.say(request)
            with contextlib.suppress(TimeoutError):
                answer = self.hear()
                assert unpack_from("!H", answer) == (opcode,), f"{request!r} led to {answer!r}"
                return
        raise AssertionError(f"no answer to {request!r}")

    def request(self, octets: bytes) -> str:
        for _ in range(ATTEMPTS):
            self.say(octets)
            with contextlib.suppress(TimeoutError):
                return _verdict(self.hear())
        return SILENCE

    def moves_on(self, odd: Odd, *, opcode: int, number: int) -> str:
        """Return whether the next packet of that kind and number comes, not an old one."""
        for _ in range(ATTEMPTS):
            try:
                self.say(odd.octets)
                if odd.then:
                    self.say(odd.then)
                answer = self.hear()
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                return "ends without a word"
            kind, value = unpack_from("!HH", answer)
            if kind == 5:
                return f"ERROR {value}"
            if (kind, value) == (opcode, number):
                return YES
        return SILENCE

    def ends(self, octets: bytes) -> str:
        """Return whether an ERROR ends the session. In that case no DATA 2 comes after ACK 1."""
        self.say(octets)
        for _ in range(ATTEMPTS):
            try:
                self.say(ACK_1)
                answer = self.hear()
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                return YES
            kind, value = unpack_from("!HH", answer)
            if (kind, value) == (3, 2):
                return "goes on"
            if kind == 5:
                return YES if value == 5 else f"ERROR {value}"
        return YES


def _verdict(answer: bytes) -> str:
    """Return the server's answer to an odd request."""
    kind, number = unpack_from("!HH", answer)
    match kind:
        case 3 if number == 1:
            return YES
        case 5:
            return f"ERROR {number}"
        case 6:
            fields = [field.decode(errors="replace") for field in answer[2:].split(b"\0")[:-1]]
            return f"yes, OACK {' '.join(fields)}"
        case _:
            return f"opcode {kind}"

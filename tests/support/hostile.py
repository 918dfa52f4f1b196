"""Run the real client library against a server that follows a script, also a wrong one.

Both are on a simulated network, so nothing waits.

    server = Hostile(serving(b"content"))
    result = server.get()                      # the client library's own `get`
    assert server.heard == [Rrq(...), Ack(1)]

A script is a function. It gets each packet that the server hears, and returns the answers: packets,
raw octets, or `Said` for an answer from another TID or at a later time. `serving`, `windowed` and
`taking` are correct scripts; `spoilt` changes one answer of such a script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import tftp_fsm
from tests.support.timers import call_at
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.simulation.network import SimulatedNetwork, SimulatedTransport
from tftp_fsm.storage import Readable
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Oack, Packet, Pairs, Rrq, Wrq, build, parse

LISTENER: Address = ("server", 69)
SERVER: Address = ("server", 2048)
OTHER_PORT: Address = ("server", 666)
OTHER_HOST: Address = ("stranger", 2048)
CLIENT: Address = ("client", 1024)


@dataclass(frozen=True, slots=True)
class Said:
    """The server sends `what` from `tid`, after this number of seconds."""

    what: Packet | bytes | tuple[Packet, ...]  # a tuple arrives as one burst
    tid: Address = SERVER
    after: float = 0.0


Saying: TypeAlias = Packet | bytes | Said
Script: TypeAlias = Callable[[Packet], Iterable[Saying]]


class Hostile:
    """The scripted server, its network, and the client that meets it."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.network = SimulatedNetwork(burst=True, steps=400_000)
        self.heard_by: dict[Address, list[Packet]] = {}
        self.heard_at: list[float] = []
        self.ended_at: float | None = None  # when `get` or `put` returned
        self._tids = {tid: self._open(tid) for tid in (LISTENER, SERVER, OTHER_PORT, OTHER_HOST)}
        self.client = self.network.transport(CLIENT)

    @property
    def heard(self) -> list[Packet]:
        """Return the packets that came to the server's well-known port and to its TID, in order."""
        return self.heard_by.get(SERVER, [])

    @property
    def strangers_heard(self) -> list[Packet]:
        """Return the packets that came to the two TIDs that are not the server's."""
        return self.heard_by.get(OTHER_PORT, []) + self.heard_by.get(OTHER_HOST, [])

    def get(self, **keywords: object) -> tftp_fsm.Transfer:
        """Run `tftp_fsm.get` for the name `file`; the content is in the result's `data`."""
        return self.get_named("file", **keywords)

    def get_named(self, remote: str, **keywords: object) -> tftp_fsm.Transfer:
        """Run `tftp_fsm.get` for the name `remote`, into memory or into `local`."""
        local: Any = keywords.pop("local", None)
        with self.until_quiet():
            return tftp_fsm.get("server", remote, local, **self._keywords(keywords))

    def put(self, content: Readable, **keywords: object) -> tftp_fsm.Transfer:
        """Run `tftp_fsm.put` with this content."""
        with self.until_quiet():
            return tftp_fsm.put("server", content, "file", **self._keywords(keywords))

    @contextmanager
    def until_quiet(self) -> Iterator[None]:
        """Let the client's last packet arrive. It is still on its way when the client ends."""
        self.ended_at = None
        try:
            yield
        finally:
            self.ended_at = self.network.now()
            while self.network.next_due() is not None:
                self.network.step()

    def _keywords(self, keywords: dict[str, object]) -> Keywords:
        plain: dict[str, object] = {"options": False, "transport": self.client}
        return {**plain, **keywords}  # type: ignore[typeddict-item]

    def _open(self, tid: Address) -> SimulatedTransport:
        return self.network.transport(tid, heard=lambda arrived: self._hear(tid, arrived))

    def _hear(self, tid: Address, arrived: Burst | Unreachable) -> None:
        if isinstance(arrived, Unreachable):
            return
        for datagram in arrived.datagrams():
            packet = parse(datagram)
            at = SERVER if tid == LISTENER else tid
            self.heard_by.setdefault(at, []).append(packet)
            if at == SERVER:
                self.heard_at.append(self.network.now())
                for saying in self._script(packet):
                    self._say(saying)

    def _say(self, saying: Saying) -> None:
        said = saying if isinstance(saying, Said) else Said(saying)
        burst = _burst(said.what)
        when = self.network.now() + said.after
        call_at(self.network, when, lambda: self._tids[said.tid].send(burst))


def _burst(what: Packet | bytes | tuple[Packet, ...]) -> Burst:
    match what:
        case bytes():
            return Burst.of(what, CLIENT)
        case tuple():
            datagrams = [build(packet) for packet in what]
            return Burst(datagrams, len(datagrams[0]), CLIENT)
        case _:
            return Burst.of(build(what), CLIENT)


def block(content: bytes, number: int, blksize: int = 512) -> Data:
    """Return DATA `number` of this content. The number is not cut to 16 bits here."""
    return Data(number & 0xFFFF, content[(number - 1) * blksize : number * blksize])


def serving(content: bytes, blksize: int = 512, oack: Pairs = ()) -> Script:
    """Return a correct server that sends one file in lock-step. Its first answer may be `oack`."""
    last = len(content) // blksize + 1
    next_number = 0

    def script(packet: Packet) -> Iterable[Saying]:
        nonlocal next_number
        match packet:
            case Rrq() if oack:
                return [Oack(oack)]
            case Rrq():
                next_number = 1
                return [block(content, 1, blksize)]
            case Ack(number) if number == next_number & 0xFFFF and next_number < last:
                next_number += 1
                return [block(content, next_number, blksize)]
        return []

    return script


def windowed(content: bytes, blksize: int, windowsize: int) -> Script:
    """Return a correct server that sends one file in windows. Each window arrives as one burst."""
    last = len(content) // blksize + 1
    oack = (("blksize", str(blksize)), ("windowsize", str(windowsize)))
    acked = 0

    def script(packet: Packet) -> Iterable[Saying]:
        nonlocal acked
        match packet:
            case Rrq():
                return [Oack(oack)]
            case Ack(number):
                acked += (number - acked) & 0xFFFF
                window = range(acked + 1, min(acked + windowsize, last) + 1)
                return [Said(tuple(block(content, n, blksize) for n in window))] if window else []
        return []

    return script


def taking(store: bytearray, oack: Pairs = ()) -> Script:
    """Return a correct server that receives one file in lock-step and appends it to `store`."""
    expected = 1

    def script(packet: Packet) -> Iterable[Saying]:
        nonlocal expected
        match packet:
            case Wrq():
                return [Oack(oack)] if oack else [Ack(0)]
            case Data(number, payload) if number == expected:
                store.extend(payload)
                expected += 1
                return [Ack(number)]
        return []

    return script


def spoilt(honest: Script, on: Packet, says: Callable[[list[Saying]], Iterable[Saying]]) -> Script:
    """Return the script `honest`, but `says` changes the first answer to the packet `on`."""
    spoils = True

    def script(packet: Packet) -> Iterable[Saying]:
        nonlocal spoils
        answer = list(honest(packet))
        if packet == on and spoils:
            spoils = False
            return says(answer)
        return answer

    return script

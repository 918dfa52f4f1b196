"""A server and clients in one process: files go both ways, once over a bad network.

    with Stage() as stage:
        for act in stage.acts():
            print(act.title, act.transfer.octets, act.intact)
        print(text_ladder(stage.ladder))

Every act is a real transfer over UDP on the loopback. Both ends of the last are watched, step by
step, for the ladder.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Literal, Self

from tftp_fsm.client.api import get, put
from tftp_fsm.client.result import Transfer
from tftp_fsm.frozen import frozen
from tftp_fsm.ladder import Ladder, build
from tftp_fsm.protocol.events import Step
from tftp_fsm.server import Server
from tftp_fsm.trace.trace import Recorded, Trace, WireEvent
from tftp_fsm.transports.faults import Faults, Impairment
from tftp_fsm.wire.address import Address

LARGE = 4 * 1024 * 1024  # octets
SMALL = 6 * 512 - 100  # octets: six blocks, a ladder that fits on a page
SEED = 14
LOSS = 0.15
WAIT = 0.25  # seconds; the server's patience, so that nobody waits a whole one for the demo
SETTLED = 5.0  # seconds; the server learns a moment after the client that all is well

End = Literal["client", "server"]


@frozen
class Act:
    """One transfer. `sha256` of what was sent; `intact`: what arrived has the same."""

    title: str
    transfer: Transfer
    sha256: str
    intact: bool


class Stage:
    """A server on a free port of the loopback, and one that is watched, over one directory."""

    def __init__(self) -> None:
        self._steps: list[Recorded] = []
        self._mishaps: list[WireEvent] = []
        self._stack = ExitStack()
        self._played = 0

    def __enter__(self) -> Self:
        self.root = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.server = self._stack.enter_context(Server(self.root, writable=True))
        self.watched = self._stack.enter_context(
            Server(self.root, timeout=WAIT, observer=self._watch_server)
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def acts(self) -> Iterator[Act]:
        """One after the other; each is over when it is given. Raises TftpError."""
        yield self._get("get, one block at a time (RFC 1350)", LARGE // 4, options=False)
        yield self._get("get, blksize and windowsize negotiated", LARGE)
        yield self._put("put, the same way", LARGE)
        yield self._get_with_loss(f"get, while the network loses {LOSS:.0%}")

    @property
    def lost(self) -> int:
        """Datagrams that the bad network swallowed."""
        return len(self._mishaps)

    @property
    def ladder(self) -> Ladder:
        """Of the act with the loss."""
        steps = sorted(self._steps, key=lambda one: one.step.now)
        start = steps[0].step.now
        entries: list[Recorded | WireEvent] = [*steps]
        entries += [_as_sent(wire, steps) for wire in self._mishaps]
        entries.sort(key=_moment)
        return build(Trace({}, tuple(_since(entry, start) for entry in entries), {}))

    def _get(self, title: str, size: int, *, options: bool = True) -> Act:
        content, name = self._content(size), f"file{self._played}"
        (self.root / name).write_bytes(content)
        transfer = get(self.server.host, name, port=self.server.port, options=options)
        return _compared(title, transfer, content, transfer.data)

    def _put(self, title: str, size: int) -> Act:
        content, name = self._content(size), f"file{self._played}"
        transfer = put(self.server.host, content, name, port=self.server.port)
        return _compared(title, transfer, content, (self.root / name).read_bytes())

    def _get_with_loss(self, title: str) -> Act:
        content, name = self._content(SMALL), f"file{self._played}"
        (self.root / name).write_bytes(content)
        transfer = get(
            self.watched.host,
            name,
            port=self.watched.port,
            options=False,
            timeout=WAIT,
            faults=Faults(loss=LOSS, seed=SEED),
            observer=lambda step: self._watch("client", step),
            on_mishap=self._watch_wire,
        )
        self.watched.wait(seconds=SETTLED)
        return _compared(title, transfer, content, transfer.data)

    def _content(self, size: int) -> bytes:
        self._played += 1
        return Random(self._played).randbytes(size)

    def _watch_server(self, peer: Address, step: Step) -> None:
        self._watch("server", step)

    def _watch(self, end: End, step: Step) -> None:
        self._steps.append(Recorded(end, step))

    def _watch_wire(self, befell: Impairment) -> None:
        ends = ("client", "server") if befell.direction == "sent" else ("server", "client")
        octets, fate = befell.datagram, befell.fate
        head = octets[:4] if octets[:2] == b"\0\3" else octets
        self._mishaps.append(
            WireEvent(befell.now, *ends, head, len(octets), fate.mishaps, fate.delays, fate.flipped)
        )


def _compared(title: str, transfer: Transfer, sent: bytes, arrived: bytes | None) -> Act:
    digests = [hashlib.sha256(octets).hexdigest() for octets in (sent, arrived or b"")]
    return Act(title, transfer, digests[0], digests[0] == digests[1])


def _as_sent(wire: WireEvent, steps: list[Recorded]) -> WireEvent:
    """The wire's clock is read a little after the step that sent: a ladder wants the step's."""
    sent = (one.step.now for one in reversed(steps) if one.end == wire.sender and one.step.effects)
    return replace(wire, now=next((now for now in sent if now <= wire.now), wire.now))


def _moment(entry: Recorded | WireEvent) -> float:
    return entry.now if isinstance(entry, WireEvent) else entry.step.now


def _since(entry: Recorded | WireEvent, start: float) -> Recorded | WireEvent:
    """Time counted from the first step."""
    if isinstance(entry, WireEvent):
        return replace(entry, now=entry.now - start)
    return replace(entry, step=replace(entry.step, now=entry.step.now - start))

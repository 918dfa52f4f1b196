"""The transfers of the demo: two downloads, an upload, and a download over a network with losses.

    with Demo() as demo:
        for transfer in demo.transfers():
            print(transfer.title, transfer.octets, transfer.intact)
        print(text_ladder(demo.ladder))

All except the last are real, over UDP on the loopback. The last one is simulated in virtual time,
so its ladder is always the same, even on a busy machine.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Self

from tftp_fsm.client.api import get, put
from tftp_fsm.frozen import frozen
from tftp_fsm.ladder.build import build
from tftp_fsm.ladder.model import Ladder
from tftp_fsm.language import sentence
from tftp_fsm.server.embedded import Server
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import record
from tftp_fsm.trace.records import WireEvent
from tftp_fsm.trace.trace import Trace
from tftp_fsm.transports.faults import Faults

LARGE = 4 * 1024 * 1024  # octets
SMALL = 6 * 512 - 100  # octets; six blocks make a ladder that fits on a page
SEED = 3  # with this seed an ACK is lost, and then the retransmitted DATA is lost, too
LOSS = 0.15


@frozen
class DemoTransfer:
    """One transfer. `sha256` is the digest of the file.

    `intact` is true if the copy has the same digest.
    """

    title: str
    octets: int
    seconds: float
    sha256: str
    intact: bool


class Demo:
    """A server on a free port of the loopback, with a temporary directory."""

    def __init__(self) -> None:
        self._trace = Trace({}, (), {})
        self._stack = ExitStack()
        self._played = 0

    def __enter__(self) -> Self:
        self.root = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.server = self._stack.enter_context(Server(self.root, writable=True))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def transfers(self) -> Iterator[DemoTransfer]:
        """Make the transfers, and yield each one when it is over. Raises TftpError."""
        yield self._get(sentence("get, one block at a time (RFC 1350)"), LARGE // 4, options=False)
        yield self._get(sentence("get, blksize and windowsize negotiated"), LARGE)
        yield self._put(sentence("put, blksize and windowsize negotiated"), LARGE)
        yield self._get_with_loss(
            sentence("get, simulated network with {loss:.0%} loss", loss=LOSS)
        )

    @property
    def lost(self) -> int:
        """The number of datagrams that the simulated network has lost."""
        return sum(isinstance(entry, WireEvent) for entry in self._trace.entries)

    @property
    def ladder(self) -> Ladder:
        """The ladder of the simulated transfer."""
        return build(self._trace)

    def _get(self, title: str, size: int, *, options: bool = True) -> DemoTransfer:
        content, name = self._content(size), f"file{self._played}"
        (self.root / name).write_bytes(content)
        transfer = get(self.server.host, name, port=self.server.port, options=options)
        return _compared(title, transfer.seconds, content, transfer.data)

    def _put(self, title: str, size: int) -> DemoTransfer:
        content, name = self._content(size), f"file{self._played}"
        transfer = put(self.server.host, content, name, port=self.server.port)
        return _compared(title, transfer.seconds, content, (self.root / name).read_bytes())

    def _get_with_loss(self, title: str) -> DemoTransfer:
        content = self._content(SMALL)
        result, self._trace = record(Setup("get", content, Faults(loss=LOSS, seed=SEED)))
        return _compared(title, result.seconds, content, result.received)

    def _content(self, size: int) -> bytes:
        self._played += 1
        return Random(self._played).randbytes(size)


def _compared(title: str, seconds: float, sent: bytes, arrived: bytes | None) -> DemoTransfer:
    digests = [hashlib.sha256(octets).hexdigest() for octets in (sent, arrived or b"")]
    return DemoTransfer(title, len(sent), seconds, digests[0], digests[0] == digests[1])

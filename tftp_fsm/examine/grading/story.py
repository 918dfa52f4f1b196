"""The story of one transfer with a client: each datagram in order, and the end.

A client may send anything for any time, so only the first and the last datagrams are kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain
from math import inf
from typing import Literal, TypeAlias

from tftp_fsm.errors import MalformedPacket
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Finished
from tftp_fsm.wire.headers import Opcode, number_of, opcode_of
from tftp_fsm.wire.options import Options, read_options
from tftp_fsm.wire.packets import Error, Request, Rrq, parse

KEPT = 1000  # datagrams from the beginning, and the same number from the end
LATELY = 3.0  # seconds; a client that has sent something in this time is still sending

Way: TypeAlias = Literal["heard", "sent"]
Port: TypeAlias = Literal["tid", "listening", "stranger"]
"""Our port: that of the session, that for requests, or a third one."""


@frozen
class Seen:
    """One datagram: its time (seconds), its direction, our port, and its content.

    `number` is the block of DATA and ACK or the code of ERROR. `octets` are those of a whole
    datagram. `lost` is true if the script has dropped it.
    """

    at: float
    way: Way
    port: Port
    kind: Opcode | None
    number: int | None
    octets: int
    text: str = ""
    lost: bool = False

    @property
    def words(self) -> str:
        """Words: `DATA 3`, `ERROR 5 "unknown transfer ID"`, `RRQ`, or `no packet of TFTP`."""
        if self.kind is None:
            return sentence("not a TFTP packet")
        number = "" if self.number is None else f" {self.number}"
        text = f' "{self.text}"' if self.text else ""
        return f"{self.kind.name}{number}{text}"


def seen(at: float, way: Way, port: Port, datagram: bytes, *, lost: bool = False) -> Seen:
    """Make the record of a datagram."""
    kind = opcode_of(datagram)
    text = _text_of(datagram) if kind is Opcode.ERROR else ""
    return Seen(at, way, port, kind, number_of(datagram), len(datagram), text, lost)


def _text_of(datagram: bytes) -> str:
    try:
        packet = parse(datagram)
    except MalformedPacket:
        return ""
    return packet.message[:80] if isinstance(packet, Error) else ""


class Story:
    """One transfer. `peer_left` is the time of a report that the client's port is closed.

    `asked_again` are later requests of the same client for the same trial, from another TID.
    `was_cut` is true if it was stopped without an end: nothing had come for `silence` seconds. The
    trial waits for a silence of `watched` seconds. `highest` is the client's highest block number.
    `fault` is the mistake in the received file, or empty. `failed` is a failure of this program,
    and `no_stranger` is the reason why a stranger got no port.
    """

    def __init__(self, request: Request, began: float) -> None:
        self.request = request
        self.began = began
        self.ended: Finished | None = None
        self.ended_at: float | None = None
        self.fault = ""
        self.failed: Exception | None = None
        self.no_stranger = ""
        self.was_cut = False
        self.watched = 0.0
        self.silence = inf
        self.highest = 0
        self.agreed = Options()
        self.peer_left: float | None = None
        self.stranger_was_refused = False
        self.asked_again: list[Request] = []
        self._first: list[Seen] = []
        self._last: deque[Seen] = deque(maxlen=KEPT)

    def add(self, one: Seen) -> None:
        """Note a datagram."""
        if one.way == "heard" and one.kind in (Opcode.DATA, Opcode.ACK):
            self.highest = max(self.highest, one.number or 0)
        if len(self._first) < KEPT:
            self._first.append(one)
        else:
            self._last.append(one)

    def __iter__(self) -> Iterator[Seen]:
        return chain(self._first, self._last)

    @property
    def was_silent(self) -> bool:
        """Whether it was over because nothing came for the waiting time of the trial."""
        return self.was_cut and self.silence >= self.watched - 1.0

    @property
    def was_sending(self) -> bool:
        """Whether it was over although the client was still sending."""
        return self.was_cut and not self.was_silent and self.silence < LATELY

    @property
    def is_read(self) -> bool:
        """Whether the client sent RRQ."""
        return isinstance(self.request, Rrq)

    @property
    def verb(self) -> str:
        """RRQ or WRQ."""
        return "RRQ" if self.is_read else "WRQ"

    @property
    def offered(self) -> Options:
        """The known options that the client offered."""
        return read_options(self.request.options)

    def heard(
        self,
        kind: Opcode | None = None,
        number: int | None = None,
        port: Port | None = "tid",
    ) -> list[Seen]:
        """Return the client's datagrams of this kind and number to this port."""
        return self._of("heard", kind, number, port)

    def sent(self, kind: Opcode | None = None, number: int | None = None) -> list[Seen]:
        """Return the datagrams from the session's port to the client, lost or not."""
        return self._of("sent", kind, number, "tid")

    def requests(self) -> list[Seen]:
        """The request and its repetitions from the same TID."""
        kinds = (Opcode.RRQ, Opcode.WRQ)
        return [one for one in self if one.way == "heard" and one.kind in kinds]

    def errors(self) -> list[Seen]:
        """The ERRORs that the client sent to the session's port."""
        return self.heard(Opcode.ERROR)

    def last_heard(self) -> Seen | None:
        """The last datagram of the client to any port, or None."""
        heard = [one for one in self if one.way == "heard"]
        return heard[-1] if heard else None

    def _of(
        self, way: Way, kind: Opcode | None, number: int | None, port: Port | None
    ) -> list[Seen]:
        return [
            one
            for one in self
            if one.way == way
            and kind in (None, one.kind)
            and number in (None, one.number)
            and port in (None, one.port)
        ]

"""Keep and count the datagrams that really go over the wire.

Each check examines the received datagrams. The limits apply to any server: if a server floods, or
repeats for ever, the check ends with `Flood`.
"""

from __future__ import annotations

from collections import deque

from tftp_fsm.errors import MalformedPacket
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.trace.describe import datagram_words
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.faults import Direction
from tftp_fsm.transports.protocol import Transport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER, Opcode, number_of, opcode_of, without_payload
from tftp_fsm.wire.options import IP_UDP_TFTP_HEADERS
from tftp_fsm.wire.packets import Data, Packet, parse

# Octets of IP and UDP headers, so that an empty datagram counts, too.
HEADERS, HEADERS_6 = (IP_UDP_TFTP_HEADERS[version] - HEADER.size for version in (4, 6))
KEPT = 4096  # datagrams of a session that are kept; of a longer session the last ones
HEAD = 2048  # octets that are kept of a datagram other than DATA


class Spent(Exception):
    """The limit of the whole examination is reached."""


class Flood(Spent):
    """The server sends more after one request than a file could need."""


class Meter:
    """Counts requests, datagrams and octets (with headers) of all sessions, in both directions."""

    def __init__(self, octets: int) -> None:
        self.most = octets
        self.octets = 0
        self.datagrams = 0
        self.requests = 0

    def count(self, size: int) -> None:
        """Count one more datagram of `size` octets, headers included. Raises Spent."""
        self.datagrams += 1
        self.octets += size
        if self.is_spent:
            raise Spent(self.limit)

    @property
    def is_spent(self) -> bool:
        """Return whether the limit of the whole examination is reached."""
        return self.octets > self.most

    @property
    def limit(self) -> str:
        """The limit of the whole examination in words."""
        return sentence(
            "the limit of {octets:,} octets for the whole examination is reached", octets=self.most
        )


@frozen
class Seen:
    """A datagram: its time (seconds on the transport's clock), direction and address.

    For DATA only the header is kept. `size` is the length of the whole datagram.
    """

    at: float
    direction: Direction
    head: bytes
    size: int
    peer: Address

    @property
    def opcode(self) -> Opcode | None:
        """The kind of packet, or None."""
        return opcode_of(self.head)

    @property
    def number(self) -> int | None:
        """The block of DATA and ACK, or the code of ERROR."""
        return number_of(self.head)

    @property
    def payload(self) -> int:
        """The octets of DATA."""
        return max(0, self.size - HEADER.size)

    @property
    def packet(self) -> Packet | None:
        """The packet, or None if it is malformed. The payload of DATA is zeros of its length."""
        try:
            if self.opcode is Opcode.DATA and self.number is not None:
                return Data(self.number, bytes(self.payload))
            return parse(self.head)
        except MalformedPacket:
            return None

    @property
    def words(self) -> str:
        """Words that are safe to print, such as `DATA 3 (512 octets)`."""
        return datagram_words(self.head, self.size)


class Tap:
    """A transport that keeps all datagrams. At most `most` octets may come, with headers."""

    def __init__(self, inner: Transport, meter: Meter, most: int) -> None:
        self._inner = inner
        self._meter = meter
        self._most = most
        self._octets = 0
        self.seen: deque[Seen] = deque(maxlen=KEPT)
        self.unreachable: list[Unreachable] = []

    def send(self, burst: Burst) -> None:
        """Send the burst, and keep it. Raises Spent."""
        for datagram in burst.datagrams():
            self._keep("sent", datagram, burst.peer)
        self._inner.send(burst)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """Receive a burst, and keep it. Raises Spent."""
        arrived = self._inner.receive(deadline)
        match arrived:
            case Burst():
                for datagram in arrived.datagrams():
                    self._keep("received", datagram, arrived.peer)
            case Unreachable() if len(self.unreachable) < KEPT:
                self.unreachable.append(arrived)
        return arrived

    @property
    def local_address(self) -> Address | None:
        """The address of the transport, if it tells one."""
        return getattr(self._inner, "local_address", None)

    def now(self) -> float:
        """The clock of the transport."""
        return self._inner.now()

    def close(self) -> None:
        """Close the transport."""
        self._inner.close()

    def _keep(self, direction: Direction, datagram: bytes, peer: Address) -> None:
        size = len(datagram)
        head = without_payload(datagram)[:HEAD]
        self.seen.append(Seen(self.now(), direction, head, size, peer))
        if opcode_of(datagram) in (Opcode.RRQ, Opcode.WRQ) and direction == "sent":
            self._meter.requests += 1
        whole = size + with_headers(peer)
        if direction == "received":
            self._octets += whole
        self._meter.count(whole)
        if self._octets > self._most:
            raise Flood(
                sentence(
                    "the server sent more than {octets:,} octets to one request", octets=self._most
                )
            )


def with_headers(peer: Address) -> int:
    """The octets of the headers of a datagram to or from `peer`."""
    return HEADERS if len(peer) == 2 else HEADERS_6

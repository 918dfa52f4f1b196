"""What goes into a session and what comes out: events, effects, and the step between them.

Events are past (`DataReceived`), effects are commands (`Send`), both are closed unions. Different
causes are different events, because they have different answers. No event or effect carries file
data: a session decides, its driver moves the octets.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Packet, Pairs


@frozen
class Opened:
    """The client's user wants the transfer to begin."""


@frozen
class RequestReceived:
    """RRQ or WRQ: the server's first event, later a repetition; to a client, nonsense."""

    source: Address | None = None


@frozen
class DataReceived:
    """DATA, or an unbroken run of them that arrived together.

    `block` is the first number on the wire; each of the `count` blocks has `octets` octets, the
    last of them `last` (None: the same).
    """

    block: int
    octets: int
    count: int = 1
    last: int | None = None
    source: Address | None = None

    @property
    def final_octets(self) -> int:
        """The size of the run's last block."""
        return self.octets if self.last is None else self.last

    @property
    def total(self) -> int:
        """All octets of the run."""
        return self.octets * (self.count - 1) + self.final_octets


@frozen
class AckReceived:
    """ACK, or a run of `count` of them, each of the next whole window."""

    block: int
    count: int = 1
    source: Address | None = None


@frozen
class OackReceived:
    """OACK with the options as they stood in it."""

    options: Pairs
    source: Address | None = None


@frozen
class ErrorReceived:
    """The peer said ERROR."""

    code: int
    message: str
    source: Address | None = None


@frozen
class MalformedReceived:
    """The peer sent what is no packet; `where` is the field that broke."""

    where: str
    source: Address | None = None


@frozen
class StrayReceived:
    """Something came from another TID than the peer's; `is_error`: it was an ERROR packet."""

    source: Address | None = None
    is_error: bool = False


@frozen
class UnreachableReceived:
    """The network reports that nobody listens at the peer's TID (ICMP port unreachable)."""


@frozen
class TimeoutExpired:
    """The deadline has come. Early or late calls do nothing."""


@frozen
class EndFound:
    """A file whose size had to be counted has `size` octets on the wire.

    It comes before the session asks for a block beyond the end.
    """

    size: int


@frozen
class StorageFailed:
    """Our side cannot go on: disk, name, rights. `code` is what the peer is told."""

    code: int
    message: str


@frozen
class Aborted:
    """The user gave up."""

    message: str = "transfer aborted"


Event: TypeAlias = (
    Opened
    | RequestReceived
    | DataReceived
    | AckReceived
    | OackReceived
    | ErrorReceived
    | MalformedReceived
    | StrayReceived
    | UnreachableReceived
    | TimeoutExpired
    | EndFound
    | StorageFailed
    | Aborted
)


def trigger_of(event: Event) -> str:
    """The event's name as the tables spell it: `DataReceived` fires `data_received`."""
    return _TRIGGERS[type(event)]


def _spell(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


_TRIGGERS: dict[type[Event], str] = {kind: _spell(kind.__name__) for kind in Event.__args__}


class Outcome(Enum):
    """How a transfer ended. Only `SUCCEEDED` means that the receiver has the file, whole."""

    SUCCEEDED = "succeeded"
    PROBED = "probed"
    PEER_ERROR = "peer-error"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
    STORAGE_FAILED = "storage-failed"
    ABORTED = "aborted"


@frozen
class Send:
    """Send this packet, to the session's peer or, where it says so, to a stranger."""

    packet: Packet
    to: Address | None = None


@frozen
class SendAcks:
    """Acknowledge several whole windows: blocks first, first + stride, ..., `count` of them."""

    first: int
    stride: int
    count: int


@frozen
class SendBlocks:
    """Read these blocks from the file and send them. Counted in full, from 1."""

    first: int
    count: int


@frozen
class Deliver:
    """Append the event's run to the file: `count` blocks from `first`, `octets` in all."""

    first: int
    count: int
    octets: int


@frozen
class Commit:
    """The file is whole: make it safe under its name."""


@frozen
class Finished:
    """Tell the user. `code` and `message` are the ERROR packet's, or our own words."""

    outcome: Outcome
    message: str = ""
    code: int | None = None


Effect: TypeAlias = Send | SendAcks | SendBlocks | Deliver | Commit | Finished


@frozen
class Step:
    """One event through the machine. `row` is None where nothing in the table hears it.

    `effects` are carried out in order; where one fails, the rest is not carried out and
    `StorageFailed` is the next event. `now` is seconds on the caller's clock.
    """

    now: float
    before: State
    event: Event
    row: Row | None
    after: State
    effects: tuple[Effect, ...]

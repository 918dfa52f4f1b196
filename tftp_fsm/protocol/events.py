"""Events go into a session, effects come out of it, and a step holds both.

The name of an event is in the past tense (`DataReceived`), the name of an effect is a command
(`Send`). Both are closed unions. Different causes are different events, because they have
different answers. No event or effect holds file data: a session decides, and its driver moves the
octets.

`tolerated` describes the flaw of a datagram that was accepted anyway (see `wire.packets`). It is
empty for a datagram that follows the standards.
"""

from __future__ import annotations

from enum import Enum

from tftp_fsm.frozen import frozen
from tftp_fsm.language.sentences import mark, mark_p
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import ErrorCode, Packet, Pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias


@frozen
class Opened:
    """The user of the client has started the transfer."""


@frozen
class RequestReceived:
    """An RRQ or a WRQ came. This is the first event of a server's session.

    If it comes later, it is a repetition of the request. A client refuses it. `waited` is the
    number of seconds that the request waited at the port of a busy server.
    """

    source: Address | None = None
    tolerated: str = ""
    waited: float = 0.0


@frozen
class DataReceived:
    """One DATA packet, or an unbroken run of them that arrived together.

    `block` is the number of the first block on the wire. There are `count` blocks of `octets`
    octets each. `last` is the size of the last block, if it differs. After these blocks came
    `repeats` copies of them, which need no answer.
    """

    block: int
    octets: int
    count: int = 1
    last: int | None = None
    source: Address | None = None
    repeats: int = 0

    @property
    def final_octets(self) -> int:
        """The size of the run's last block."""
        return self.octets if self.last is None else self.last

    @property
    def longest(self) -> int:
        """The size of the run's longest block."""
        return max(self.octets, self.final_octets)

    @property
    def total(self) -> int:
        """The number of octets in all blocks of the run."""
        return self.octets * (self.count - 1) + self.final_octets


@frozen
class AckReceived:
    """One ACK, or a run of `count` ACKs. Each acknowledges one more whole window.

    After these ACKs came `repeats` copies of them, which need no answer.
    """

    block: int
    count: int = 1
    source: Address | None = None
    tolerated: str = ""
    repeats: int = 0


@frozen
class OackReceived:
    """The peer sent OACK. `options` has the options in their original form."""

    options: Pairs
    source: Address | None = None
    tolerated: str = ""


@frozen
class ErrorReceived:
    """The peer sent ERROR."""

    code: int
    message: str
    source: Address | None = None
    tolerated: str = ""


@frozen
class MalformedReceived:
    """The peer sent octets that are not a packet. `where` names the field that cannot be read."""

    where: str
    source: Address | None = None


@frozen
class EmptyReceived:
    """The peer sent a datagram without octets."""

    source: Address | None = None


@frozen
class StrayReceived:
    """A datagram came from another TID than the peer's. `is_error` is true for an ERROR packet."""

    source: Address | None = None
    is_error: bool = False


@frozen
class UnreachableReceived:
    """The network has reported that the peer cannot be reached (ICMP, or an error of a send).

    `is_hard` is true if no program listens at the peer's TID. Other errors may pass, such as a host
    or network that is unreachable while a link is down. `reason` is the system's text.
    """

    is_hard: bool = True
    reason: str = ""

    @property
    def report(self) -> str:
        """The report in words."""
        return _CLOSED if self.is_hard else _NO_WAY


_CLOSED = mark_p("report", "closed port")
_NO_WAY = mark_p("report", "no route")


@frozen
class TimeoutExpired:
    """The time is up. A session ignores this event before its deadline.

    It also ignores this event if it has no deadline.
    """


@frozen
class EndFound:
    """The size of a file was counted: it has `size` octets on the wire.

    This event comes before the session asks for a block beyond the end.
    """

    size: int


@frozen
class StorageFailed:
    """This side cannot go on, because of its disk, a name or rights. The peer is told `code`.

    `message` is for the user and may have paths of this host. The peer gets `told`, or the message
    if `told` is empty.
    """

    code: int
    message: str
    told: str = ""


ABORTED = mark("transfer aborted")


@frozen
class Aborted:
    """The user has aborted the transfer."""

    message: str = ABORTED


Event: TypeAlias = (
    Opened
    | RequestReceived
    | DataReceived
    | AckReceived
    | OackReceived
    | ErrorReceived
    | MalformedReceived
    | EmptyReceived
    | StrayReceived
    | UnreachableReceived
    | TimeoutExpired
    | EndFound
    | StorageFailed
    | Aborted
)


def trigger_of(event: Event) -> str:
    """Return the trigger of an event: `DataReceived` has the trigger `data_received`."""
    return _TRIGGERS[type(event)]


def _spell(name: str) -> str:
    spelled = (f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return "".join(spelled).removeprefix("_")


_TRIGGERS: dict[type[Event], str] = {kind: _spell(kind.__name__) for kind in Event.__args__}
TRIGGERS = frozenset(_TRIGGERS.values())


class Outcome(Enum):
    """How a transfer ended. Only `SUCCEEDED` means that the receiver has the whole file."""

    SUCCEEDED = "succeeded"
    PROBED = "probed"
    PEER_ERROR = "peer-error"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
    NOT_FOUND = "not-found"
    ACCESS_DENIED = "access-denied"
    NO_ROOM = "no-room"
    FILE_EXISTS = "file-exists"
    STORAGE_FAILED = "storage-failed"
    ABORTED = "aborted"
    RESTARTED = "restarted"


LOCAL_OUTCOMES: dict[int, Outcome] = {
    ErrorCode.FILE_NOT_FOUND: Outcome.NOT_FOUND,
    ErrorCode.ACCESS_VIOLATION: Outcome.ACCESS_DENIED,
    ErrorCode.DISK_FULL: Outcome.NO_ROOM,  # also for a file above the limit
    ErrorCode.FILE_EXISTS: Outcome.FILE_EXISTS,
}
"""The outcomes for the ERROR codes of `StorageFailed`. For other codes it is STORAGE_FAILED."""
LOCAL_FAILURES = frozenset({*LOCAL_OUTCOMES.values(), Outcome.STORAGE_FAILED})


@frozen
class Send:
    """Send this packet to the session's peer, or to the address `to`."""

    packet: Packet
    to: Address | None = None


@frozen
class SendAcks:
    """Send `count` ACKs, one for each window.

    They acknowledge the blocks `first`, `first + stride`, and so on.
    """

    first: int
    stride: int
    count: int


@frozen
class SendBlocks:
    """Read `count` blocks from the file, from block `first`, and send them.

    Here the first block of the file is block 1, and block numbers do not wrap.
    """

    first: int
    count: int


@frozen
class Deliver:
    """Append the blocks of the event to the file: `count` blocks from `first`, `octets` in all."""

    first: int
    count: int
    octets: int


@frozen
class Commit:
    """The file is complete: save it under its name."""


@frozen
class Finished:
    """Tell the user the outcome. `code` and `message` come from an ERROR, or from this side."""

    outcome: Outcome
    message: str = ""
    code: int | None = None


@frozen
class BeginAnew:
    """Answer the request of this session again, as if it came for the first time.

    Another session does that, with another TID. Its answer may differ from that of this session.
    """


Effect: TypeAlias = Send | SendAcks | SendBlocks | Deliver | Commit | Finished | BeginAnew


@frozen
class Step:
    """One event and its results. `row` is None if the table has no row for the event.

    `effects` are carried out in order. If one fails, the rest is not carried out, and
    `StorageFailed` is the next event. `now` is in seconds on the caller's clock. `windowsize` is
    the transfer's windowsize after the step, in blocks. A row may have another reason for windows.
    """

    now: float
    before: State
    event: Event
    row: Row | None
    after: State
    effects: tuple[Effect, ...]
    windowsize: int = 1

    @property
    def reason(self) -> tuple[str, str]:
        """The row's reason and its source. Both are empty if the table has no row."""
        return ("", "") if self.row is None else self.row.reason(self.windowsize)


Observer: TypeAlias = "Callable[[Step], None]"
"""A function that is called with each step before its effects are carried out."""

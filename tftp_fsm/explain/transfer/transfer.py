"""One transfer: its two followed ends, and its findings.

`follower` has the class that takes its packets, and `outcome` judges the rest at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.packets.numbers import full_number
from tftp_fsm.explain.packets.seen import REQUESTS, Seen, whole_fields
from tftp_fsm.explain.packets.views import Gaps
from tftp_fsm.explain.transfer.doubts import Doubts
from tftp_fsm.explain.transfer.endpoint import UNKNOWN_SIZE, Endpoint, Verdict, sender_of
from tftp_fsm.explain.transfer.findings import Finding, Findings, Who
from tftp_fsm.explain.transfer.netascii import TextCheck
from tftp_fsm.explain.transfer.side import Side
from tftp_fsm.explain.transfer.steps import Log
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    DataReceived,
    OackReceived,
    Step,
)
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Error, Pairs, Request, Rrq
from tftp_fsm.wire.options import read_options
from tftp_fsm.wire.words import pairs_words

CLIENT, SERVER = "client", "server"
OTHER = {CLIENT: SERVER, SERVER: CLIENT}
BILLION = 1_000_000_000

Watch = Callable[["Transfer", str, Seen, Verdict, Step | None, Step | None], None]
"""A function that is called with each packet: its sender, the machine's reason, the step that sent
it, and the step that it causes if it arrives."""


class Transfer:
    """A transfer that began with `request`. `number` counts the transfers of a capture.

    `client` is the machine of its client. `tid` is the server's address that has answered. All
    times are nanoseconds since 1970. After a jump of the capture's clock, `clock_shift` is added to
    the times. `skew` and `skipped` (blocks) and `excess` (octets) are the differences between the
    file and the number of the last block. `before_long` has the agreed size and the size of a
    longer block, if one was accepted.
    """

    def __init__(
        self,
        request: Request,
        number: int,
        first: Captured,
        client: Session,
        *,
        is_logged: bool = False,
    ) -> None:
        self.request = request
        self.number = number
        self.first_number = first.number
        self.network = first.network
        self.began = first.at or 0
        self.last_at = self.began
        self.asked: Address = first.to
        self.asked_from: Address = first.source
        self.peer: Address = first.source
        self.tid: Address | None = None
        self.begins_in_middle = False
        self.blocks_before = 0  # those before the capture
        self.is_request_cut = first.is_cut
        self.has_guessed_options = False
        self.findings = Findings()
        self.log = Log(is_logged)
        self.sides = {CLIENT: Side(CLIENT), SERVER: Side(SERVER)}
        self.ends: dict[str, Endpoint] = {}
        self.oack: Pairs | None = None
        self.error: tuple[str, Error] | None = None
        self.error_at = 0
        self.error_seen: Seen | None = None
        self.late_error: Seen | None = None  # an ERROR of the receiver after its last ACK
        self.error_is_answer = False  # whether the ERROR answers the request
        self.refused_before: Error | None = None  # the answer to the request with options
        self.file_size: int | None = None
        self.is_complete = False
        self.final_at: int | None = None
        self.final_seen: Seen | None = None
        self.ended_at: int | None = None
        self.requests = 0
        self.first_answer = "", -1  # the kind and block of the server's first packet
        self.watch: Watch | None = None
        self.on_block: Callable[[int, bytes, bool], None] | None = None
        self.gaps = Gaps()
        self.doubts = Doubts()
        self.text = TextCheck() if request.mode.lower() == "netascii" else None
        self.torn = 0
        self.skew = 0
        self.took_zero = False  # block 0 was acknowledged as a block
        self.skipped = 0
        self.excess = 0
        self.before_long: tuple[int, int] | None = None
        self.is_swapped = False
        self.clock_shift = 0
        self.top = {CLIENT: 0, SERVER: 0}
        self.kept = 0  # the last block that the receiver has kept
        self.pairs: list[tuple[Address, Address]] = []
        self._first = whole_fields(first)
        self.ends[CLIENT] = Endpoint(CLIENT, client, self.log.step)
        self.log.join(CLIENT, client)

    @property
    def verb(self) -> str:
        """`get` or `put`."""
        return "get" if isinstance(self.request, Rrq) else "put"

    @property
    def blksize(self) -> int:
        """The present size of blocks in octets."""
        return (self.server or self.client).session.blksize

    @property
    def windowsize(self) -> int:
        """The blocks in a window."""
        return (self.server or self.client).session.windowsize

    @property
    def client(self) -> Endpoint:
        """The client's end."""
        return self.ends[CLIENT]

    @property
    def server(self) -> Endpoint | None:
        """The server's end, after it has answered."""
        return self.ends.get(SERVER)

    @property
    def sender(self) -> str:
        """The name of the end that sends the file."""
        return SERVER if isinstance(self.request, Rrq) else CLIENT

    @property
    def receiver(self) -> str:
        """The name of the end that receives the file."""
        return OTHER[self.sender]

    @property
    def is_over(self) -> bool:
        """Whether it is complete, or ended by an ERROR."""
        return self.is_complete or self.error is not None

    def seconds(self, at: int | None) -> float:
        """Return the seconds since the transfer began."""
        return ((self.last_at if at is None else at) - self.began) / BILLION

    # -- Following: see `follower` -----------------------------------------------------------------

    @property
    def heard_at(self) -> int:
        """Return the time of its last packet."""
        raise NotImplementedError

    def begin(self) -> None:
        """Take the first packet, after all watchers were added."""
        raise NotImplementedError

    def asks(self, datagram: Captured) -> None:
        """Take a request of the client: the first one, or a repetition."""
        raise NotImplementedError

    def take(self, name: str, datagram: Captured) -> None:
        """Take a datagram that this end has sent."""
        raise NotImplementedError

    def stand_before(self, block: bytes, size: int) -> None:
        """Go to the place before DATA of this block, because the capture begins in the middle."""
        raise NotImplementedError

    def settle(self) -> None:
        """Let both machines know everything. Call this before reading their state."""

    # -- Findings ---------------------------------------------------------------------------------

    def find(self, slug: str, who: Who, seen: Seen, words: str, **more: str | bool | None) -> None:
        """Note a finding at this packet. `more`: expected, why, cause, is_guess."""
        at = seen.datagram.at
        self.findings.add(Finding(slug, who, seen.number, at, words, **more))  # type: ignore[arg-type]

    @property
    def is_unanswered(self) -> bool:
        """Whether the client has sent only requests, so that the server's answer has no answer."""
        last = self.sides[CLIENT].last
        return last is None or last.kind in REQUESTS

    def opens_with(self, octets: bytes) -> bool:
        """Return whether the first request and these octets begin in the same way."""
        length = min(len(octets), len(self._first.octets))
        return octets[:length] == self._first.octets[:length] or self.client_dropped_options

    @property
    def before_first(self) -> int:
        """The blocks before block 1: one, if the server numbers them from 0."""
        return 1 if self.skew < 0 else 0

    def suspect(self, slug: str, who: Who, seen: Seen, words: str, **more: str) -> None:
        """Note it only if it happens a second time, because once may be chance."""
        finding = Finding(slug, who, seen.number, seen.datagram.at, words, **more)  # type: ignore[arg-type]
        first = self.doubts.is_second(slug, finding)
        if first is not None:
            if not self.findings.count(slug, who):
                self.findings.add(first)
            self.findings.add(finding)

    def suspect_sorcerer(self, seen: Seen, words: str, expected: str, why: str) -> None:
        """Note DATA directly after a repeated ACK. The end decides whether all ACKs had it."""
        doubts, at = self.doubts, seen.datagram.at
        if doubts.sorcerer is None:
            args = ("sorcerer", self.sender_name, seen.number, at, words)
            doubts.sorcerer = Finding(*args, expected=expected, why=why)
        doubts.sorcery(seen.block, seen.number, self.windowsize)

    def take_it(self, end: Endpoint) -> None:
        """Let the machine accept a packet that it has refused, because the end has."""
        event = None if end.step is None else end.step.event
        end.revive()
        match event:
            case DataReceived(octets=octets) if octets > end.session.blksize:
                self.before_long = end.session.blksize, octets
                for each in self.ends.values():
                    each.session.blksize = octets
            case OackReceived(options, source):
                event = OackReceived(read_options(options).pairs(), source)
                end.session.request = replace(self.request, options=event.options)
            case _:
                return
        end.hear(event, self.seconds(self.last_at))

    def skip(self, blocks: int) -> None:
        """Note skipped block numbers, which make the file shorter than its last number tells."""
        self.skipped += blocks
        if self.file_size is not None:
            self.file_size -= blocks * self.blksize

    def find_moved_server(self, seen: Seen) -> None:
        """Note that the server goes on from another port than before."""
        tid = self.tid or self.asked
        words = sentence(
            "{packet} came from port {port}, and the packets before it came from port {before}",
            packet=seen.words,
            port=seen.datagram.source[1],
            before=tid[1],
        )
        expected = sentence("port {port}", port=tid[1])
        self.find("another-port", "server", seen, words, expected=expected)
        self.doubts.stranger = None
        self.sides[SERVER].sent(seen, self.last_at)  # its pair was not known before
        self.top[SERVER] = max(self.top[SERVER], full_number(self.top[SERVER], seen.block))

    def forget_end(self) -> None:
        """Forget the end of the file: the block that seemed to be the last one was not."""
        self.file_size = self.final_seen = self.final_at = self.ended_at = None
        self.is_complete = False

    def guess_blksize(self, octets: int) -> None:
        """Take the blksize from the length of a block, because the capture lacks the whole OACK."""
        if self.oack is not None:
            kept = tuple(pair for pair in self.oack if pair[0].lower() != "blksize")
            self.oack = (*kept, ("blksize", f"{octets}"))

    def learn_blksize(self, octets: int) -> None:
        """Take the blksize from a block longer than those before: the OACK was not captured."""
        self.guess_blksize(octets)
        self.forget_end()
        for end in self.ends.values():
            end.remeasure(octets)
            end.resize(UNKNOWN_SIZE)

    def widen(self, blocks: int) -> None:
        """Raise the windowsize of a transfer that began before the capture to `blocks`."""
        for end in self.ends.values():
            end.session.windowsize = max(end.session.windowsize, blocks)

    def repeats_final_ack(self, seen: Seen) -> None:
        """Note that the receiver has repeated its final ACK without being asked."""
        if self.doubts.final_ack is None:
            self.doubts.final_ack = seen
        self.doubts.final_acks += 1

    @property
    def client_dropped_options(self) -> bool:
        """Whether the client has repeated its request without options after an ERROR."""
        return getattr(self.client.session, "asked_plainly", False)

    @property
    def blocks(self) -> int:
        """Return the number of blocks that the receiver has acknowledged."""
        session = sender_of(self.ends[self.sender]) if self.sender in self.ends else None
        return 0 if session is None else max(session.acked, 0)

    @property
    def octets(self) -> int:
        """Return the number of octets in these blocks."""
        if self.is_complete and self.file_size is not None:
            return self.file_size
        skew = self.skew if self.blocks or self.took_zero else 0
        blocks = max(self.blocks - skew - self.skipped, 0)
        whole = blocks * self.blksize + self.excess
        return whole if self.file_size is None else min(whole, self.file_size)

    @property
    def announced(self) -> int | None:
        """Return the announced tsize in octets, or None."""
        pairs = self.oack if self.verb == "get" else self.request.options
        return read_options(pairs or ()).tsize

    @property
    def sender_name(self) -> Who:
        """The end that sends the file."""
        return self.other(self.receiver)

    @property
    def receiver_name(self) -> Who:
        """The end that receives the file."""
        return self.other(self.sender)

    @property
    def is_opening(self) -> bool:
        """Whether the client has accepted no answer yet."""
        return self.client.session.state in (State.IDLE, State.REQUESTING)

    @property
    def offered_words(self) -> str:
        """The options of the request, in words."""
        return pairs_words(self.request.options) or sentence("none")

    @staticmethod
    def other(name: str) -> Who:
        """The other end."""
        return "client" if name == SERVER else "server"

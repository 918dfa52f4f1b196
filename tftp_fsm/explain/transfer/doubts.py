"""Open questions that later packets decide: a mistake, a copy, or a hole in the capture?"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.capture.reading.icmp import Undelivered
from tftp_fsm.explain.packets.numbers import full_number
from tftp_fsm.explain.packets.seen import REQUESTS, Seen
from tftp_fsm.explain.transfer.findings import Finding, Findings
from tftp_fsm.explain.transfer.side import Side
from tftp_fsm.wire.address import Address

MOST_UNPROVEN = 64  # if there are more, the first are forgotten
MOST_ANSWERS = 16  # answers to a repeated request that are kept
MOST_ABSENT = 4096  # blocks; a larger hole cannot be explained


@dataclass(slots=True)
class Mover:
    """A port that may be the client's new one.

    `packets` has its packets to the server, which no machine has heard. `fits` is true if the first
    of them is what the client had to send. `refused` is the server's ERROR to it. `is_unknown` is
    true if the server has not answered it like its client. `is_shared` is true if it sends to the
    port of all clients. Then it may be another client that began before the capture.
    """

    address: Address
    first: Seen
    fits: bool
    packets: list[Captured] = field(default_factory=list)
    refused: str = ""
    is_unknown: bool = False
    is_shared: bool = False


@dataclass(slots=True)
class Said:
    """ICMP messages of one kind about the packets of one end, `sender`.

    `had` is the number of new packets that the other end had sent before the first message.
    """

    sender: str
    first: Undelivered
    had: int
    count: int = 0
    last_at: int = 0
    last_packet: int = 0


@dataclass(slots=True)
class Swaps:
    """Packets of one end that came directly before the packet that they should follow.

    `found` is the finding of the first one if it was not chance, and `block` is its block.
    """

    found: Finding
    block: int
    count: int = 0
    last: int = 0


@dataclass(slots=True)
class Again:
    """A client in a transfer has repeated its request. It may have been started again.

    `before` is the client's side before the repetition, `server` the other side, and `found` the
    findings. `answers` has later packets to it: from other ports, or from the port of all clients.
    """

    request: Captured
    before: Side
    server: Side
    found: Findings
    answers: deque[Captured] = field(default_factory=lambda: deque(maxlen=MOST_ANSWERS))


class Skip(NamedTuple):
    """Blocks `first` to `last` seem to be skipped: `seen` came too soon after the last ACK.

    `is_sooner` is true if no round trip was as short.
    """

    first: int
    last: int
    seen: Seen
    is_sooner: bool


@dataclass(slots=True)
class Doubts:
    """The open questions of one transfer.

    - `suspects`: departures that have happened once. Once may be chance.
    - `ahead`: an ACK of a block that was not captured, and whether the capture has missed an ACK
      before it, too.
    - `old_run`: how many old blocks have come one after the other, up to `old_block`.
    - `stale_at`: the time of the last repeated ACK that the sender has heard, if it has heard
      nothing since. `stale_here` counts those of the same block (`stale_block`), and `stales` all.
    - `is_asked_twice`: the request came twice at once. `is_sent_twice`: the number of an IP packet
      proves that an end has sent a packet twice.
    - `both_twice`: the first DATA that came twice at once after an ACK that came twice.
      `sorceries`: how many DATA came right behind a repeated ACK; `sorcerer` is about the first.
    - `went_back`: the last block that the sender has sent since it went back, as long as it goes on
      from there. `went_on` counts these blocks.
    - `is_disordered`: the order of packets in the file is not that of their times. `highest` is the
      number of the last one so far.
    - `late_oack_at`: the time at which a client that sends has heard an OACK in mid-transfer.
    - `gap`: the DATA behind a gap that the receiver has not reported. `gap_ignored`: it did not
      report it until a time-out.
    - `stranger`: a packet that another port of the server has sent in place of the server's.
    - `mover`: another port that speaks to the server. `moved`: the port that is the client's since
      then. Before it was at `moved_from`.
    - `elsewhere_at`: the last time at which the client has sent to another port of the server.
    - `is_final_elsewhere`: another port has acknowledged the last block, and the capture ends too
      soon to tell if the server took it.
    - `absent`: the latest blocks before the highest one that were not captured.
    - `said`: the ICMP messages, by the end whose packets they are about, and by their meaning.
    - `unacknowledged`: the blocks before DATA that came too soon, unless the capture has missed
      their ACKs.
    - `early`: packets that wait for the packet that they follow, with the end that has sent them.
      `swaps`: packets of each end that came directly before that packet.
    - `skip`: blocks that the sender has left out, unless a packet of them comes late.
    - `anew`: the request of another transfer that the client has begun. `again`: a repetition of
      this transfer's request, which may begin another transfer.
    - `is_beside`: two files were asked for at once from one port.
    - `unproven_acks`: how many ACKs the capture has missed, if the block of the last one was sent.
    - `error_elsewhere`: an ERROR of the port that was asked, and not of the TID.
    """

    suspects: dict[tuple[str, str], Finding] = field(default_factory=dict)
    ahead: tuple[int, Seen, bool] | None = None
    old_block: int = -1
    old_run: int = 0
    stale_at: int | None = None
    stale_here: int = 0
    stales: int = 0
    stale_block: int = -1
    both_twice: Seen | None = None
    sorcerer: Finding | None = None
    sorceries: int = 0
    sorcerer_last: int = 0
    sorcery_block: int = -2
    sorcery_chain: int = 0
    longest_chain: int = 0
    late_oack_at: int | None = None
    went_back: int = -1
    went_on: int = 0
    highest: int = 0
    is_disordered: bool = False
    gap: Seen | None = None
    gap_ignored: bool = False
    unheeded_block: int = -1
    unheeded: int = 0
    final_acks: int = 0
    final_ack: Seen | None = None
    stranger: Seen | None = None
    mover: Mover | None = None
    moved: Mover | None = None
    moved_from: Address | None = None
    elsewhere_at: int = 0
    is_final_elsewhere: bool = False
    absent: set[int] = field(default_factory=set)
    said: dict[tuple[str, str], Said] = field(default_factory=dict)
    unacknowledged: dict[int, tuple[Finding, Seen]] = field(default_factory=dict)
    early: deque[tuple[str, Seen]] = field(default_factory=deque)
    swaps: dict[str, Swaps] = field(default_factory=dict)
    prompted_block: int = -1
    prompted_times: int = 0
    skip: Skip | None = None
    anew: Captured | None = None
    again: Again | None = None
    is_beside: bool = False
    is_asked_twice: bool = False
    is_set_aside: bool = False  # it was closed to make room for others, and may have gone on
    is_sent_twice: bool = False
    unproven_acks: int = 0
    error_elsewhere: Seen | None = None

    def stale(self, at: int, block: int) -> None:
        """Note that the sender has heard an ACK without anything new."""
        self.stale_block = block
        self.stale_at = at
        self.stale_here += 1
        self.stales += 1

    def twice_at_once(self, before: Seen, seen: Seen, *, is_first: bool) -> None:
        """Note a packet that came twice at once. `is_first` is true for the request."""
        is_other = before.datagram.ident != seen.datagram.ident
        self.is_sent_twice |= is_other
        self.is_asked_twice |= is_first and seen.kind in REQUESTS and not is_other

    def came_twice(self, seen: Seen) -> None:
        """Note DATA that came again at once.

        If the ACK before came twice, too, the cause is a network that copies, or a sender that
        answers each ACK.
        """
        is_next = self.stale_block >= 0 and self.stale_block + 1 & 0xFFFF == seen.block
        if is_next and seen.kind == "DATA" and self.both_twice is None:
            self.both_twice = seen

    def sorcery(self, block: int, packet: int, windowsize: int) -> None:
        """Note DATA that came directly after a repeated ACK. A sorcerer does that again and again.

        In lock-step it happens with block after block, in a window with the same block repeatedly.
        """
        is_next = block == self.sorcery_block + (windowsize == 1)
        self.sorcery_chain = self.sorcery_chain + 1 if is_next else 1
        self.longest_chain = max(self.longest_chain, self.sorcery_chain)
        self.sorceries += 1
        self.sorcery_block, self.sorcerer_last = block, packet

    def place(self, number: int) -> None:
        """Note the place in the file of the next packet by time."""
        self.is_disordered |= number < self.highest
        self.highest = max(self.highest, number)

    def goes_on(self, block: int) -> None:
        """Note a block of the sender. After it went back, it may go on from there."""
        if self.went_back < 0:
            return
        is_next = block == self.went_back + 1 & 0xFFFF
        self.went_on += is_next
        self.went_back = block if is_next else -1

    def is_second(self, slug: str, finding: Finding) -> Finding | None:
        """Return the first finding of its kind if this is the second. A first one is kept."""
        key = slug, finding.who
        if key not in self.suspects:
            self.suspects[key] = finding
            return None
        return self.suspects[key]

    def old(self, block: int) -> int:
        """Return how many old blocks have come in a row, with this one."""
        self.old_run = self.old_run + 1 if block == self.old_block + 1 else 1
        self.old_block = block
        return self.old_run

    def wait_for_ack(self, block: int, finding: Finding, data: Seen) -> None:
        """Note that the DATA after this block came before any ACK of the block."""
        self.unacknowledged[block] = finding, data
        if len(self.unacknowledged) > MOST_UNPROVEN:
            del self.unacknowledged[next(iter(self.unacknowledged))]

    def proven_by_ack(self, number: int) -> list[tuple[Finding, Seen]]:
        """Take an ACK with this number. Return the DATA that provably did not wait for it.

        If an ACK is beyond a block, the capture has missed the ACK of this block.
        """
        proven = []
        for block, found in list(self.unacknowledged.items()):
            acked = full_number(block, number)
            if acked >= block:
                del self.unacknowledged[block]
                proven += [found] if acked == block else []
        return proven

    def skipped(self, top: int, block: int) -> int:
        """Return how many blocks before this one, the highest so far, were not captured."""
        if not top + 1 < block <= top + MOST_ABSENT:
            return 0
        if len(self.absent) > MOST_ABSENT:
            self.absent.clear()
        self.absent.update(range(top + 1, block))
        return block - top - 1

    def not_heeded(self, block: int) -> None:
        """Note that this block was sent again although its ACK was captured."""
        self.unheeded = self.unheeded + 1 if block == self.unheeded_block else 1
        self.unheeded_block = block

    def prompted(self, block: int) -> int:
        """Return how often this block came again directly after a repeated ACK."""
        self.prompted_times = self.prompted_times + 1 if block == self.prompted_block else 1
        self.prompted_block = block
        return self.prompted_times

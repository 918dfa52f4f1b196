"""Check one end against a peer that may send anything, in any order, from any TID.

    report = explore_hostile(HostileCase("read client", case))

The peer has one datagram of each kind that a session distinguishes. A session must never raise an
exception. It must never succeed if the peer has not sent the whole file. It must always end: only
progress may make it wait longer, and a series of time-outs must end it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    Aborted,
    AckReceived,
    DataReceived,
    ErrorReceived,
    Event,
    Opened,
    Outcome,
    RequestReceived,
    Send,
    Step,
    StorageFailed,
    StrayReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.untimed import AFTER_BURST, AFTER_COPIES, AT_ONCE, DUE
from tftp_fsm.simulation.addresses import CLIENT, SERVER, End
from tftp_fsm.trace.describe import event_words
from tftp_fsm.verify.case import Case
from tftp_fsm.verify.packets import Book
from tftp_fsm.verify.positions import Change, Position, Side
from tftp_fsm.verify.rules import ENDS, ERROR_UNANSWERED, PREFIX, WHOLE, Breach
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq, build

BLOCKS = (1, 2, 3, 4, 0, 0xFFFF)  # block numbers in DATA and ACK; 0xFFFF comes before 0
CODES = (0, 1, 5, 8, 99)  # the codes of the ERRORs
SHORT = 3  # octets in a short block


@frozen
class Stimulus:
    """Something that can happen to a session: a datagram from `source`, or another event."""

    words: str
    octets: bytes = b""
    source: Address | None = None
    event: Event | None = None


def full(block: int, blksize: int) -> bytes:
    """Return the octets that the peer sends in a full block. They differ from block to block."""
    return bytes([block & 0x7F]) * blksize


def short(block: int) -> bytes:
    """Return the octets of a short block."""
    return bytes([0x80 | block & 0x7F]) * SHORT


def too_long(blksize: int) -> bytes:
    """Return more octets than a block of this blksize can hold."""
    return bytes(blksize + 1)


def stimuli(case: Case, end: End) -> tuple[Stimulus, ...]:
    """Return everything that can happen to this end."""
    peer: Address = SERVER if end == "client" else CLIENT
    other = (peer[0], peer[1] + 1)
    said = list(_packets(case))
    broken = (b"", b"\0", b"\0\x09what", build(Error(0, ""))[:3], build(Data(1, b""))[:3])
    return (
        *(Stimulus(repr(packet)[:60], build(packet), peer) for packet in said),
        *(Stimulus(f"{octets!r}", octets, peer) for octets in broken),
        *(
            Stimulus(f"from another TID: {packet!r}"[:60], build(packet), other)
            for packet in said
            if not isinstance(packet, Rrq | Wrq)
        ),
        Stimulus("the request once more", event=RequestReceived(peer)),
        *(
            Stimulus(type(event).__name__, event=event)
            for event in (
                TimeoutExpired(),
                Aborted(),
                StorageFailed(3, "no room"),
                UnreachableReceived(is_hard=True),
                UnreachableReceived(is_hard=False),
            )
        ),
    )


def _packets(case: Case) -> Iterator[Packet]:
    for block in BLOCKS:
        yield Data(block, full(block, case.block))
        yield Data(block, short(block))
        yield Data(block, b"")
        yield Ack(block)
    yield Data(1, too_long(case.block))
    yield from (Error(code, "") for code in CODES)
    yield from (Rrq(b"file"), Wrq(b"file"), Rrq(b"file", "mail"))
    offered = (("blksize", str(case.block)), ("windowsize", str(case.windowsize)))
    for pairs in (
        (),
        offered,
        (("blksize", "65464"),),
        (("windowsize", "65535"),),
        (("blksize", "0"),),
        (("tsize", "99999999999"),),
        (("unheard", "of"),),
    ):
        yield Oack(pairs)


class HostileSide(Side):
    """An end whose peer is hostile. The file is the blocks that the peer has sent in order."""

    def __init__(self, end: End, case: Case) -> None:
        tid = CLIENT if end == "client" else SERVER
        super().__init__(end, tid, Book(), case)
        self._case = case
        self._event: Event | None = None
        self._blksize = 0
        self._answers: dict[tuple[int, Event, bytes], tuple[Change, ...]] = {}

    def change(self, position: int, stimulus: Stimulus) -> tuple[Change, ...]:
        """Return the changes that a stimulus causes, one for each moment that matters."""
        session = self.positions[position].session
        if isinstance(stimulus.event, TimeoutExpired):
            return self.expire(position) if self.waits[position] else ()
        event = stimulus.event or session.interpret(stimulus.octets, stimulus.source)
        payload = stimulus.octets[HEADER.size :] if isinstance(event, DataReceived) else b""
        key = (position, event, payload)
        known = self._answers.get(key)
        if known is None:
            self._event, self._blksize = event, session.blksize
            later = (AFTER_COPIES,) if isinstance(event, RequestReceived) else (AFTER_BURST,)
            known = self._answers[key] = self.changes(position, event, payload, (AT_ONCE, *later))
        return known

    def check_delivered(self, octets: bytes) -> None:
        """Raise `Breach` if the octets are not the blocks that were sent, once each, in order."""
        self._blocks_in(octets)

    def check_sent(self, *_: object) -> None:
        """Check nothing, because the end of a hostile peer's file is not known."""

    def check_saved(self, octets: bytes) -> None:
        """Raise `Breach` if the last block was not the one that ends the file."""
        event, whole = self._event, self._blocks_in(octets)
        is_end = isinstance(event, DataReceived) and event.final_octets < self._blksize
        if not is_end or getattr(event, "block", None) != whole + 1:
            raise Breach(WHOLE, sentence("saved after a packet that does not end the file"))

    def _blocks_in(self, octets: bytes) -> int:
        """Return the number of whole blocks in these octets.

        Raise `Breach` if the octets are not blocks in order. As long as no option is agreed, a
        block of the offered size counts as a short one.
        """
        size, block = self._case.block, 1
        last = [b"", short(block)]
        if self._blksize > size:
            last += [full(block, size), too_long(size)]
        while self._blksize == size and octets.startswith(full(block, size)):
            octets = octets[size:]
            block += 1
            last = [b"", short(block)]
        if octets not in last:
            raise Breach(
                PREFIX,
                sentence(
                    "the delivered octets are not those of blocks 1 to {block} in order",
                    block=block,
                ),
            )
        return block - 1

    def check_step(self, position: Position, step: Step, after: Session) -> None:
        """Raise `Breach` if the step is a wrong answer to the stimulus."""
        before = position.session
        _check_success(before, step, after)
        is_error = isinstance(step.event, ErrorReceived) or (
            isinstance(step.event, StrayReceived) and step.event.is_error
        )
        sent = [effect.packet for effect in step.effects if isinstance(effect, Send)]
        words = event_words(step.event)
        if is_error and any(isinstance(packet, Error) for packet in sent):
            raise Breach(
                ERROR_UNANSWERED, sentence("{words} is answered with an ERROR", words=words)
            )
        is_longer = (
            before.deadline is not None and after.deadline is not None and after.deadline > DUE
        )
        if is_longer and not _is_progress(before, step, after):
            raise Breach(
                ENDS,
                sentence(
                    "{words} brings nothing new, but makes the session wait longer", words=words
                ),
            )


def _check_success(before: Session, step: Step, after: Session) -> None:
    """Raise `Breach` if a sender succeeds before the last block is sent and acknowledged."""
    if after.outcome is before.outcome or after.outcome is None or not isinstance(after, Sender):
        return
    if after.outcome.outcome is not Outcome.SUCCEEDED:
        return
    event = step.event
    is_last = isinstance(event, AckReceived) and event.block == after.blocks & 0xFFFF
    if not is_last or after.sent < after.blocks:
        words = event_words(event)
        raise Breach(WHOLE, sentence("{words} makes the sender say succeeded", words=words))


def _is_progress(before: Session, step: Step, after: Session) -> bool:
    """Return whether the step makes progress: it counts a time-out, or it takes something new."""
    if isinstance(step.event, TimeoutExpired | Opened) or step.after is State.DALLYING:
        return True  # DALLY_LIMIT bounds the dallying as a whole; one step cannot show it
    if before.state is not after.state or before.request != after.request:
        return True
    if isinstance(after, Receiver) and isinstance(before, Receiver):
        return after.received > before.received
    if isinstance(after, Sender) and isinstance(before, Sender):
        is_new_loss = (after.resent or 0) > (before.resent or 0)  # the first report of it
        return after.acked > before.acked or is_new_loss
    return False

"""A ladder before it is drawn: arrows between two lanes, and the events in each lane.

A `Moment` has a time and a place in the order of all moments. If two times are equal, the order
decides. `build` makes a `Ladder` from steps, `fold` shortens it, and `text`, `svg` and `mermaid`
draw it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from tftp_fsm.borders import brief
from tftp_fsm.frozen import frozen
from tftp_fsm.language import joined, mark_p, sentence, sentence_n
from tftp_fsm.protocol.gloss import UNCAPTURED
from tftp_fsm.protocol.rows import State

Kind: TypeAlias = Literal["request", "data", "ack", "oack", "error", "other"]
MarkKind: TypeAlias = Literal["timeout", "pause", "dally", "outcome", "failure", "local"]


class Moment(NamedTuple):
    """The moment of an event: its `order` among all moments, `at` in seconds, and the step."""

    order: int
    at: float
    step: int = 0


@frozen
class Arrow:
    """One datagram. `sent` is None if its sender is not in the trace.

    `arrived` has a moment for each copy that the receiver took. `again` is true if the sender
    repeats an earlier datagram. `fate` has the faults of the network (lost, duplicated, ...) and
    these words: `unheard` if the datagram arrived after the receiver had ended, `held` if it is
    still under way, `unseen` if the trace does not show whether it arrived, and `uncaptured` if a
    machine would have sent it but the capture does not have it. `sent_why` and `arrived_why` are
    the reasons of the rows.
    """

    sender: str
    receiver: str
    kind: Kind
    words: str
    sent: Moment | None
    arrived: tuple[Moment, ...] = ()
    fate: tuple[str, ...] = ()
    again: bool = False
    stray: bool = False
    moves: bool = True
    sent_why: str = ""
    arrived_why: str = ""

    @property
    def start(self) -> Moment:
        """The first moment of the arrow."""
        return self.sent or self.arrived[0]

    @property
    def moments(self) -> tuple[tuple[str, Moment], ...]:
        """(lane, moment) of each end of the arrow that is known."""
        arrivals = tuple((self.receiver, moment) for moment in self.arrived)
        return ((self.sender, self.sent), *arrivals) if self.sent else arrivals

    @property
    def lost(self) -> bool:
        """Whether no copy reached the receiver, as far as the trace shows."""
        is_open = not OPEN.isdisjoint(self.fate)
        return self.sent is not None and not self.arrived and not is_open

    @property
    def remarks(self) -> tuple[str, ...]:
        """The words after the packet in the label: `again`, `lost`, ..."""
        words = [_REMARKS.get(word, brief(word)) for word in self.fate]
        if self.lost and not {"lost", "unheard"} & set(words):
            words.append(NOT_HEARD)
        words += [AGAIN] if self.again else []
        words += [_STRAY] if self.stray else []
        return tuple(dict.fromkeys(word for word in words if word))

    @property
    def label(self) -> str:
        """The label, such as `DATA 3, again, lost`."""
        return joined(", ", [self.words, *self.remarks])


OPEN = frozenset(("unseen", "held", UNCAPTURED))
LATE = mark_p("remark", "late")
AGAIN = mark_p("remark", "again")
LOST = mark_p("remark", "lost")
NOT_HEARD = mark_p("remark", "not heard")
UNDER_WAY = mark_p("remark", "under way")
SECOND_COPY = mark_p("remark", "second copy")
_STRAY = mark_p("remark", "stray")
_REMARKS = {
    "lost": LOST,
    "unheard": mark_p("remark", "after the end"),
    "duplicated": mark_p("remark", "doubled"),
    "reordered": LATE,
    "delayed": "",  # the times show it
    "corrupted": mark_p("remark", "damaged"),
    "edited": mark_p("remark", "edited"),
    "replaced": mark_p("remark", "replaced"),
    "unseen": "",
    "held": UNDER_WAY,
    UNCAPTURED: mark_p("remark", "not captured"),
    "elsewhere": mark_p("remark", "to the stranger"),
}


@frozen
class Mark:
    """An event in one lane alone. If a wait ends here, `since` is the moment of its beginning."""

    end: str
    kind: MarkKind
    words: str
    moment: Moment
    since: Moment | None = None
    why: str = ""


@frozen
class Span:
    """A part of a lane: it is in `state` from `start` until its next span."""

    end: str
    state: State
    start: Moment
    why: str = ""


@frozen
class Lane:
    """One end. If `known` is true, the trace has its steps, and its states are drawn."""

    end: str
    name: str
    title: str
    known: bool


@frozen
class Fold:
    """A part that was left out, from `first` to `last`, with a count of its contents."""

    first: Moment
    last: Moment
    packets: int
    blocks: int
    lost: int
    timeouts: int

    @property
    def words(self) -> str:
        """The contents in words, such as `4,096 blocks, 3 lost, 8.192 s`."""
        lost = [sentence("{number:,} lost", number=self.lost)] if self.lost else []
        seconds = sentence("{seconds:.3f} s", seconds=self.last.at - self.first.at)
        return joined(", ", [self._what, *lost, *self._waits, seconds])

    @property
    def _what(self) -> str:
        if self.blocks:
            return sentence_n("1 block", "{count:,} blocks", self.blocks)
        return sentence_n("1 packet", "{count:,} packets", self.packets)

    @property
    def _waits(self) -> list[str]:
        number = self.timeouts
        return [sentence_n("1 timeout", "{count:,} timeouts", number)] if number else []


Item: TypeAlias = Arrow | Mark | Fold


@frozen
class Ladder:
    """The whole ladder. `items` are in the order of their first moments. `start` is time zero."""

    left: Lane
    right: Lane
    items: tuple[Item, ...]
    spans: tuple[Span, ...]
    start: float
    title: str
    outcome: str

    @property
    def arrows(self) -> tuple[Arrow, ...]:
        """All datagrams that are drawn."""
        return tuple(item for item in self.items if isinstance(item, Arrow))

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All marks that are drawn."""
        return tuple(item for item in self.items if isinstance(item, Mark))

    def spans_of(self, end: str) -> Iterator[Span]:
        """The states of one lane, in order."""
        return (span for span in self.spans if span.end == end)


def has_no_tip(arrow: Arrow) -> bool:
    """Return whether no arrival of this arrow is known: it is under way, or was not captured."""
    return not {"held", UNCAPTURED}.isdisjoint(arrow.fate)


def first_moment(item: Item) -> Moment:
    """The first moment of an item."""
    match item:
        case Arrow():
            return item.start
        case Mark(moment=moment):
            return moment
        case Fold(first=first):
            return first

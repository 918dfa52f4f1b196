"""The ladder of the lab: heights for all past events, and for the events that are due.

Time runs downwards. The packets under way and the time-outs are below the present moment, each at
the height of its time. The page gets only heights, and draws at these heights.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.frames import Frame, entries_of
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.frozen import frozen
from tftp_fsm.ladder.build import build
from tftp_fsm.ladder.model import Arrow, Ladder, Mark, Moment
from tftp_fsm.ladder.scale import APART, Scale
from tftp_fsm.language import layout, sentence, sentence_p
from tftp_fsm.protocol.gloss import fate_gloss
from tftp_fsm.trace.records import Json

STEPS = 100  # the last steps that are shown
TOP = 24.0  # pixels above the first moment
FAR = 44.0  # pixels; a later event is drawn nearer, so that the user can see and choose it
LANES = ("client", "server")


def stage_of(stepper: Stepper, choices: Sequence[m.Choice], transit: float | None) -> Json:
    """Return the ladder up to the present moment as JSON values.

    Heights are in pixels, times in seconds, lanes are 0 (client) and 1 (server). `step` counts from
    1. `due` has the heights of `choices`, in their order. It has None for a choice without a time.
    """
    return _Stage(stepper, choices, transit).json()


@frozen
class _Due:
    """An event that will happen at `time` in `lane`. `key` names it."""

    time: float
    lane: int
    key: tuple[str, object]


class _Stage:
    def __init__(
        self, stepper: Stepper, choices: Sequence[m.Choice], transit: float | None
    ) -> None:
        past = stepper.past
        self.first = max(len(past) - STEPS, 0)
        self.frames = past[self.first :]
        self.choices, self.wire, self.time = choices, stepper.wire, stepper.now
        entries = (*entries_of(self.frames), *stepper.world.pending)
        self.ladder: Ladder = build(entries, (held.origin for held in self.wire))
        self.scale = Scale(self.ladder, TOP, {}, transit)
        self.packets = {moment.order: number for moment, number in self._packets()}
        self.sent_at = {number: moment for moment, number in self._packets()}
        last = max((moment.at for moment in self._moments()), default=self.time)
        self.now = self.scale.after(self.scale.bottom - APART, self.time - last)
        self.heights = self._heights()

    def json(self) -> Json:
        bottom = max((self.now, *self.heights.values()))
        return {
            "earlier": self.first,
            "now": round(self.now, 1),
            "height": round(bottom + 2 * APART, 1),
            "states": [self._state(lane) for lane in LANES],
            "arrows": [self._arrow(arrow) for arrow in self.ladder.arrows if self._is_past(arrow)],
            "marks": [self._mark(mark) for mark in self.ladder.marks],
            "breaks": [[round(cut.y, 1), cut.seconds] for cut in self.scale.breaks],
            "under_way": [self._held(held) for held in self.wire],
            "due": [self._due_height(choice) for choice in self.choices],
        }

    def _moments(self) -> Iterator[Moment]:
        yield from (span.start for span in self.ladder.spans)
        yield from (moment for arrow in self.ladder.arrows for _, moment in arrow.moments)
        yield from (mark.moment for mark in self.ladder.marks)

    # -- What has happened ------------------------------------------------------------------------

    def _state(self, lane: str) -> list[Json]:
        return [
            {
                "state": span.state.value,
                "y": self._y(span.start),
                "step": self._step(span.start),
                "why": span.why,
            }
            for span in self.ladder.spans_of(lane)
        ]

    def _arrow(self, arrow: Arrow) -> Json:
        return {
            "packet": self.packets.get(arrow.start.order),
            "words": arrow.words,
            "remarks": list(arrow.remarks),
            "kind": arrow.kind,
            "from": LANES.index(arrow.sender),
            "sent": None if arrow.sent is None else self._moment(arrow.sent),
            "arrived": [self._moment(moment) for moment in arrow.arrived],
            "expected": round(self.scale.expected(arrow), 1) if arrow.sent else None,
            "lost": arrow.lost and "unheard" not in arrow.fate,
            "unheard": "unheard" in arrow.fate,
            "again": arrow.again,
            "stray": arrow.stray,
            "why": [arrow.sent_why, arrow.arrived_why],
        }

    def _is_past(self, arrow: Arrow) -> bool:
        """Return whether the packet has arrived or was lost. If not, it is still under way."""
        return bool(arrow.arrived) or "held" not in arrow.fate

    def _mark(self, mark: Mark) -> Json:
        return {
            "lane": LANES.index(mark.end),
            "kind": mark.kind,
            "words": mark.words,
            "y": self._y(mark.moment),
            "step": self._step(mark.moment),
            "since": self._since(mark) if mark.kind in ("timeout", "dally") else None,
            "why": mark.why,
        }

    def _since(self, mark: Mark) -> float | None:
        """Return the height where this wait began: that of the last event before it in the lane."""
        if mark.since is None:
            return None
        known = [m for arrow in self.ladder.arrows for end, m in arrow.moments if end == mark.end]
        known += [other.moment for other in self.ladder.marks if other.end == mark.end]
        before = [moment for moment in known if moment.order <= mark.since.order]
        return self._y(max(before)) if before else TOP

    def _moment(self, moment: Moment) -> list[Any]:
        return [self._y(moment), moment.at, self._step(moment)]

    def _y(self, moment: Moment) -> float:
        return round(self.scale.y(moment), 1)

    def _step(self, moment: Moment) -> int:
        return self.first + moment.step + 1

    def _packets(self) -> Iterator[tuple[Moment, int]]:
        """Yield the moment and the number of each packet that a step here has sent."""
        sent: defaultdict[int, list[Arrow]] = defaultdict(list)
        for arrow in self.ladder.arrows:
            if arrow.sent is not None:
                sent[arrow.sent.step].append(arrow)
        for step, frame in enumerate(self.frames):
            ordered = sorted(sent[step], key=lambda arrow: arrow.start.order)
            yield from zip((a.start for a in ordered), _numbers(frame), strict=False)

    # -- Events that are due ----------------------------------------------------------------------

    def _heights(self) -> dict[tuple[str, object], float]:
        """Return the height of each packet's arrival and of each time-out."""
        y, at = self.now, self.time
        lanes, found = [self.now] * len(LANES), dict[tuple[str, object], float]()
        for due in sorted(self._dues(), key=lambda due: (due.time, due.lane)):
            y = min(self.scale.after(y, due.time - at), y + FAR)
            at = max(at, due.time)
            y = lanes[due.lane] = max(y, lanes[due.lane] + APART)
            found[due.key] = y
        return found

    def _dues(self) -> Iterator[_Due]:
        for held in self.wire:
            yield _Due(max(held.due, self.time), 1 - _sender(held), ("packet", held.number))
        for choice in self.choices:
            match choice.move:
                case m.Expire(end):
                    yield _Due(choice.when, _lane(end), ("end", end))

    def _due_height(self, choice: m.Choice) -> float | None:
        match choice.move:
            case m.Arrive(packet):
                return round(self.heights[("packet", packet)], 1)
            case m.Expire(end):
                return round(self.heights[("end", end)], 1)
        return None

    def _held(self, held: Held) -> Json:
        sent = self.sent_at.get(held.origin)
        which = self._which(held)
        name = held.kind if held.block is None else f"{held.kind} {held.block}"
        return {
            "packet": held.number,
            "from": _sender(held),
            "stranger": held.sender not in LANES,
            "label": layout("{name} ({which})", name=name, which=which) if which else name,
            "which": which,
            "words": held.words,
            "fate": [fate_gloss([one]) for one in held.fate],
            "y": self.now if sent is None else self._y(sent),
            "due": round(self.heights[("packet", held.number)], 1),
        }

    def _which(self, held: Held) -> str:
        """Tells a packet from those under way that look like it: a copy, or the first of two."""
        if held.copy_of is not None:
            return sentence_p("one of two packets", "copy")
        alike = [other.number for other in self.wire if _looks(other) == _looks(held)]
        place = sorted(alike).index(held.number) + 1
        if len(alike) == 1:
            return ""
        return sentence("{place} of {count}", place=place, count=len(alike))


def _numbers(frame: Frame) -> Iterable[int]:
    return (held.number for held in frame.sent)


def _looks(held: Held) -> tuple[object, ...]:
    return held.sender, held.kind, held.block, held.copy_of is None


def _sender(held: Held) -> int:
    """Return the lane from which it is drawn. A stranger is drawn in the other end's lane."""
    return _lane(held.sender) if held.sender in LANES else 1 - _lane(held.receiver)


def _lane(end: str) -> int:
    return int(end == "server")

"""Measure how long each side takes to answer: the median, the 99th percentile, the slowest.

If the steps of an end are known, its turn-round is the time from hearing a packet to sending one.
Its peer measures a longer time, from sending to hearing the answer. This includes the way there and
back, and the waits for lost packets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil

from tftp_fsm.borders.columns import left, right
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.passages import peer_of
from tftp_fsm.frozen import frozen
from tftp_fsm.language import tr, tr_p
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.trace.describe import came_from_wire, goes_to_wire


@frozen
class Answer:
    """One answer: its time in `seconds`, and the `step` in which it was sent or heard."""

    seconds: float
    step: int


@frozen
class Turnround:
    """The answers of `side`. If `seen`, its peer has measured them, with the way there and back."""

    side: str
    seen: bool
    answers: tuple[Answer, ...]

    def share(self, part: float) -> Answer:
        """Return the answer at this percentile, as a part of 1 (nearest rank)."""
        return self.answers[max(ceil(part * len(self.answers)) - 1, 0)]


def turnrounds(frames: Sequence[Frame]) -> tuple[Turnround, ...]:
    """Return the known turn-rounds. Each has its quickest answer first."""
    found: Mapping[tuple[str, bool], list[Answer]] = defaultdict(list)
    for key, answer in _answers(frames):
        found[key].append(answer)
    return tuple(
        Turnround(*key, tuple(sorted(answers, key=lambda answer: answer.seconds)))
        for key, answers in sorted(found.items())
    )


def _answers(frames: Iterable[Frame]) -> Iterator[tuple[tuple[str, bool], Answer]]:
    heard: dict[str, float] = {}
    asked: dict[str, float] = {}
    for frame in frames:
        end, now = frame.end, frame.now
        if came_from_wire(frame.step.event):
            if end in asked:
                yield (peer_of(end), True), Answer(now - asked.pop(end), frame.number)
            heard[end] = now
        if any(map(goes_to_wire, frame.step.effects)):
            if end in heard:
                yield (end, False), Answer(now - heard.pop(end), frame.number)
            asked.setdefault(end, now)


def turnround_lines(known: Sequence[Turnround]) -> Iterator[str]:
    """Yield a table with a line for each side, and a line for the view of its peer."""
    yield _heads()
    for one in known:
        half, most, last = one.share(0.5), one.share(0.99), one.answers[-1]
        times = f"{half.seconds:>8.4f} s {most.seconds:>8.4f} s"
        slowest = tr("{seconds:.4f} s in step {step}", seconds=last.seconds, step=last.step)
        yield f"{left(_name(one), 26)} {len(one.answers):>6} {times}  {slowest}"
    if not known:
        yield tr("no packet was answered yet")


def _heads() -> str:
    name, number = left(tr("answers of"), 26), right(tr_p("column", "number"), 6)
    half, most = right(tr_p("column", "median"), 10), right(tr("99 %"), 10)
    last = tr_p("column", "slowest")
    return f"{name} {number} {half} {most}  {last}"


def _name(one: Turnround) -> str:
    side = end_word(one.side)
    if one.seen:
        return tr("{side}, seen by the {peer}", side=side, peer=end_word(peer_of(one.side)))
    return tr("{side}, by itself", side=side)

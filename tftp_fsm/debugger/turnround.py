"""How long each side takes to answer: the median, the 99th percentile and the slowest.

An end whose steps are known has its own turn-round: from hearing a packet to sending one. The other
end sees more: from sending to hearing the answer, with the way there and back, and with the waits
for what was lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil

from tftp_fsm.debugger.frames import Frame
from tftp_fsm.frozen import frozen
from tftp_fsm.trace.describe import came_from_wire, goes_to_wire


@frozen
class Answer:
    """An answer took so many `seconds`; it was sent, or heard, in `step`."""

    seconds: float
    step: int


@frozen
class Turnround:
    """The answers of `side`. `seen`: as its peer sees them, with the way there and back."""

    side: str
    seen: bool
    answers: tuple[Answer, ...]

    def share(self, part: float) -> Answer:
        """The answer that so large a part of all do not exceed (nearest rank)."""
        return self.answers[max(ceil(part * len(self.answers)) - 1, 0)]


def turnrounds(frames: Sequence[Frame]) -> tuple[Turnround, ...]:
    """What is known of each side, the quickest answer first."""
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
                peer = "client" if end == "server" else "server"
                yield (peer, True), Answer(now - asked.pop(end), frame.number)
            heard[end] = now
        if any(map(goes_to_wire, frame.step.effects)):
            if end in heard:
                yield (end, False), Answer(now - heard.pop(end), frame.number)
            asked.setdefault(end, now)


def turnround_lines(known: Sequence[Turnround]) -> Iterator[str]:
    """A table: a line for each side, and for how its peer sees it."""
    yield f"{'answers of':<26} {'number':>6} {'median':>10} {'99 %':>10}  slowest"
    for one in known:
        peer = "client" if one.side == "server" else "server"
        name = f"{one.side}, seen by the {peer}" if one.seen else f"{one.side}, by itself"
        half, most, last = one.share(0.5), one.share(0.99), one.answers[-1]
        times = f"{half.seconds:>8.4f} s {most.seconds:>8.4f} s"
        slowest = f"{last.seconds:.4f} s in step {last.step}"
        yield f"{name:<26} {len(one.answers):>6} {times}  {slowest}"
    if not known:
        yield "no packet was answered yet"

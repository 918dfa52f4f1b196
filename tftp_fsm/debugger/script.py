"""A run as command lines that repeat it, for links and scripts.

    script_of(stepper)                   # ['step 7', 'drop 7', 'step 2', 'goto 8']

The same lines in the same world give the same run. `tftp-fsm debug --script` can run them, too.
"""

from __future__ import annotations

import shlex
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.stepper import Done, Stepper


def script_of(stepper: Stepper, opening: Sequence[Done] = ()) -> list[str]:
    """Return the lines that lead from the place after `opening` to the present place of `stepper`.

    The run includes the frames ahead: the last lines go back from them.
    """
    known, here = stepper.history, len(stepper.moves)
    shared = next(
        (at for at, done in enumerate(opening) if known[at : at + 1] != (done,)), len(opening)
    )
    before = known[shared - 1].frames if shared else 0
    left = _back(opening[:shared], partial(_first, opening)) if shared < len(opening) else ()
    back = _back(known[:here], stepper.moves_to) if here < len(known) else ()
    return [*left, *_lines(known[shared:], before), *back]


def _back(done: Sequence[Done], moves_to: Callable[[int], int]) -> Iterator[str]:
    """Yield the way back: `goto` leads to the first move with these frames, and others follow."""
    frames = done[-1].frames if done else 0
    yield f"goto {frames}"
    yield from (line_of(one.move) for one in done[moves_to(frames) :])


def _first(done: Sequence[Done], frames: int) -> int:
    """Return the number of moves that lead to frame `frames`."""
    return frames and 1 + bisect_left([one.frames for one in done], frames)


def _lines(done: Sequence[Done], frames: int) -> Iterator[str]:
    """Yield the lines of the moves. Usual moves up to a frame become a `step`, as in `step 3`."""
    steps, pending = 0, list[m.Move]()
    for one in done:
        if not one.usual:
            yield from _stepped(steps, pending)
            steps, pending = 0, []
            yield line_of(one.move)
        elif one.frames > frames:
            steps, pending = steps + 1, []
        else:
            pending.append(one.move)
        frames = one.frames
    yield from _stepped(steps, pending)


def _stepped(steps: int, pending: list[m.Move]) -> Iterator[str]:
    if steps:
        yield f"step {steps}"
    yield from map(line_of, pending)


_WORDS: dict[type[m.Move], str] = {
    m.Arrive: "pass",
    m.Drop: "drop",
    m.Duplicate: "duplicate",
    m.Swap: "swap",
    m.Expire: "timeout",
    m.Abort: "abort",
    m.ReportUnreachable: "unreachable",
    m.FailStorage: "diskfull",
}
_EMPTY = '""'  # a datagram without octets


def line_of(move: m.Move) -> str:
    """The command that performs `move`."""
    match move:
        case m.Arrive(packet) | m.Drop(packet) | m.Duplicate(packet) | m.Swap(packet):
            return f"{_WORDS[type(move)]} {packet}"
        case m.Expire(end) | m.Abort(end) | m.ReportUnreachable(end) | m.FailStorage(end):
            return f"{_WORDS[type(move)]} {end}"
        case m.Delay(packet, seconds):
            return f"delay {packet} {seconds!r}"
        case m.Replace(packet, octets):
            return f"raw {packet} {octets.hex() or _EMPTY}"
        case m.Inject(end, octets, stranger):
            return f"inject {end} raw {octets.hex() or _EMPTY}{' stranger' * stranger}"
        case m.SetVariable(end, name, value, both):
            return f"set {end} {shlex.join((name, value))}{' both' * both}"
        case m.Wait(seconds):
            return "wait" if seconds is None else f"wait {seconds:g}"
    return "step"

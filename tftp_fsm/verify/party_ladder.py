"""A run of two parties as a ladder. Time is counted in moves, not in seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tftp_fsm.ladder.model import Arrow, Item, Ladder, Lane, Mark, Moment, Span, first_moment
from tftp_fsm.verify.parties import Move, Pair, World
from tftp_fsm.verify.party import Message, PartyStep, RuleBroken

SIDES = ("left", "right")
NARROW = 71  # columns; a wider ladder shows times, and these runs have no times


def shown(message: Message) -> str:
    """Return the message as a ladder shows it, such as `data 0 A`."""
    return " ".join(str(part) for part in message)


class _Drawing:
    """The arrows so far. `under_way[side]` has the indexes of the arrows that still travel."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.items: list[Item] = []
        self.spans: list[Span] = []
        self.under_way: tuple[list[int], list[int]] = ([], [])
        self.order = 0

    def see(self, world: World, step: PartyStep | None = None, side: int = 0) -> None:
        """Note the states after a move, and the messages that this side has sent."""
        for each, end in enumerate(SIDES):
            state = self.pair.party(world, each).state
            held = [span.state for span in self.spans if span.end == end]
            if not held or held[-1] is not state:
                self.spans.append(Span(end, state, self.moment()))
        for message in step.sent if step is not None else ():
            self.send(side, message)

    def send(self, side: int, message: Message) -> None:
        self.order += 1
        self.under_way[1 - side].append(len(self.items))
        ends = SIDES[side], SIDES[1 - side]
        self.items.append(Arrow(*ends, "data", shown(message), self.moment(), fate=("held",)))

    def move(self, move: Move) -> None:
        self.order += 1
        if move.what == "timeout":
            self.items.append(Mark(SIDES[move.side], "local", "time-out", self.moment()))
            return
        index = self.under_way[move.side][move.place]
        if move.what != "copy":
            del self.under_way[move.side][move.place]
        arrow = self.items[index]
        assert isinstance(arrow, Arrow)
        if move.what == "lose":
            fate: tuple[str, ...] = () if arrow.arrived else ("lost",)
            self.items[index] = replace(arrow, fate=fate)
        else:
            arrived = (*arrow.arrived, self.moment())
            self.items[index] = replace(arrow, fate=(), arrived=arrived)

    def moment(self) -> Moment:
        return Moment(self.order, float(self.order))


def party_ladder(pair: Pair, start: World, moves: Iterable[Move]) -> Ladder:
    """Return the ladder of these moves. It ends with a move that breaks a rule."""
    drawing, world = _Drawing(pair), start
    drawing.see(world)
    for side in (0, 1):
        for message in start.under_way[1 - side]:
            drawing.send(side, message)
    for move in moves:
        drawing.move(move)
        try:
            world, step = pair.after(world, move)
        except RuleBroken:
            break
        drawing.see(world, step, move.side)
    left, right = (Lane(e, k.__name__, "", True) for e, k in zip(SIDES, pair.kinds, strict=True))
    items = sorted(drawing.items, key=first_moment)
    return Ladder(left, right, tuple(items), tuple(drawing.spans), 0.0, "", "")

"""Two parties and a network: every order of events, and the shortest run that breaks a rule.

    pair = Pair((Sender, Receiver), ("A", "B", "C"))
    found = explore(pair, pair.start(Faults(losses=1)))

The first party is offered items, the second one delivers them. The network keeps the order of
messages unless it `reorders`. Loss, copies and early time-outs have budgets; a time-out is early if
a message is still under way. The others cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, sentence
from tftp_fsm.verify.case import states_words
from tftp_fsm.verify.party import (
    STARTED,
    TIMEOUT,
    Fields,
    Message,
    Party,
    PartyStep,
    RuleBroken,
    fields_of,
    party_of,
    stepped,
)

RULES = {
    "prefix": mark("What was delivered is always a prefix of what was offered."),
    "whole": mark("When both parties have ended, everything was delivered."),
    "deadlock": mark("While a party has not ended, something can happen."),
    "ends": mark("From every state, some run ends."),
    "guards": mark("The guards of a state and an event exclude each other."),
    "answered": mark("A row answers each event that comes."),
}


class Faults(NamedTuple):
    """What the network and the clocks may still do."""

    losses: int = 0
    copies: int = 0
    early: int = 0


class Move(NamedTuple):
    """`what` is arrive, copy, lose or timeout; `side` hears it; `place` is that of the message."""

    what: str
    side: int
    place: int = 0


class World(NamedTuple):
    """One joint state. `under_way[side]` are the messages to this side, the oldest first."""

    parties: tuple[Fields, Fields]
    under_way: tuple[tuple[Message, ...], tuple[Message, ...]]
    delivered: Message
    faults: Faults


@frozen
class Found:
    """What a search saw. `rule` is the broken one, or empty; `moves` lead there from the start."""

    states: int
    transitions: int
    depth: int
    stopped: str = ""
    rule: str = ""
    how: str = ""
    moves: tuple[Move, ...] = ()


class Pair:
    """Two kinds of parties, what the first one is offered, and whether messages may overtake."""

    def __init__(
        self, kinds: tuple[type[Party], type[Party]], items: Message, *, reorders: bool = False
    ) -> None:
        self.kinds = kinds
        self.items = items
        self.reorders = reorders
        self._steps: dict[tuple[int, Fields, str, Message | None], PartyStep] = {}

    def start(self, faults: Faults) -> World:
        """Both parties have begun. RuleBroken: a row is missing, or two can be taken."""
        parties = tuple(
            fields_of(kind(items)) for kind, items in zip(self.kinds, (self.items, ()), strict=True)
        )
        world = World(parties, ((), ()), (), faults)  # type: ignore[arg-type]
        for side, kind in enumerate(self.kinds):
            first = kind.table.rows[0].source
            if any((r.source, r.trigger) == (first, STARTED) for r in kind.table.rows):
                world, _ = self._fire(world, side, STARTED, None)
        return world

    def party(self, world: World, side: int) -> Party:
        """One party, to look at."""
        return party_of(self.kinds[side], world.parties[side])

    def moves(self, world: World) -> Iterator[Move]:
        """All that can happen next."""
        losses, copies, early = world.faults
        for side, messages in enumerate(world.under_way):
            for place, message in enumerate(messages if self.reorders else messages[:1]):
                if message not in messages[:place]:
                    yield Move("arrive", side, place)
                    if copies:
                        yield Move("copy", side, place)
                    if losses:
                        yield Move("lose", side, place)
        if early or not any(world.under_way):
            for side in (0, 1):
                party = self.party(world, side)
                if party.waits and not party.has_ended:
                    yield Move("timeout", side)

    def after(self, world: World, move: Move) -> tuple[World, PartyStep | None]:
        """The world after a move, and the step that it led to, if any. RuleBroken: as `start`."""
        what, side, place = move
        losses, copies, early = world.faults
        if what == "timeout":
            faults = Faults(losses, copies, early - any(world.under_way))
            return self._fire(world._replace(faults=faults), side, TIMEOUT, None)
        message = world.under_way[side][place]
        faults = Faults(losses - (what == "lose"), copies - (what == "copy"), early)
        world = world._replace(faults=faults)
        if what != "copy":
            messages = world.under_way[side]
            world = _with_messages(world, side, messages[:place] + messages[place + 1 :])
        if what == "lose":
            return world, None
        return self._fire(world, side, f"{message[0]}_received", message)

    def broken(self, world: World) -> tuple[str, str] | None:
        """The rule that does not hold in this state, and how."""
        told = " ".join(map(str, world.delivered)) or sentence("nothing")
        if world.delivered != self.items[: len(world.delivered)]:
            offered = " ".join(map(str, self.items))
            return "prefix", sentence(
                "offered {offered}, delivered {delivered}", offered=offered, delivered=told
            )
        if self.is_end(world):
            if world.delivered != self.items:
                how = sentence("both have ended, and {delivered} was delivered", delivered=told)
                return "whole", how
        elif next(self.moves(world), None) is None:
            return "deadlock", sentence("no message is under way, and no time-out will come")
        return None

    def is_end(self, world: World) -> bool:
        """Both parties have ended, or rest."""
        both = (self.party(world, side) for side in (0, 1))
        return all(party.has_ended or party.state in party.rests for party in both)

    def _fire(
        self, world: World, side: int, trigger: str, message: Message | None
    ) -> tuple[World, PartyStep]:
        key = (side, world.parties[side], trigger, message)
        step = self._steps.get(key)
        if step is None:
            step = self._steps[key] = stepped(self.kinds[side], key[1], trigger, message)
        parties = (step.fields, world.parties[1]) if side == 0 else (world.parties[0], step.fields)
        to = 1 - side
        world = _with_messages(world, to, world.under_way[to] + step.sent)
        return world._replace(parties=parties, delivered=world.delivered + step.delivered), step


def pair_of(
    parties: tuple[type[Party], type[Party]], items: int, *, reorders: bool = False
) -> Pair:
    """The first of these parties is offered so many items: A, B, C."""
    names = [chr(ord("A") + n) if n < 26 else f"item-{n}" for n in range(items)]
    return Pair(parties, tuple(names), reorders=reorders)


def explore(
    pair: Pair, faults: Faults, limit: int, is_late: Callable[[], bool] = lambda: False
) -> Found:
    """Breadth first, so the first broken rule has the shortest run. Each state is visited once."""
    try:
        start = pair.start(faults)
    except RuleBroken as broken:
        return Found(0, 0, 0, "", broken.rule, broken.how)
    came: dict[World, tuple[World, Move] | None] = {start: None}
    before: dict[World, list[World]] = {start: []}
    level, depth, transitions = [start], 0, 0

    def found(world: World, rule: str = "", how: str = "", last: tuple[Move, ...] = ()) -> Found:
        moves = (*_moves_to(world, came), *last) if rule else ()
        return Found(len(came), transitions, depth, "", rule, how, moves)

    while level:
        ahead = []
        for world in level:
            if wrong := pair.broken(world):
                return found(world, *wrong)
            for move in pair.moves(world):
                transitions += 1
                try:
                    after, _ = pair.after(world, move)
                except RuleBroken as broken:
                    return found(world, broken.rule, broken.how, (move,))
                if after not in came:
                    came[after] = world, move
                    before[after] = []
                    ahead.append(after)
                before[after].append(world)
            if len(came) > limit or is_late():
                stopped = sentence("the time")
                if len(came) > limit:
                    stopped = states_words(limit)
                return Found(len(came), transitions, depth, stopped)
        level, depth = ahead, depth + bool(ahead)
    ending = _reach_an_end([world for world in came if pair.is_end(world)], before)
    lost = next((world for world in came if world not in ending), None)
    return (
        found(start) if lost is None else found(lost, "ends", sentence("from here on no run ends"))
    )


def _moves_to(world: World, came: dict[World, tuple[World, Move] | None]) -> tuple[Move, ...]:
    moves = []
    while (link := came[world]) is not None:
        world, move = link
        moves.append(move)
    return tuple(reversed(moves))


def _reach_an_end(ends: list[World], before: dict[World, list[World]]) -> set[World]:
    ahead, seen = list(ends), set(ends)
    while ahead:
        for world in before[ahead.pop()]:
            if world not in seen:
                seen.add(world)
                ahead.append(world)
    return seen


def _with_messages(world: World, side: int, messages: tuple[Message, ...]) -> World:
    other = world.under_way[1 - side]
    return world._replace(under_way=(messages, other) if side == 0 else (other, messages))

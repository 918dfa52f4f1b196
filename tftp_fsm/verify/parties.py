"""Explore two parties and a network: every order of events, up to the first broken rule.

    pair = Pair((Sender, Receiver), ("A", "B", "C"))
    found = explore(pair, pair.start(Faults(losses=1)))

The first party is offered items, and the second party delivers them. The network keeps the order
of messages unless it `reorders`. Losses, copies and early time-outs have budgets. A time-out is
early if a message is still under way. Other time-outs have no budget.
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
    "prefix": mark("The delivered messages are always a prefix of the offered messages."),
    "whole": mark("When both parties have ended, everything was delivered."),
    "deadlock": mark("While a party has not ended, something can happen."),
    "ends": mark("From every state, some run ends."),
    "guards": mark("The guards of a state and an event exclude each other."),
    "answered": mark("A row answers each event that comes."),
}


class Faults(NamedTuple):
    """The numbers of losses, copies and early time-outs that may still happen."""

    losses: int = 0
    copies: int = 0
    early: int = 0


class Move(NamedTuple):
    """`what` is arrive, copy, lose or timeout; `side` hears it; `place` is the message's index."""

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
    """The result of a search. `rule` is the broken rule or "", and `moves` lead to the fault."""

    states: int
    transitions: int
    depth: int
    stopped: str = ""
    rule: str = ""
    how: str = ""
    moves: tuple[Move, ...] = ()


class Pair:
    """Two kinds of parties, the items for the first one, and whether messages may overtake."""

    def __init__(
        self, kinds: tuple[type[Party], type[Party]], items: Message, *, reorders: bool = False
    ) -> None:
        self.kinds = kinds
        self.items = items
        self.reorders = reorders
        self._steps: dict[tuple[int, Fields, str, Message | None], PartyStep] = {}

    def start(self, faults: Faults) -> World:
        """Begin both parties. Raises RuleBroken if a row is missing, or if two can be taken."""
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
        """Return the party of this side, to look at it."""
        return party_of(self.kinds[side], world.parties[side])

    def moves(self, world: World) -> Iterator[Move]:
        """Yield everything that can happen next."""
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
        """Return the world after a move, and the step that the move has caused, if any.

        Raises RuleBroken as `start` does.
        """
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
        """Return the rule that this state breaks and the words for it, or None."""
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
        """Return whether each party has ended or rests."""
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
    """Return a pair whose first party is offered this number of items: A, B, C and so on."""
    names = [chr(ord("A") + n) if n < 26 else f"item-{n}" for n in range(items)]
    return Pair(parties, tuple(names), reorders=reorders)


def explore(
    pair: Pair, faults: Faults, limit: int, is_late: Callable[[], bool] = lambda: False
) -> Found:
    """Explore breadth first, so the run to the first broken rule is a shortest one."""
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
                stopped = sentence("the time limit")
                if len(came) > limit:
                    stopped = states_words(limit)
                return Found(len(came), transitions, depth, stopped)
        level, depth = ahead, depth + bool(ahead)
    ending = _reach_an_end([world for world in came if pair.is_end(world)], before)
    lost = next((world for world in came if world not in ending), None)
    return found(start) if lost is None else found(lost, "ends", sentence("no run from here ends"))


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

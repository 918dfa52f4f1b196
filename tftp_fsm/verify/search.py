"""Search every state once, breadth first, so the way to a fault is a shortest one."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from math import inf

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.protocol.roles import Sessions
from tftp_fsm.verify.case import Case
from tftp_fsm.verify.rules import BOUNDED, ENDS, NO_DEADLOCK, Breach
from tftp_fsm.verify.world import SIZE, Next, World

Ends = Counter[tuple[Outcome | None, Outcome | None]]
LITTLE = 256  # states between two looks at the clock
_STATE = (1 << SIZE) - 1
_ZERO = 1 << 10  # stands for an excess of 0, if the excess is part of a state
_NEVER = -(1 << 15)


@frozen
class Violation:
    """A broken rule, and the moves that lead to it from the start of `world`.

    If it `breaks`, the last move has broken the rule. Otherwise the state after it is wrong.
    """

    breach: Breach
    moves: tuple[int, ...]
    world: World
    breaks: bool = False


class Stopped(Exception):
    """A limit was reached before everything was seen."""


class Search:
    """The states of one case, with ends of these classes.

    `counts_data` makes the excess of DATA a part of each state.
    `may_go_on` is called from time to time with the number of states, and always if there are more
    than `most` states. If it returns False, the search stops.
    """

    def __init__(
        self,
        case: Case,
        sessions: Sessions,
        may_go_on: Callable[[int], bool] = lambda states: True,
        *,
        most: float = inf,
        counts_data: bool = False,
    ) -> None:
        self.world = World(case, sessions)
        self.states: list[int] = []
        self.transitions = 0
        self.depth = 0
        self.ends: Ends = Counter()
        self.least_faults: dict[tuple[Outcome | None, Outcome | None], int] = {}
        self._may_go_on = may_go_on
        self._most = most
        self._counts_data = counts_data
        self._parents = array("I")
        self._moves = array("I")
        self._first = array("I")  # the index of a state's first transition in the next two
        self._targets = array("I")
        self._excess = array("h")

    def run(self) -> Violation | None:
        """Explore everything. Return None if no rule is broken. Raises `Stopped` at a limit."""
        try:
            self._explore()
        except _Found as found:
            return found.violation
        return None if self._counts_data else self._judge_runs()

    def edges(self) -> Iterator[tuple[int, int, int]]:
        """Yield each transition that was found: the state before, the move, and the state after."""
        for at in range(len(self.states)):
            targets = self._targets[self._first[at] : self._first[at + 1]]
            moves = [move for _, move, _ in self.world.nexts(self.states[at])]
            yield from zip([at] * len(targets), moves, targets, strict=True)

    # -- Breadth first ----------------------------------------------------------------------------

    def _explore(self) -> None:
        states, moves, parents = self.states, self._moves, self._parents
        first, targets, weights = self._first, self._targets, self._excess
        start = self._start()
        index = {start: 0}
        states.append(start)
        parents.append(0)
        moves.append(0)
        at = level = 0
        while at < len(states):
            is_time = at % LITTLE == 0 or len(states) > self._most
            if is_time and not self._may_go_on(len(states)):
                raise Stopped
            if at == level:
                level, self.depth = len(states), self.depth + 1
            first.append(len(targets))
            for after, move, excess in self._nexts(at):
                target = index.get(after)
                if target is None:
                    target = index[after] = len(states)
                    states.append(after)
                    parents.append(at)
                    moves.append(move)
                    self._check(target, after)
                targets.append(target)
                weights.append(excess)
            at += 1
        first.append(len(targets))
        self.transitions = len(targets)

    def _start(self) -> int:
        try:
            start = self.world.start()
        except Breach as breach:
            raise _Found(Violation(breach, (), self.world)) from breach
        return start | (_ZERO << SIZE if self._counts_data else 0)

    def _nexts(self, at: int) -> list[Next]:
        world, state = self.world, self.states[at] & _STATE
        try:
            nexts = world.nexts(state)
        except Breach as breach:
            way = (*self._way_to(at), world.breaking(state))
            raise _Found(Violation(breach, way, world, breaks=True)) from breach
        if not nexts:
            self._note_end(at, state)
        return self._counted(self.states[at] >> SIZE, nexts) if self._counts_data else nexts

    def _counted(self, had: int, nexts: list[Next]) -> list[Next]:
        """Return the states, each with its excess of DATA."""
        return [(had + excess << SIZE | state, move, 0) for state, move, excess in nexts]

    def _note_end(self, at: int, state: int) -> None:
        if not self.world.is_end(state):
            how = sentence("nothing is under way, and no timer is running")
            raise _Found(self._violation(Breach(NO_DEADLOCK, how), at))
        try:
            outcomes = self.world.check_end(state)
        except Breach as breach:
            raise _Found(self._violation(breach, at)) from breach
        self.ends[outcomes] += 1
        faults = self.world.faults(state)
        self.least_faults[outcomes] = min(faults, self.least_faults.get(outcomes, faults))

    def _check(self, at: int, state: int) -> None:
        try:
            self.world.check(state & _STATE)
            if self._counts_data and (state >> SIZE) - _ZERO > self.world.case.blocks:
                how = sentence("more DATA was sent than the file and the faults explain")
                raise Breach(BOUNDED, how)
        except Breach as breach:
            raise _Found(self._violation(breach, at)) from breach

    def _violation(self, breach: Breach, at: int) -> Violation:
        return Violation(breach, self._way_to(at), self.world)

    def _way_to(self, at: int) -> tuple[int, ...]:
        way = []
        while at:
            way.append(self._moves[at])
            at = self._parents[at]
        return tuple(reversed(way))

    # -- Whole runs -------------------------------------------------------------------------------

    def _judge_runs(self) -> Violation | None:
        """Judge all runs together. Each state is judged after all states that lead to it.

        If there is no such order, some run comes back to a state that it has left.
        """
        first, targets, weights = self._first, self._targets, self._excess
        states = len(self.states)
        waiting = array("I", bytes(4 * states))
        for target in targets:
            waiting[target] += 1
        most = array("h", [_NEVER]) * states
        most[0] = 0
        ready, seen = [0], 0
        while ready:
            at = ready.pop()
            seen += 1
            had = most[at]
            for edge in range(first[at], first[at + 1]):
                target = targets[edge]
                total = had + weights[edge]
                if total > most[target]:
                    most[target] = total
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        if seen < states:
            circle = next(at for at in range(states) if waiting[at])
            return self._violation(
                Breach(ENDS, sentence("a run comes back to an earlier place")), circle
            )
        if max(most) > self.world.case.blocks:
            return self._violation(
                Breach(BOUNDED, sentence("more DATA was sent than is explained")), 0
            )
        return None


class _Found(Exception):
    def __init__(self, violation: Violation) -> None:
        super().__init__(str(violation.breach))
        self.violation = violation

"""Explore one case and report about it.

report = explore(Case("get", 20, windowsize=2))
report.violation is None and report.stopped_by is None        # proven
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.roles import Sessions
from tftp_fsm.verify.case import Case, states_words
from tftp_fsm.verify.hostile_search import explore_hostile
from tftp_fsm.verify.known import kinds_of
from tftp_fsm.verify.replay import Replay
from tftp_fsm.verify.report import Counterexample, Ending, Report
from tftp_fsm.verify.rules import BOUNDED
from tftp_fsm.verify.search import Search, Stopped, Violation
from tftp_fsm.verify.world import unpacked


@frozen
class Limits:
    """The limits of an exploration: a number of states, and a number of seconds."""

    states: int | None = None
    seconds: float | None = None


NO_LIMITS = Limits()


def explore(
    case: Case, limits: Limits = NO_LIMITS, told: Callable[[int], None] = lambda states: None
) -> Report:
    """Explore a case. `told` is called from time to time with the number of states so far."""
    sessions = kinds_of(case)
    if case.hostile_to is not None:
        return explore_hostile(case, sessions, case.hostile_to)
    began = monotonic()
    watch = _Watch(limits, told)
    most = inf if limits.states is None else limits.states
    search = Search(case, sessions, watch.may_go_on, most=most)
    violation, stopped_by = None, None
    try:
        violation = search.run()
        if violation is not None and violation.breach.rule is BOUNDED:
            violation = _shortest(case, sessions, watch) or violation
    except Stopped:
        stopped_by = watch.reached
    found = None if violation is None else _shown(violation)
    return Report(
        case=case,
        states=len(search.states),
        transitions=search.transitions,
        depth=search.depth,
        seconds=monotonic() - began,
        endings=_endings(search),
        counterexample=found,
        stopped_by=stopped_by,
    )


class _Watch:
    def __init__(self, limits: Limits, told: Callable[[int], None]) -> None:
        self.limits = limits
        self.reached = ""
        self._told = told
        self._began = monotonic()

    def may_go_on(self, states: int) -> bool:
        self._told(states)
        limits = self.limits
        if limits.states is not None and states > limits.states:
            self.reached = states_words(limits.states)
        elif limits.seconds is not None and monotonic() - self._began > limits.seconds:
            self.reached = sentence("{seconds:g} seconds", seconds=limits.seconds)
        return not self.reached


def _shortest(case: Case, sessions: Sessions, watch: _Watch) -> Violation | None:
    """Search again, with the count of DATA in each state: return the shortest run with too much."""
    return Search(case, sessions, watch.may_go_on, counts_data=True).run()


def _shown(violation: Violation) -> Counterexample:
    breach, moves = violation.breach, violation.moves
    replay = Replay(violation.world)
    replay.make(moves, breaks=violation.breaks)
    if breach.event is not None:
        replay.hear(
            "server" if moves and not unpacked(moves[-1]).is_client else "client", breach.event
        )
    trace = replay.trace(breach.note)
    return Counterexample(breach.rule, breach.how, len(moves), trace)


def _endings(search: Search) -> tuple[Ending, ...]:
    return tuple(
        Ending(client, server, count, search.least_faults[client, server])
        for (client, server), count in search.ends.most_common()
    )

"""A session without its clocks: what an exploration of all orders compares and keeps.

    rested = at_rest(session)             # a copy at time 0; only what can still matter is left
    key_of(rested)                        # equal for sessions that behave alike from now on

Two sessions that differ only in when things happened behave alike, except where a guard asks a
clock. Such a guard is asked at a few moments after the last event, one for each answer that it can
give: at once, when the burst is over, and when a copy is no longer possible. So the clocks shrink
to three yes-or-no facts: whether a deadline is set, whether the last ACK of a DATA is within BURST,
and whether a doubt has kept a deadline.

Lengths of waits (RTO, samples, back-off) do not count, and neither do counters. Therefore the
retry policy must have a number of retries and no patience in seconds.
"""

from __future__ import annotations

from collections.abc import Hashable
from math import inf
from typing import TypeVar

from tftp_fsm.protocol.counters import Counters
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import BURST, COPY_LIFETIME, RTO_INITIAL, RetransmissionTimer

S = TypeVar("S", bound=Session)

AT_ONCE = 0.0
"""Seconds after rest at which an event comes, with no time passing before it."""
DUE = COPY_LIFETIME / 2
"""When a deadline that is set is reached: after a burst, and before a copy is impossible."""
AFTER_BURST = BURST
"""When a copy of a block is no longer right behind its ACK."""
AFTER_COPIES = 2 * max(COPY_LIFETIME, RTO_INITIAL)
"""When no copy of a datagram can be under way any more."""

# What each step sets before it reads it, and what only measures.
SCRATCH = {
    "row": None,
    "_now": 0.0,
    "_due": 0,
    "_resending": False,
    "_timed": 0,
    "_sent_at": None,
    "_heard_at": 0.0,
    "_old_before": 0,
    "_stray_answered_at": None,
    "_client_heard_at": 0.0,
    "_dally_ends": None,
    "_acks": 0,
}
NOT_COMPARED = {*SCRATCH, "timer", "counters", "_effects", "_before", "retry_policy"}
_ABSENT = object()


def at_rest(session: S, now: float) -> S:
    """A copy of `session` as it is at `now`, moved to time 0, with only what can still matter."""
    return bring_to_rest(session.copy(), now)


def bring_to_rest(rested: S, now: float) -> S:
    """Like `at_rest`, but without a copy: the session itself is changed, and returned."""
    policy = rested.retry_policy
    assert policy.longest_silence == inf, "patience in seconds cannot be explored"
    assert policy.doubtful_octets is None, "ACKs are not counted here"
    fields = vars(rested)
    for name, value in SCRATCH.items():
        if name in fields:
            fields[name] = value
    if fields["_closed_after"] is not None:
        fields["_closed_after"] -= rested.counters.timeouts
    rested.timer = RetransmissionTimer()
    rested.counters = Counters()
    rested._effects, rested._before = [], rested.state
    rested.deadline = None if rested.deadline is None else DUE
    if fields.get("_acknowledged_at") is not None:
        fresh = now < fields["_acknowledged_at"] + BURST
        fields["_acknowledged_at"] = AT_ONCE if fresh else None
    if "_deadline_without_doubt" in fields:
        kept = fields["_is_in_doubt"] and fields["_deadline_without_doubt"] is not None
        fields["_deadline_without_doubt"] = DUE if kept else None
    return rested


def key_of(rested: Session) -> Hashable:
    """What distinguishes a session at rest from others of its class.

    A session that has ended hears nothing more, so only its outcome counts.
    """
    if rested.state.is_final:
        return rested.state, None if rested.outcome is None else rested.outcome.outcome
    kind = type(rested)
    return tuple(
        [
            (name, value)
            for name, value in sorted(vars(rested).items())
            if name not in NOT_COMPARED and getattr(kind, name, _ABSENT) != value
        ]
    )


def aged(rested: S) -> S:
    """The session after a long silence: no burst goes on. The same object if nothing changes."""
    if vars(rested).get("_acknowledged_at") is None:
        return rested
    older = rested.copy()
    vars(older)["_acknowledged_at"] = None
    return older

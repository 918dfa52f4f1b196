"""A session without its clocks, for an exploration of all orders of events.

    rested = at_rest(session)             # a copy at time 0, with only the facts that still matter
    key_of(rested)                        # equal for sessions that behave alike from now on

Two sessions that differ only in times behave alike, except if a guard compares times. The
exploration asks such a guard at a few moments after the last event, one for each possible answer:
at once, when the burst is over, and when a copy is no longer possible. So three yes-or-no facts
replace the clocks: whether a deadline is set, whether the last ACK of a DATA is within BURST, and
whether a doubt has kept a deadline.

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
"""Seconds after rest of an event that comes at once."""
DUE = COPY_LIFETIME / 2
"""The time of a deadline: after a burst, and before a copy is impossible."""
AFTER_BURST = BURST
"""The time at which a copy of a block does not follow its ACK closely any more."""
AFTER_COPIES = 2 * max(COPY_LIFETIME, RTO_INITIAL)
"""The time at which no copy of a datagram can be under way any more."""

# Fields that each step sets before it reads them, and fields that only measure.
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
    """Return a copy of `session` at `now`, moved to time 0, with only facts that still matter."""
    return bring_to_rest(session.copy(), now)


def bring_to_rest(rested: S, now: float) -> S:
    """Do the same as `at_rest` without a copy: the session itself is changed and returned."""
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
    """Return a key that distinguishes a session at rest from others of its class.

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
    """Return the session after a long silence, without a burst. Unchanged it is the same object."""
    if vars(rested).get("_acknowledged_at") is None:
        return rested
    older = rested.copy()
    vars(older)["_acknowledged_at"] = None
    return older

"""A session without clocks takes the same rows as the session that it was copied from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.protocol.events import (
    DataReceived,
    Effect,
    Event,
    Finished,
    Opened,
    RequestReceived,
    TimeoutExpired,
)
from tftp_fsm.protocol.roles import OURS
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import BURST, RetryPolicy
from tftp_fsm.protocol.untimed import (
    AFTER_BURST,
    AT_ONCE,
    DUE,
    NOT_COMPARED,
    SCRATCH,
    aged,
    at_rest,
    key_of,
)
from tftp_fsm.verify.case import Budgets, Case
from tftp_fsm.verify.case_sessions import client_of, server_of
from tftp_fsm.verify.search import Search

POLICY = RetryPolicy(retries=2, dally=3.0)
EVERY_ROLE = [
    session
    for verb in ("get", "put")
    for case in [Case(verb, 20, windowsize=2)]
    for session in (client_of(case, OURS), server_of(case, OURS, client_of(case, OURS).request))
]


def test_each_field_of_a_session_is_compared_or_said_not_to_matter() -> None:
    """A new field that holds a time must be named in `untimed`. Else `verify` proves nothing."""
    compared = {
        *("request", "peer", "state", "agreed", "blksize", "windowsize", "deadline", "retries"),
        *("outcome", "network_error", "_tid_fixed", "_closed_after"),
        *("received", "acknowledged", "gap_reported", "_skew", "_acknowledged_at"),
        *("size", "is_counted", "acked", "sent", "burst", "_next", "_resent", "_run_from"),
        *("_heard_ack", "asked_plainly", "heeded_refusal", "_is_in_doubt"),
        "_deadline_without_doubt",
    }
    constant = {"table", "accepts_data"}
    for session in EVERY_ROLE:
        assert _fields(session) <= compared | NOT_COMPARED | constant, type(session).__name__


def _fields(session: Session) -> set[str]:
    """Return the names of the fields, also of those that only the class has set so far."""
    of_class = {
        name
        for kind in type(session).__mro__
        for name, value in vars(kind).items()
        if not name.startswith("__") and not callable(value) and not isinstance(value, property)
    }
    return of_class | set(vars(session))


def test_two_sessions_that_differ_only_in_time_are_the_same_at_rest() -> None:
    early, late = (client_of(Case("get", 20), OURS) for _ in range(2))
    early.handle(Opened(), 0.0)
    late.handle(Opened(), 1000.0)
    assert key_of(at_rest(early, 0.0)) == key_of(at_rest(late, 1000.0))
    early.handle(TimeoutExpired(), 5.0)
    assert key_of(at_rest(early, 5.0)) != key_of(at_rest(late, 1000.0))


def test_a_burst_is_remembered_until_it_is_over_or_aged() -> None:
    client = client_of(Case("get", 1100, has_options=False), OURS)
    client.handle(Opened(), 0.0)
    client.handle(DataReceived(1, 512, source=("server", 2048)), 1.0)
    fresh, old = at_rest(client, 1.0), at_rest(client, 1.0 + BURST)
    assert key_of(fresh) != key_of(old) == key_of(aged(fresh))
    copy = DataReceived(1, 512, source=("server", 2048))
    rows = [
        session.copy().handle(copy, moment).row
        for session, moment in ((fresh, AT_ONCE), (fresh, AFTER_BURST), (old, AT_ONCE))
    ]
    assert rows[0] is not None and rows[0].conditions == ("is_burst",)
    assert rows[1] is rows[2] is not None


SEARCH = Search(Case("get", 20, windowsize=2, budgets=Budgets(1, 1, 1)), OURS)
SEARCH.run()


@given(st.data())
def test_a_session_goes_on_alike_from_its_copy_at_rest(data: st.DataObject) -> None:
    """Along random runs, a session with clocks and its copy at rest take the same rows."""
    case = SEARCH.world.case
    for timed in (client_of(case, OURS), server_of(case, OURS, client_of(case, OURS).request)):
        rested: Session = at_rest(timed, 0.0)
        now = 0.0
        for _ in range(data.draw(st.integers(0, 12))):
            event = data.draw(st.sampled_from(_events(timed)))
            if isinstance(event, TimeoutExpired):
                if timed.deadline is None:
                    continue
                now, moment = max(now + BURST, timed.deadline), DUE
            else:
                now, moment = now, AT_ONCE
            assert (rested.deadline is None) == (timed.deadline is None)
            expected = timed.handle(event, now)
            step = rested.handle(event, moment)
            assert (step.row, step.after) == (expected.row, expected.after)
            assert _without_counts(step.effects) == _without_counts(expected.effects)
            rested = at_rest(rested, moment)


def _without_counts(effects: tuple[Effect, ...]) -> list[Effect]:
    """Return the effects without their final texts, which may count datagrams."""
    return [
        Finished(effect.outcome, code=effect.code) if isinstance(effect, Finished) else effect
        for effect in effects
    ]


def _events(session: Session) -> list[Event]:
    """Return the events of the other end's possible packets, and time-outs."""
    tid = ("server", 2048) if session.peer is None or session.peer[0] == "server" else None
    source = tid or session.peer
    heard = [session.interpret(datagram.octets, source) for datagram in SEARCH.world.book.datagrams]
    return [*heard, Opened(), RequestReceived(source), TimeoutExpired()]


def test_what_a_step_sets_before_it_reads_it_is_the_same_in_every_session_at_rest() -> None:
    for session in EVERY_ROLE:
        rested = at_rest(session, 0.0)
        for name, value in SCRATCH.items():
            assert vars(rested).get(name, value) == value

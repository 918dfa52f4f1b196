"""Every order of events in small transfers: our tables keep the rules, and mutants break them."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import cast

import pytest

from tftp_fsm.ladder import build, text_ladder
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.trace.trace import write_trace
from tftp_fsm.verify.case import LEAD, Budgets, Case
from tftp_fsm.verify.cases import HOSTILE, VERBS, cases
from tftp_fsm.verify.explore import Limits, explore
from tftp_fsm.verify.known import found_trace, known_sessions
from tftp_fsm.verify.lesson_files import shortest
from tftp_fsm.verify.lessons import LESSONS, Lesson
from tftp_fsm.verify.rules import RULES
from tftp_fsm.verify.several import explore_all, shared_counter
from tools.house import ROOT

RECEIVER = {"get": "client", "put": "server"}  # it has more positions, and takes longer
FEW = Budgets(losses=1, copies=1, early=1)
SMALL = [
    *cases(VERBS, windows=(1,), budgets=replace(FEW, failures=1)),
    *cases(VERBS, windows=(2,), budgets=FEW),
]
HOSTILE_CASES = [case for case in cases((HOSTILE,)) if case.hostile_to != RECEIVER[case.verb]]


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_with_one_fault_of_each_kind_every_rule_holds(case: Case) -> None:
    report = explore(case)
    assert report.is_proven, report.counterexample and report.counterexample.how
    assert report.states < report.transitions


def test_the_numbers_roll_over_in_one_case_of_each_verb() -> None:
    rolled = [case for case in SMALL if case.lead]
    assert [case.verb for case in rolled] == ["get", "put"]
    for case in rolled:
        assert case.lead < 0xFFFF < case.lead + case.blocks


@pytest.mark.parametrize("case", HOSTILE_CASES, ids=lambda case: case.name)
def test_no_peer_makes_a_session_raise_lie_or_stay(case: Case) -> None:
    report = explore(case)
    assert report.is_proven, report.counterexample and report.counterexample.how
    assert report.states > 50


def test_a_good_network_leaves_one_order_of_events_and_one_end() -> None:
    report = explore(Case("get", 20, budgets=Budgets(0, 0, 0)))
    (ending,) = report.endings
    assert ending.outcomes == (Outcome.SUCCEEDED, Outcome.SUCCEEDED)
    assert report.states == report.transitions + 1, "each state but the last has one that follows"


def test_a_disk_that_refuses_and_a_user_who_gives_up_end_both_sides() -> None:
    report = explore(Case("put", 16, budgets=Budgets(0, 0, 0, failures=1)))
    assert {ending.outcomes for ending in report.endings} == {
        (Outcome.SUCCEEDED, Outcome.SUCCEEDED),
        (Outcome.PEER_ERROR, Outcome.NO_ROOM),
        (Outcome.PEER_ERROR, Outcome.ABORTED),
        (Outcome.ABORTED, Outcome.PEER_ERROR),
        (Outcome.ABORTED, Outcome.SUCCEEDED),
        (Outcome.ABORTED, Outcome.TIMED_OUT),  # before the TID of the server was known
        (Outcome.TIMED_OUT, Outcome.ABORTED),  # the plain request finds nobody
    }


def test_the_only_open_end_is_that_of_a_lost_final_ack_or_of_a_doubt() -> None:
    report = explore(Case("get", 1100, has_options=False))
    told = {ending.outcomes: ending.faults for ending in report.endings}
    one_sided = {pair for pair in told if pair.count(Outcome.SUCCEEDED) == 1}
    assert one_sided == {
        (Outcome.SUCCEEDED, Outcome.UNKNOWN),
        (Outcome.SUCCEEDED, Outcome.RESTARTED),
    }
    assert min(told[pair] for pair in one_sided) == 2


# The rule that each mutant breaks in its lesson, and the number of moves.
FOUND = {
    "sorcerer": ("bounded", 8),
    "no-dally": ("one-fault", 5),
    "gap-taken": ("prefix", 4),
    "no-tid-check": ("stranger", 0),
    "any-ack": ("whole", 3),
    "window-again": ("bounded", 11),
    "ack-first": ("saved-first", 2),
    "oack-restarts": ("bounded", 9),
    "short-not-last": ("saved-first", 7),
    "no-empty-block": ("whole", 5),
    "written-twice": ("prefix", 3),
    "repeat-unanswered": ("one-fault", 8),
    "never-again": ("one-fault", 6),
    "no-roll-over": ("one-fault", 15),
    "wrong-way": ("whole", 2),
    "error-answered": ("error-unanswered", 2),
    "oversized-taken": ("prefix", 2),
    "timer-restarts": ("ends", 4),
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_mutant_is_found_and_the_shortest_run_is_a_trace_that_replays(lesson: Lesson) -> None:
    found = shortest(lesson)
    assert (found.rule.name, found.moves) == FOUND[lesson.name]
    stream = io.StringIO()
    write_trace(found_trace(found), stream)
    trace = read_trace(stream.getvalue().splitlines(), known_sessions())
    assert trace.entries == found_trace(found).entries
    sessions = {end: trace.session(end) for end in trace.ends}
    for number, (end, step) in enumerate(trace.steps):
        for _ in trace.by_hand.get(number, []):
            for session in sessions.values():
                cast("Sender | Receiver", session).renumber(LEAD)
        assert sessions[end].handle(step.event, step.now) == step
    assert "RQ file octet" in text_ladder(build(trace))


def test_no_shorter_run_breaks_a_rule() -> None:
    """The depth at which the search stops is the length of the run."""
    report = explore(Case("get", 1100, has_options=False, budgets=FEW, mutant="no-dally"))
    assert report.counterexample is not None
    assert report.counterexample.moves == 9


@pytest.mark.parametrize("limit", [Limits(states=100), Limits(seconds=0.0)])
def test_a_limit_stops_the_search_and_is_named(limit: Limits) -> None:
    report = explore(Case("get", 20, windowsize=2), limit)
    assert report.counterexample is None
    assert not report.is_proven
    assert report.stopped_by in ("100 states", "0 seconds")


def test_two_workers_find_what_one_finds() -> None:
    some = cases(VERBS, windows=(1,), budgets=Budgets(0, 0, 0))
    counter = shared_counter()
    found = [
        [(r.case, r.states, r.transitions) for r in explore_all(some, Limits(), workers, counter)]
        for workers in (1, 2)
    ]
    assert found[0] == found[1]
    assert counter.value > 0


def test_rules_have_names_sentences_and_sections() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.sentence.endswith(".") and rule.rfc for rule in RULES)


def test_the_documentation_has_the_rules() -> None:
    page = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| {rule.name} | {rule.sentence} | {rule.rfc} |" in page

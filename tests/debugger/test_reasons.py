"""Reasons are true: each claim agrees with what the end knows, and with what happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from tests.support import crowd, rare
from tests.support.claim_case import Case
from tests.support.claims import CLAIMS, NEVER_HELD, UNKNOWABLE, phrases, uncovered
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.happened import Story
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.tables import TABLES

TEXTS = sorted({text for t in TABLES for r in t.rows for text in (r.why, r.why_window) if text})


def cases_of(frames: Iterable[Frame]) -> Iterator[Case]:
    """Yield each step with the frames before it."""
    story = Story()
    past: dict[str, list[Frame]] = {"client": [], "server": []}
    for frame in frames:
        story.take(frame)
        if frame.step.before is State.IDLE:
            past[frame.end] = []
        other = "server" if frame.end == "client" else "client"
        yield Case(frame, tuple(past[frame.end]), tuple(past[other]), story)
        past[frame.end].append(frame)


def lies(frames: Iterable[Frame], told: Counter[str] | None = None) -> Iterator[str]:
    """Yield the false claims. `told` counts how often each of CLAIMS was made."""
    for case in cases_of(frames):
        if case.frame.row is None or "WRONG ON PURPOSE" in case.frame.row.why:
            continue
        for claim, holds in phrases(case.frame.step.reason[0]):
            if told is not None:
                told[claim.re.pattern] += 1
            if not holds(case):
                yield f"step {case.frame.number}, {case.frame.row}: {claim[0]!r} is not so"


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_reason_of_every_scenario_is_true(name: str) -> None:
    stepper = opened(SCENARIOS[name]).stepper
    stepper.run(steps=500)
    assert list(lies(stepper.frames)) == []


@pytest.mark.parametrize("name", rare.RARE)
def test_every_reason_of_every_rare_transfer_is_true(name: str) -> None:
    assert list(lies(rare.run(name).frames)) == []


def test_every_reason_of_many_transfers_is_true_and_each_claim_is_made() -> None:
    """Set TFTP_FSM_CROWD=3000 for more of them."""
    told: Counter[str] = Counter()
    for case in crowd.CASES:
        assert list(lies(crowd.run(case).frames, told)) == [], f"case {case}"
    for name in rare.RARE:
        list(lies(rare.run(name).frames, told))
    of_rows = CLAIMS.keys() - UNKNOWABLE.keys()
    assert of_rows - told.keys() == NEVER_HELD.keys(), "tests/support/rare.py may have a transfer"


@pytest.mark.parametrize("text", TEXTS)
def test_a_reason_claims_only_what_is_held_against_the_facts(text: str) -> None:
    assert uncovered(text) == [], "give these words a phrase in tests/support/claims.py"


@pytest.mark.parametrize(
    "scenario, trigger, text",
    [
        ("duplicate", "data_received", "The sender has not heard our last ACK: say it again."),
        ("late-ack", "timeout_expired", "The window or its ACK was lost: send again."),
        ("plain", "timeout_expired", "The sender has been quiet: it has heard the final ACK."),
    ],
)
def test_what_was_once_said_is_found_to_be_false(scenario: str, trigger: str, text: str) -> None:
    stepper = opened(SCENARIOS[scenario]).stepper
    stepper.run()
    found = [
        claim[0]
        for case in cases_of(stepper.frames)
        if case.frame.row is not None
        and case.frame.row.trigger == trigger
        and ("timeout" in trigger or "is_repeat" in case.frame.row.conditions)
        for claim, holds in phrases(text)
        if not holds(case)
    ]
    assert found


def test_no_plain_transfer_speaks_of_windows() -> None:
    for name in ("plain", "lost-ack", "duplicate", "late-ack", "put", "lost-data"):
        stepper = opened(SCENARIOS[name]).stepper
        stepper.run()
        told = " ".join(frame.reason for frame in stepper.frames)
        assert not re.search(r"RFC 7440|RFC 8085|window", told), name


def test_no_claim_is_left_over() -> None:
    of_rows = CLAIMS.keys() - UNKNOWABLE.keys()
    assert [p for p in of_rows if not any(re.search(p, text) for text in TEXTS)] == []

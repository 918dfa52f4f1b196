"""Names are the same in every language, and their meaning is shown in Korean."""

from __future__ import annotations

from enum import Enum

import pytest

from tftp_fsm.debugger.frames import _SINGULAR, _SINGULAR_EVENTS
from tftp_fsm.language import shown, speaking
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.protocol.gloss import (
    fate_gloss,
    outcome_gloss,
    rfc_words,
    state_gloss,
    unusual_gloss,
)
from tftp_fsm.protocol.operand_names import operand_name
from tftp_fsm.protocol.operands import names_of, operands_words
from tftp_fsm.protocol.roles import OURS
from tftp_fsm.protocol.rows import State

UNUSUAL = {*_SINGULAR.values(), *_SINGULAR_EVENTS.values(), "unheard", "failure"}
MISHAPS = ("lost", "duplicated", "delayed", "reordered", "corrupted", "edited", "replaced")


class Light(Enum):
    RED = "red light"


@pytest.mark.parametrize("name", State)
def test_a_state_keeps_its_name(name: State) -> None:
    assert state_gloss(name) == shown(state_gloss(name)) == name.value
    with speaking("ko"):
        assert is_explained(shown(state_gloss(name)), name.value)


@pytest.mark.parametrize("name", Outcome)
def test_an_outcome_keeps_its_name(name: Outcome) -> None:
    assert outcome_gloss(name) == name.value
    with speaking("ko"):
        assert is_explained(shown(outcome_gloss(name)), name.value)


@pytest.mark.parametrize("name", sorted(UNUSUAL))
def test_what_is_unusual_keeps_its_name(name: str) -> None:
    assert unusual_gloss([name, name]) == f"{name}, {name}"
    with speaking("ko"):
        assert is_explained(shown(unusual_gloss([name])), name)


def is_explained(text: str, name: str) -> bool:
    return text.startswith(f"{name}(") and text.endswith(")") and is_korean(text)


def is_korean(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)


def test_a_state_of_a_users_own_has_its_name_in_every_language() -> None:
    with speaking("ko"):
        assert shown(state_gloss(Light.RED)) == "red light"


def test_fates_are_told_in_words() -> None:
    assert fate_gloss(("delayed", "copy of 7")) == "delayed, copy of 7"
    with speaking("ko"):
        assert shown(fate_gloss(("delayed", "copy of 7"))) == "지연, 7의 사본"
        assert all(is_korean(shown(fate_gloss([fate]))) for fate in MISHAPS)


def test_a_section_of_an_rfc_is_told_as_one_cites_it() -> None:
    assert rfc_words("RFC 1350 section 5, RFC 2348") == "RFC 1350 section 5, RFC 2348"
    with speaking("ko"):
        assert shown(rfc_words("RFC 1123 section 4.2.3.2")) == "RFC 1123 4.2.3.2절"
        assert shown(rfc_words("RFC 1350 section 5, RFC 2348")) == "RFC 1350 5절, RFC 2348"
        assert shown(rfc_words("my own paper")) == "my own paper"
        assert shown(rfc_words("RFC 1350 sections 5 and 7")) == "RFC 1350 5절과 7절"
        assert shown(rfc_words("practice, not an RFC")) == "RFC가 아닌 관행"


def test_whatever_a_guard_compares_has_a_name() -> None:
    named = {
        operand
        for kind in OURS.kinds
        for row in kind.table.rows
        for guard in (*row.conditions, *row.unless)
        for operand in names_of(kind, guard)
    }
    same = {"blksize", "windowsize", "tsize"}
    with speaking("ko"):
        for name in named:
            assert is_korean(shown(operand_name(name))) or name in same, name
        assert (
            shown(operands_words({"next_block": 3, "is_error": True})) == "다음 블록 3, ERROR임 예"
        )
    assert operands_words({"next_block": 3, "my_own": 0.5}) == "next block 3, my own 0.5000 s"

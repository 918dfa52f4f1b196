"""A Korean explanation has no English sentence, straight columns, and the same facts."""

from __future__ import annotations

import re

import pytest

from tests.explain.test_faults import FAULTS
from tests.support.english import english
from tests.support.overheard import explained, script
from tftp_fsm.borders.columns import columns
from tftp_fsm.explain.report.facts import as_json
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.explain.transfer.findings import KINDS
from tftp_fsm.language import shown, speaking

# The texts of ERROR packets, and the texts with which a session refuses, which its peer gets.
TOLD = ("File not found", "unknown transfer ID", "more than asked")
LABELLED = re.compile(r" {5}(\S[^:]*:) +(?=\S)")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_explained_without_an_english_sentence(fault: str) -> None:
    (facts,) = explained(script(*FAULTS[fault][2]))
    with speaking("ko"):
        lines = list(lines_of(facts))
    assert english("\n".join(lines), TOLD) == []
    labels = [found for line in lines if (found := LABELLED.match(line))]
    assert len({columns(found[0]) for found in labels}) == 1
    assert {found[1] for found in labels} <= {"관찰:", "예상:", "규칙:", "추정 원인:"}


def test_facts_are_the_same_in_any_language() -> None:
    packets = script(*FAULTS["a firewall drops what comes from the new port"][2])
    (facts,) = explained(packets)
    with speaking("ko"):
        (again,) = explained(packets)
        assert as_json(again) == as_json(facts)
        assert shown(again.ended) == "이 전송의 끝이 캡처에 없습니다"


def test_every_kind_of_finding_has_a_title_and_a_cause_in_korean() -> None:
    with speaking("ko"):
        told = {text: shown(text) for kind in KINDS.values() for text in (kind.title, kind.cause)}
    assert [text for text, said in told.items() if said == text or english(said)] == []

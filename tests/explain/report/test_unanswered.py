"""Equal reports of requests without an answer: the first is printed, the others are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.overheard import LISTENER, Line, explained, script
from tftp_fsm.__main__ import main
from tftp_fsm.explain.report import unanswered
from tftp_fsm.explain.report.unanswered import Unanswered
from tftp_fsm.wire.packets import Rrq

LATER: Line = (60.0, ("client", 5), ("server", 6), b"something else")


def storm(count: int, name: bytes = b"boot.img", first: int = 1) -> list[Line]:
    return [
        (n / 100, ("client", 2000 + n), LISTENER, Rrq(name)) for n in range(first, first + count)
    ]


def test_what_is_equal_is_counted() -> None:
    many = Unanswered()
    reports = explained(script(*storm(5), *storm(2, b"other", 6), LATER))
    assert [many.counts(each) for each in reports] == [False, *[True] * 4, False, True]
    assert list(many.lines()) == [
        "4 more transfers are like transfer 1, without an answer: get boot.img (octet), "
        "server 192.0.2.1 port 69, packets 2 to 5",
        "1 more transfer is like transfer 6, without an answer: get other (octet), "
        "server 192.0.2.1 port 69, packet 7",
    ]


def test_a_client_that_asks_more_often_has_a_report_of_its_own() -> None:
    many = Unanswered()
    twice = [(0.5, ("client", 2001), LISTENER, Rrq(b"boot.img"))]
    reports = explained(script(*storm(2), *twice))
    assert [many.counts(each) for each in reports] == [False, False]


def test_few_reports_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unanswered, "MOST", 1)
    many = Unanswered()
    reports = explained(script(*storm(1), *storm(2, b"other", 2), *storm(1, first=4)))
    assert [many.counts(each) for each in reports] == [False, False, False, True]


def test_the_text_counts_and_the_json_has_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "storm.pcap"
    path.write_bytes(script(*storm(30), LATER))
    assert main(["explain", str(path)]) == 1
    said = capsys.readouterr().out
    assert said.count("The request got no answer") == 1 and "29 more transfers" in said
    assert main(["explain", str(path), "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["transfers"]) == 30


def test_requests_just_before_the_end_are_counted_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "storm.pcap"
    path.write_bytes(script(*storm(30)))
    assert main(["explain", str(path)]) == 0
    said = capsys.readouterr().out
    assert said.count("an answer may have come later") == 1 and "29 more transfers" in said

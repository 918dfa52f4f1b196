"""A search in a thread answers questions, can be stopped, and reports its failures."""

from __future__ import annotations

from typing import Any

import pytest

from tftp_fsm.lab import hunt as hunting
from tftp_fsm.lab.feed import Lab
from tftp_fsm.lab.hunt import Hunting, Tell, Wanted, wanted_of

FEW = {"kind": "get", "blocks": 1, "windowsize": 1}


def ended(one: Hunting) -> Any:
    one._thread.join(60)
    return one.news()


def test_it_ends_with_what_it_has_found() -> None:
    mutant = wanted_of({"tables": {"mutant": "no-dally"}, **FEW}, allows_python=False)
    assert ended(Hunting(mutant))["found"]
    ours = ended(Hunting(wanted_of(FEW, allows_python=False)))
    assert (ours["running"], ours["found"]) == (False, False)


def test_it_can_be_stopped_and_says_what_it_saw() -> None:
    news = Hunting(wanted_of({"blocks": 4, "losses": 3}, allows_python=False)).stop()
    assert news["running"] is False
    assert news.get("stopped") or "found" in news


def test_what_rows_raise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(wanted: Wanted, tell: Tell) -> None:
        raise ValueError("no\nsense")

    monkeypatch.setattr(hunting, "hunt", fails)
    told = ended(Hunting(wanted_of(FEW, allows_python=False)))
    assert told == {"running": False, "failed": "ValueError: no sense"}


def test_a_page_asks_about_it() -> None:
    lab = Lab(begins_search=Hunting.begin)
    assert "no search is running" in lab.ask({"search": "news"})["said"][0]
    assert lab.ask({"search": {"losses": 99}})["ok"] is False
    assert lab.ask({"search": {"blocks": 4, "losses": 3, "copies": 3}})["value"]["running"]
    assert lab.ask({"command": "step"})["view"]["position"] == 1, "the page goes on meanwhile"
    assert lab.ask({"search": "stop"})["value"]["running"] is False
    assert "no search is running" in lab.ask({"search": 3})["said"][0]

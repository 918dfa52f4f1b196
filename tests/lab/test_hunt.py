"""The page finds the shortest run in which broken tables do harm, and opens this run."""

from __future__ import annotations

from typing import Any

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.lab.breaking import EXAMPLE
from tftp_fsm.lab.feed import Lab
from tftp_fsm.lab.hunt import Stopped, hunt, wanted_of
from tftp_fsm.trace.records import Json
from tftp_fsm.verify.mutants import MUTANTS

LOCKSTEP = {"windowsize": 1}
# Found only with windows, or only with a peer that may say anything: the others take longer.
ELSEWHERE = {
    "gap-taken": {"kind": "get", "windowsize": 2},
    "window-again": {"kind": "get", "windowsize": 2},
    "wrong-way": {"kind": "hostile", "windowsize": 1},
    "error-answered": {"kind": "hostile", "windowsize": 1},
    "oversized-taken": {"kind": "hostile", "windowsize": 1},
    "timer-restarts": {"kind": "hostile", "windowsize": 1},
}


def found(tables: Any, **more: Any) -> Json:
    wanted = wanted_of({"tables": tables, **LOCKSTEP, **more}, allows_python=True)
    return hunt(wanted, lambda news: True)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mistake_is_found_and_its_whole_run_can_be_stepped_in_the_lab(mutant: str) -> None:
    told = found({"mutant": mutant}, **ELSEWHERE.get(mutant, {}))
    assert told["found"] and told["rule"]["sentence"] and told["how"]
    assert told["open"]["missing"] == 0
    lab = Lab()
    opened = lab.ask({"open": told["open"]})
    assert opened["ok"], opened["said"]
    view = opened["view"]
    assert (view["position"], view["moves"]) == (0, told["open"]["moves"])
    assert view["length"] >= told["moves"]
    for _ in range(view["length"]):
        assert lab.ask({"command": "step"})["ok"]
    again = {**told["open"], "moves": lab.ask({"command": ""})["view"]["moves"]}
    assert Lab().ask({"open": again})["view"] == lab.ask({"command": ""})["view"]


def test_one_can_leave_the_run_and_let_something_else_happen() -> None:
    told = found({"mutant": "sorcerer"})
    lab = Lab()
    lab.ask({"open": told["open"]})
    lab.ask({"command": "step 2"})
    reply = lab.ask({"command": "drop"})
    assert reply["ok"] and reply["view"]["length"] == 2
    assert lab.ask({"command": "continue"})["view"]["ended"]


def test_a_changed_row_and_typed_rows_are_searched_as_mistakes_are() -> None:
    off = {"table": "READ_SERVER", "row": 17, "off": True}  # DATA is never sent again
    assert found({"rows": [off]}, kind="get")["rule"]["name"] in ("no-deadlock", "ends")
    told = found({"python": EXAMPLE}, kind="get")
    assert told["rule"]["name"] == "bounded" and told["open"]["tables"] == {"python": EXAMPLE}


def test_rows_that_raise_are_a_broken_rule() -> None:
    raising = {"table": "READ_CLIENT", "row": 20, "after": ["fail_by_peer"]}
    told = found({"rows": [raising]}, kind="get")
    assert told["rule"]["name"] == "no-exception" and "AttributeError" in told["how"]
    lab = Lab()
    assert lab.ask({"open": told["open"]})["ok"]
    assert "AttributeError" in lab.ask({"command": "continue"})["said"][0]


def test_our_own_tables_break_no_rule_and_what_was_seen_is_told() -> None:
    heard: list[Json] = []
    wanted = wanted_of({"kind": "get", "blocks": 1, **LOCKSTEP}, allows_python=False)

    def tell(news: Json) -> bool:
        heard.append(news)
        return True

    told = hunt(wanted, tell)
    assert (told["found"], told["stopped_by"], told["cases"]) == (False, "", len(wanted.cases))
    assert heard[-1]["number"] == len(wanted.cases)
    counts = [news["states"] for news in heard]
    assert counts == sorted(counts) and 0 < counts[-1] <= told["states"]


def test_limits_and_a_person_stop_it() -> None:
    few = hunt(wanted_of({"kind": "get", "states": 1_000}, allows_python=False), lambda news: True)
    assert not few["found"] and few["stopped_by"] == "1,000 states"
    with pytest.raises(Stopped):
        hunt(wanted_of({}, allows_python=False), lambda news: False)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"losses": 9}, "losses: 9 is not a whole number from 0 to 3"),
        ({"blocks": True}, "blocks: True is not a whole number"),
        ({"seconds": 1e9}, "seconds: 1000000000.0 is not"),
        ({"kind": "x" * 999}, "kind must be get, put or hostile"),
        ({"windowsize": 5}, "windowsize must be from 1 to 4"),
        ({"windowsize": "1"}, "windowsize must be from 1 to 4"),
        ({"tables": {"python": "1"}}, "typed Python is refused"),
    ],
)
def test_what_is_wrong_with_a_message_is_told(message: Json, told: str) -> None:
    with pytest.raises(LocalError, match=told):
        wanted_of(message, allows_python=False)

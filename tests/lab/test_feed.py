"""The messages of the page and the replies to them, without a browser."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.borders import terminal
from tftp_fsm.debugger.commands.all import COMMANDS
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.lab.feed import Lab
from tftp_fsm.lab.runs import REFUSED

LOST_BY_HAND = ["step 7", "drop 7", "step 2"]


def opened(scenario: str = "plain", moves: list[str] | None = None, **more: Any) -> Lab:
    lab = Lab()
    reply = lab.ask({"open": {"scenario": scenario, "moves": moves or [], **more}})
    assert reply["ok"], reply["said"]
    return lab


def view(lab: Lab, line: str = "") -> Any:
    reply = lab.ask({"command": line})
    assert reply["ok"], reply["said"]
    return reply["view"]


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, inner in value.items():
                yield from (name, *texts(inner))
        case list():
            for inner in value:
                yield from texts(inner)


# -- Opening --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_moves_of_a_view_lead_to_the_same_view(scenario: str) -> None:
    first = view(opened(scenario), "step 6")
    again = Lab().ask({"open": {"scenario": scenario, "moves": first["moves"]}})
    assert again["view"] == first
    assert json.loads(json.dumps(again)) == again


def test_opening_tells_both_machines_though_the_server_has_heard_nothing() -> None:
    reply = Lab().ask({"open": {"scenario": "put"}})
    names = {end: machine["name"] for end, machine in reply["machines"].items()}
    assert names == {"client": "WRITE_CLIENT", "server": "WRITE_SERVER"}
    assert reply["view"]["ends"]["server"]["state"] == "idle"
    assert not reply["view"]["ends"]["server"]["exists"]
    for machine in reply["machines"].values():
        states = {*machine["column"], machine["side"]}
        assert all(row["source"] in states for row in machine["rows"])


def test_a_move_that_cannot_be_made_ends_the_link_before_it() -> None:
    reply = Lab().ask({"open": {"scenario": "plain", "moves": ["step 2", "drop 99", "step"]}})
    assert not reply["ok"]
    assert "move 2 of the link" in reply["said"][0]
    assert reply["view"]["moves"] == ["step 2"]


def test_a_transfer_of_ones_own_has_its_options() -> None:
    settings = {"verb": "put", "size": 5000, "windowsize": 4, "blksize": 1024}
    lab = opened("own", ["continue"], settings=settings)
    client = dict(row[:2] for row in view(lab)["ends"]["client"]["variables"])
    assert (client["windowsize"], client["blksize"]) == ("4", "1024")
    assert view(lab)["file"] == "file: whole, octet for octet"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({}, "a message must be"),
        ({"open": 3}, "a message must be"),
        ({"open": {"scenario": ["x"]}}, "there is no scenario"),
        ({"open": {"scenario": "plain", "moves": "step"}}, "moves must be a list"),
        ({"open": {"scenario": "plain", "moves": ["step"] * 10_001}}, "at most 10,000 moves"),
        ({"open": {"scenario": "plain", "stops": ["unusual"] * 51}}, "at most 50 stops"),
        ({"open": {"scenario": "plain", "stops": ["row " + "x" * 500]}}, "at most 500 characters"),
        ({"open": {"scenario": "plain", "stops": ["quit"]}}, "'quit' is not a place to stop"),
        ({"open": {"scenario": "plain", "stops": ["row 'x"]}}, "no closing quotation"),
        ({"open": {"scenario": "own", "settings": {"size": -1}}}, "size: '-1' is not"),
        ({"open": {"scenario": "own", "settings": {"speed": 1}}}, "'speed' is not a setting"),
        ({"open": {"scenario": "own", "settings": {"size": 9999, "blksize": 8}}}, "1,250 blocks"),
        ({"open": {"scenario": "own", "settings": {"verb": "del"}}}, "verb must be get or put"),
        ({"command": "quit"}, "quit has no effect on a page"),
        ({"command": "save /tmp/x"}, "save has no effect on a page"),
        ({"command": "diff /etc/hostname"}, "diff has no effect on a page"),
        ({"command": "q"}, "quit has no effect on a page"),
        ({"command": "drop '"}, "no closing quotation"),
        ({"command": "x" * 300_000}, "at most"),
        ({"packet": 99}, "there was no packet 99"),
        ({"command": "undo"}, "no move to take back"),
    ],
)
def test_what_is_wrong_with_a_message_is_told(message: Any, told: str) -> None:
    reply = Lab().ask(message)
    assert not reply["ok"]
    assert told in reply["said"][0]
    assert reply["view"]["position"] == 0


def test_no_command_of_a_page_names_a_file() -> None:
    assert [c.name for c in COMMANDS.values() if "FILE" in c.usage and c.name not in REFUSED] == []


# -- Acting ---------------------------------------------------------------------------------------


def test_a_lost_ack_is_seen_on_the_stage_and_in_the_steps() -> None:
    seen = view(opened("plain", LOST_BY_HAND))
    lost = [arrow for arrow in seen["stage"]["arrows"] if arrow["lost"]]
    assert [arrow["words"] for arrow in lost] == ["ACK 3"]
    assert "time-out" in [word for *_, unusual in seen["steps"] for word in unusual]


@pytest.mark.parametrize(("end", "state"), [("client", "receiving"), ("server", "awaiting-ack")])
def test_a_user_who_gives_up_is_told_in_a_plain_sentence(end: str, state: str) -> None:
    told = view(opened("plain", ["step 3", f"abort {end}"]))["step"]["words"]
    assert told == f"The user of the {end} gives up, and it goes from {state} to error."


def test_what_is_under_way_stands_between_now_and_its_time() -> None:
    stage = view(opened("plain", ["step 3"]))["stage"]
    (held,) = stage["under_way"]
    assert held["label"] == "ACK 1"
    assert held["y"] == stage["now"] < held["due"] <= stage["height"]
    assert stage["due"][0] == held["due"]


def test_a_copy_and_its_packet_begin_at_the_same_height() -> None:
    stage = view(opened("plain", ["step 2", "duplicate 2"]))["stage"]
    first, copy = stage["under_way"]
    assert first["y"] == copy["y"]
    assert first["due"] < copy["due"]


def test_a_choice_is_performed_by_its_line() -> None:
    lab = opened("plain", ["step 3"])
    for choice in view(lab)["next"]:
        again = opened("plain", ["step 3"])
        before = view(again)["position"]
        after = view(again, choice["line"])
        row = after["ends"][choice["end"]]["row"] if choice["end"] else None
        if after["position"] > before and choice["end"]:
            assert row == choice["row"], choice["words"]


def test_back_at_the_beginning_the_scenario_still_holds() -> None:
    lab = opened("lost-ack", ["step 9"])
    there = view(lab)
    view(lab, "goto 0")
    view(lab, "choose 1")
    assert view(lab, "step 8") | {"moves": 0} == there | {"moves": 0}


def test_a_packet_is_told_whole() -> None:
    lab = opened("plain", ["step 2"])
    (short,) = view(lab)["wire"]
    whole = lab.ask({"packet": short["packet"]})["value"]
    assert (short["whole"], whole["whole"]) == (False, True)
    assert len(bytes.fromhex(whole["octets"])) == whole["size"] == 516
    assert whole["editable"] == ["block", "payload"]


def test_the_index_names_scenarios_keys_and_commands() -> None:
    told = Lab().ask({"index": True})["value"]
    assert [scenario["name"] for scenario in told["scenarios"]] == list(SCENARIOS)
    assert {key["label"] for key in told["keys"]} >= {"step", "drop", "undo"}
    assert {command["name"] for command in told["commands"]} == set(COMMANDS) - set(REFUSED)


@given(st.text(max_size=40))
def test_no_text_of_a_packet_acts_on_the_page(name: str) -> None:
    lab = opened("plain", ["step"])
    octets = b"\0\1" + name.encode("utf-8", "replace") + b"\0octet\0"
    lab.ask({"command": f"raw 1 {octets.hex()}"})
    note = f"note {shlex.quote(f'noted {name}')}"
    for line in ("step", note, "show", "wire", "packet 1", name):
        reply = lab.ask({"command": line})
        reply["view"].pop("moves")
        assert all(terminal(text) == text for text in texts(reply))


# -- Broken tables --------------------------------------------------------------------------------

RAISES = """
from tftp_fsm.protocol import State
from tftp_fsm.protocol.changes import replaced, where


def boom(session, event):
    return session.blksize / 0


CHANGES = [replaced(where("data_received", State.RECEIVING, guard="is_next_run"), after=("boom",))]
METHODS = {"boom": boom}
"""


def test_a_broken_row_is_seen_in_the_machine_and_in_the_run() -> None:
    lab = opened("lost-ack", tables={"mutant": "sorcerer"})
    machines = lab.ask({"open": {"scenario": "plain", "tables": {"mutant": "sorcerer"}}})[
        "machines"
    ]
    assert machines["server"]["name"] == "READ_SERVER_SORCERER"
    assert any("WRONG ON PURPOSE" in row["why"] for row in machines["server"]["rows"])
    assert opened("plain").ask({"open": {}})["machines"]["server"]["name"] == "READ_SERVER"


def test_rows_that_go_on_for_ever_are_stopped_and_can_be_looked_at() -> None:
    never = {"rows": [{"table": "READ_SERVER", "row": 17, "off": True}]}
    lab = opened("lost-ack", tables=never)
    reply = lab.ask({"command": "continue"})
    assert not reply["ok"] and "2,000 steps" in reply["said"][0]
    assert reply["view"]["position"] == 2_000
    assert view(lab, "goto 3")["position"] == 3


def test_rows_that_raise_leave_the_run_where_it_was() -> None:
    lab = Lab(allows_python=True)
    lab.ask({"open": {"scenario": "plain", "tables": {"python": RAISES}, "moves": ["step 4"]}})
    reply = lab.ask({"command": "continue"})
    assert reply["said"] == ["mine.py, line 7: ZeroDivisionError: division by zero"]
    assert reply["view"]["moves"] == ["step 4"]
    for wrong in ({"python": "1/0"}, {"mutant": "x"}, {"python": "CHANGES = 3"}):
        reply = lab.ask({"open": {"scenario": "plain", "tables": wrong}})
        assert not reply["ok"] and reply["view"]["moves"] == ["step 4"]
    assert view(lab, "drop")["position"] == 4


def test_a_guard_that_raises_whenever_it_is_asked_gives_our_rows_back() -> None:
    text = RAISES.replace('"boom": boom', '"is_next_run": boom').replace('("boom",)', "()")
    lab = Lab(allows_python=True)
    lab.ask({"open": {"scenario": "plain", "moves": ["step 2"]}})
    lab.ask({"open": {"scenario": "plain", "tables": {"python": text}}})
    replies = [lab.ask({"command": "step"}) for _ in range(6)]
    assert any("ZeroDivisionError" in " ".join(reply["said"]) for reply in replies)
    assert all(reply["view"] for reply in replies)


def test_actions_of_ours_that_cannot_be_done_there_are_told() -> None:
    wrong = {"table": "READ_CLIENT", "row": 20, "after": ["fail_by_peer"]}
    lab = opened("plain", tables={"rows": [wrong]})
    reply = lab.ask({"command": "continue"})
    assert not reply["ok"] and "AttributeError" in reply["said"][0]
    assert reply["view"]["position"] == 0
    assert view(lab, "step")["position"] == 1

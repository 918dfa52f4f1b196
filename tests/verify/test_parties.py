"""Machines that are not TFTP: what is proven, and the shortest run that breaks a rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.party_files import EXAMPLES, changed, example
from tests.support.refused import Refused
from tftp_fsm.__main__ import main
from tftp_fsm.errors import LocalError
from tftp_fsm.verify.parties import RULES, Faults, Found, Pair, explore
from tftp_fsm.verify.table_file import load_parties, load_sessions

USUAL = Faults(2, 2, 2)


def explored(path: str, *, items: str = "ABC", reorders: bool = False, faults: Faults) -> Found:
    kinds = load_parties(path)
    assert kinds is not None
    return explore(Pair(kinds, tuple(items), reorders=reorders), faults, 100_000)


@pytest.mark.parametrize("name", ["alternating_bit", "go_back_n"])
def test_what_holds_is_proven(name: str) -> None:
    found = explored(example(name), faults=USUAL)
    assert (found.rule, found.stopped) == ("", "")
    assert found.states > 1000


@pytest.mark.parametrize(
    ("faults", "what"),
    [
        (Faults(copies=1), ["copy", "arrive"]),
        (Faults(early=1), ["arrive", "timeout", "arrive"]),
        (Faults(losses=1), ["arrive", "lose", "timeout", "arrive"]),
    ],
)
def test_without_numbers_each_fault_delivers_an_item_twice(faults: Faults, what: list[str]) -> None:
    found = explored(example("stop_and_wait"), faults=faults)
    assert (found.rule, found.how) == ("prefix", "offered A B C, delivered A A")
    assert sorted(move.what for move in found.moves) == sorted(what)


def test_without_numbers_and_without_faults_all_is_well() -> None:
    assert explored(example("stop_and_wait"), faults=Faults()).rule == ""


def test_a_bit_is_too_little_if_messages_overtake() -> None:
    found = explored(example("alternating_bit"), reorders=True, faults=USUAL)
    assert (found.rule, found.how) == ("prefix", "offered A B C, delivered A B A")
    assert len(found.moves) == 4


def test_a_window_as_large_as_the_modulus_breaks(tmp_path: Path) -> None:
    """A receiver that got nothing says 2, which is also the ACK of 0, 1 and 2."""
    path = changed("go_back_n", tmp_path, ("WINDOW = 2", "WINDOW = 3"))
    found = explored(path, faults=USUAL)
    assert (found.rule, found.how) == ("whole", "both have ended, and nothing was delivered")


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("return self.place == len(self.items) - 1", "return self.place == 1", "whole"),
        ("self.waits = True", "self.waits = self.place > 0", "deadlock"),
        ('self.send("ack", message[1])', 'self.send("ack", 5)', "ends"),
        ('self.send("ack", message[1])', 'self.send("nak", message[1])', "answered"),
    ],
)  # fmt: skip
def test_each_rule_can_break(old: str, new: str, rule: str, tmp_path: Path) -> None:
    found = explored(changed("alternating_bit", tmp_path, (old, new)), faults=Faults(1, 1, 1))
    assert found.rule == rule


def test_guards_that_overlap_are_found(tmp_path: Path) -> None:
    overlapping = (
        ('unless=("is_my_bit",)', 'unless=("is_new",)'),
        ("def advance", "def is_new(self, message):\n        return False\n\n    def advance"),
    )
    found = explored(changed("alternating_bit", tmp_path, *overlapping), faults=Faults())
    assert found.rule == "guards"
    assert "both can be taken: awaiting-ack: ack_received [is_my_bit, not is_last]" in found.how


def test_the_table_of_rules_is_broken_whole_above() -> None:
    assert set(RULES) == {"prefix", "whole", "deadlock", "ends", "guards", "answered"}


def test_a_search_stops_at_its_limit() -> None:
    kinds = load_parties(example("go_back_n"))
    assert kinds is not None
    pair = Pair(kinds, ("A", "B", "C"))
    assert explore(pair, USUAL, 50).stopped == "50 states"
    assert explore(pair, USUAL, 50, lambda: True).stopped == "the time limit"


# -- The command ----------------------------------------------------------------------------------


def test_verify_says_proven(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--table", example("alternating_bit"), "--losses", "1"]) == 0
    told = capsys.readouterr().out
    assert "ALTERNATING_BIT_SENDER, ALTERNATING_BIT_RECEIVER" in told
    assert "proven    every state was seen, and 6 rules hold in each state" in told


def test_verify_shows_the_shortest_run_as_a_ladder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--table", example("stop_and_wait")]) == 1
    told = capsys.readouterr().out
    assert f"broken    {RULES['prefix']}" in told
    assert "Sender" in told and "Receiver" in told
    assert "─── data A ─" in told
    assert "data A, second copy" in told


def test_verify_has_json_and_stops_at_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["verify", "--table", example("alternating_bit"), "--json"]
    assert main([*words, "--limit", "10"]) == 3
    assert json.loads(capsys.readouterr().out)["stopped_by"] == "10 states"
    assert main([*words, "--any-order"]) == 1
    assert json.loads(capsys.readouterr().out)["broken"]["rule"] == "prefix"


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["get", "--table", example("stop_and_wait")], "get is only for TFTP"),
        (["--retries", "1", "--table", example("stop_and_wait")], "--retries is only for TFTP"),
        (["--windowsize", "2", "--table", example("stop_and_wait")], "--windowsize is only for"),
        (["--any-order"], "--any-order needs a --table of parties"),
    ],
)
def test_what_does_not_go_together_is_said(words: list[str], wrong: str, refused: Refused) -> None:
    assert wrong in refused("verify", *words)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("PARTIES = (Sender, Receiver)", "PARTIES = Sender", ": PARTIES is not a pair of classes"),
        ("def advance", "def advanced", "there is no action 'advance'; did you mean 'advanced'?"),
        ("Row(\"started\"", "Row(\"begun\"", "there is no event 'begun'"),
        ("self.place += 1", "self.place += 1 / 0", ", line "),
        ("self.place = 0", "self.place = [0]", "Sender.place is a list: use a tuple"),
        ("class Is(Enum)", "class Is", "STOP_AND_WAIT_SENDER: the states are an Enum, not 'idle'"),
        ("after=(\"deliver_item\", \"send_ack\")),)", "),None)", "RECEIVER: rows are Row("),
        ("(message[1])", "([])", "what Receiver delivers is a list: use a tuple"),
        ("self.send(\"ack\")", "self.send(\"ack\", [])", "what Receiver sends is a list: use a"),
        ("self.send(\"ack\")", "self.send(7)", "Receiver sends (7,): a message begins with"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_one_line(
    old: str, new: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = changed("stop_and_wait", tmp_path, (old, new))
    assert main(["verify", "--table", path]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert wrong in line and line.startswith("tftp-fsm: ")


def test_parties_are_no_sessions() -> None:
    with pytest.raises(LocalError, match="has PARTIES"):
        load_sessions(example("stop_and_wait"))
    assert load_parties(str(EXAMPLES / "sorcerer.py")) is None

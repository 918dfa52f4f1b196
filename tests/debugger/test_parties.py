"""The debugger for machines that are not TFTP: numbered choices, back, and a broken rule."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.support.party_files import changed, example
from tests.support.refused import Refused
from tftp_fsm.__main__ import main
from tftp_fsm.debugger.parties import HELP, PartyDebugger
from tftp_fsm.verify.parties import RULES, pair_of
from tftp_fsm.verify.table_file import load_parties


def debugger_of(name: str, *, reorders: bool = False) -> PartyDebugger:
    kinds = load_parties(example(name))
    assert kinds is not None
    return PartyDebugger(pair_of(kinds, 3, reorders=reorders))


def said(debugger: PartyDebugger, *lines: str) -> str:
    """Return the answer to the last of these lines."""
    replies = [debugger.run(line) for line in lines]
    assert all(reply.ok for reply in replies)
    return "\n".join(replies[-1].lines)


def test_a_choice_is_made_by_its_number_and_says_its_row() -> None:
    told = said(debugger_of("stop_and_wait"), "2")
    assert "1  data A arrives at Receiver, and a copy follows" in told
    assert "Receiver listening: data_received: deliver_item, send_ack" in told
    assert "delivered: A" in told


@pytest.mark.parametrize("name", ["stop_and_wait", "alternating_bit", "go_back_n"])
def test_the_good_run_delivers_everything(name: str) -> None:
    debugger = debugger_of(name)
    told = said(debugger, "continue")
    assert "delivered: A B C" in told and "broken" not in told
    assert told.endswith("Nothing more can happen.")
    assert debugger.prompt.endswith("done | listening) ")


def test_a_broken_rule_is_told_where_it_breaks() -> None:
    told = said(debugger_of("stop_and_wait"), "2", "4")
    assert f"broken: {RULES['prefix']} offered A B C, delivered A A" in told


def test_continue_stops_where_a_rule_breaks() -> None:
    assert "delivered: A A\nrule broken: " in said(debugger_of("stop_and_wait"), "2", "continue")


def test_equal_messages_are_one_choice() -> None:
    debugger = debugger_of("stop_and_wait", reorders=True)
    told = said(debugger, "4")
    assert "under way to Receiver: data A, data A" in told
    assert told.count("data A arrives at Receiver\n  ") == 1


def test_messages_overtake_only_if_they_may() -> None:
    def places(debugger: PartyDebugger) -> set[int]:
        debugger.run("step")
        debugger.run("step 7")  # the time is up, so data 0 A comes again behind data 1 B
        return {move.place for move in debugger.pair.moves(debugger.world)}

    assert places(debugger_of("go_back_n")) == {0}
    assert places(debugger_of("go_back_n", reorders=True)) > {0}


def test_back_goes_to_the_same_world() -> None:
    debugger = debugger_of("go_back_n")
    before = debugger.world
    said(debugger, "step", "3", "back 2")
    assert debugger.world == before
    assert debugger.prompt == "(debug 0 awaiting-ack | listening) "


def test_the_run_is_drawn_and_its_fields_are_shown() -> None:
    debugger = debugger_of("alternating_bit")
    assert "─── data 0 A ─" in said(debugger, "step", "step", "ladder")
    assert "Sender: awaiting-ack, items=('A', 'B', 'C'), place=1" in said(debugger, "v")
    assert said(debugger, "help") == HELP


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("9", "there is no choice 9: choose 1 to 4"),
        ("step 0", "there is no choice 0"),
        ("back", "cannot go back by 1: moves made so far: 0"),
        ("jump", "there is no command 'jump'; `help` lists the commands"),
        (
            "varables",
            "there is no command 'varables'; `help` lists the commands; did you mean 'variables'?",
        ),
        ("show 'it", "no closing quotation"),
    ],
)
def test_a_wrong_command_changes_nothing(line: str, wrong: str) -> None:
    debugger = debugger_of("stop_and_wait")
    before = debugger.world
    reply = debugger.run(line)
    assert not reply.ok and wrong in reply.lines[0]
    assert debugger.failures == 1 and debugger.world is before


# -- The command ----------------------------------------------------------------------------------


def test_piped_commands_are_followed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n4\nquit\n9\n"))
    assert main(["debug", "--table", example("stop_and_wait")]) == 0
    told = capsys.readouterr().out
    assert "(debug 1 awaiting-ack | listening) 4" in told and "broken: " in told


def test_a_script_and_json_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script"
    script.write_text("continue\n99\n")
    words = ["debug", "--table", example("alternating_bit"), "--script", str(script)]
    assert main([*words, "--json"]) == 1
    told = capsys.readouterr()
    first = json.loads(told.out.splitlines()[0])
    assert first["delivered"] == ["A", "B", "C"] and first["choices"] == []
    assert "script, line 2: 99: there is no choice 99: nothing more can happen" in told.err


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["--table", example("stop_and_wait"), "--quiz"], "--quiz is only for TFTP, but"),
        (["--table", example("stop_and_wait"), "--loss", "0.2"], "--loss is only for TFTP"),
        (["run.jsonl", "--table", example("stop_and_wait")], "run.jsonl is only for TFTP"),
        (["--any-order"], "--any-order needs a --table of parties"),
    ],
)
def test_what_does_not_go_together_is_said(words: list[str], wrong: str, refused: Refused) -> None:
    assert wrong in refused("debug", *words)


def test_diagram_draws_both_machines_without_states_that_they_do_not_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["diagram", "--table", example("go_back_n")]) == 0
    told = capsys.readouterr().out
    assert "GO_BACK_N_SENDER" in told and "GO_BACK_N_RECEIVER" in told
    assert "error" not in told


def test_parties_that_cannot_start_are_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = 'Row("started", Is.IDLE, Is.AWAITING_ACK, '
    path = changed("stop_and_wait", tmp_path, (started, f'{started}conditions=("is_last",), '))
    assert main(["debug", "--table", path]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "the parties cannot start: STOP_AND_WAIT_SENDER in idle: no row answers started" in line

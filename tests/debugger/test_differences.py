"""`diff`: two runs side by side, as one end sees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tftp_fsm.borders.columns import columns
from tftp_fsm.debugger.commands.all import Debugger, opened
from tftp_fsm.debugger.differences import compare
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import DataReceived, Opened, Step
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.wire.packets import Rrq


def run_of(scenario: str) -> list[tuple[str, Step]]:
    stepper = opened(SCENARIOS[scenario]).stepper
    stepper.run()
    return [(frame.end, frame.step) for frame in stepper.frames]


def saved(tmp_path: Path, scenario: str) -> tuple[Debugger, str]:
    debugger, path = opened(SCENARIOS[scenario]), tmp_path / f"{scenario}.jsonl"
    debugger.run("continue")
    assert debugger.run(f"save {path}").ok
    return debugger, str(path)


def test_a_run_does_not_differ_from_itself() -> None:
    found = compare(run_of("lost-ack"), run_of("lost-ack"))
    assert found.first is None and len(found.same) > 5


def test_the_first_difference_is_where_the_lost_packet_comes_again() -> None:
    found = compare(run_of("plain"), run_of("lost-ack"))
    assert [pair.first.words for pair in found.same if pair.first][-1] == "sends ACK 2"
    assert found.first is not None and found.first.second is not None and found.first.first is None
    assert found.first.second.words == "hears DATA 2 (512 octets)"
    after = [pair for pair in found.rest if pair.same]  # both go on with DATA 3
    assert after and after[0].first is not None and after[0].first.words.startswith("hears DATA 3")


def test_times_and_sizes_are_no_difference() -> None:
    one, other = run_of("plain"), run_of("plain")
    later = [(end, replace(step, now=step.now + 9)) for end, step in other]
    assert compare(one, later).first is None


def test_a_run_of_many_blocks_that_came_at_once_is_compared_block_by_block() -> None:
    def client(*events: object) -> list[tuple[str, Step]]:
        session = ReadClient(Rrq(b"file"), ("server", 69))
        return [("client", session.handle(event, 0.0)) for event in events]  # type: ignore[arg-type]

    source = ("server", 3000)
    at_once = client(Opened(), DataReceived(1, 512, 3, source=source))
    one_by_one = client(Opened(), *(DataReceived(n, 512, 1, source=source) for n in (1, 2, 3)))
    same = compare(at_once, at_once).same
    assert [pair.first.key for pair in same if pair.first][:5] == [
        ("event", "Opened"),
        ("sends", "request", -1),
        ("hears", "data", 1),
        ("hears", "data", 2),
        ("hears", "data", 3),
    ]
    assert compare(at_once, one_by_one).first is not None  # the ACKs come in another order


def test_two_halves_of_a_transfer_cannot_be_compared() -> None:
    run = run_of("plain")
    client, server = ([one for one in run if one[0] == end] for end in ("client", "server"))
    with pytest.raises(LocalError, match="cannot be compared"):
        compare(client, server)
    assert compare(server, run).end == "server"


def test_the_command_shows_both_runs_in_80_columns(tmp_path: Path) -> None:
    debugger, plain = saved(tmp_path, "plain")
    _, lost = saved(tmp_path, "lost-ack")
    reply = debugger.run(f"diff {plain} {lost}")
    assert reply.ok and max(map(columns, reply.lines)) < 80
    assert reply.lines[0] == "the first 6 packets and events of the client are the same"
    assert reply.lines[1].split() == ["plain.jsonl", "lost-ack.jsonl"]
    (first, *_) = [line for line in reply.lines if line.startswith("*")]
    assert first.split() == ["*", "-", "7", "hears", "DATA", "2", "(512", "octets)"]
    assert debugger.run(f"diff {plain}").lines[0].startswith("no difference: ")
    assert debugger.run(f"diff {plain}").value == {"end": "client", "same": 9, "first": None}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("diff", "use: diff"),
        ("diff a b c", "use: diff"),
        ("diff /nowhere/x", "cannot read /nowhere/x: No such file"),
        ("diff {wrong}", "line 1: "),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_line(words: str, why: str, tmp_path: Path) -> None:
    (wrong := tmp_path / "wrong").write_bytes(b"\xff\x00 no trace\n")
    reply = opened(SCENARIOS["plain"]).run(words.format(wrong=wrong))
    assert not reply.ok and len(reply.lines) == 1 and why in reply.lines[0]

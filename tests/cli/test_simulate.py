"""`tftp-fsm simulate` and `ladder`: a seed gives the same run again, a mistake gets one line."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tftp_fsm.__main__ import main
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.recording import write_trace
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.trace.reading import read_trace

Output = pytest.CaptureFixture[str]


def run(capsys: Output, *words: object) -> tuple[int, str, str]:
    """Return the exit status, standard output and standard error."""
    try:
        status = main([str(word) for word in words])
    except SystemExit as left:
        status = int(str(left.code))
    out, err = capsys.readouterr()
    return status, out, err


def simulated(capsys: Output, *words: object) -> dict[str, Any]:
    _, out, _ = run(capsys, "simulate", *words, "--json")
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize("verb", ["get", "put"])
def test_it_prints_the_ladder_the_outcome_and_the_seed(capsys: Output, verb: str) -> None:
    status, out, err = run(capsys, "simulate", verb, "--loss", 0.2, "--seed", 9)
    assert (status, err) == (0, "")
    assert "timeout after" in out
    assert "file      2,000 octets of 2,000, whole" in out
    assert "seed      9" in out


@pytest.mark.parametrize("words", [("--width", 90), ("--json",), ("--runs", 5)])
def test_a_seed_repeats_exactly(capsys: Output, words: tuple[object, ...]) -> None:
    bad = ("--loss", 0.1, "--duplicate", 0.1, "--reorder", 0.1, "--delay", 0.01, "--corrupt", 0.02)
    first, again, other = (
        run(capsys, "simulate", "put", *bad, *words, "--windowsize", 4, "--seed", seed)[1]
        for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other


def test_a_transfer_that_fails_says_so_in_one_line_with_its_seed(capsys: Output) -> None:
    status, _, err = run(capsys, "simulate", "get", "--loss", 1, "--seed", 3)
    assert status == 1
    assert err == (
        "tftp-fsm: the simulated transfer did not succeed: "
        "timed-out no answer after 5 attempts (seed 3)\n"
    )


def test_the_outcome_as_json_has_the_settings_that_gave_it(capsys: Output) -> None:
    found = simulated(capsys, "get", "--size", 700, "--blksize", 100, "--timeout", 2)
    assert found["judged"] == "succeeded"
    assert found["intact"] is True
    assert found["received"] == 700
    assert found["client"] == {"outcome": "succeeded", "message": "", "code": None}
    assert found["settings"]["blksize"] == 100
    assert found["settings"]["seed"] == 1
    assert found["seconds"] == pytest.approx(0.019)  # RRQ, OACK, ACK 0, 8 DATA, 8 ACK


def test_latency_is_what_each_packet_takes(capsys: Output) -> None:
    quick, slow = (
        simulated(capsys, "get", "--latency", latency)["seconds"] for latency in (0.001, 0.01)
    )
    assert slow == pytest.approx(10 * quick)


def test_statistics_count_every_run_and_name_the_seeds_worth_a_look(capsys: Output) -> None:
    found = simulated(capsys, "put", "--loss", 0.4, "--runs", 30, "--seed", 100)
    assert sum(found["judged"].values()) == 30
    assert len(found["unlucky_seeds"]) == 30 - found["judged"]["succeeded"] > 0
    assert found["seconds"]["10%"] <= found["seconds"]["50%"] <= found["seconds"]["100%"]
    for seed in found["unlucky_seeds"][:3]:
        alone = simulated(capsys, "put", "--loss", 0.4, "--seed", seed)
        assert alone["judged"] != "succeeded", f"seed {seed}"


def test_statistics_for_people_name_their_seeds(capsys: Output) -> None:
    status, out, _ = run(capsys, "simulate", "get", "--loss", 0.3, "--runs", 20, "--seed", 7)
    assert status == 0
    assert out.startswith("runs      20, seeds 7 to 26\nsucceeded ")
    assert "failed" in out


def test_damage_that_tftp_cannot_see_is_told(capsys: Output) -> None:
    found = simulated(capsys, "get", "--corrupt", 0.1, "--runs", 40)
    assert found["judged"]["damaged"] > 0


def test_nothing_is_lost_where_nothing_is_asked_for(capsys: Output) -> None:
    found = simulated(capsys, "get", "--runs", 3)
    assert found["judged"] == {"succeeded": 3}
    assert found["retransmissions"]["100%"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("simulate", "steal"), "invalid choice"),
        (("simulate", "get", "--loss", "1.5"), "--loss"),
        (("simulate", "get", "--blksize", "7"), "--blksize"),
        (("simulate", "get", "--runs", "0"), "--runs"),
        (("simulate", "get", "--runs", "2", "--trace", "t"), "leave out --runs"),
        (("simulate", "get", "--ladder", "t.gif"), "must end with one of .svg, .png, .mmd, .txt"),
        (("ladder", "t", "--output", "t.gif"), "must end with one of .svg, .png, .mmd, .txt"),
        (("ladder",), "TRACE"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(
    capsys: Output, words: tuple[str, ...], said: str
) -> None:
    status, _, err = run(capsys, *words)
    assert status == 2
    assert said in err
    assert err.count("\n") == 1


# -- Traces and ladders ----------------------------------------------------------------------------


@pytest.fixture(name="trace")
def _trace(tmp_path: Path, capsys: Output) -> Path:
    path = tmp_path / "t.jsonl"
    run(capsys, "simulate", "get", "--loss", 0.2, "--seed", 9, "--trace", path)
    return path


def test_the_trace_that_is_written_replays(trace: Path) -> None:
    with trace.open() as lines:
        read = read_trace(lines)
    assert read.about["faults"]["seed"] == 9
    sessions = {end: read.session(end) for end in read.ends}
    for end, step in read.steps:
        assert sessions[end].handle(step.event, step.now) == step


def test_the_trace_draws_the_ladder_that_the_simulation_showed(trace: Path, capsys: Output) -> None:
    _, drawn, _ = run(capsys, "ladder", trace, "--width", 90)
    _, shown, _ = run(capsys, "simulate", "get", "--loss", 0.2, "--seed", 9, "--width", 90)
    assert shown.startswith(drawn)


@pytest.mark.parametrize(
    ("name", "begins"), [("l.svg", "<svg "), ("l.mmd", "sequenceDiagram"), ("l.txt", "     ")]
)
def test_a_ladder_is_drawn_as_its_name_says(
    trace: Path, tmp_path: Path, capsys: Output, name: str, begins: str
) -> None:
    status, out, _ = run(capsys, "ladder", trace, "--output", tmp_path / name)
    run(capsys, "simulate", "get", "--loss", 0.2, "--seed", 9, "--ladder", tmp_path / f"2{name}")
    assert (status, out) == (0, "")
    assert (tmp_path / name).read_text("utf-8").startswith(begins)
    assert (tmp_path / name).read_bytes() == (tmp_path / f"2{name}").read_bytes()


def test_a_trace_may_come_from_standard_input(
    trace: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(trace.read_text()))
    _, piped, _ = run(capsys, "ladder", "-", "--width", 80)
    _, named, _ = run(capsys, "ladder", trace, "--width", 80)
    assert piped == named


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the trace is empty"),
        (
            b"\xff\xd8\xff\xe0 a picture",
            "this is neither a trace nor a capture: --trace makes a trace",
        ),
        (b'\n{"format": "har"}\n', "line 2: this is not a trace"),
        (b'{"format": "tftp-fsm-trace", "version": 9}\n', "line 1: the trace has version 9"),
    ],
)
def test_what_is_no_trace_is_told_in_one_line_with_its_name(
    tmp_path: Path, capsys: Output, content: bytes, said: str
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(content)
    for command in (["ladder"], ["debug", "--plain"], ["diagram", "--trace"]):
        status, _, err = run(capsys, *command, path)
        assert status == 1
        assert err.startswith(f"tftp-fsm: {path}: {said}")
        assert err.count("\n") == 1


def test_files_that_cannot_be_reached_are_told_in_one_line(
    trace: Path, tmp_path: Path, capsys: Output
) -> None:
    nowhere = tmp_path / "no" / "where.svg"
    for words in (
        ("ladder", nowhere),
        ("ladder", trace, "--output", nowhere),
        ("simulate", "get", "--ladder", nowhere),
        ("simulate", "get", "--trace", nowhere),
    ):
        status, _, err = run(capsys, *words)
        assert status == 1
        assert err.endswith(f"{nowhere}: No such file or directory\n")


def test_a_terminal_without_box_drawing_gets_ascii(
    trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    octets = io.BytesIO()
    stream = io.TextIOWrapper(octets, encoding="ascii", newline="\n")
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["ladder", str(trace)]) == 0
    stream.flush()
    assert b"--- RRQ file octet" in octets.getvalue()


@pytest.mark.parametrize("command", [["ladder"], ["diagram", "--trace"]], ids=" ".join)
def test_a_trace_of_a_changed_table_can_be_drawn(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stepper = opened(SCENARIOS["sorcerer"]).stepper
    stepper.run()
    write_trace(stepper, tmp_path / "t.jsonl")
    assert main([*command, str(tmp_path / "t.jsonl")]) == 0
    seen = {"ladder": "DATA 3, again", "diagram": "SORCERER"}[command[0]]
    assert seen in capsys.readouterr().out


def test_a_trace_to_stdout_is_all_that_stdout_gets(
    capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "simulate", "get", "--trace", "-")
    assert (status, err) == (0, "") and not list(tmp_path.iterdir())
    assert read_trace(out.splitlines()).steps
    assert run(capsys, "simulate", "get", "--trace", "-", "--json")[0] == 2

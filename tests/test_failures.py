"""A failed transfer keeps its last steps, and says how to open them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tftp_fsm.cli import main
from tftp_fsm.debugger.recorded import RecordedWorld
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.driver import KEPT_STEPS, Driver
from tftp_fsm.errors import LocalError
from tftp_fsm.failures import keep_failure, last_steps
from tftp_fsm.simulation import Setup, Simulation
from tftp_fsm.trace import read_trace
from tftp_fsm.transports.faults import Faults


def failed(size: int = 600) -> Driver:
    """The client of a transfer that the network made fail."""
    simulation = Simulation(Setup(content=bytes(size), faults=Faults(loss=1.0)))
    simulation.run()
    return simulation.client


def test_the_last_steps_are_written_and_the_sentence_says_how_to_open_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, script = tmp_path / "failed.jsonl", tmp_path / "look"
    words = keep_failure(failed(), path)
    assert words == f"its last 7 steps are kept: tftp-fsm debug {path}"
    script.write_text("continue\nexpect outcome client timed-out\nexpect client retries 5\n")
    assert main(["debug", str(path), "--script", str(script)]) == 0, capsys.readouterr().out


def test_a_long_transfer_keeps_its_end_alone() -> None:
    simulation = Simulation(Setup(content=bytes(60_000)))
    simulation.run()
    trace = last_steps(simulation.client)
    assert len(trace.steps) == KEPT_STEPS
    assert trace.about["whole"] is False
    stepper = Stepper(RecordedWorld(trace))
    stepper.run()
    assert [(f.end, f.step) for f in stepper.frames] == list(trace.steps)


def test_what_is_kept_is_a_trace_like_any_other(tmp_path: Path) -> None:
    driver = failed()
    keep_failure(driver, tmp_path / "kept")
    kept = read_trace((tmp_path / "kept").read_text().splitlines())
    assert kept.steps == last_steps(driver).steps
    assert kept.about == {"failed": "timed-out", "whole": True}


def test_a_place_that_cannot_be_written_is_told() -> None:
    with pytest.raises(LocalError, match="cannot keep the last steps in /nonexistent/x"):
        keep_failure(failed(), "/nonexistent/x")


def test_nothing_is_kept_where_nothing_happened(tmp_path: Path) -> None:
    simulation = Simulation(Setup())
    with pytest.raises(LocalError, match="nothing had happened"):
        keep_failure(simulation.client, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []

"""The same rows and the same trace give the same picture on every Python.

Built-in `sum()` adds floats with compensation since Python 3.12 and without it before: the results
may differ in the last bit, and so may a coordinate. `math.fsum` is exact on every version.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any

import pytest

from tftp_fsm.bench import Cell, Report, Sample, Setting, Target, as_record, as_svg, as_text
from tftp_fsm.debugger.page.render import page_of
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.debugger.worlds.simulated import SimulatedWorld
from tftp_fsm.diagram import picture_of_table, render_svg
from tftp_fsm.diagram.files import generated_files
from tftp_fsm.ladder import mermaid_ladder, svg_ladder, text_ladder
from tftp_fsm.protocol.tables import TABLES
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import record
from tftp_fsm.transports.faults import Faults

FAULTS = Faults(loss=0.15, duplicate=0.1, reorder=0.1, delay=0.002, seed=3)
SUM = builtins.sum


def sum_of_integers(numbers: Iterable[Any], /, start: Any = 0) -> Any:
    """`sum` that refuses what it adds differently on other versions."""
    found = [start, *numbers]
    floats = [number for number in found if isinstance(number, float)]
    assert not floats, f"sum() of the floats {floats}: use math.fsum, which is the same everywhere"
    return SUM(found)


@pytest.fixture(autouse=True)
def _no_floats_in_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "sum", sum_of_integers)


def test_diagrams_sum_floats_exactly() -> None:
    assert generated_files()
    for table in TABLES:
        assert render_svg(picture_of_table(table), counts={0: 3, 1: 5})


def test_ladders_sum_floats_exactly() -> None:
    trace = record(Setup("get", bytes(6000), FAULTS))[1]
    assert svg_ladder(trace) and text_ladder(trace) and mermaid_ladder(trace)


def test_the_figures_and_the_chart_of_bench_sum_floats_exactly() -> None:
    setting = Setting(512, 4)
    samples = tuple(Sample(setting, 1000, seconds) for seconds in (0.1, 0.2, 0.3))
    report = Report(Target("get", "192.0.2.1", 69, "file"), (Cell(setting, samples),))
    assert as_svg(report) and as_text(report) and as_record(report)


def test_the_debuggers_page_sums_floats_exactly() -> None:
    stepper = Stepper(SimulatedWorld(WorldSetup(content=bytes(1200), faults=FAULTS)))
    stepper.run()
    assert page_of(stepper.frames)

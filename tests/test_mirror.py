"""Every module of the product has a test file, or `TESTED_IN` says which test file tests it.

`tests/` mirrors `tftp_fsm/`. A module is at home where `tests/<folder>/test_<module>.py` exists, or
where a test file of that folder imports the module by name. All others are listed here, each under
the test file that runs it, and that test file must reach them: through its own imports, through the
helpers in `tests/support`, or by starting the command.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tools.house import PACKAGE, ROOT, dotted, imported, imports, modules

TESTS = ROOT / "tests"

TESTED_IN = {
    "aio/test_client.py": "aio.conversation",
    "capture/reading/test_reading.py": (
        "capture.reading.blocks capture.reading.datagram capture.reading.octets"
        " capture.reading.pcapng"
    ),
    "capture/test_traced.py": "capture.addresses capture.rebuilt_packets",
    "capture/test_recorder.py": "capture.words",
    "bench/test_bench.py": "bench.advice bench.text",
    "cli/test_bench.py": "bench.server_process",
    "cli/test_explain.py": "cli.explain_output",
    "cli/test_grade.py": "cli.grade_tasks",
    "cli/test_output.py": "__main__ cli.streams",
    "cli/test_serve.py": "server.signals",
    "cli/test_probe.py": "cli.next_step",
    "cli/test_provided_options.py": "cli.try_map",
    "cli/test_spoken.py": "cli.coloured cli.lean_argparse",
    "cli/test_simulate.py": "cli.ladder cli.ladder_output cli.statistics",
    "cli/test_transfer.py": "cli.watch",
    "cli/test_traces.py": "explain.transfer.steps",
    "cli/test_verify.py": "cli.verify_progress",
    "client/test_api.py": "__init__ client.attempt client.orders errors wire.address",
    "examine/grading/test_trials.py": (
        "examine.grading.trials.errors examine.grading.trials.gets"
        " examine.grading.trials.options examine.grading.trials.no_faults"
        " examine.grading.trials.published examine.grading.trials.puts"
        " examine.grading.trials.wrong_gets examine.grading.trials.wrong_puts"
    ),
    "examine/grading/test_grade_server.py": (
        "examine.grading.other_requests examine.grading.unjudged examine.grading.running"
        " examine.grading.wires"
    ),
    "debugger/page/test_page.py": "debugger.page.data",
    "debugger/test_breakpoints.py": "debugger.variables",
    "debugger/test_real_peers.py": (
        "debugger.worlds.live debugger.worlds.live_client debugger.worlds.live_server"
    ),
    "debugger/test_differences.py": "debugger.commands.measure",
    "debugger/test_guards.py": "debugger.candidates",
    "debugger/test_in_korean.py": "debugger.refusals",
    "debugger/test_scenarios.py": ("debugger.worlds.recorded debugger.worlds.under_way"),
    "debugger/test_script.py": (
        "cli.debug cli.debug_options cli.debug_world"
        " debugger.commands.all debugger.commands.expect debugger.commands.inspect"
        " debugger.commands.language debugger.commands.navigate debugger.commands.quiz"
        " debugger.commands.tamper debugger.commands.text"
    ),
    "debugger/test_stepper.py": (
        "debugger.worlds.files debugger.worlds.setup debugger.worlds.simulated"
    ),
    "debugger/test_tamper.py": (
        "debugger.worlds.choices debugger.worlds.faults debugger.worlds.held debugger.worlds.line"
        " debugger.worlds.world"
    ),
    "debugger/tui/test_app.py": (
        "debugger.keys debugger.tui.command_line debugger.tui.lines debugger.tui.machine"
        " debugger.tui.rungs debugger.tui.view debugger.tui.overlays debugger.tui.palette"
    ),
    "diagram/test_files.py": "cli.diagram diagram.counts diagram.generated",
    "diagram/test_diagram.py": (
        "diagram.dot diagram.legend diagram.marks diagram.mermaid diagram.shapes"
        " diagram.spine diagram.svg diagram.table diagram.text"
    ),
    "diagram/test_layout.py": "diagram.plan",
    "driver/test_prediction.py": "driver.interfaces",
    "explain/test_clock.py": "explain.packets.numbers",
    "explain/test_transfers.py": (
        "explain.closing.stopped explain.judging.follower explain.judging.hearing"
        " explain.judging.judge explain.kinds.capture explain.kinds.data explain.kinds.kind"
        " explain.kinds.network explain.kinds.opening explain.kinds.termination"
        " explain.packets.seen"
        " explain.report.report explain.transfer.doubts explain.transfer.due"
        " explain.transfer.endpoint explain.transfer.findings explain.transfer.machines"
        " explain.transfer.netascii explain.transfer.side explain.transfer.spread"
        " explain.transfer.transfer"
    ),
    "lab/lessons/test_exercises.py": (
        "lab.lessons.answers_and_losses lab.lessons.options_and_proofs"
        " lab.lessons.repeats_and_strangers"
    ),
    "lab/test_hunt.py": "lab.follow",
    "ladder/test_ladder.py": (
        "borders.columns "
        "ladder.arrows ladder.identity ladder.labels ladder.lanes ladder.lines"
        " ladder.mermaid ladder.read_step ladder.scale ladder.sent ladder.style"
        " ladder.svg ladder.text"
    ),
    "lab/test_feed.py": "lab.machines lab.stage lab.view",
    "lab/test_server.py": "lab.page.build",
    "providers/maps/test_map.py": "providers.maps.replacement",
    "providers/test_guarded.py": "providers.settled",
    "protocol/test_read_client_failing.py": "protocol.termination protocol.opening",
    "protocol/test_tables.py": (
        "protocol.counters"
        " protocol.tables protocol.tables.common protocol.tables.four protocol.tables.opening"
        " protocol.tables.read_client protocol.tables.read_server protocol.tables.receiving"
        " protocol.tables.sending protocol.tables.write_client protocol.tables.write_server"
    ),
    "server/test_hostile_client.py": "server.request_handler",
    "server/test_other_systems.py": "transports.largest",
    "server/test_pipeline.py": "server.provided",
    "server/test_server.py": "server.destination server.embedded",
    "server/test_session_table.py": "server.spares",
    "test_public.py": "lazy protocol providers trace wire",
    "storage/served/test_jail.py": "storage.served.folding storage.served.walk",
    "storage/test_storage.py": ("storage.netascii storage.protocols storage.sinks storage.wrapped"),
    "testing/test_faulty.py": "testing.root",
    "transports/test_contract.py": "aio.turns",
    "transports/test_udp.py": "transports.readiness",
    "verify/test_lessons.py": "cli.generated_files cli.verify_lessons",
    "verify/test_explore.py": (
        "verify.breaches verify.case_sessions verify.checks verify.hostile verify.hostile_search"
        " verify.packets verify.positions verify.replay verify.report verify.search verify.world"
    ),
    "verify/test_parties.py": "cli.verify_parties verify.party verify.party_ladder",
    "verify/test_graph.py": "cli.verify_graph diagram.lanes diagram.states",
}
STATED = {module: test for test, names in TESTED_IN.items() for module in names.split()}


def is_bare(path: Path) -> bool:
    """A package's `__init__` that holds at most a docstring has nothing to test."""
    return all(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


def short(path: Path) -> str:
    """Return `wire.packets`, or `wire` for its `__init__`; `__init__` for that of the root."""
    return dotted(path).partition(".")[2] or "__init__"


MODULES = {short(path): path for path in modules() if not is_bare(path)}


@cache
def imports_of_test(path: Path) -> frozenset[str]:
    """Return the imports of a test file, also through `tests/support`, and of started commands."""
    source = path.read_text(encoding="utf-8")
    found = {name for _, name in imported(source, path)}
    helpers = [ROOT / (name.replace(".", "/") + ".py") for name in found if "support" in name]
    for helper in helpers:
        if helper.exists() and helper != path:
            found |= imports_of_test(helper)
    if PACKAGE in texts(source):
        found.add(f"{PACKAGE}.__main__")  # python -m tftp_fsm
    return frozenset(found)


def texts(source: str) -> set[str]:
    """Yield every string in the source."""
    constants = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {node.value for node in constants if isinstance(node.value, str)}


def reached_by(path: Path) -> set[str]:
    """Return all modules that the imports of the test file run."""
    graph = imports()
    found: set[str] = set()
    ahead = [name for name in imports_of_test(path) if name in graph]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += graph[name]
    return found


def is_at_home(module: str) -> bool:
    """A test file of its own, or one of its folder that imports it by name."""
    path = MODULES[module]
    folder = TESTS / path.relative_to(ROOT / PACKAGE).parent
    tests = list(folder.glob("test_*.py")) if folder != TESTS else []
    own = folder / f"test_{path.stem}.py"
    return own.exists() or any(dotted(path) in imports_of_test(test) for test in tests)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_tested_in_its_folder_or_where_it_is_said(module: str) -> None:
    assert is_at_home(module) or module in STATED, (
        f"{module} has no test file; write one, or say in TESTED_IN which test file tests it"
    )


@pytest.mark.parametrize("module", STATED)
def test_what_is_said_is_needed(module: str) -> None:
    assert module in MODULES, f"there is no {module}"
    assert not is_at_home(module), f"{module} has a test in its folder: take it out of TESTED_IN"


@pytest.mark.parametrize("test", TESTED_IN)
def test_what_is_said_is_true(test: str) -> None:
    reached = reached_by(TESTS / test)
    missed = [
        name
        for name in TESTED_IN[test].split()
        if name in MODULES and dotted(MODULES[name]) not in reached
    ]
    assert not missed, f"{test} runs none of {missed}"


def test_descriptors_are_counted_in_one_place() -> None:
    counts = re.compile(r"""len\(os\.listdir\(["'](?:/dev/fd|/proc/self/fd)""")
    found = [path for path in TESTS.rglob("*.py") if counts.search(path.read_text("utf-8"))]
    assert found == [TESTS / "support" / "descriptors.py"]

"""`tftp-fsm bench` itself: against the embedded server, within its limits; and the bare loops."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.refused import Refused
from tftp_fsm.__main__ import main
from tftp_fsm.bench import Budget, NetworkTransfer, Setting, Target
from tftp_fsm.bench.transfer import filling
from tftp_fsm.server import Server

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
MIB = 1 << 20
AMPLE = Budget(60.0, 1 << 30)
linux = pytest.mark.skipif(sys.platform != "linux", reason="the bare loops use Linux's offloads")


def moved(server: Server, verb: Any, budget: Budget, name: str = "file", size: int = MIB) -> Any:
    target = Target(verb, server.host, server.port, name, size)
    return NetworkTransfer(target)(Setting(1428, 16), budget)


def test_a_whole_file_is_read_where_the_share_allows_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(filling(MIB))
    with Server(tmp_path) as server:
        sample = moved(server, "get", AMPLE)
    assert sample.octets == MIB
    assert sample.agreed == Setting(1428, 16)
    assert sample.seconds > 0


def test_a_transfer_stops_when_its_octets_are_spent(tmp_path: Path) -> None:
    """A run of blocks is not interrupted. It takes 20 ms, so a fast host moves more in it."""
    (tmp_path / "file").write_bytes(filling(64 * MIB))
    with Server(tmp_path) as server:
        sample = moved(server, "get", Budget(60.0, MIB))
    assert MIB <= sample.octets < 64 * MIB


def test_a_transfer_stops_when_its_seconds_are_spent(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(filling(8 * MIB))
    with Server(tmp_path) as server:
        sample = moved(server, "get", Budget(0.0, 1 << 30))
    assert sample.octets < 8 * MIB


def test_a_file_that_is_written_is_the_one_that_was_made_up(tmp_path: Path) -> None:
    with Server(tmp_path, writable=True) as server:
        assert moved(server, "put", AMPLE, size=100_000).octets == 100_000
    assert (tmp_path / "file").read_bytes() == filling(100_000)


def test_bench_measures_the_embedded_server_and_draws_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "bench.svg"
    words = ["--size", "64K", "--blksize", "512,1428", "--windowsize", "4", "--json"]
    assert main(["bench", *words, "--output", str(picture)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [one["octets"] for one in record["cells"]] == [3 * 65536] * 2
    assert record["embedded"] is True
    assert record["recommended"] is not None
    ElementTree.fromstring(picture.read_text(encoding="utf-8"))


def test_bench_reads_a_named_file_from_a_host(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(filling(100_000))
    with Server(tmp_path) as server:
        words = [server.host, "-p", str(server.port), "--file", "file", "--windowsize", "1"]
        assert main(["bench", *words]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"get file from {server.host} port {server.port}")
    assert "recommended: --blksize" in said


def test_a_file_that_is_not_there_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(tmp_path) as server:
        assert main(["bench", server.host, "-p", str(server.port), "--file", "none"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["192.0.2.1"], "name a file"),
        (["--file", "x"], "--file need a HOST"),
        (["-p", "69"], "--file need a HOST"),
        (["--size", "0"], "'0' is not a size"),
        (["--octets", "12Q"], "'12Q' is not a size"),
        (["--octets", "9999999G"], "'9999999G' is not a size"),
        (["--blksize", "512,7"], "'7' is not a whole number of octets from 8"),
        (["192.0.2.1", "--file", "a", "--put", "b"], "not allowed with"),
    ],
)
def test_a_wrong_command_line_is_said_and_nothing_is_measured(
    words: list[str], said: str, refused: Refused
) -> None:
    assert said in refused("bench", *words)


# -- benchmarks/ ----------------------------------------------------------------------------------


def python_says(code: str) -> str:
    where = f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r})\n"
    command = [sys.executable, "-c", where + code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / program), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_each_case_of_make_bench_has_a_name_of_its_own() -> None:
    listed = python("run.py", "--list")
    assert listed.returncode == 0, listed.stderr
    names = listed.stdout.split()
    assert len(names) == len(set(names)) > 20


def test_a_run_that_failed_is_told_by_the_last_line_of_its_program() -> None:
    said = python_says(
        "from bench import last_line\n"
        "print(last_line('Traceback:\\n  File x, line 1\\nValueError: too few\\n'))\n"
        "print(last_line(''))\n"
    )
    assert said.splitlines() == ["ValueError: too few", "it said nothing"]


def test_a_pattern_that_names_no_case_is_an_error() -> None:
    done = python("run.py", "--only", "no-such-case")
    assert done.returncode == 2
    assert "no-such-case" in done.stderr


def test_growth_is_measured_and_its_exponents_are_said() -> None:
    done = python("growth.py", "--quick", "--only", "trace", "--only", "states")
    rows = [line for line in done.stdout.splitlines() if ", by " in line]
    assert [row.split("|")[2].strip() for row in rows] == [
        *("record", "write and read", "draw", "verify")
    ]
    assert all("more" in row for row in rows), done.stdout + done.stderr


def test_what_grows_faster_than_n_log_n_is_told() -> None:
    said = python_says(
        "from growth import Curve, _markdown\n"
        "points = lambda power: [(10.0**n, 1e-6 * 10.0 ** (n * power)) for n in range(1, 7)]\n"
        "lines = {'square': points(2), 'line': points(1)}\n"
        "print(*_markdown([Curve('c', 'title', 'steps', 'seconds', lines)]), sep='\\n')\n"
        "from plots import plot\n"
        "print(plot('<title>', 'steps', 'seconds', lines))\n"
    )
    assert "| 2.00 | 1.09 | **more** |" in said
    assert "| 1.00 | 1.09 | no more |" in said
    assert "&lt;title&gt;" in said
    ElementTree.fromstring(said[said.index("<svg") :])


@linux
@pytest.mark.parametrize("windowsize", [1, 64])
@pytest.mark.parametrize("size", [0, 1428 * 64, 500_000])
def test_the_bare_loops_move_whole_files(tmp_path: Path, windowsize: int, size: int) -> None:
    content, local = filling(size), tmp_path / "local"
    (tmp_path / "file").write_bytes(content)
    sizes = ("1428", str(windowsize))
    with Server(tmp_path, writable=True) as server:
        where = (server.host, str(server.port))
        got = python("bare.py", "get", *where, "file", str(local), *sizes)
        put = python("bare.py", "put", *where, "written", str(tmp_path / "file"), *sizes)
    assert got.returncode == put.returncode == 0, got.stderr + put.stderr
    assert local.read_bytes() == content
    assert (tmp_path / "written").read_bytes() == content


@linux
def test_a_crowd_reads_one_file_and_says_when_it_is_another(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(filling(3000))
    (tmp_path / "other").write_bytes(filling(2999))
    with Server(tmp_path) as server:
        where = (server.host, str(server.port))
        same = python("crowd.py", "get", *where, "file", str(tmp_path / "file"), "5", "512")
        differs = python("crowd.py", "get", *where, "file", str(tmp_path / "other"), "5", "512")
    assert same.returncode == 0, same.stderr
    assert differs.returncode == 1
    assert "block 6 differs" in differs.stderr


def test_the_table_goes_between_the_markers_and_nothing_else_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    report: Any = importlib.import_module("report")
    page = tmp_path / "RESULTS.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    report.put_between_markers(page, "new\n")
    text = f"before\n{report.BEGIN}\nnew\n{report.END}\nafter\n"
    assert page.read_text(encoding="utf-8") == text
    page.write_text("no markers", encoding="utf-8")
    with pytest.raises(ValueError, match=r"RESULTS\.md has no"):
        report.put_between_markers(page, "new")


def test_the_kept_results_have_the_markers() -> None:
    text = (BENCHMARKS / "RESULTS.md").read_text(encoding="utf-8")
    assert 0 < text.index("<!-- bench: begin -->") < text.index("<!-- bench: end -->")

"""The examples of the documentation run, and the things that it names exist.

Python blocks run as they stand. Console blocks of commands that always print the same (simulated
transfers, pictures) are run and compared; `...` in a block stands for lines that are left out.
"""

from __future__ import annotations

import importlib
import io
import re
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import tftp_fsm
from tests.test_floors import FLOORS
from tests.test_public import PUBLIC
from tftp_fsm.__main__ import available, main
from tftp_fsm.cli.serve_config import key_of, settings
from tftp_fsm.cli.serve_options import command_parser
from tftp_fsm.transports.udp import UdpTransport
from tools.house import ROOT

DOCS = sorted(set((ROOT / "docs").rglob("*.md")) - set((ROOT / "docs" / "reference").rglob("*")))
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *DOCS,
    ROOT / "benchmarks" / "RESULTS.md",
    *sorted((ROOT / "diagrams").glob("README*.md")),
    ROOT / "diagrams" / "mutants" / "README.md",
    ROOT / "diagrams" / "README.ko.md",
    ROOT / "diagrams" / "ko" / "mutants" / "README.md",
]
THEORY = ROOT / "docs" / "theory.md"
LIBRARY = ROOT / "docs" / "library.md"
# Names of the package, and paths of the repository, in backticks.
NAMED = re.compile(r"`(tftp_fsm(?:\.\w+)+)")
PATHS = re.compile(r"`((?:tftp_fsm|tests|tools|docs|diagrams|benchmarks|examples)/[\w./-]*)`")
LEFT_OUT = "..."


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Yield each such block with a name for it."""
    for page in PAGES:
        found = re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        yield from ((f"{named(page)}: {block.splitlines()[0]}", block) for block in found)


def run(block: str, **names: object) -> dict[str, object]:
    space: dict[str, object] = dict(names)
    exec(compile(block, "documentation", "exec"), space)
    return space


PYTHON = dict(blocks("python"))


@pytest.mark.parametrize("block", PYTHON.values(), ids=PYTHON)
def test_python_runs(block: str, tmp_path: Path) -> None:
    run(block, root=tmp_path)


def test_the_transport_of_the_library_page_carries_a_file(tmp_path: Path) -> None:
    (tap,) = (block for block in PYTHON.values() if "class Tap" in block)
    kind = run(tap)["Tap"]
    (tmp_path / "file").write_bytes(b"x" * 600)
    transport = kind(UdpTransport(socket.AF_INET))  # type: ignore[operator]
    with tftp_fsm.Server(tmp_path) as server:
        got = tftp_fsm.get("127.0.0.1", "file", port=server.port, transport=transport, blksize=512)
    transport.close()
    assert got.data == b"x" * 600
    assert [way for way, _ in transport.seen][:2] == ["sent", "received"]


# -- Console blocks ---------------------------------------------------------------------------


def shown() -> Iterator[tuple[str, str]]:
    """Yield each command line of the console blocks, and the output below it."""
    for _, block in blocks("console"):
        yield from re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)


def is_the_same_every_time(command: str) -> bool:
    words = command.split()
    return words[:2] == ["tftp-fsm", "simulate"] or "--scenario" in words


REPEATABLE = {command: output for command, output in shown() if is_the_same_every_time(command)}
WITH_OUTPUT = {command: output for command, output in REPEATABLE.items() if output}
COMMANDS = sorted({command.partition(" #")[0].strip() for command, _ in shown()})


def pattern_of(output: str) -> str:
    parts = output.split(f"{LEFT_OUT}\n")
    return r"(?s:.*?)".join(re.escape(part) for part in parts)


def typed_in(output: str) -> str:
    """Return what the block types at the prompt, after as many steps as it leaves out."""
    lines = re.findall(r"^\(debug (\d+)[^)]*\) (.*)$", output, re.MULTILINE)
    left_out = int(lines[0][0]) if lines else 0
    return "step\n" * left_out + "".join(f"{line}\n" for _, line in lines)


@pytest.mark.parametrize("command", WITH_OUTPUT)
def test_a_command_prints_what_is_shown(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    output = WITH_OUTPUT[command]
    monkeypatch.setattr("sys.stdin", io.StringIO(typed_in(output)))
    assert main(shlex.split(command)[1:]) == 0
    printed = capsys.readouterr().out
    assert re.fullmatch(pattern_of(output), printed), printed


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_line_that_is_shown_names_a_command_and_options_that_exist(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command, comments=True)
    assert words[0] == "tftp-fsm", command
    known = available()
    subcommand = [words[1]] if words[1] in known else []
    with pytest.raises(SystemExit):
        main([*subcommand, "--help"])
    told = capsys.readouterr().out
    options = {word.partition("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
    missing = {option for option in options if option not in told}
    assert not missing, f"{command}: --help does not know {missing}"


def test_the_machine_of_its_page_has_the_mistake_that_is_shown_and_can_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "own-machine.md").read_text("utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    guard, row = re.findall(r"```text\n(.*?)```", page, re.DOTALL)[:2]
    verify = "tftp-fsm verify --table meter.py"
    broken, proven = (output for command, output in shown() if command == verify)
    monkeypatch.chdir(tmp_path)
    Path("meter.py").write_text(source, "utf-8")
    assert main(shlex.split(verify)[1:]) == 1
    assert re.fullmatch(pattern_of(broken), capsys.readouterr().out)
    mended = source.replace(
        'unless=("is_last",)', 'conditions=("is_current",), unless=("is_last",)'
    ).replace('conditions=("is_last",)', 'conditions=("is_current", "is_last")')
    before = '            Row(\n                "timeout_expired"'
    mended = mended.replace(before, row + before).replace(
        "    def is_last", guard + "\n    def is_last"
    )
    Path("mended.py").write_text(mended, "utf-8")  # a path is read once in a process
    assert main(["verify", "--table", "mended.py"]) == 0
    took = re.compile(r"\d+\.\d s")
    printed = capsys.readouterr().out.replace("mended.py", "meter.py")
    assert took.sub("", printed) == took.sub("", proven)


def test_the_provider_of_its_page_answers_as_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (recipes,) = (block for block in PYTHON.values() if block.startswith("# recipes.py"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "uploads").mkdir()
    (tmp_path / "served").mkdir()
    with tftp_fsm.Server(tmp_path / "served", provider=run(recipes)["make"]) as server:
        got = tftp_fsm.get(server.host, "switch.cfg", port=server.port)
        assert got.data == b"hostname lab-switch\n"
        with pytest.raises(tftp_fsm.PeerError, match="error 2: keys are not given away"):
            tftp_fsm.get(server.host, "keys/root", port=server.port)
        tftp_fsm.put(server.host, b"up", "running-config", port=server.port)
    assert (tmp_path / "uploads" / "lab-switch.cfg").read_bytes() == b"up"


def test_the_script_for_graders_holds_a_client_against_a_lost_block(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "debugger.md").read_text("utf-8")
    (script,) = (
        block for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL) if "until" in block
    )
    path = tmp_path / "check.txt"
    path.write_text(script, "utf-8")
    assert main(["debug", "--script", str(path), "--json"]) == 0


def test_the_modules_with_public_names_are_all_listed() -> None:
    text = LIBRARY.read_text("utf-8").partition("| module |")[2].partition("\n\n")[0]
    assert set(NAMED.findall(text)) | {"tftp_fsm"} == set(PUBLIC)


def exercises() -> list[str]:
    """Return the shell blocks of the walk through the machines."""
    text = (ROOT / "diagrams" / "README.md").read_text("utf-8")
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("block", exercises())
def test_the_exercises_can_be_done(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        assert words[0] == "tftp-fsm" and main(words[1:]) == 0, line
    assert capsys.readouterr().out


# -- Names and links --------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_local_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_names_of_the_package_exist(page: Path) -> None:
    for name in NAMED.findall(page.read_text("utf-8")):
        assert resolve(name) is not None, name


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_paths_of_the_repository_exist(page: Path) -> None:
    for path in PATHS.findall(page.read_text("utf-8")):
        assert (ROOT / path).exists(), path


def resolve(name: str) -> object:
    """Return the module or value of this dotted name. AttributeError: there is none."""
    first, *rest = name.split(".")
    found: object = importlib.import_module(first)
    reached = first
    for part in rest:
        reached = f"{reached}.{part}"
        try:
            found = importlib.import_module(reached)
        except ModuleNotFoundError:
            found = getattr(found, part)
    return found


def test_the_theory_names_enough_to_be_worth_checking() -> None:
    text = THEORY.read_text("utf-8")
    assert len(set(NAMED.findall(text))) >= 15
    assert len(set(PATHS.findall(text))) >= 12


def test_a_name_that_is_gone_is_found() -> None:
    with pytest.raises(AttributeError):
        resolve("tftp_fsm.protocol.session.Session.gone")


def test_the_table_of_floors_is_the_one_that_is_held() -> None:
    text = THEORY.read_text("utf-8")
    table = text.partition("<!-- floors: begin -->")[2].partition("<!-- floors: end -->")[0]
    written = {
        folder: int(floor)
        for floor, folders in re.findall(r"^\| (\d) \| ([^|]*) \|", table, re.MULTILINE)
        for folder in re.findall(r"`(\w+)`", folders)
    }
    package = ROOT / "tftp_fsm"
    there = {
        name: floor
        for name, floor in FLOORS.items()
        if not name.startswith("__")
        and ((package / name).is_dir() or (package / f"{name}.py").exists())
    }
    assert written == there


def test_each_page_is_in_the_contents_of_the_site() -> None:
    listed = (ROOT / "docs" / "index.md").read_text("utf-8").splitlines()
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in DOCS}
    assert pages - {"index"} <= set(listed)


# -- Compared with other servers -------------------------------------------------------------------


def compared() -> list[list[str]]:
    """Return the cells of each row of the comparison, and of the table of reasons."""
    lines = (ROOT / "docs" / "compared.md").read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]


def test_each_option_of_the_server_is_on_a_page() -> None:
    text = "".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))
    names = {f"--{key_of(action)}" for action in settings(command_parser())} - {"--root"}
    named = set(re.findall(r"--[a-z][a-z-]+", text))
    # A switch that is on by default is named by its opposite.
    assert {name for name in names if not {name, f"--no-{name[2:]}"} & named} == set()


def test_each_yes_has_its_page_and_each_no_its_reason() -> None:
    rows = {row[0]: row[-1] for row in compared() if len(row) == 8 and row[0] != "feature"}
    reasons = {row[0]: row[1] for row in compared() if len(row) == 2}
    del rows["---"], reasons["---"], reasons["feature"]
    assert len(rows) > 40
    links = {name: ours for name, ours in rows.items() if ours != "no"}
    assert {
        name for name, ours in links.items() if not re.match(r"\[yes\]\([\w#.-]+\)$", ours)
    } == set()
    assert {name for name, ours in rows.items() if ours == "no"} == set(reasons)
    assert all(len(reason) > 40 for reason in reasons.values())


def cells_of(page: Path) -> list[list[str]]:
    """Return the rows of all tables of a page. An empty first cell repeats the one above."""
    rows: list[list[str]] = []
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            cells[0] = cells[0] or (rows[-1][0] if rows else "")
            rows.append(cells)
    return rows


def test_the_figures_of_the_page_are_those_that_were_measured() -> None:
    measured = {
        (title, other.partition(":")[0], ratio, target)
        for title, _, other, ratio, target, *_ in (
            row for row in cells_of(ROOT / "benchmarks" / "RESULTS.md") if len(row) > 5
        )
    }
    page = cells_of(ROOT / "docs" / "performance.md")
    said = [tuple(row) for row in page if len(row) == 4 and re.fullmatch(r"[\d.]+", row[2])]
    assert len(said) == 10 and set(said) <= measured

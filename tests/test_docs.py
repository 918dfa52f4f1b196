"""What the documentation shows is run, and what it names is there.

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
from tftp_fsm.cli import available, main
from tftp_fsm.transports.udp import UdpTransport
from tools.house import ROOT

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "benchmarks" / "RESULTS.md",
    ROOT / "diagrams" / "README.md",
    ROOT / "diagrams" / "mutants" / "README.md",
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
    """Each such block, with a name for it."""
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
    """Each command line of the console blocks, and the output that stands below it."""
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
    """What the block shows as typed at the prompt, after as many steps as it leaves out."""
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


def exercises() -> list[str]:
    """The shell blocks of the walk through the machines."""
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
    """The module or value that this dotted name is; AttributeError where there is none."""
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

"""The scripts of `make` say what is missing, in a copy with few programs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.serve_process import REPOSITORY

COMMON = "bash cat cksum dirname env grep id mktemp rm sed tail uname".split()
OFFLINE = "error: Failed to fetch: dns error: Temporary failure in name resolution"
WAIT = 60.0  # seconds, at the most


def real(name: str) -> str:
    found = shutil.which(name)
    assert found is not None, f"{name} is part of every Debian"
    return found


class Machine:
    """A checkout on a machine that has the programs of `COMMON` and those that are added."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self._path = folder / "checkout", folder / "bin"
        self.calls = folder / "calls"
        self._path.mkdir()
        shutil.copytree(REPOSITORY / "tools", self.checkout / "tools")
        shutil.copy(REPOSITORY / "pyproject.toml", self.checkout)
        for name in COMMON:
            (self._path / name).symlink_to(real(name))

    def has(self, name: str, script: str) -> None:
        """Add a program: a shell script that records each call."""
        program = self._path / name
        program.unlink(missing_ok=True)
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.calls}\n{script}\n')
        program.chmod(0o755)

    def run(self, *words: str) -> tuple[int, list[str]]:
        """Return the exit status, and the lines for people."""
        done = subprocess.run(
            [self.checkout / "tools" / words[0], *words[1:]],
            env={"PATH": str(self._path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    one = Machine(tmp_path)
    one.has("id", "echo 1000")
    one.has("apt-get", "exit 1")
    one.has("apt-cache", "echo '  Candidate: 1.0'")
    one.has("python3", f'case "$*" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"')
    return one


def test_offline_one_line_says_so(machine: Machine) -> None:
    make = "mkdir -p .venv/bin; ln -sf $(command -v python3) .venv/bin/python"
    machine.has("uv", f'[ "$1" = venv ] && {{ {make}; exit; }}\necho "{OFFLINE}" >&2; exit 2')
    for name in ("mkdir", "ln"):
        machine.has(name, f'exec {real(name)} "$@"')
    status, lines = machine.run("setup", "tui")
    assert status == 1
    assert [line for line in lines if "index cannot be reached" in line] == lines[-1:]
    assert not any("dns error" in line for line in lines)


@pytest.mark.parametrize("sudo", [True, False], ids=["sudo refuses", "no sudo"])
def test_without_rights_both_print_the_whole_command(machine: Machine, sudo: bool) -> None:
    if sudo:
        machine.has("sudo", "exit 1")
    begin, end = ("sudo ", "") if sudo else ("su -c '", "'")
    command = f"{begin}apt-get install -y --no-install-recommends"
    version = "{}.{}".format(*sys.version_info)
    status, lines = machine.run("setup", "tui")
    assert status == 1
    assert lines[-1].endswith(f": {command} python{version}-venv{end}")
    _, lines = machine.run("install-peers")
    (line,) = (line for line in lines if "no rights" in line)
    assert f": {command} tftp-hpa atftp " in line and line.endswith(f" fonts-nanum{end}")


def test_rights_are_asked_for_in_the_same_way(machine: Machine) -> None:
    machine.has("sudo", '[ "$1" = -n ] || exec "$@"')
    asked = []
    for tool in ("setup", "install-peers"):
        machine.run(tool)
        calls = machine.calls.read_text().splitlines()
        asked.append([call.split(" install ")[0] for call in calls if call.startswith("sudo ")][:2])
        machine.calls.unlink()
    assert asked[0] == asked[1] and len(asked[0]) == 2


def test_the_demo_s_environment_has_the_debugger_s_terminal_program() -> None:
    told = subprocess.run(
        [real("make"), "--no-print-directory", "--dry-run", "demo"],  # `make test` may run this
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert told.stdout.splitlines() == ['PYTHON="" tools/setup tui', ".venv/bin/tftp-fsm demo"]

"""Hints name commands that exist, for each way in which the program was installed."""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tftp_fsm import installation
from tftp_fsm.installation import command, how_to_add

WHEEL = "file:///tmp/tftp_fsm-0.2.0-py3-none-any.whl"
ENDS = {
    # kind: what starts the program, what adds the extra `tui`
    "pip": ("bin/tftp-fsm", "bin/python -m pip install textual"),
    "uv": ("bin/tftp-fsm", "uv pip install --python bin/python textual"),
    "uv run": ("uv run tftp-fsm", "uv pip install --python bin/python textual"),
    "uv tool": ("bin/tftp-fsm", f"uv tool install --force 'tftp-fsm[tui] @ {WHEEL}'"),
    "uvx": (f"uvx --from {WHEEL} tftp-fsm", f"uvx --from 'tftp-fsm[tui] @ {WHEEL}' tftp-fsm"),
    "pipx": ("bin/tftp-fsm", "pipx inject tftp-fsm textual"),
    "pipx run": (
        f"pipx run --spec {WHEEL} tftp-fsm",
        f"pipx run --spec 'tftp-fsm[tui] @ {WHEEL}' tftp-fsm",
    ),
}


class Wheel:
    """An installed distribution that came out of a file."""

    requires = ["rich>=13", "textual>=8; extra == 'tui'"]

    def read_text(self, name: str) -> str | None:
        return json.dumps({"url": WHEEL, "archive_info": {}}) if "url" in name else None


@pytest.mark.parametrize("kind", ENDS)
def test_the_commands_are_those_of_whoever_made_the_environment(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = made(tmp_path, kind, monkeypatch)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr(sys, "executable", str(prefix / "bin" / "python"))
    monkeypatch.setattr(sys, "argv", [str(prefix / "bin" / "tftp-fsm")])
    monkeypatch.setattr(metadata, "distribution", lambda name: Wheel())
    monkeypatch.setenv("PATH", str(prefix / "bin") if kind == "uvx" else "/nowhere")
    monkeypatch.chdir(prefix)
    assert (command(), how_to_add("tui")) == ENDS[kind]


def made(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment as this program makes it, and what it tells its children."""
    prefix = folder / ("venvs" if kind == "pipx" else ".cache") / "tftp-fsm"
    prefix.mkdir(parents=True)
    uv = "" if kind == "pip" else "uv = 0.13.9\n"
    (prefix / "pyvenv.cfg").write_text(f"home = /usr/bin\n{uv}")
    marks = {"uv tool": "uv-receipt.toml", "pipx": "pipx_metadata.json"}
    if kind.split()[0] == "pipx" or kind in marks:
        (prefix / marks.get(kind, "pipx_metadata.json")).touch()
    for name in ("UV", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    if kind in ("uvx", "uv run"):
        monkeypatch.setenv("UV", "/usr/bin/uv")
    if kind == "uv run":
        monkeypatch.setenv("VIRTUAL_ENV", str(prefix))
    return prefix


def test_a_command_on_the_path_is_named_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, "pip", monkeypatch)
    (tmp_path / "tftp-fsm").touch(mode=0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command() == "tftp-fsm"


def test_without_the_command_the_module_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [os.path.join("tftp_fsm", "__main__.py")])
    assert command().endswith(" -m tftp_fsm")


@pytest.mark.parametrize(("extra", "package"), [("tui", "textual"), ("png", "resvg-py")])
def test_the_extras_bring_what_the_hints_name(extra: str, package: str) -> None:
    assert installation._packages(extra) == [package]

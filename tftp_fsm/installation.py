"""Find out how this package was installed, and the commands that fit this installation.

With pip, uv, uvx, pipx and a checkout the commands that start the program and add an extra differ.
A hint must not name a command that does not exist.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from importlib import metadata
from pathlib import Path
from subprocess import list2cmdline
from typing import Literal, TypeAlias

NAME = "tftp-fsm"
Maker: TypeAlias = Literal["uvx", "uv run", "uv tool", "uv", "pipx", "pipx run", "pip"]


def command() -> str:
    """Return the command that starts this program from the user's shell."""
    match _maker():
        case "uvx":
            return _joined("uvx", *_from(), NAME)
        case "uv run":
            return f"uv run {NAME}"
        case "pipx run":
            return _joined("pipx", "run", *_spec(), NAME)
    if shutil.which(NAME):
        return NAME
    if os.path.basename(sys.argv[0]) == NAME:
        return _joined(_near(sys.argv[0]))
    return _joined(_near(sys.executable), "-m", "tftp_fsm")


def how_to_add(extra: str) -> str:
    """Return the command that adds the extra `extra` to this environment."""
    match _maker():
        case "uvx":
            return _joined("uvx", "--from", _requirement(extra), NAME)
        case "uv tool":
            return _joined("uv", "tool", "install", "--force", _requirement(extra))
        case "uv" | "uv run":
            python = _near(sys.executable)
            return _joined("uv", "pip", "install", "--python", python, *_packages(extra))
        case "pipx":
            return _joined("pipx", "inject", NAME, *_packages(extra))
        case "pipx run":
            return _joined("pipx", "run", "--spec", _requirement(extra), NAME)
        case "pip":
            return _joined(_near(sys.executable), "-m", "pip", "install", *_packages(extra))


def _maker() -> Maker:
    """Return the tool that has made this environment, or runs it in a temporary one."""
    prefix = Path(sys.prefix)
    if (prefix / "pipx_metadata.json").exists():
        return "pipx" if prefix.parent.name == "venvs" else "pipx run"
    if (prefix / "uv-receipt.toml").exists():
        return "uv tool"
    if not _made_by_uv(prefix):
        return "pip"
    if "UV" not in os.environ:  # uv sets this to its path for programs that it starts
        return "uv"
    return "uv run" if os.environ.get("VIRTUAL_ENV") == sys.prefix else "uvx"


def _made_by_uv(prefix: Path) -> bool:
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return any(line.startswith("uv =") for line in lines)


def _packages(extra: str) -> list[str]:
    """Return the packages of the extra without versions: shells treat `>` specially."""
    try:
        required = metadata.requires(NAME) or []
    except metadata.PackageNotFoundError:
        required = []
    marked = (line.partition(";") for line in required)
    found = [what for what, _, marker in marked if f"'{extra}'" in marker.replace('"', "'")]
    return [what.split(">")[0].strip() for what in found] or [f"{NAME}[{extra}]"]


def _requirement(extra: str) -> str:
    source = _source()
    return f"{NAME}[{extra}] @ {source}" if source else f"{NAME}[{extra}]"


def _from() -> list[str]:
    return ["--from", source] if (source := _source()) else []


def _spec() -> list[str]:
    return ["--spec", source] if (source := _source()) else []


def _source() -> str:
    """Return the source of the installation, or "" for a package index (PEP 610)."""
    try:
        told = metadata.distribution(NAME).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        told = None
    if told is None:
        return ""
    origin = json.loads(told)
    version_control = origin.get("vcs_info", {}).get("vcs")
    return f"{version_control}+{origin['url']}" if version_control else str(origin["url"])


def _near(path: str) -> str:
    """Return a shorter path if it is below the current directory."""
    here = os.getcwd() + os.sep
    return path.removeprefix(here) if path.startswith(here) else path


def _joined(*words: str) -> str:
    return list2cmdline(words) if os.name == "nt" else shlex.join(words)

"""Who may import whom. Each module has a floor; imports go down or sideways, never up.

The floors are what keeps a session free of sockets and clocks, and so the same rows fit for a fast
transfer, a debugger that steps backwards and a proof. A module that is not on the map fails here:
whoever adds one says which floor it is on.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "tftp_fsm"
ROOT = Path(__file__).resolve().parents[1]

# A name covers the module, or the package and all that is in it.
FLOORS = {
    **dict.fromkeys(["errors", "frozen", "packets", "netascii"], 0),
    **dict.fromkeys(["options", "timing", "rows", "events"], 1),
    **dict.fromkeys(["tables", "machine"], 2),
    **dict.fromkeys(["session", "sessions", "receiving", "sending", "opening"], 3),
    **dict.fromkeys(["runs", "words", "records", "trace"], 3),
    **dict.fromkeys(["transports", "storage", "jail"], 4),
    **dict.fromkeys(["driver", "lockstep", "exchanges", "server", "simulation", "capture"], 5),
    **dict.fromkeys(["client", "conversation", "request", "result", "settings", "url"], 5),
    "failures": 5,
    **dict.fromkeys(["diagram", "ladder", "debugger", "verify", "explain", "bench", "demo"], 6),
    **dict.fromkeys(["cli", "__main__", "__init__"], 7),
}

# Floors 0 to 3 decide. Time, randomness and octets reach them as arguments.
DECIDING = 3
IMPURE = frozenset(
    {
        *("socket", "asyncio", "select", "selectors", "time", "threading", "random", "os"),
        *("pathlib", "logging", "multiprocessing", "subprocess", "secrets", "tempfile", "shutil"),
    }
)

# Nothing of these libraries escapes its one module.
ONLY_IMPORTER = {"construct": "packets", "transitions": "machine"}

MODULES = sorted((ROOT / PACKAGE).rglob("*.py"))
IDS = [str(path.relative_to(ROOT / PACKAGE)) for path in MODULES]
every_module = pytest.mark.parametrize("path", MODULES, ids=IDS)


def part_of(name: str) -> str:
    """The entry of the map that covers the dotted `name`: its first component in the package."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def dotted(path: Path) -> str:
    """The name under which `path` is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of each import, wherever it stands: in a function, under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, path)
            if base == PACKAGE:  # `from tftp_fsm import packets` names modules, not values
                yield from ((node.lineno, named(alias.name)) for alias in node.names)
            else:
                yield node.lineno, base


def absolute(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parent.parts
    kept = package[: len(package) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def named(name: str) -> str:
    """What `from tftp_fsm import name` reaches: a module, or a value of the package itself."""
    module = ROOT / PACKAGE / name
    is_module = module.is_dir() or module.with_suffix(".py").exists()
    return f"{PACKAGE}.{name}" if is_module else PACKAGE


def offences(source: str, path: Path) -> list[str]:
    """What `path`, reading `source`, imports and should not; one line each."""
    own = part_of(dotted(path))
    floor = FLOORS[own]
    found = []
    for line, name in imported(source, path):
        top = name.split(".")[0]
        if top == PACKAGE:
            their = FLOORS.get(part_of(name))
            if their is None:
                found.append(f"line {line}: {name} has no floor")
            elif their > floor:
                found.append(f"line {line}: floor {floor} imports {name} of floor {their}")
        elif top in IMPURE and floor <= DECIDING:
            found.append(f"line {line}: floor {floor} imports {name}")
        elif ONLY_IMPORTER.get(top, own) != own:
            found.append(f"line {line}: only {ONLY_IMPORTER[top]} may import {name}")
    return found


@every_module
def test_a_module_has_a_floor(path: Path) -> None:
    assert part_of(dotted(path)) in FLOORS, f"give {dotted(path)} a floor in FLOORS"


@every_module
def test_a_module_imports_down_or_sideways(path: Path) -> None:
    if part_of(dotted(path)) in FLOORS:
        assert offences(path.read_text(encoding="utf-8"), path) == []


def test_what_the_deciding_floors_must_not_import_is_spelt_as_the_library_spells_it() -> None:
    assert IMPURE <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("module", "source", "offence"),
    [
        ("session.py", "import time", "line 1: floor 3 imports time"),
        ("session.py", "from os import path", "line 1: floor 3 imports os"),
        ("session.py", "def f():\n    import os.path", "line 2: floor 3 imports os.path"),
        (
            "packets.py",
            "if TYPE_CHECKING:\n    from tftp_fsm.protocol.events import Step",
            "line 2: floor 0 imports tftp_fsm.protocol.events of floor 1",
        ),
        (
            "errors.py",
            "from tftp_fsm import packets, events",
            "line 1: floor 0 imports tftp_fsm.protocol.events of floor 1",
        ),
        (
            "session.py",
            "from .transports.udp import UdpTransport",
            "line 1: floor 3 imports tftp_fsm.transports.udp of floor 4",
        ),
        (
            "transports/udp.py",
            "from ..client import get",
            "line 1: floor 4 imports tftp_fsm.client.api of floor 5",
        ),
        (
            "client.py",
            "from tftp_fsm import TftpError",
            "line 1: floor 5 imports tftp_fsm of floor 7",
        ),
        ("session.py", "import construct", "line 1: only packets may import construct"),
        ("tables.py", "from transitions import M", "line 1: only machine may import transitions"),
        ("client.py", "import tftp_fsm.novelty", "line 1: tftp_fsm.novelty has no floor"),
    ],
)
def test_an_import_that_goes_up_is_found(module: str, source: str, offence: str) -> None:
    assert offences(source, ROOT / PACKAGE / module) == [offence]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("packets.py", "import construct"),
        ("machine.py", "from transitions import Machine"),
        (
            "session.py",
            "from tftp_fsm.wire.packets import Ack\nfrom tftp_fsm.trace.trace import line",
        ),
        ("transports/udp.py", "import socket\nfrom . import Address\nfrom ..errors import X"),
        ("cli/main.py", "from tftp_fsm import get, client\nimport time"),
    ],
)
def test_an_import_that_goes_down_or_sideways_is_not(module: str, source: str) -> None:
    assert offences(source, ROOT / PACKAGE / module) == []

"""Who may import whom. Each module has a floor; imports go down or sideways, never up.

The floors are what keeps a session free of sockets and clocks, and so the same rows fit for a fast
transfer, a debugger that steps backwards and a proof. A module that is not on the map fails here:
whoever adds one says which floor it is on.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.test_mirror import is_bare
from tools.house import (
    PACKAGE,
    ROOT,
    between_folders,
    circles,
    dotted,
    folder_depth,
    folders,
    imported,
    imports,
    lines_of,
    longest_chain,
    modules,
)

# A name covers the module, or the folder and all that is in it; the longest name counts.
FLOORS = {
    **dict.fromkeys(["borders", "errors", "frozen", "installation", "language", "lazy"], 0),
    **dict.fromkeys(["wire", "transports"], 1),
    **dict.fromkeys(["protocol", "storage"], 2),
    **dict.fromkeys(["trace", "providers"], 3),
    **dict.fromkeys(["driver", "ladder"], 4),
    **dict.fromkeys(["client", "server", "simulation", "aio"], 5),
    **dict.fromkeys(["diagram", "bench", "capture", "verify", "testing", "filesystem"], 6),
    "examine": 6,
    **dict.fromkeys(["debugger", "lab", "explain"], 7),
    **dict.fromkeys(["cli", "__main__", "__init__"], 8),
}

# These floors decide. They get time, randomness and octets as arguments.
DECIDING = ("borders", "errors", "frozen", "lazy", "wire", "protocol")
IMPURE = frozenset(
    {
        *("socket", "asyncio", "select", "selectors", "time", "threading", "random", "os"),
        *("pathlib", "logging", "multiprocessing", "subprocess", "secrets", "tempfile", "shutil"),
    }
)

# Their sentences are data. Only the modules that print for a person know the language.
LANGUAGE, SENTENCES = "tftp_fsm.language", "tftp_fsm.language.sentences"
UNTRANSLATED = ("errors", "wire", "transports", "protocol", "storage", "driver")

# Each of these libraries is imported by one module only.
ONLY_IMPORTER = {"construct": "wire.packets", "transitions": "protocol.machine"}

ROOT_MODULES = 6  # at the most in the package's own folder; everything else is in a folder
LINES = 350  # at the most in a module; a longer one usually holds two things
FOLDERS_DEEP = 11  # the longest way down through folders
MODULES_DEEP = 15  # the longest way down through modules; lower it when it becomes shorter

MODULES = modules()
IDS = [str(path.relative_to(ROOT / PACKAGE)) for path in MODULES]
every_module = pytest.mark.parametrize("path", MODULES, ids=IDS)


def part_of(name: str) -> str:
    """Return the entry of the map for the dotted `name`: its first component in the package."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def within(name: str) -> str:
    """Return the dotted `name` without the package's own: `wire.packets`."""
    return name.partition(".")[2]


def offences(source: str, path: Path) -> list[str]:
    """Yield the forbidden imports of `path`, whose text is `source`, one line each."""
    own = dotted(path)
    floor = FLOORS[part_of(own)]
    found = []
    for line, name in imported(source, path):
        top = name.split(".")[0]
        if top == PACKAGE:
            their = FLOORS.get(part_of(name))
            if their is None:
                found.append(f"line {line}: {name} has no floor")
            elif their > floor:
                found.append(f"line {line}: floor {floor} imports {name} of floor {their}")
            elif name == LANGUAGE and part_of(own) in UNTRANSLATED:
                found.append(f"line {line}: {within(own)} makes sentences: import {SENTENCES}")
        elif top in IMPURE and part_of(own) in DECIDING:
            found.append(f"line {line}: {within(own)} decides and imports {name}")
        elif ONLY_IMPORTER.get(top, within(own)) != within(own):
            found.append(f"line {line}: only {ONLY_IMPORTER[top]} may import {name}")
    return found


@every_module
def test_a_module_has_a_floor(path: Path) -> None:
    assert part_of(dotted(path)) in FLOORS, f"give {dotted(path)} a floor in FLOORS"


@every_module
def test_a_module_imports_down_or_sideways(path: Path) -> None:
    if part_of(dotted(path)) in FLOORS:
        assert offences(path.read_text(encoding="utf-8"), path) == []


def test_no_imports_run_in_a_circle() -> None:
    assert circles(imports()) == []


def test_the_root_folder_stays_small() -> None:
    assert folders(ROOT)[f"{PACKAGE}/"][0] <= ROOT_MODULES


def test_a_module_holds_one_thing() -> None:
    sizes = {str(path.relative_to(ROOT)): lines_of(path) for path in MODULES}
    assert {path: lines for path, lines in sizes.items() if lines > LINES} == {}


def test_imports_do_not_go_deeper() -> None:
    chain = longest_chain(imports())
    assert len(chain) <= MODULES_DEEP, " > ".join(chain)
    assert folder_depth(imports()) <= FOLDERS_DEEP


def test_a_folder_of_explain_imports_from_those_above_it_in_its_list() -> None:
    """The list is in the docstring of the package. Its own modules come last."""
    text = ast.get_docstring(ast.parse((ROOT / PACKAGE / "explain/__init__.py").read_text())) or ""
    names = [line.split()[0] for line in text.splitlines() if line.startswith("    ")]
    order = [*(f"{PACKAGE}.explain.{name}" for name in names), f"{PACKAGE}.explain"]
    between = between_folders(imports())
    assert sorted(order) == sorted(name for name in between if ".explain" in name)
    for place, name in enumerate(order):
        assert not between[name] & set(order[place:]), name


def is_window(path: Path) -> bool:
    """Return whether the package only shows users what other modules define."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in body)
    return path.name == "__init__.py" and not defines and not is_bare(path)


WINDOWS = {dotted(path) for path in MODULES if is_window(path)}


@every_module
def test_a_module_imports_a_name_from_where_it_is_defined(path: Path) -> None:
    """Through a window it would depend on all that the window shows."""
    if path.name != "__init__.py":
        found = imported(path.read_text(encoding="utf-8"), path)
        assert [f"line {line}: {name}" for line, name in found if name in WINDOWS] == []


def test_windows_are_found() -> None:
    assert {"tftp_fsm", "tftp_fsm.wire", "tftp_fsm.storage", "tftp_fsm.ladder"} <= WINDOWS
    assert not {"tftp_fsm.language", "tftp_fsm.__main__", "tftp_fsm.explain"} & WINDOWS


def test_a_circle_and_a_chain_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set[str](), "e": {"d"}}
    assert circles(graph) == [["b", "c"]]
    assert longest_chain(graph) == ["a", "b", "d"]


def test_what_the_deciding_floors_must_not_import_is_spelt_as_the_library_spells_it() -> None:
    assert IMPURE <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("module", "source", "offence"),
    [
        ("protocol/session.py", "import time", "line 1: protocol.session decides and imports time"),
        (
            "protocol/session.py",
            "def f():\n    import os.path",
            "line 2: protocol.session decides and imports os.path",
        ),
        ("wire/packets.py", "from os import path", "line 1: wire.packets decides and imports os"),
        (
            "wire/packets.py",
            "if TYPE_CHECKING:\n    from tftp_fsm.protocol.events import Step",
            "line 2: floor 1 imports tftp_fsm.protocol.events of floor 2",
        ),
        (
            "storage/failures.py",
            "from tftp_fsm.language import sentence",
            "line 1: storage.failures makes sentences: import tftp_fsm.language.sentences",
        ),
        (
            "errors.py",
            "from tftp_fsm import frozen, wire",
            "line 1: floor 0 imports tftp_fsm.wire of floor 1",
        ),
        (
            "protocol/session.py",
            "from ..driver.driver import Driver",
            "line 1: floor 2 imports tftp_fsm.driver.driver of floor 4",
        ),
        (
            "transports/udp.py",
            "from ..client.api import get",
            "line 1: floor 1 imports tftp_fsm.client.api of floor 5",
        ),
        (
            "client/api.py",
            "from tftp_fsm import TftpError",
            "line 1: floor 5 imports tftp_fsm of floor 8",
        ),
        (
            "protocol/session.py",
            "import construct",
            "line 1: only wire.packets may import construct",
        ),
        (
            "protocol/rows.py",
            "from transitions import Machine",
            "line 1: only protocol.machine may import transitions",
        ),
        ("client/api.py", "import tftp_fsm.novelty", "line 1: tftp_fsm.novelty has no floor"),
        (
            "client/api.py",
            "import_module(HOME)\nHOME = 'tftp_fsm.cli.serve'",
            "line 2: floor 5 imports tftp_fsm.cli.serve of floor 8",
        ),
    ],
)
def test_an_import_that_goes_up_is_found(module: str, source: str, offence: str) -> None:
    assert offences(source, ROOT / PACKAGE / module) == [offence]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("wire/packets.py", "import construct"),
        ("protocol/machine.py", "from transitions import Machine"),
        ("protocol/session.py", "from tftp_fsm.wire.packets import Ack"),
        ("transports/udp.py", "import socket\nfrom . import Address\nfrom ..errors import X"),
        ("cli/main.py", "from tftp_fsm import get, client\nimport time"),
        ("client/api.py", "HOME = 'tftp_fsm.cli.serve'"),
        ("storage/failures.py", "from tftp_fsm.language.sentences import sentence"),
        ("trace/describe.py", "from tftp_fsm.language import shown"),
    ],
)
def test_an_import_that_goes_down_or_sideways_is_not(module: str, source: str) -> None:
    assert offences(source, ROOT / PACKAGE / module) == []

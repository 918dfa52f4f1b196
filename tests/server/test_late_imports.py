"""After a server has given up the rights of root, it may be unable to read a module."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tftp_fsm
from tftp_fsm.server.late_imports import LATE, load_late_imports

HOME = Path(tftp_fsm.__file__).parent
FOLDERS = ("driver", "providers", "server", "storage", "trace", "transports")
BEFORE = {
    # These are used before the rights are given up.
    "pwd",
    "tftp_fsm.server.operations.process",
    # These check the configuration, which is still earlier.
    "ipaddress",
    "tftp_fsm.providers.settings",
    "tftp_fsm.server.admission",
}


def imported_in_functions(source: str) -> set[str]:
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    found: set[str] = set()
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                found.add(node.module)
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
    return found


def test_every_import_inside_a_function_is_loaded_before_the_rights_are_given_up() -> None:
    files = [file for folder in FOLDERS for file in (HOME / folder).rglob("*.py")]
    found = {name for file in files for name in imported_in_functions(file.read_text("utf-8"))}
    assert "tempfile" in found
    assert found - BEFORE <= set(LATE)


@pytest.mark.skipif(sys.platform == "win32", reason="nobody becomes another user on Windows")
def test_all_of_them_can_be_loaded() -> None:
    load_late_imports()
    assert set(LATE) <= set(sys.modules)


READ_AGAIN = """
import sys
from tftp_fsm.cli.serve import _reread, command_parser, parse
from tftp_fsm.server.admission import Admission
from tftp_fsm.server.late_imports import load_late_imports
from tftp_fsm.server.pipeline import pipeline
from tftp_fsm.server.session_factory import SessionFactory, open_root
from tftp_fsm.wire.packets import read

argv, parser = ["--config", "new.toml"], command_parser()
before = parse(parser, ["--config", "old.toml"])
load_late_imports()
loaded = set(sys.modules)
config = _reread(parser, argv, before).config
root = open_root(config)
factory = SessionFactory(config, root, pipeline(config, root))
found = factory.find(read(b"\\0\\1file\\0octet\\0"), ("127.0.0.1", 2070), None)
assert "RuntimeError" in str(found.failed), found
Admission(config.allow, ()).admits("127.0.0.1")
print(*sorted(set(sys.modules) - loaded - {"breaks"}))
"""
NEW = """
root = "."
map = "a.map"
allow = ["127.0.0.0/8"]
provider = "breaks:make"
proxy = "http://127.0.0.1:1/"
root-per-client = "mac"
templates = true
"""


def test_a_configuration_that_is_read_again_imports_nothing_of_the_package(tmp_path: Path) -> None:
    """Each part of the configuration is new. Only the module of the provider is loaded."""
    (tmp_path / "old.toml").write_text('root = "."')
    (tmp_path / "new.toml").write_text(NEW)
    (tmp_path / "a.map").write_text("r ^a b")
    (tmp_path / "breaks.py").write_text("def make(asked):\n    raise RuntimeError\n")
    ran = subprocess.run(
        [sys.executable, "-c", READ_AGAIN],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOME.parent)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.stdout.strip(), ran.stderr) == ("", "")

"""A server that has given up the rights of root may not be able to read a module any more."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import tftp_fsm
from tftp_fsm.server.late_imports import LATE, load_late_imports

HOME = Path(tftp_fsm.__file__).parent
FOLDERS = ("driver", "server", "storage", "trace", "transports")
BEFORE = {"pwd"}  # used to find the user, before the rights are given up


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

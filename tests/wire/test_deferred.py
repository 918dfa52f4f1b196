"""A module that is imported when it is first used."""

from __future__ import annotations

import json
import subprocess
import sys

from tftp_fsm.wire.deferred import deferred


def modules_after(code: str) -> set[str]:
    """What is imported once `code` has run in a fresh interpreter."""
    code = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_construct_is_imported_without_pdb_and_without_what_pdb_imports() -> None:
    assert not {"pdb", "asyncio", "json"} & modules_after("import tftp_fsm.wire.packets")


def test_construct_finds_pdb_when_it_uses_it() -> None:
    assert "pdb" in modules_after("import tftp_fsm.wire.packets as p; p.c.debug.pdb.Pdb")


def test_a_module_that_was_imported_before_is_kept() -> None:
    with deferred("json"):
        assert sys.modules["json"] is json
    assert sys.modules["json"] is json

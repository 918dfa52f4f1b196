"""The fixtures for pytest, in a separate run of pytest."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

from tftp_fsm.testing import plugin

ROOT = Path(__file__).parents[2]
LIBRARY = (ROOT / "docs" / "library.md").read_text("utf-8")


def pytest_within(folder: Path, source: str) -> str:
    """Run a separate pytest on one file. Return its output."""
    (folder / "test_it.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\n")
    known = {point.value for point in entry_points(group="pytest11")}
    named = () if plugin.__name__ in known else ("-p", plugin.__name__)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *named, str(folder)]
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=folder, env={"PYTHONPATH": str(ROOT)}
    )
    return done.stdout + done.stderr


def test_the_entry_point_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"tftp_fsm": plugin.__name__}


def test_the_example_of_the_documentation_passes(tmp_path: Path) -> None:
    example = next(
        block.split("```")[0]
        for block in LIBRARY.split("```python\n")[1:]
        if "tftp_server_factory" in block.split("```")[0]
    )
    assert "3 passed" in pytest_within(tmp_path, example)


def test_each_test_has_a_server_of_its_own_which_ends_with_it(tmp_path: Path) -> None:
    source = """
import threading
import tftp_fsm

ports = []

def test_one(tftp_server):
    tftp_fsm.put(tftp_server.host, b"one", "file", port=tftp_server.port)
    tftp_fsm.put(tftp_server.host, b"two", "file", port=tftp_server.port)
    assert (tftp_server.folder / "file").read_bytes() == b"two"

def test_two(tftp_server, tftp_server_factory):
    assert list(tftp_server.folder.iterdir()) == []
    assert tftp_server_factory().port != tftp_server.port

def test_none_is_left():
    assert [thread.name for thread in threading.enumerate() if "tftp" in thread.name] == []
"""
    assert "3 passed" in pytest_within(tmp_path, source)


def test_a_test_that_fails_shows_the_seed_and_what_was_lost(tmp_path: Path) -> None:
    source = """
import tftp_fsm

def test_one(tftp_server_factory):
    server = tftp_server_factory(lose=["RRQ"], duplicate=0.001, seed=4711)
    (server.folder / "file").write_bytes(b"octets")
    tftp_fsm.get(server.host, "file", port=server.port, timeout=0.05)
    assert False
"""
    said = pytest_within(tmp_path, source)
    assert "duplicate=0.001, lose=['RRQ'], seed=4711" in said
    assert "RRQ to the server: lost" in said


def test_a_pytest_that_uses_no_fixture_imports_nothing_of_the_server(tmp_path: Path) -> None:
    source = """
import sys

def test_nothing_is_imported():
    ours = {name for name in sys.modules if name.startswith("tftp_fsm")}
    assert ours <= {"tftp_fsm", "tftp_fsm.lazy", "tftp_fsm.testing", "tftp_fsm.testing.plugin"}
    assert not {"construct", "transitions"} & set(sys.modules)
"""
    assert "1 passed" in pytest_within(tmp_path, source)

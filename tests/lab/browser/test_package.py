"""The Python files of a lab: all that it needs, no more, and the same octets each time."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.lab.browser import package
from tftp_fsm.lab.browser.package import package_zip, versions


def test_python_needs_nothing_but_the_zip(tmp_path: Path) -> None:
    made = tmp_path / "lab.zip"
    made.write_bytes(package_zip())
    code = (
        f"import sys; sys.path.insert(0, {str(made)!r})\n"
        "from tftp_fsm.lab.begin import answer\n"
        """print(answer('{"command": "step"}', print)[:12])\n"""
        "print({'rich', 'textual', 'multiprocessing', 'asyncio'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ['{"ok": true,', "set()"]


def test_the_same_installation_gives_the_same_octets() -> None:
    made = package_zip()
    assert made == package_zip()
    names = zipfile.ZipFile(io.BytesIO(made)).namelist()
    assert {"six.py", "construct/core.py", "transitions/core.py", "tftp_fsm/lab/feed.py"} <= {
        *names
    }
    assert not [name for name in names if name.endswith((".pyc", ".ttf"))]
    assert len(made) < 3 << 19


def test_a_missing_part_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MODULES", ("no_such_module",))
    with pytest.raises(LocalError, match="pip install no_such_module"):
        package_zip()
    monkeypatch.setattr(package, "FOLDERS", ("no_such_package",))
    with pytest.raises(LocalError, match="no_such_package is missing here"):
        package_zip()


def test_the_versions_are_those_that_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert versions()["construct"].startswith("2.")
    assert versions()["six"] != "unknown"

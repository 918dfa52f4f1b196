"""Pyodide comes from a named folder or from npm; if neither has it, a message says so."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.lab.browser import pyodide
from tftp_fsm.lab.browser.pyodide import FILES, checked, pyodide_folder


def package(folder: Path, version: str = "314.0.7", name: str = "pyodide") -> Path:
    folder.mkdir(parents=True)
    for file in FILES:
        (folder / file).write_text("{}")
    (folder / "package.json").write_text(json.dumps({"name": name, "version": version}))
    return folder


def npm(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Make a program of this name that runs these lines of Python. The path has nothing else."""
    folder.mkdir()
    program = folder / "npm"
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize("inner", [".", "node_modules/pyodide", "package"])
def test_the_folder_may_be_named_from_where_npm_has_put_it(tmp_path: Path, inner: str) -> None:
    package(tmp_path / "here" / inner)
    with pyodide_folder(tmp_path / "here") as folder:
        assert folder == tmp_path / "here" / inner


@pytest.mark.parametrize(
    ("version", "name", "told"),
    [
        ("0.26.4", "pyodide", "has Pyodide 0.26.4, and this lab needs 314.x"),
        ("3140.0.0", "pyodide", "has Pyodide 3140.0.0"),
        ("314.0.0", "brython", "names another package"),
    ],
)
def test_another_package_is_refused(tmp_path: Path, version: str, name: str, told: str) -> None:
    with pytest.raises(LocalError, match=told):
        checked(package(tmp_path / "here", version, name))


def test_a_folder_without_a_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    (package(tmp_path / "here") / "pyodide.asm.wasm").unlink()
    with pytest.raises(LocalError, match=r"pyodide.asm.wasm is missing; name the unpacked npm"):
        checked(tmp_path / "here")


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"', "\ufffe"])
def test_a_broken_description_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    (package(tmp_path / "here") / "package.json").write_text(text, encoding="utf-16")
    with pytest.raises(LocalError, match="is not the JSON file of Pyodide"):
        checked(tmp_path / "here")


def test_without_npm_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError) as refused, pyodide_folder(None):
        pass
    said = str(refused.value)
    assert "--pyodide DIR" in said and "install npm" in said and "\n" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for npm")
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("import sys; sys.exit('\\nnpm error code ENOTFOUND\\nmore')", "npm error code ENOTFOUND"),
        ("", "npm printed no reason"),
        ("open('pyodide-1.tgz', 'w').write('x')", "not download Pyodide, but another package"),
    ],
)
def test_a_failure_of_npm_is_told_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    npm(monkeypatch, tmp_path / "bin", script)
    with pytest.raises(LocalError, match=told), pyodide_folder(None):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for npm")
def test_npm_is_asked_by_name_and_its_archive_is_unpacked_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "pyodide-314.0.7.tgz"
    package(tmp_path / "package")
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "package", "package")
        outside = tarfile.TarInfo("../outside")
        tar.addfile(outside, io.BytesIO())
    script = (
        "import shutil, sys\n"
        f"open({str(tmp_path / 'asked')!r}, 'w').write(' '.join(sys.argv[1:3]))\n"
        f"shutil.copy({str(archive)!r}, '.')"
    )
    npm(monkeypatch, tmp_path / "bin", script)
    with pyodide_folder(None) as folder:
        assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, archive.name])
        assert not (folder.parent / "outside").exists()
    assert not folder.exists()
    assert (tmp_path / "asked").read_text() == f"pack pyodide@{pyodide.SERIES}"

"""The files that describe the package agree with each other."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
import tomllib
import types
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_dev_extra_and_the_dev_group_are_the_same() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    assert extras["dev"] == PYPROJECT["dependency-groups"]["dev"]


def test_the_version_is_that_of_the_package_and_has_an_entry_for_users() -> None:
    version = PYPROJECT["project"]["version"]
    assert tftp_fsm.__version__ == version
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(version)} - 20\d\d-\d\d-\d\d$", changelog, re.MULTILINE)
    assert changelog.index("## Unreleased") < changelog.index(f"## {version}")


def test_what_is_tracked_is_in_the_source_distribution() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    tracked = {name.split("/")[0] for name in listed.stdout.splitlines()}
    given = {
        name[1:] for name in PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    }
    always = {".gitignore", "LICENSE", "pyproject.toml"}  # hatchling takes these by itself
    assert tracked - given - always == {".ci", ".gitattributes"}


def test_each_licence_that_the_wheel_needs_is_named_and_there() -> None:
    licences = PYPROJECT["project"]["license-files"]
    assert {path.relative_to(ROOT).as_posix() for path in ROOT.glob("tftp_fsm/**/LICENSE")} < set(
        licences
    )
    assert all((ROOT / name).is_file() for name in licences)


def test_on_a_package_index_the_links_of_the_readme_are_absolute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook = index_readme(monkeypatch)
    repository = PYPROJECT["project"]["urls"]["Repository"]
    shown = hook["with_absolute_links"]((ROOT / "README.md").read_text("utf-8"), repository)
    links = re.findall(r"\]\(([^)]+)\)", shown)
    assert f"{repository}/raw/HEAD/diagrams/read-client.svg" in links
    assert f"{repository}/blob/HEAD/diagrams/README.md" in links
    assert all(link.startswith(("https://", "#")) for link in links)


def index_readme(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the hook without hatchling, which is installed only for builds."""
    interface = types.ModuleType("hatchling.metadata.plugin.interface")
    interface.MetadataHookInterface = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    for name in ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    return runpy.run_path(
        str(ROOT / PYPROJECT["tool"]["hatch"]["metadata"]["hooks"]["custom"]["path"])
    )


def test_what_uv_run_writes_is_not_tracked() -> None:
    assert "uv.lock" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_each_module_that_is_imported_by_name_is_there() -> None:
    named = set()
    for path in (ROOT / "tftp_fsm").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"tftp_fsm(\.\w+)+", text):
                named.add(text)
    assert len(named) > 20
    assert [name for name in sorted(named) if not is_there(name)] == []


def is_there(name: str) -> bool:
    """Return whether this is a module, or a name in a module."""
    module, _, last = name.rpartition(".")
    try:
        return find_spec(name) is not None or hasattr(import_module(module), last)
    except ModuleNotFoundError:
        return hasattr(import_module(module), last)

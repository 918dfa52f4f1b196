"""The files that a forge, an editor and pre-commit read: they load, and agree with the rest."""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.house import ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
HOOKS = ROOT / ".pre-commit-config.yaml"


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*FORMS, *WORKFLOWS, HOOKS], ids=lambda path: path.name)
def test_yaml_loads(path: Path) -> None:
    assert isinstance(loaded(path), dict)


def test_the_hooks_run_what_make_check_runs() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")[2]
    commands = re.findall(r"^\t\$\(BIN\)/(.*)$", recipe.partition("\nbench:")[0], re.MULTILINE)
    hooks = [hook["entry"] for repo in loaded(HOOKS)["repos"] for hook in repo["hooks"]]
    assert hooks == [f".venv/bin/{command}" for command in commands]


def test_the_workflow_runs_the_checks_under_every_python_that_is_promised() -> None:
    linux = loaded(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["linux"]
    assert linux["steps"][-1]["run"] == ".ci/run"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert linux["strategy"]["matrix"]["python"] == promised


def test_the_workflow_names_tests_that_exist() -> None:
    elsewhere = loaded(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["elsewhere"]
    words = shlex.split(elsewhere["steps"][-1]["run"])
    named = [word for word in words if word.startswith("tests/")]
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    "path", [path for path in FORMS if path.name != "config.yml"], ids=lambda path: path.stem
)
def test_an_issue_form_asks_for_something(path: Path) -> None:
    form = loaded(path)
    assert form["name"] and form["description"]
    asked = [field for field in form["body"] if field["type"] in ("input", "textarea")]
    assert len({field["id"] for field in asked}) == len(form["body"])
    assert any(field.get("validations", {}).get("required") for field in asked)


def test_the_editor_breaks_lines_where_the_formatter_does() -> None:
    text = (ROOT / ".editorconfig").read_text(encoding="utf-8")
    editor = configparser.ConfigParser()
    editor.read_string("[top]\n" + text)
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert editor["*"]["max_line_length"] == str(ruff["line-length"])

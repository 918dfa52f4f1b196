"""The files for a forge, an editor and pre-commit can be read, and agree with the rest."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.house import ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
HOOKS = ROOT / ".pre-commit-config.yaml"


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*FORMS, *WORKFLOWS, HOOKS], ids=lambda path: path.name)
def test_yaml_loads(path: Path) -> None:
    assert isinstance(loaded(path), dict)


def test_the_hooks_run_what_make_check_runs() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")[2]
    commands = re.findall(r"^\t\$\(BIN\)/(.*)$", recipe.partition("\nrewrite:")[0], re.MULTILINE)
    hooks = [hook["entry"] for repo in loaded(HOOKS)["repos"] for hook in repo["hooks"]]
    assert hooks == [f".venv/bin/{command}" for command in commands]


def test_the_workflow_runs_the_checks_under_every_python_that_is_promised() -> None:
    linux = loaded(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["linux"]
    assert linux["steps"][-1]["run"] == ".ci/run"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert linux["strategy"]["matrix"]["python"] == promised


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_action_is_pinned_to_a_commit_and_names_its_version(path: Path) -> None:
    """A tag can be moved to other code, and a commit cannot."""
    uses = re.findall(r"uses: +([^.\s].*)", path.read_text(encoding="utf-8"))  # ./ is this commit
    assert uses and [one for one in uses if not PINNED.fullmatch(one)] == []


def test_a_tag_publishes_what_was_built_and_tried_before() -> None:
    release = loaded(ROOT / ".github" / "workflows" / "release.yml")
    assert release[True] == {"push": {"tags": ["v*"]}}  # `on`, which YAML 1.1 takes for true
    build, publish = release["jobs"]["build"], release["jobs"]["publish"]
    runs = [step.get("run", "") for step in build["steps"]]
    assert 'tools/try-distributions dist --tag "$GITHUB_REF_NAME"' in runs
    assert "tools/public-types" in runs
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
        "pypa/gh-action-pypi-publish",
    ]


def test_nothing_is_published_before_the_checks_of_the_same_commit_have_passed() -> None:
    jobs = loaded(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert jobs["publish"]["needs"] == ["ci", "build"]
    assert jobs["ci"]["uses"] == "./.github/workflows/ci.yml"
    checks = loaded(ROOT / ".github" / "workflows" / "ci.yml")
    assert "workflow_call" in checks[True]
    # A called workflow has the name of its caller. With the same group it would wait for itself.
    release = loaded(ROOT / ".github" / "workflows" / "release.yml")
    assert checks["concurrency"]["group"].partition("$")[0] != ""
    assert release["concurrency"]["group"] != checks["concurrency"]["group"]


def test_publishing_needs_no_secret_and_has_no_right_that_it_does_not_need() -> None:
    path = ROOT / ".github" / "workflows" / "release.yml"
    release = loaded(path)
    assert release["permissions"] == {}
    rights = {name: job["permissions"] for name, job in release["jobs"].items()}
    assert rights == {
        "ci": {"contents": "read"},
        "build": {"contents": "read"},
        "publish": {"id-token": "write", "attestations": "write"},
    }
    assert release["jobs"]["publish"]["environment"] == "pypi"
    assert "secrets" not in path.read_text(encoding="utf-8")


def test_a_linter_of_workflows_finds_nothing() -> None:
    if find_spec("zizmor") is None and shutil.which("zizmor") is None:
        pytest.skip("zizmor is not installed: pip install zizmor")
    zizmor = Path(sys.executable).with_name("zizmor")
    words = [
        zizmor if zizmor.exists() else "zizmor",
        "--offline",
        "--no-progress",
        WORKFLOWS[0].parent,
    ]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


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

"""The package's own description agrees with itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

PYPROJECT = tomllib.loads(
    (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
)


def test_the_dev_extra_and_the_dev_group_are_the_same() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    assert extras["dev"] == PYPROJECT["dependency-groups"]["dev"]

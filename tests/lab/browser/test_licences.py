"""Whose work a lab carries."""

from __future__ import annotations

import json
from pathlib import Path

from tftp_fsm.lab.browser.licences import licences
from tftp_fsm.lab.browser.package import versions


def test_each_part_is_named_with_its_version(tmp_path: Path) -> None:
    about = {"name": "pyodide", "version": "314.0.7"}
    (tmp_path / "package.json").write_text(json.dumps(about))
    text = licences(tmp_path)
    assert "Pyodide 314.0.7: Mozilla Public License 2.0" in text
    for name, version in versions().items():
        assert f"{name} {version}: MIT" in text

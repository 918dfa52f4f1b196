"""The bundle has parts that a worker can find again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bundles import unpacked
from tftp_fsm.lab.browser import snapshot
from tftp_fsm.lab.browser.bundle import Bundle, bundle_of, packed, parts_of
from tftp_fsm.lab.browser.snapshot import snapshot_of


def test_a_bundle_has_its_parts_and_the_same_octets_each_time() -> None:
    parts = {"empty": b"", "one": bytes(range(256)) * 9, "two": b"x"}
    assert unpacked(packed(parts)) == parts
    assert packed(parts) == packed(parts)


def test_a_snapshot_is_a_part_if_it_can_be_made(pyodide: Path, bundle: Bundle) -> None:
    assert bundle.has_snapshot
    parts = unpacked(bundle.octets)
    memory = parts.pop("snapshot.bin")
    assert parts == parts_of(pyodide)
    assert len(memory) > 20 << 20 and b"READ_CLIENT" in memory


def test_it_can_be_left_out(pyodide: Path, bundle: Bundle) -> None:
    small = bundle_of(pyodide, snapshot=False)
    assert not small.has_snapshot and unpacked(small.octets) == parts_of(pyodide)
    assert len(small.octets) < len(bundle.octets) * 0.6


def test_without_node_or_with_another_pyodide_there_is_no_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = dict.fromkeys(("options.json", "lab.zip", "begin.txt"), b"{}")
    (tmp_path / "pyodide.js").write_text("throw new Error('changed')")
    assert snapshot_of(tmp_path, parts) is None
    monkeypatch.setattr(snapshot, "PATIENCE", 0.0)
    assert snapshot_of(tmp_path, parts) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert snapshot_of(tmp_path, parts) is None

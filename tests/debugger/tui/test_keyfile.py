"""Keys that a user changes in a file. A wrong file gets one line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

pytest.importorskip("textual")

from tests.support.screens import SMALL, screens
from tftp_fsm.__main__ import main
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.keys import KEYS, listed
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.debugger.tui.app import run
from tftp_fsm.debugger.tui.keyfile import changed, place, read_keys
from tftp_fsm.debugger.tui.widgets import keys_text
from tftp_fsm.errors import LocalError


def test_a_changed_key_does_what_the_old_one_did_and_the_footer_shows_it() -> None:
    keys = changed({"step": ["!", "f2"], "choice-down": "ctrl+n", "drop": "한"})
    assert "! step" in keys_text(keys, 80).plain and "ctrl+n/k" in keys_text(keys, 80).plain
    debugger = opened(SCENARIOS["plain"])
    old, new = screens(debugger, ["s"], ["exclamation_mark", "f2", "한"], size=SMALL, keys=keys)
    assert "step 0/0" in old and "! step" in old
    assert "step 2/2" in new and "lost" in new


def test_a_file_that_changes_nothing_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["debug", "--list-keys"]) == 0
    (file := tmp_path / "keys.toml").write_text(capsys.readouterr().out)
    assert read_keys(file) == KEYS
    assert set(tomllib.loads(file.read_text())) == {k.name for k in KEYS if k.does != "digit"}
    assert read_keys(tmp_path / "none") == KEYS


def test_each_key_has_a_name_of_its_own() -> None:
    names = [key.name for key in KEYS if key.does != "digit"]
    assert len(set(names)) == len(names) == len(list(listed())) - 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("step =", "Invalid value"),
        ("\xff", "utf-8"),
        ('leap = "x"', "there is no key 'leap'"),
        ('step = "b"', "b is the key of both step and back"),
        ('step = "escape"', "step: 'escape' is not a key that can be used here"),
        ('step = "foo"', "step: 'foo' is not a key that can be used here"),
        ('step = "ctrl+"', "step: 'ctrl+' is not a key"),
        ('step = "\\u001b"', "is not a key that can be used here"),
        ("step = 7", "step: '7' is not a key"),
        ("step = []", "step: '[]' is not a key"),
        ("[step]", "step: '{}' is not a key"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(
    text: str,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (folder := tmp_path / "tftp-fsm").mkdir()
    (folder / "keys.toml").write_bytes(text.encode("latin-1"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert place() == folder / "keys.toml"
    with pytest.raises(LocalError) as told:
        run(opened(SCENARIOS["plain"]))
    line = str(told.value)
    assert line.startswith(f"{folder / 'keys.toml'}: ") and why in line and "\n" not in line

"""`--config` can read what `serve --print-config` prints."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.refused import Refused
from tftp_fsm.__main__ import main
from tftp_fsm.cli.serve_config import key_of, parse, settings
from tftp_fsm.cli.serve_options import command_parser
from tftp_fsm.cli.serve_print import toml

WORDS = """--bind 127.0.0.1 --bind ::1 -p 0 --port-range 7-9 --no-offload --writable --overwrite
    --max-size 5 --public-only --fold-case --max-sessions 3 --max-blksize 512 --timeout 0.25
    --keep-failures /tmp/x --user tftp --workers 2 --log-format json""".split()


@pytest.mark.parametrize("words", [["/srv"], ['/srv/\u00e9\t"x\\', *WORDS], []], ids=len)
def test_what_is_printed_is_read_back(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *words, "--print-config"]) == 0
    printed = capsys.readouterr().out
    (tmp_path / "conf.toml").write_text(printed, "utf-8")
    again = vars(parse(command_parser(), ["--config", str(tmp_path / "conf.toml")]))
    assert again | {"config": None} == vars(parse(command_parser(), words))


def test_each_option_is_there_with_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    main(["serve", ".", "--print-config"])
    lines = capsys.readouterr().out.splitlines()
    for action in settings(command_parser()):
        key = key_of(action)
        (place,) = (n for n, line in enumerate(lines) if line.lstrip("# ").startswith(f"{key} = "))
        assert " ".join((action.help or "").replace("%%", "%").split()) in lines[place - 1]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_read_back(text: str) -> None:
    line = f"key = {toml(text)}"
    assert tomllib.loads(line) == {"key": text}
    assert line.isprintable()


def test_a_name_that_is_not_utf_8_is_one_line(refused: Refused) -> None:
    assert "not UTF-8" in refused("serve", "/srv/\udcff", "--print-config")

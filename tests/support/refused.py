"""A command line that is refused: one line, and status 2."""

from __future__ import annotations

import pytest

from tftp_fsm.cli import main


class Refused:
    """`refused("lab", "--port", "70000")`: the line that says what is wrong."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        said = self._capsys.readouterr().err
        assert ended.value.code == 2 and said.count("\n") == 1
        return said

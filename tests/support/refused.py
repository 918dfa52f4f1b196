"""Run a command line that must be refused with one line and status 2."""

from __future__ import annotations

import pytest

from tftp_fsm.__main__ import main


class Refused:
    """`refused("lab", "--port", "70000")` returns the line with the mistake."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        said = self._capsys.readouterr().err
        assert ended.value.code == 2 and said.count("\n") == 1
        return said

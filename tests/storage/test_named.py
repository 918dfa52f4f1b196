"""If a file of the user cannot be read or written, one line names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.storage.named import reading, write_octets, write_text, writing


def test_text_is_written_with_the_same_octets_on_every_system(tmp_path: Path) -> None:
    write_text(tmp_path / "ladder", "─\n")
    assert (tmp_path / "ladder").read_bytes() == "─\n".encode()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="cannot write .*missing/x: No such file"):
        write_text(tmp_path / "missing" / "x", "")
    refused = pytest.raises(LocalError, match="^cannot write there: No space left on device$")
    with refused, writing("there"), open("/dev/full", "w") as full:
        full.write("x")


def test_octets_are_written_as_they_are(tmp_path: Path) -> None:
    write_octets(tmp_path / "picture", b"\r\n\xff")
    assert (tmp_path / "picture").read_bytes() == b"\r\n\xff"


def test_a_failure_that_was_told_already_passes() -> None:
    with pytest.raises(LocalError, match="^it is too large$"), reading("there"):
        raise LocalError("it is too large")

"""If a command cannot read or write a file, it prints one line that names the file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tftp_fsm.cli.files import commands_of, read_lines
from tftp_fsm.cli.traces import load_trace
from tftp_fsm.errors import LocalError
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import record
from tftp_fsm.trace.trace import write_trace


def test_lines_come_from_a_file_or_from_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "script").write_text("step\nstep\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("continue\n"))
    assert read_lines(str(tmp_path / "script")) == ["step\n", "step\n"]
    assert read_lines("-") == ["continue\n"]


def test_a_trace_comes_from_a_file_or_from_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    write_trace(record(Setup("get", b"x"))[1], stream)
    (tmp_path / "trace").write_text(stream.getvalue())
    monkeypatch.setattr("sys.stdin", io.StringIO(stream.getvalue()))
    assert load_trace(str(tmp_path / "trace")).entries == load_trace("-").entries != ()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("missing", None, "cannot read {}: No such file or directory"),
        ("octets", b"\xff", "cannot read {}: the file is not UTF-8 text"),
        ("nul\0", None, "cannot read {}: embedded null byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    name: str, content: bytes | None, why: str, tmp_path: Path
) -> None:
    path = f"{tmp_path}/{name}"
    if content is not None:
        Path(path).write_bytes(content)
    with pytest.raises(LocalError) as refused:
        read_lines(path)
    assert str(refused.value) == why.format(path)


@pytest.mark.parametrize(
    ("content", "number"),
    [("step\n" + "x" * 4097, 2), ("x" * 4097 + "\nstep", 1), ("\n" * 100_001, 100_001)],
    ids=["without an end", "long", "many"],
)
@pytest.mark.parametrize("stdin", [False, True])
def test_a_script_that_is_too_long_is_told_in_a_line(
    content: str, number: int, stdin: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "script"
    path.write_text(content)
    monkeypatch.setattr("sys.stdin", io.StringIO(content))
    with pytest.raises(LocalError) as refused:
        read_lines("-" if stdin else str(path))
    name = "stdin" if stdin else str(path)
    assert str(refused.value).startswith(f"cannot read {name}: line {number} is over the limit;")


def test_the_longest_script_is_read(tmp_path: Path) -> None:
    longest = "x" * 4096 + "\n" + "x" * 4096
    (tmp_path / "script").write_text(longest)
    assert "".join(read_lines(str(tmp_path / "script"))) == longest


def test_no_more_of_an_endless_line_is_read() -> None:
    stream = io.StringIO("x" * 100_000)
    with pytest.raises(LocalError, match="line 1 is over the limit"):
        list(commands_of(stream, "x"))
    assert stream.tell() < 5000


def test_a_file_that_is_no_trace_is_named(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(b"\x89PNG\xff\n")
    with pytest.raises(LocalError, match="image: this is neither a trace nor a capture"):
        load_trace(str(path))

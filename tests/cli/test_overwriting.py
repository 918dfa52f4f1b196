"""A command never writes over its input, and never writes two outputs to one file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import captures
from tests.support.english import english
from tftp_fsm.__main__ import main
from tftp_fsm.cli.files import collision, is_one_file, would_overwrite

READ = captures.CAPTURE.read_bytes()
COMMANDS = [
    *("explain {in} --pcap {out}", "explain {in} --html {out}", "explain {in} --ladder {out}"),
    *("ladder {in} --output {out}", "debug {in} --html {out}", "debug {in} --pcap {out}"),
    *("debug --script {in} --html {out}", "debug --table {in} --pcap {out}"),
    *("verify --table {in} --output {out}", "verify --table {in} --graph {out}"),
    *("grade --serve . --roster {in} --pcap {out}", "serve . --map {in} --pcap {out}"),
    *("127.0.0.1 put {in} --pcap {out}", "127.0.0.1 put {in} --trace {out}"),
    *("diagram --trace {in} --output {out}", "verify --table {in} --lessons {out}"),
]
TWICE = [
    *("explain c --pcap {one} --html {other}", "explain c --html {one} --ladder {other}"),
    *("simulate get --trace {one} --pcap {other}", "simulate get --ladder {one} --pcap {other}"),
    *("debug --html {one} --pcap {other}", "verify --output {one} --graph {other}"),
    *("127.0.0.1 get f --trace {one} --pcap {other}", "127.0.0.1 get f {one} --pcap {other}"),
    *("debug get 127.0.0.1 f {one} --html {other}", "debug get 127.0.0.1 f {one} --pcap {other}"),
]


def same(folder: Path, how: str) -> tuple[Path, Path]:
    """Make a file, and another name of it."""
    path, other = folder / "in.svg", folder / "out.svg"
    path.write_bytes(READ)
    match how:
        case "name":
            return path, path
        case "symlink":
            other.symlink_to(path)
        case "hard link":
            os.link(path, other)
    return path, other


@pytest.mark.parametrize("how", ["name", "symlink", "hard link"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_read_is_not_written(
    command: str, how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = same(tmp_path, how)
    words = [word.format(**{"in": path, "out": out}) for word in command.split()]
    try:
        status: object = main(words)
    except SystemExit as ended:
        status = ended.code
    said = capsys.readouterr()
    assert status == 2 and path.read_bytes() == READ
    assert "would overwrite" in said.err and said.err.count("\n") == 1 and not said.out


@pytest.mark.parametrize("how", ["new", "another way", "name", "symlink", "hard link"])
@pytest.mark.parametrize("command", TWICE)
def test_two_outputs_are_two_files(
    command: str, how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = tmp_path / "in.svg", f"{tmp_path}/in.svg"
    if how == "another way":
        other = f"{tmp_path}/./in.svg"
    elif how != "new":
        one, there = same(tmp_path, how)
        other = f"{there}"
    with pytest.raises(SystemExit) as ended:
        main([word.format(one=one, other=other) for word in command.split()])
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert not one.exists() or one.read_bytes() == READ
    assert (
        " would " in said.err and "write" in said.err and said.err.count("\n") == 1 and not said.out
    )


@pytest.mark.parametrize("stdout", ["-", "/dev/stdout"])
def test_a_file_and_its_trace_do_not_both_go_to_stdout(
    stdout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["127.0.0.1", "get", "f", "-", "--trace", stdout])
    said = capsys.readouterr()
    assert ended.value.code == 2 and "--trace would overwrite the file" in said.err


def test_a_picture_does_not_replace_its_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path := tmp_path / "in").write_bytes(READ)
    assert main(["diagram", "--trace", str(path), "--output", f"{tmp_path}/out"]) == 0
    drawn = Path(capsys.readouterr().out.splitlines()[-1])
    drawn.unlink()
    os.link(path, drawn)
    with pytest.raises(SystemExit) as ended:
        main(["diagram", "--trace", str(path), "--output", f"{tmp_path}/out"])
    assert ended.value.code == 2 and path.read_bytes() == READ
    assert f"--output would overwrite {path}" in capsys.readouterr().err


def test_a_capture_that_comes_by_stdin_is_not_written(tmp_path: Path) -> None:
    path, _ = same(tmp_path, "name")
    command = [sys.executable, "-m", "tftp_fsm", "explain", "-", "--pcap", str(path)]
    with path.open("rb") as stream:
        done = subprocess.run(command, stdin=stream, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2 and path.read_bytes() == READ
    assert b"--pcap would overwrite stdin, which is an input" in done.stderr


def test_the_line_is_korean_in_korean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = same(tmp_path, "name")
    with pytest.raises(SystemExit):
        main(["--lang", "ko", "explain", str(path), "--html", str(path)])
    said = capsys.readouterr().err
    assert "덮어쓰게 됩니다" in said and english(said) == []


def test_other_files_may_be_written(tmp_path: Path) -> None:
    (path := tmp_path / "in").write_bytes(READ)
    (other := tmp_path / "other").write_bytes(READ)
    assert not would_overwrite(other, path)
    assert not would_overwrite(tmp_path / "new", path)
    assert not would_overwrite(path, tmp_path / "new")
    assert not would_overwrite("nul\0", path) and not would_overwrite(path, "nul\0")
    assert not would_overwrite("/dev/null", "/dev/null")  # a device has nothing to lose
    assert not would_overwrite("-", path) and not would_overwrite(None, path)


def test_other_outputs_are_two_files(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert collision({"--pcap": one, "--html": other, "--ladder": None}) is None
    assert collision({"--pcap": "/dev/null", "--trace": "/dev/null"}) is None
    assert collision({"--pcap": "-", "--trace": one}) is None
    assert collision({"--pcap": one, "--ladder": other, "--html": one}) is not None
    assert not is_one_file("nul\0", one) and not is_one_file(None, None)


def test_a_page_of_the_debugger_needs_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["debug", "--html", "-"])
    assert ended.value.code == 2 and not list(tmp_path.iterdir())
    assert "--html needs the name of a file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["summary.csv", "cards/kim.json", "cards/kim.md"])
@pytest.mark.parametrize("how", ["new", "name", "symlink"])
def test_the_packets_of_a_class_do_not_go_into_its_grades(
    how: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = out = tmp_path / "grades" / name
    path.parent.mkdir(parents=True)
    if how != "new":
        path.write_bytes(READ)
    if how == "symlink":
        (out := tmp_path / "other").symlink_to(tmp_path / "grades")
        out /= name
    words = ["grade", "--serve", ".", "--output", f"{tmp_path}/grades", "--pcap", f"{out}"]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2 and (how == "new" or path.read_bytes() == READ)
    assert "--pcap and --output would write the same file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["summary.csv", "cards/kim.md"])
def test_a_roster_is_no_file_of_the_grades(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "grades" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(READ)
    with pytest.raises(SystemExit) as ended:
        main(["grade", "--serve", ".", "--roster", f"grades/{name}"])  # grades is the default
    assert ended.value.code == 2 and path.read_bytes() == READ
    assert "--output would overwrite grades/" in capsys.readouterr().err

"""If output cannot be written, there is one line and status 1, and the transfer is complete.

If its reader has gone, nothing is said, and the status is that of a filter.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.serve_process import REPOSITORY, serve_process
from tests.support.users import KEEP_ROOT
from tftp_fsm.__main__ import available, main
from tftp_fsm.borders import LINE
from tftp_fsm.cli.common import say
from tftp_fsm.cli.formatter import _width

ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY)}
PROGRAM = [sys.executable, "-m", "tftp_fsm"]
CAPTURE = REPOSITORY / "tests" / "support" / "get.pcap"
CONTENT = bytes(range(256)) * 300
WAIT = 30.0  # seconds, at the most, for one short program
SCRIPT = "step\nstep\nrun\n"

PRINTING = [
    "--help",
    "--version",
    "serve --help",
    "simulate get",
    "simulate get --json",
    "simulate get --runs 2",
    "diagram read-client",
    "diagram read-client --format svg",
    "debug --list-scenarios",
    "debug --json --script -",
    "bench --seconds 0.1 --size 4K --blksize 512 --windowsize 1",
]

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a file on a server of ours."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_bytes(CONTENT)
    with serve_process(root) as server:
        yield f"tftp://127.0.0.1:{server.port}/file"


def run(words: list[str], out: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run it with stdout `full`, `closed`, or a pipe that nobody reads (`pipe`)."""
    argv = [*PROGRAM, *words]
    if out == "closed":
        argv = ["sh", "-c", 'exec "$@" >&-', "sh", *argv]
    reading, writing = os.pipe()
    os.close(reading)
    with open("/dev/full", "w") as full, open(writing, "w") as pipe:
        return subprocess.run(
            argv,
            input=SCRIPT,
            stdout={"full": full, "pipe": pipe}.get(out),
            stderr=subprocess.PIPE,
            env=ENVIRONMENT | {"XDG_STATE_HOME": str(cwd)},
            cwd=cwd,
            text=True,
            timeout=WAIT,
            check=False,
        )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line of a failure."""
    assert done.returncode == 1, done.stderr
    lines = [
        line for line in done.stderr.splitlines() if "the last steps of this transfer" not in line
    ]
    assert len(lines) == 1 and lines[0].startswith("tftp-fsm: "), done.stderr
    return lines[0]


@pytest.mark.parametrize("words", PRINTING)
def test_a_full_stdout_is_one_line(words: str, tmp_path: Path) -> None:
    assert "cannot write the output: No space" in said(run(words.split(), "full", tmp_path))


@pytest.mark.parametrize("words", ["--help", "--version", "simulate get", "simulate get --json"])
def test_a_closed_stdout_is_one_line(words: str, tmp_path: Path) -> None:
    assert "cannot write the output" in said(run(words.split(), "closed", tmp_path))


WRITING = ["diagram --output d", "diagram read-client --format svg --output d"]


@pytest.mark.parametrize("words", WRITING)
def test_files_are_not_blamed_for_an_output_that_is_full(words: str, tmp_path: Path) -> None:
    assert "cannot write the output: No space" in said(run(words.split(), "full", tmp_path))


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "simulate get",
        "diagram read-client --format svg",
        "verify get --blocks 1 --losses 0 --copies 0 --windowsize 1",
        "verify get --blocks 1 --losses 0 --copies 0 --windowsize 1 --json",
        "verify --list-mutants",
        f"explain {CAPTURE}",
        f"explain {CAPTURE} --json",
        f"ladder {CAPTURE}",
        "probe --list",
        "grade --list",
        "grade --list --json",
        *WRITING,
    ],
)
def test_a_reader_that_went_away_is_no_news(words: str, tmp_path: Path) -> None:
    done = run(words.split(), "pipe", tmp_path)
    assert (done.returncode, done.stderr) == (141, "")  # as of a filter that SIGPIPE has ended


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("form", ["", "--json"])
def test_the_files_of_explain_are_written_though_nobody_reads_the_report(
    form: str, unbuffered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "PYTHONUNBUFFERED", unbuffered)
    words = f"explain {CAPTURE} {form} --pcap c.pcapng --html p.html --ladder l.svg --extract d"
    assert run(words.split(), "pipe", tmp_path).returncode == 141
    written = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert written == ["c.pcapng", "l.svg", "p.html"] and os.listdir(tmp_path / "d") == ["file"]


@pytest.mark.parametrize("words", ["probe --list", "grade --list", "grade --list --json"])
def test_a_card_that_cannot_be_written_has_not_the_status_of_departures(
    words: str, tmp_path: Path
) -> None:
    done = run(words.split(), "full", tmp_path)
    why = "tftp-fsm: cannot write the output: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, why)


@pytest.mark.parametrize("out", ["full", "closed", "pipe"])
def test_a_file_that_is_got_to_such_a_stdout_is_a_failure(
    out: str, url: str, tmp_path: Path
) -> None:
    assert "cannot write: <stdout>" in said(run(["get", url, "-"], out, tmp_path))


@pytest.mark.parametrize("option", ["--verbose", "--json"])
def test_a_file_whose_arrival_cannot_be_told_is_there(
    option: str, url: str, tmp_path: Path
) -> None:
    done = run(["get", url, "got", option], "full", tmp_path)
    assert done.returncode == 1 and "cannot write the output" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr and (tmp_path / "got").read_bytes() == CONTENT


@pytest.mark.parametrize("blksize", ["512", "8"], ids=["at its end", "in the middle"])
def test_a_trace_that_cannot_be_written_is_named(blksize: str, url: str, tmp_path: Path) -> None:
    words = ["-q", "get", url, "got", "--trace", "/dev/full", "--blksize", blksize]
    done = run(words, "closed", tmp_path)
    assert "cannot write /dev/full: No space" in said(done)


@pytest.mark.parametrize("words", ["get {url} -", "put - {url}", "debug --script -", "ladder -"])
def test_streams_that_are_closed_are_told(words: str, url: str, tmp_path: Path) -> None:
    argv = [*PROGRAM, *words.format(url=url).split()]
    closed = ["sh", "-c", 'exec "$@" <&- >&-', "sh", *argv]
    place = ENVIRONMENT | {"XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(closed, stderr=subprocess.PIPE, env=place, text=True, check=False)
    assert "cannot" in said(done)


def test_what_nobody_is_told_needs_no_stdout(url: str, tmp_path: Path) -> None:
    done = run(["-q", "get", url, "got"], "closed", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "got").read_bytes() == CONTENT


def test_a_server_whose_log_nobody_takes_serves_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    server = subprocess.Popen(
        [*PROGRAM, "serve", str(tmp_path), "--port", "0", "--bind", "127.0.0.1", *KEEP_ROOT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    )
    assert server.stdout is not None
    first = server.stdout.readline()
    port = int(first.split("127.0.0.1:")[1].split(",")[0])
    server.stdout.close()
    for _ in range(2):
        assert tftp_fsm.get("127.0.0.1", "file", port=port).data == CONTENT
    server.send_signal(signal.SIGTERM)
    _, err = server.communicate(timeout=WAIT)
    assert err.count("\n") == 1 and "goes on without a log" in err


def test_words_of_a_peer_cannot_act_on_a_terminal_nor_fill_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say("10.0.0.1 says error 1: \x1b[2J\x07\r\ntftp-fsm: got it" + "A" * 60_000)
    line = capsys.readouterr().err
    assert line.startswith(r"tftp-fsm: 10.0.0.1 says error 1: \x1b[2J\x07\x0d\x0atftp-fsm: got it")
    assert line.endswith("AAA...\n")
    assert len(line) <= LINE + len("tftp-fsm: \n")


# -- Colours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told, coloured",
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_the_environment_decides_about_colours_in_a_pipe(
    told: dict[str, str], coloured: bool
) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    done = subprocess.run(
        [sys.executable, "-m", "tftp_fsm", "--help"],
        env=kept | told,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert (b"\x1b[" in done.stdout) == coloured


@pytest.mark.parametrize("columns", ["0", "-3", "wide"])
def test_a_width_that_is_none_is_80_columns(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _width.cache_clear()
    monkeypatch.setenv("COLUMNS", columns)
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    prose = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  t")]
    assert 60 < max(map(len, prose)) <= 80
    _width.cache_clear()


@pytest.mark.parametrize("command", available())
def test_help_is_filled_to_the_width(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _width.cache_clear()
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([command, "--help"])
    for line in capsys.readouterr().out.splitlines():
        is_example = line.startswith("  tftp-fsm ")
        assert len(line) <= (100 if is_example else 80), line
    _width.cache_clear()

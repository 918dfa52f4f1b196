"""Transfers in Korean: no English sentence, and the same statuses, JSON and files as in English."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.english import english
from tftp_fsm.__main__ import available, main
from tftp_fsm.borders.columns import columns
from tftp_fsm.cli.transfer_output import wait_words
from tftp_fsm.client.result import Progress, Waiting, failure
from tftp_fsm.errors import LocalError
from tftp_fsm.language import marked, shown, speaking
from tftp_fsm.protocol.events import Finished, Outcome

TOLD = "cannot read: no such file or directory"  # by the server, which speaks its own language


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the port of a server with `motd`. The test is in another folder."""
    served, here = tmp_path / "served", tmp_path / "here"
    served.mkdir()
    here.mkdir()
    (served / "motd").write_bytes(b"x" * 2000)
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    server = tftp_fsm.Server(served, writable=True, overwrite=True)
    server.start()
    try:
        yield str(server.port)
    finally:
        server.stop()


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        status = main(list(words))
    except SystemExit as left:
        status = int(str(left.code))
    out, err = capsys.readouterr()
    return status, out, err


LINES = {
    "a get": "127.0.0.1 -p {port} get motd",
    "a get to stdout": "127.0.0.1 -p {port} get motd - -q",
    "a put": "127.0.0.1 -p {port} put mine other",
    "no such file": "127.0.0.1 -p {port} get nofile",
    "a put of no file": "127.0.0.1 -p {port} put nofile",
    "no program listens": "127.0.0.1 -p 1 get motd",
    "a wrong option": "127.0.0.1 --nothing get motd",
    "a wrong number": "127.0.0.1 -p 70000 get motd",
    "a wrong blksize": "127.0.0.1 --blksize 4 get motd",
    "too large a window": "127.0.0.1 --windowsize 40000 get motd",
    "no words": "",
    "a host alone, and a verb": "get",
    "too many names": "127.0.0.1 get a b c",
    "a directory": "127.0.0.1 -p {port} get motd /",
    "a name of nothing": "127.0.0.1 get ..",
    "several": "127.0.0.1 -p {port} get motd nofile --into .",
    "no directory": "127.0.0.1 -p {port} get motd a --into nowhere",
    "another URL": "get http://127.0.0.1/motd",
    "no host": "get tftp:///motd",
    "an interface that is none": "fe80::1%nowhere get motd",
    "another family": "127.0.0.1 -6 get motd",
    "a list that is none": "get motd --hosts nolist --into .",
    "serve without a root": "serve",
    "serve a root that is none": "serve nowhere",
    "serve with a wrong limit": "serve . --max-sessions 0",
    "serve with a file that is none": "serve --config nofile",
}


@pytest.mark.parametrize("name", LINES)
def test_what_is_said_is_korean_and_the_status_is_the_same(
    name: str, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").write_bytes(b"y")
    words = LINES[name].format(port=port).split()
    status, out, err = run(capsys, *words, "--lang", "ko")
    again, plain_out, plain_err = run(capsys, *words)
    assert status == again
    assert english(out + err, [TOLD]) == []
    assert len(err.splitlines()) == len(plain_err.splitlines())
    assert len(out.splitlines()) == len(plain_out.splitlines())
    if plain_err:
        assert re.search("[가-힣]", err)


@pytest.mark.parametrize("line", ["get motd --json -q", "get nofile --json"])
def test_json_is_that_of_english(line: str, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["127.0.0.1", "-p", port, *line.split()]
    changing = ("seconds", "octets_per_second", "tid", "round_trip", "trace")
    found = []
    for more in ([], ["--lang", "ko"]):
        _, out, _ = run(capsys, *words, *more)
        record = json.loads(out)
        found.append({key: value for key, value in record.items() if key not in changing})
    assert found[0] == found[1] and str(found[0]).isascii()


@pytest.mark.parametrize("command", available())
def test_help_is_korean_and_fits(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COLUMNS", "80")
        status, out, _ = run(capsys, command, "--help", "--lang", "ko")
    assert status == 0 and english(out) == []
    wide = [line for line in out.splitlines() if columns(line) > 80]
    assert [line for line in wide if not line.startswith("  tftp-fsm")] == []


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("error", ["", "no route to host"])
@pytest.mark.parametrize("old_news", [0, 3])
def test_every_end_of_a_transfer_is_told_in_korean(
    outcome: Outcome, answered: bool, error: str, old_news: int
) -> None:
    standing = Progress(
        *("RRQ", ("192.0.2.1", 69)), answered, 512, 3, 4.0, network_error=error, old_news=old_news
    )
    failed = failure(Finished(outcome, marked(error)), standing)
    with speaking("ko"):
        told = shown(failed)
    assert english(told) == [] and (told != str(failed) or not told)


def test_the_line_of_a_silence_is_korean() -> None:
    waiting = Waiting(("192.0.2.1", 69), "block 3", 2, 5.0, "no route to host")
    with speaking("ko"):
        told = shown(wait_words(waiting))
    assert english(told) == [] and columns(told) > len(told)


def test_a_message_that_a_program_asks_for_is_english_until_it_says_otherwise() -> None:
    with pytest.raises(LocalError) as failed:
        tftp_fsm.put("127.0.0.1", "/nowhere/at/all", "x")
    assert str(failed.value).startswith("cannot read: ")
    with speaking("ko"):
        assert str(failed.value).startswith("cannot read: ")
        assert shown(failed.value).startswith("읽을 수 없습니다: ")

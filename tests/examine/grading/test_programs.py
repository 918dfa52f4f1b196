"""A program runs once for each trial, for a limited time, and its files are examined."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.support.grading.programs import OURS, commands
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.checks import Finding, Verdict
from tftp_fsm.examine.grading.book import Book
from tftp_fsm.examine.grading.grade_server import Settings
from tftp_fsm.examine.grading.one_program import grade_program
from tftp_fsm.examine.grading.programs import Commands, Ran, exit_status, judged, run
from tftp_fsm.examine.grading.trials.published import BY_NAME
from tftp_fsm.server.config import ServerConfig

NOWHERE = ("127.0.0.1", 9)
# It prints its folder and the files there, and leaves a part of a file.
NOSY = """
import os, pathlib, sys
print(sorted(os.listdir()), os.getcwd())
pathlib.Path(sys.argv[1]).write_bytes(b"part")
sys.exit(3)
"""
ASKS = """
import socket
SERVER = "127.0.0.1", int(sys.argv[2])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.sendto(b"\\0\\1broken-value\\0octet\\0blksize\\x001024\\0", SERVER)
    sock.sendto(b"\\0\\5\\0\\0enough\\0", sock.recvfrom(600)[1])
"""
# It ends the transfer with an ERROR when DATA 5 comes after DATA 2.
STRICT = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.sendto(b"\\0\\1future-data\\0octet\\0", ("127.0.0.1", int(sys.argv[1])))
    for block in (1, 2, 3):
        octets, server = sock.recvfrom(600)
        if octets[3] != block:
            sock.sendto(b"\\0\\5\\0\\4not the next block\\0", server)
            sys.exit(1)
        sock.sendto(b"\\0\\4" + octets[2:4], server)
"""
# It gets the file, and leaves as soon as it has it.
LEAVES = """
import socket, sys
whole = b""
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.sendto(b"\\0\\1final-ack-lost\\0octet\\0", ("127.0.0.1", int(sys.argv[1])))
    while len(whole) % 512 == 0:
        octets, server = sock.recvfrom(600)
        whole += octets[4:]
        sock.sendto(b"\\0\\4" + octets[2:4], server)
open(sys.argv[2], "wb").write(whole)
"""
# It sends a request, and receives no answer.
MUTE = """
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.sendto(b"\\0\\1get-513\\0octet\\0", ("127.0.0.1", int(sys.argv[1])))
"""
ENDLESS = "import time; print('waiting', flush=True); time.sleep(600)"


def python(program: str, *words: str) -> list[str]:
    return [sys.executable, "-c", program, *words]


def test_a_program_runs_in_a_new_folder_that_is_removed() -> None:
    ran = run(BY_NAME["get-513"], python(NOSY, "{output}"), NOWHERE, b"")
    assert (ran.status, ran.left) == (3, b"part")
    assert not Path(ran.said.split()[-1]).exists()


def test_the_file_to_put_is_there_under_its_name() -> None:
    ran = run(BY_NAME["put-513"], python(NOSY, "x"), NOWHERE, b"octets")
    assert "'put-513'" in ran.said and ran.left is None


def test_a_program_that_never_ends_is_ended() -> None:
    ran = run(BY_NAME["get-513"], python(ENDLESS), NOWHERE, b"", limit=0.5)
    assert ran.status is None and ran.said == "waiting\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the files of a program")
def test_what_a_program_says_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tftp_fsm.examine.grading.programs.LARGEST", 1 << 20)
    ran = run(BY_NAME["get-513"], ["yes", "a line of which there are many"], NOWHERE, b"")
    assert ran.status == -signal.SIGXFSZ and ran.said.startswith("a line")


def test_a_program_that_is_not_there_is_told_in_one_line() -> None:
    with pytest.raises(LocalError, match="cannot run ./missing"):
        run(BY_NAME["get-513"], ["./missing"], NOWHERE, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
def test_a_link_is_no_file_that_came() -> None:
    program = "import os, sys; os.symlink('/etc/passwd', sys.argv[1])"
    assert run(BY_NAME["get-513"], python(program, "{output}"), NOWHERE, b"").left is None


def test_a_program_that_asks_nothing_departs_from_everything() -> None:
    ran = Ran(BY_NAME["stray-data"], 1, None)
    results = judged(ran, [])
    assert {result.check.name for result in results} == {
        *("stray-data", "stray-data.answer", "stray-data.file"),
    }
    assert {result.verdict for result in results} == {Verdict.DEPARTED}
    assert results[0].finding.seen == "sent no request"


@pytest.mark.parametrize(
    ("status", "completed", "verdict"),
    [
        (0, True, Verdict.KEPT),
        (1, False, Verdict.KEPT),
        (1, True, Verdict.DEPARTED),
        (0, False, Verdict.DEPARTED),
        (None, False, Verdict.DEPARTED),
    ],
)
def test_the_exit_status_must_say_what_happened(
    status: int | None, completed: bool, verdict: Verdict
) -> None:
    ran = Ran(BY_NAME["get-513"], status, None)
    assert exit_status([ran], {"get-513": completed}).verdict is verdict


def graded(tmp_path: Path, words: Commands, *names: str) -> dict[str, Finding]:
    book = Book()
    trials = tuple(BY_NAME[name] for name in names)
    settings = Settings(ServerConfig(tmp_path, port=0))
    grade_program(settings, book, "kim", words, limit=20, trials=trials)
    return book.student("kim").found


def test_our_command_gets_full_points(tmp_path: Path) -> None:
    names = ("get-512", "stray-data", "lost-ack", "unasked-option", "put-513", "put-duplicate-ack")
    found = graded(tmp_path, commands(OURS), *names)
    assert {finding.verdict for finding in found.values()} == {Verdict.KEPT}, found
    assert {"get-512.file", "unasked-option.file", "exit-status", "put-513"} <= set(found)


def test_a_program_that_leaves_after_its_last_ack_is_right_to_say_that_all_is_well(
    tmp_path: Path,
) -> None:
    words = Commands(python(LEAVES, "{port}", "{output}"), None)
    found = graded(tmp_path, words, "final-ack-lost")
    assert found["final-ack-lost"].verdict is Verdict.TOLD
    assert found["final-ack-lost.file"].verdict is Verdict.KEPT
    assert found["exit-status"].seen == "none of the trials that were run can show it"


def test_a_program_without_a_put_is_asked_to_get_alone(tmp_path: Path) -> None:
    found = graded(tmp_path, Commands(python(NOSY, "{output}"), None), "get-1", "put-1", "error")
    assert found["get-1"].seen == found["get-1.file"].seen == "sent no request"
    assert "error.file" not in found
    assert found["put-1"].verdict is Verdict.NOT_RUN and "--run-put" in found["put-1"].seen


def test_a_program_that_was_ended_is_not_said_to_have_given_up(tmp_path: Path) -> None:
    book = Book()
    settings, trials = Settings(ServerConfig(tmp_path, port=0)), (BY_NAME["get-513"],)
    words = Commands(python(f"{MUTE}{ENDLESS}", "{port}"), None)
    grade_program(settings, book, "kim", words, limit=1.0, trials=trials)
    seen = book.student("kim").found["get-513"].seen
    assert seen.endswith("; the program was stopped at its time limit (--limit)")


def test_a_client_may_end_with_an_error_what_no_network_explains(tmp_path: Path) -> None:
    found = graded(tmp_path, Commands(python(STRICT, "{port}"), None), "future-data")
    assert found["future-data"].seen.startswith("ended the transfer with ERROR 4")
    verdicts = {name: finding.verdict for name, finding in found.items()}
    assert verdicts == {
        "future-data": Verdict.KEPT,
        "future-data.file": Verdict.NOT_EXAMINED,
        "exit-status": Verdict.KEPT,
    }


def test_a_file_that_stays_behind_is_seen(tmp_path: Path) -> None:
    program = f"{NOSY.replace('sys.exit(3)', '')}{ASKS}"
    words = Commands(python(program, "{output}", "{port}"), None)
    found = graded(tmp_path, words, "broken-value")
    assert found["broken-value.file"].seen == "a file of 4 octets is left"
    assert found["exit-status"].seen == "wrong after broken-value (0)"

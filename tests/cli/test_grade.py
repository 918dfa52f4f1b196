"""`tftp-fsm grade`: the list, the script, the files, a server, and a program."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.english import english
from tests.support.grading.programs import OURS, commands
from tftp_fsm.__main__ import main
from tftp_fsm.capture.reading import Capture
from tftp_fsm.cli.grade import _chosen, command_parser
from tftp_fsm.client.api import get
from tftp_fsm.examine.grading.trials.published import BY_NAME, TRIALS
from tftp_fsm.language import use


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        status = main(["grade", *words])
    except SystemExit as ended:
        status = int(ended.code or 0)
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_list_is_printed_in_three_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert "put-duplicate-ack" in run(capsys, "--list")[1]
    assert "| put put-duplicate-ack |" in run(capsys, "--list", "--markdown")[1]
    assert len(json.loads(run(capsys, "--list", "--json")[1])) == len(TRIALS)


def test_the_script_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--script", "./tftp {host} {verb} {file}", "--host", "192.0.2.1", "--student", "kim")
    status, out, _ = run(capsys, *words)
    assert status == 0 and "./tftp 192.0.2.1 get kim.get-0\n" in out


def test_the_files_to_put_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "kim"
    status, out, err = run(capsys, "--files", str(folder), "--student", "kim")
    count = len(list(folder.iterdir()))
    assert (status, out, err) == (0, "", f"tftp-fsm: wrote {count} files to {folder}\n")
    octets = (tmp_path / "kim" / "kim.put-513").read_bytes()
    assert octets == BY_NAME["put-513"].file("tftp-fsm:kim").whole()
    assert not (tmp_path / "kim" / "kim.put-wrap").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give one of these options"),
        (("--serve", ".", "--run-put", "x"), "--run-put has no effect without --run"),
        (
            ("--serve", ".", "--run", "true"),
            "'true' has no field for the name of the file: add {file}",
        ),
        (("--script", "x"), "'x' has no field for the name of the file: add {file}"),
        (("--list", "--only", "lost-ack"), "--only has no effect without --run"),
        (("--files", "kim", "--only", "put-0"), "--only has no effect without --run"),
        (("--list", "--except", "wrap"), "--except has no effect without --run"),
        (
            ("--serve", ".", "--run", "x {file}", "--only", "wrap,get-1", "--except", "get-1,wrap"),
            "no trial is left after --only and --except",
        ),
        (("--serve", ".", "--except", "get-1,warp"), "did you mean 'wrap'?"),
        (("--serve", ".", "--run", "x {who}"), "is not a valid command"),
        (("--serve", ".", "--student", "../x", "--run", "x {file}"), "--student '../x'"),
        (("--files", "kim", "--student", "../x"), "--student '../x'"),
        (("--serve", ".", "--run", "x", "--limit", "nan"), "from 1 to 3600"),
        (("--serve", ".", "--pcap", "-"), "--pcap needs a file"),
        (("--script", "x {who}"), "is not a valid command"),
        (("--serve", ".", "--only", "nothing"), "`tftp-fsm grade --list` prints the names"),
        (("--serve", ".", "--only", "get-1,lost-akc"), "did you mean 'lost-ack'?"),
        (("--serve", ".", "--only", "get-1,"), "there is no trial ''"),
        (("--serve", ".", "--json", "--markdown"), "not allowed with"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    status, out, err = run(capsys, *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--serve", "missing", "--run", "x {file}"), "missing"),
        (("--serve", ".", "--run", "./no-such-program {file}"), "cannot run ./no-such-program"),
        (("--serve", ".", "--roster", "missing"), "cannot read the roster missing"),
        (("--serve", ".", "--run", "x {file}", "--pcap", "missing/x"), "cannot write missing/x"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *words, "--port", "0")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err


@pytest.mark.parametrize("more", [(), ("--run", "x")])
def test_a_port_in_use_is_no_missing_point(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, more: tuple[str, ...]
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        where = ("--bind", "127.0.0.1", "--port", str(taken.getsockname()[1]))
        words = ("--serve", str(tmp_path), "--output", f"{tmp_path}/cards", *where, *more)
        status, out, err = run(capsys, *words)
    assert (status, out, err.count("\n")) == (2, "", 1), err


def test_a_program_is_graded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = commands(OURS).put
    assert words is not None
    chosen = ("--only", "put-1,get-1", "--only", "get-1,wrap", "--except", "wrap")
    status, out, _ = run(
        capsys,
        *("--serve", str(tmp_path), "--run", " ".join(words), "--student", "kim", "--json"),
        *("--output", str(tmp_path / "grades"), *chosen),
    )
    card = json.loads(out)
    results = {result["check"]: result["verdict"] for result in card["results"]}
    assert results == dict.fromkeys(("get-1", "get-1.file", "put-1", "exit-status"), "kept")
    assert (status, card["points"], card["facts"]["trials"]) == (0, 5, "2 of 2 were run")
    assert (tmp_path / "grades" / "summary.csv").read_text().count("\n") == 2


def test_the_packets_of_a_trial_are_written_with_what_was_done_to_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, capture = commands(OURS).put, tmp_path / "class.pcapng"
    assert words is not None
    chosen = ("--only", "lost-data,duplicate-data,stray-data", "--student", "kim")
    run(
        capsys,
        *("--serve", str(tmp_path), "--run", " ".join(words), "--pcap", str(capture), *chosen),
    )
    with capture.open("rb") as stream:
        packets = list(Capture(stream))
    written = capture.read_bytes()
    for comment in (
        b"kim: trial lost-data",
        b"lost on purpose: server sends DATA 2",
        b"DATA 2 (512 octets): a copy",
        b"DATA 3 (512 octets): added by the trial, as a stranger",
        b"DATA 3 (512 octets): delayed on purpose",
        b"no session heard this",
    ):
        assert comment in written, comment
    # Three clients, three sessions, the listening port, and that of the stranger.
    assert len({end for one in packets for end in (one.source, one.to)}) == 8
    assert len([one for one in packets if one.octets[:4] == b"\0\3\0\2"]) == 4


def test_a_server_grades_until_a_signal_comes(tmp_path: Path) -> None:
    words = ["--serve", str(tmp_path), "--bind", "127.0.0.1", "--port", "0"]
    server = subprocess.Popen(
        [sys.executable, "-m", "tftp_fsm", "grade", *words, "--output", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().split(";")[0].split()[-1])
        get("127.0.0.1", "kim.get-1", port=port)
        assert server.stdout.readline() == "kim  kept  get-1: acknowledged the whole file\n"
        server.send_signal(signal.SIGTERM)
        _, err = server.communicate(timeout=20)
    finally:
        server.kill()
        server.communicate()
    assert server.returncode == 143 and "ended by SIGTERM" in err
    assert (tmp_path / "out" / "cards" / "kim.json").exists()


def test_korean_changes_what_people_read_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = commands(OURS).put
    assert words is not None
    grade = ("--serve", str(tmp_path), "--run", " ".join(words), "--only", "get-1,put-1")
    korean, shape = (tmp_path / "ko"), ("--output", str(tmp_path / "ko"))
    try:
        status, out, _ = run(capsys, "--lang", "ko", *grade, *shape)
        of_programs = run(capsys, "--lang", "ko", *grade, "--json")[1]
        wrong = run(capsys, "--lang", "ko", "--serve", ".", "--run", "x", "--only", "lost-akc")
    finally:
        use("en")
    assert status == 0 and english(out) == [] and "지킴" in out
    assert wrong[0] == 2 and "lost-akc" in wrong[2] and english(wrong[2]) == []
    assert of_programs == run(capsys, *grade, "--json")[1]
    assert json.loads((korean / "cards" / "client.json").read_text())["title"] == "The client"
    assert "# 클라이언트\n" in (korean / "cards" / "client.md").read_text("utf-8")


def test_a_trial_without_a_command_says_what_the_command_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--serve", str(tmp_path), "--run", "true {file}", "--only", "put-0")
    status, out, err = run(capsys, *words)
    assert (status, err) == (1, "") and out.startswith("The client\n")
    why = "the command cannot put: add {verb} to it, or use --run-put (0 of 1 point)"
    assert f"not run put-0 {why} " in " ".join(out.split()) and "0 of 1 were run" in out


def test_a_card_with_departures_says_how_to_look_closer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--serve", str(tmp_path), "--run", "true {file}", "--only", "lost-ack,get-0")
    add = "--only get-0 --verbose --pcap why.pcapng"
    said = f"tftp-fsm: to see the packets of a departure, add: {add}\n"
    assert run(capsys, *words)[2] == said
    assert run(capsys, *words, "--json")[2] == ""


def test_a_program_that_has_become_worse_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = commands(OURS).put
    assert words is not None
    where = ("--serve", str(tmp_path), "--output", str(tmp_path / "out"), "--only", "get-1")
    assert run(capsys, *where, "--run", " ".join(words))[0] == 0
    status, out, _ = run(capsys, *where, "--run", "true {file}")
    assert status == 0
    assert "get-1 departed in this run: sent no request. The better result of an earlier run" in out
    assert "exit-status departed in this run: wrong after get-1 (0)." in out


def test_all_trials_but_some_are_chosen() -> None:
    words = ["--serve", ".", "--run", "x {file}", "--except", "wrap", "--except", "put-wrap,get-0"]
    chosen = [trial.name for trial in _chosen(command_parser().parse_args(words))]
    left_out = ("wrap", "put-wrap", "get-0")
    assert chosen == [trial.name for trial in TRIALS if trial.name not in left_out]

"""The command line of a transfer: what the user types, what is printed, the exit status."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.hostile import Hostile, serving
from tests.support.peers import Server
from tftp_fsm.__main__ import COMMANDS, available, main
from tftp_fsm.cli.arguments import USES, keywords_of, transfer_parser
from tftp_fsm.cli.common import EndedBySignal
from tftp_fsm.cli.task import Task, task_of
from tftp_fsm.cli.transfer_output import size_words
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, build, parse

CONTENT = bytes(range(256)) * 20
PROGRAM = [sys.executable, "-m", "tftp_fsm"]
EN_DASH, EM_DASH, MINUS = "\u2013", "\u2014", "\u2212"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(os.getcwd())
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture
def port(tftpd_hpa: Server) -> str:
    """Return the port of a server that has `file`."""
    return str(tftpd_hpa.port)


@pytest.fixture
def remote(tftpd_hpa: Server) -> str:
    return tftpd_hpa.holds("file", CONTENT)


def fails(capsys: pytest.CaptureFixture[str], status: int, *argv: str) -> str:
    """Run the command line. Return its line on stderr, without the line about its last steps."""
    try:
        found = main(list(argv))
    except SystemExit as leaving:
        found = int(str(leaving.code))
    out, err = capsys.readouterr()
    assert found == status, err
    said, *more = err.splitlines(keepends=True)
    assert out == "" and said.startswith("tftp-fsm: "), (out, err)
    assert all(line.startswith("tftp-fsm: the last steps of this transfer: ") for line in more), err
    assert len(more) <= (status == 1), err
    return said


# -- Words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, task",
    [
        ("h get f", Task("get", "h", b"f", None)),
        ("h get f local", Task("get", "h", b"f", "local")),
        ("h put f", Task("put", "h", None, "f")),
        ("h put f remote", Task("put", "h", b"remote", "f")),
        ("get get get", Task("get", "get", b"get", None)),
        ("get tftp://h/f", Task("get", "h", b"f", None, 69)),
        ("get TFTP://h:70/f;mode=octet -", Task("get", "h", b"f", "-", 70, "octet")),
        ("put - tftp://h/f", Task("put", "h", b"f", "-", 69)),
        ("put f tftp://h/", Task("put", "h", None, "f", 69)),
        ("put f tftp://h/d/", Task("put", "h", b"d/", "f", 69)),
    ],
)
def test_words_make_a_task(words: str, task: Task) -> None:
    assert task_of(words.split(), None) == task


def test_a_host_that_is_called_like_a_command_is_reached() -> None:
    assert task_of(["get", "f"], "serve") == Task("get", "serve", b"f", None)
    assert task_of(["get", "tftp://serve/f"], None).host == "serve"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "h",
        "h fetch f",
        "h get",
        "h put",
        "h get a b c",
        "get tftp://h/f a b",
        "put tftp://h/f x",
        "'' get f",
        "h get ''",
        "h get f ''",
        "h put ''",
        "h put f ''",
    ],
)
def test_words_that_make_no_task_are_told_in_one_line(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fails(capsys, 2, *shlex.split(words))


@pytest.mark.parametrize(
    "words, said",
    [
        ("127.0.0.1:6969 get f", "127.0.0.1 -p 6969"),
        ("get http://h/f x", "tftp://host/name"),
        ("put f ftp://h/f", "tftp://host/name"),
        ("h get f --trace ./f", "overwrite"),
        ("h get dir/f --trace f", "overwrite"),
        ("h get f there --trace there/f", "overwrite"),
        ("h put f --trace f", "overwrite"),
        ("get f", "get needs a host and a name: HOST get REMOTE"),
        ("put f", "put needs a host and a name: HOST put LOCAL"),
        ("h get f --no-options --windowsize 8", "or leave out --no-options"),
        ("h get f --no-options --blksize 256", "or leave out --no-options"),
    ],
)
def test_what_was_meant_is_said(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("f").write_bytes(CONTENT)
    Path("there").mkdir()
    assert said in fails(capsys, 2, *words.split())
    assert Path("f").read_bytes() == CONTENT


# -- The course's own forms ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        "{host} -p {port} get {file} got",
        "{host} get -p {port} {file} got",
        "{host} get {file} got -p {port}",
        "-p {port} {host} get {file} got",
        "-p{port} {host} get {file} got",
        "--port={port} {host} get {file} got",
        EN_DASH + "p {port} {host} get {file} got",
        "{host} " + MINUS + "p {port} get {file} got",
        "{host} get {file} got " + EN_DASH * 2 + "port {port} " + EM_DASH + "mode=octet",
        "get tftp://{host}:{port}/{file} got",
        "--host {host} -p {port} get {file} got",
    ],
)
def test_every_form_gets_the_file(
    form: str, tftpd_hpa: Server, remote: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = form.format(host=tftpd_hpa.host, port=tftpd_hpa.port, file=remote).split()
    assert main(words) == 0
    assert Path("got").read_bytes() == CONTENT
    out, err = capsys.readouterr()
    assert err == "" and out.count("\n") == 1
    assert "5,120 octets in" in out and "blksize 65464" in out and "no retransmissions" in out


def test_dashes_from_a_web_page_are_dashes_in_every_version_of_argparse() -> None:
    words = ["h", EN_DASH + "p", "70", "get", "f", EM_DASH + "json", "l"]
    args = transfer_parser({}).parse_intermixed_args(words)
    assert (args.port, args.json, args.words) == (70, True, ["h", "get", "f", "l"])


def test_a_signal_that_ends_the_program_is_named_without_an_import(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "signal", None)
    assert EndedBySignal(15).name == "SIGTERM"


def test_get_and_put_name_files_after_themselves(
    tftpd_hpa: Server, port: str, remote: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([tftpd_hpa.host, "-p", port, "get", remote]) == 0
    assert os.listdir() == ["file"]
    assert main([tftpd_hpa.host, "-p", port, "put", "file", tftpd_hpa.remote("back")]) == 0
    assert tftpd_hpa.path("back").read_bytes() == CONTENT
    assert "put file to 127.0.0.1" in capsys.readouterr().out


def test_a_name_that_begins_with_a_pasted_dash_is_a_name(
    tftpd_hpa: Server, port: str, remote: str
) -> None:
    assert main(["-q", tftpd_hpa.host, "-p", port, "get", remote, EN_DASH + "x"]) == 0
    assert os.listdir() == [EN_DASH + "x"]


def test_quiet_says_nothing(
    tftpd_hpa: Server, port: str, remote: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([tftpd_hpa.host, "-p", port, "-q", "get", remote]) == 0
    assert capsys.readouterr() == ("", "")


def test_verbose_tells_each_step_and_why(
    tftpd_hpa: Server, port: str, remote: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--blksize", "1428", "--windowsize", "1"]  # an ACK for each DATA
    assert main([tftpd_hpa.host, "-p", port, "-v", "get", remote, *options]) == 0
    err = capsys.readouterr().err
    assert re.search(r"^ +0\.0000 .*idle -> requesting$", err, re.MULTILINE)
    for number in range(1, 5):
        assert f"DATA {number} (" in err and f"> ACK {number}\n" in err
    assert "receiving -> dallying" in err and "RFC 1350 section 6" in err


def test_a_trace_can_be_read_again(tftpd_hpa: Server, port: str, remote: str) -> None:
    assert main([tftpd_hpa.host, "-p", port, "-q", "get", remote, "--trace", "t.jsonl"]) == 0
    with open("t.jsonl", encoding="ascii") as lines:
        trace = read_trace(lines)
    assert trace.steps[-1][1].after is tftp_fsm.State.DONE
    session = trace.session("client")
    for _, step in trace.steps:
        assert session.handle(step.event, step.now) == step


def test_json_is_the_result(
    tftpd_hpa: Server, port: str, remote: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from hashlib import sha256

    assert main([tftpd_hpa.host, "-p", port, "--json", "get", remote, "--timeout", "2"]) == 0
    out, err = capsys.readouterr()
    record = json.loads(out)
    assert err == "" and record["ok"] is True
    assert record["octets"] == len(CONTENT) and record["retransmissions"] == 0
    assert record["offered"] == {"blksize": 65464, "timeout": 2, "tsize": 0, "windowsize": 2}
    known = {name: record["offered"][name] for name in tftpd_hpa.agrees}
    assert record["agreed"] == known | {"tsize": len(CONTENT)}
    assert record["sha256"] == sha256(CONTENT).hexdigest()
    assert record["seconds"] > 0 and record["round_trip"] > 0


def test_json_tells_a_failure_too(
    tftpd_hpa: Server, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([tftpd_hpa.host, "-p", port, "--json", "get", "none"]) == 1
    out, err = capsys.readouterr()
    record = json.loads(out)
    assert (record["ok"], record["error"], record["code"]) == (False, "PeerError", 1)
    assert (record["verb"], record["host"], record["remote"]) == ("get", tftpd_hpa.host, "none")
    assert err.count("\n") == 2 and f"tftp-fsm debug {record['trace']}\n" in err


def test_a_file_of_another_size_than_was_told_is_got_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def over_a_simulation(args: Namespace, task: Task) -> Keywords:
        server = Hostile(serving(CONTENT, oack=(("tsize", "9999"),)))
        return {**keywords_of(args, task), "transport": server.client}

    monkeypatch.setattr("tftp_fsm.cli.transfer.keywords_of", over_a_simulation)
    assert main(["server", "get", "file"]) == 0
    out, err = capsys.readouterr()
    assert "5,120 octets in" in out and Path("file").read_bytes() == CONTENT
    assert (
        err.startswith("tftp-fsm: the server announced 9,999 octets for file")
        and err.count("\n") == 1
    )
    assert main(["server", "get", "file", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["announced_size"] == 9999
    assert main(["server", "get", "file", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_faults_on_purpose_are_survived(tftpd_hpa: Server, port: str, remote: str) -> None:
    faults = "--loss 0.2 --duplicate 0.2 --reorder 0.2 --delay 0.001 --seed 5".split()
    plain = ["--blksize", "512", "--timeout", "0.05", "--retries", "20", "--dally", "0"]
    assert main([tftpd_hpa.host, "-p", port, "-q", "get", remote, "got", *faults, *plain]) == 0
    assert Path("got").read_bytes() == CONTENT


def test_the_trace_has_the_faults_on_purpose_and_its_ladder_draws_them(
    tftpd_hpa: Server, port: str, remote: str, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = "--loss 0.3 --seed 7 --timeout 0.05 --retries 20 --dally 0 --blksize 512".split()
    words = [tftpd_hpa.host, "-p", port, "-q", "get", remote, "got", *faults]
    assert main([*words, "--trace", "t.jsonl"]) == 0
    with open("t.jsonl", encoding="ascii") as lines:
        trace = read_trace(lines)
    # An ERROR to a session that the server began twice has no lane.
    lost = [w for w in trace.wire if w.sender == "client" and w.head[1] != Opcode.ERROR]
    assert lost and all("lost" in wire.fate for wire in lost)
    assert main(["ladder", "t.jsonl", "--limit", "0", "--width", "120"]) == 0
    drawn = capsys.readouterr().out.splitlines()
    assert sum("lost" in line and "X" in line for line in drawn) == len(lost)
    unheard = [wire for wire in trace.wire if wire.sender == "server"]
    assert sum(": lost" in line for line in drawn) == len(unheard)


def test_ctrl_c_is_a_record_of_json_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tftp_fsm.client.api.get", interrupted)
    assert main(["h", "get", "f", "--json"]) == 130
    record = json.loads(capsys.readouterr().out)
    assert record["ok"] is False and record["message"] == "interrupted"
    assert (record["verb"], record["host"], record["remote"]) == ("get", "h", "f")


# -- Streams ---------------------------------------------------------------------------------------


def test_stdout_is_the_file_and_nothing_else(tftpd_hpa: Server, port: str, remote: str) -> None:
    command = [*PROGRAM, tftpd_hpa.host, "-p", port, "get", remote, "-"]
    done = subprocess.run([*command, "--json"], capture_output=True, check=True)
    assert done.stdout == CONTENT
    assert json.loads(done.stderr)["octets"] == len(CONTENT)
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout == CONTENT and done.stderr.count(b"\n") == 1


def test_stdin_is_put_with_its_size(tftpd_hpa: Server, port: str) -> None:
    url = f"tftp://{tftpd_hpa.host}:{port}/{tftpd_hpa.remote('piped')}"
    command = [*PROGRAM, "put", "-", url, "--json"]
    done = subprocess.run(command, input=CONTENT, capture_output=True, check=True)
    assert tftpd_hpa.path("piped").read_bytes() == CONTENT
    assert json.loads(done.stdout)["offered"]["tsize"] == len(CONTENT)


def test_stdin_needs_a_name_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "REMOTE" in fails(capsys, 2, "127.0.0.1", "put", "-")


# -- What goes wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "option",
    [
        "--blksize 7",
        "--blksize 65465",
        "--blksize abc",
        "-p 0",
        "-p 70000",
        "--mode mail",
        "--mode nonsense",
        "--windowsize 0",
        "--timeout 0",
        "--timeout 300",
        "--retries -1",
        "--dally x",
        "--dally -1",
        "--dally nan",
        "--dally inf",
        "--dally 3000000",
        "--delay 1e9",
        "--seed -1",
        "--port-range 9-1",
        "--loss 2",
        "--no-such-option",
    ],
)
def test_an_option_that_cannot_be_is_told_in_one_line(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fails(capsys, 2, "127.0.0.1", "get", "file", *option.split())
    assert os.listdir() == []


@pytest.mark.parametrize(
    "words", ["h get f", "bench h", "serve .", "simulate get", "debug"], ids=lambda words: words
)
def test_a_window_whose_acks_16_bits_cannot_tell_apart_is_refused(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    option = "--max-windowsize" if words == "serve ." else "--windowsize"
    assert "to 32767" in fails(capsys, 2, *words.split(), option, "32768")


def test_a_window_is_refused_with_the_reason_and_the_help_says_the_limit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "stale ACK" in fails(capsys, 2, "h", "get", "f", "--windowsize", "40000")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "1 to 32767" in capsys.readouterr().out


def test_a_missing_file_is_the_servers_word(
    tftpd_hpa: Server, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = fails(capsys, 1, tftpd_hpa.host, "-p", port, "get", "none")
    refused = tftpd_hpa.refusal("none")
    assert refused.code == 1 and refused.message  # whatever words this version has
    assert f"error 1: {refused.message}" in said and os.listdir() == []


def test_a_refused_write_is_the_servers_word(
    tftpd_hpa: Server, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_bytes(CONTENT)
    said = fails(capsys, 1, tftpd_hpa.host, "-p", port, "put", "file", "no-such-folder/file")
    assert "error" in said and tftpd_hpa.host in said


def test_a_dead_port_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        dead = sock.getsockname()[1]
    said = fails(capsys, 1, "127.0.0.1", "-p", str(dead), "get", "file")
    assert "no program listens" in said and os.listdir() == []


def test_silence_is_told_with_its_usual_cause(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        mute = str(sock.getsockname()[1])
        retry_policy = ["--timeout", "0.01", "--retries", "2"]
        said = fails(capsys, 1, "127.0.0.1", "-p", mute, "get", "file", *retry_policy)
    assert "3 attempts" in said and "firewall" in said and os.listdir() == []


@pytest.mark.parametrize("local", ["file/x", "none/x", "/dev/full", "none/"])
def test_a_place_that_cannot_be_written_is_told(
    local: str, tftpd_hpa: Server, port: str, remote: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if local == "/dev/full" and not os.path.exists(local):
        pytest.skip("no /dev/full here")
    Path("file").write_bytes(b"before")
    said = fails(capsys, 1, tftpd_hpa.host, "-p", port, "get", remote, local)
    assert "cannot write" in said
    assert os.listdir() == ["file"] and Path("file").read_bytes() == b"before"


@pytest.mark.parametrize(
    "words, word",
    [
        (["127.0.0.1", "put", "none"], "no such file"),
        (["127.0.0.1", "put", "."], "directory"),
        (["get", "tftp://127.0.0.1/a%00b", "x"], "NUL"),
        (["127.0.0.1", "get", "x" * 600, "x"], "shorter"),
        (["127.0.0.1", "get", "file", "--bind", "192.0.2.1"], "cannot bind"),
        (["--host", "", "get", "file"], "the name of the host is missing"),
        (["0.0.0.0", "get", "file"], "localhost"),
        (["::", "put", "/dev/null", "x"], "localhost"),
        (["host..invalid", "get", "file"], "host"),
    ],
)
def test_what_cannot_begin_is_told_in_one_line(
    words: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert word in fails(capsys, 1, *words)
    assert os.listdir() == []


def test_a_failed_get_leaves_the_file_that_was_there(
    tftpd_hpa: Server, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("none").write_bytes(b"before")
    fails(capsys, 1, tftpd_hpa.host, "-p", port, "get", "none")
    assert Path("none").read_bytes() == b"before" and os.listdir() == ["none"]


def answer_after(packet: Packet, server: socket.socket) -> Packet:
    """Return the answer to `packet`. On a busy machine the client retransmits before that."""
    while (heard := parse(server.recv(600))) == packet:
        pass
    return heard


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="needs signals")
@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "ALRM", "XCPU"])
def test_a_signal_ends_the_transfer_leaves_nothing_and_the_peer_is_told(name: str) -> None:
    number = signal.Signals[f"SIG{name}"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)
        where = ["127.0.0.1", "-p", str(server.getsockname()[1])]
        command = [*PROGRAM, *where, "get", "file", "--no-options"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            client = server.recvfrom(600)[1]
            server.sendto(build(Data(1, bytes(512))), client)
            assert parse(server.recv(600)) == Ack(1)
            assert len(os.listdir()) == 1, "the hidden partial file"
            process.send_signal(number)
            assert isinstance(answer_after(Ack(1), server), Error)
            assert process.stderr is not None
            said = process.stderr.read()
    assert process.returncode == 128 + number
    assert said == "tftp-fsm: " + ("interrupted" if name == "INT" else f"ended by SIG{name}") + "\n"
    assert os.listdir() == []


def test_a_signal_that_nohup_ignores_stays_ignored() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)
        where = ["127.0.0.1", "-p", str(server.getsockname()[1])]
        command = ["nohup", *PROGRAM, *where, "get", "file", "--no-options"]
        with subprocess.Popen(
            command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        ) as nohup:
            client = server.recvfrom(600)[1]
            server.sendto(build(Data(1, bytes(512))), client)
            assert parse(server.recv(600)) == Ack(1)
            nohup.send_signal(signal.SIGHUP)
            server.sendto(build(Data(2, b"")), client)
            assert answer_after(Ack(1), server) == Ack(2)
        assert nohup.returncode == 0 and Path("file").read_bytes() == bytes(512)


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), SystemExit(143)], ids=repr)
def test_an_interrupt_or_sigterm_after_success_is_still_a_success(
    ending: BaseException,
    tftpd_hpa: Server,
    port: str,
    remote: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tftp_fsm.client import api as client

    real = client.get

    def interrupted(*args: object, **keywords: object) -> None:
        real(*args, **keywords)  # type: ignore[arg-type]
        raise ending

    monkeypatch.setattr(client, "get", interrupted)
    assert main([tftpd_hpa.host, "-p", port, "-q", "get", remote, "got"]) == 0
    assert Path("got").read_bytes() == CONTENT


# -- Looks -----------------------------------------------------------------------------------------


def test_help_is_grouped_by_use_and_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["--help"])
    out = capsys.readouterr().out
    assert leaving.value.code == 0
    assert out.count("\n") <= 85 and max(map(len, out.splitlines())) <= 80
    titles = ["the transfer:", "several transfers:", "output and files:", "the network:"]
    titles += ["examples:", "other commands"]
    assert sorted(titles, key=out.index) == titles


def test_each_command_is_listed_by_its_use() -> None:
    listed = [name for names in USES.values() for name in names]
    assert sorted(listed) == sorted(set(listed)) and set(COMMANDS) <= set(listed)
    told = transfer_parser(available()).format_help()
    assert all(f"    {name} " in told for name in available())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"tftp-fsm {tftp_fsm.__version__}\n"


def test_only_commands_that_are_there_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "nothing", ("tftp_fsm.cli.no_such_module", "nothing"))
    monkeypatch.setitem(COMMANDS, "again", ("tftp_fsm.cli.transfer", "move a file"))
    assert "again" in available() and "nothing" not in available()


def test_sizes_in_words() -> None:
    words = [size_words(octets) for octets in (0, 999, 1000, 1_500_000, 2e9)]
    assert words == ["0 octets", "999 octets", "1.0 kB", "1.5 MB", "2.0 GB"]


def test_a_bar_is_drawn_on_a_terminal_alone(
    tftpd_hpa: Server, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = tftpd_hpa.holds("file", CONTENT)
    pty = pytest.importorskip("pty")
    monkeypatch.setattr("tftp_fsm.cli.progress.APPEARS_AFTER", 0.0)
    monkeypatch.setattr("tftp_fsm.cli.progress.REFRESH", 1e9)
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen, open(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        assert main([tftpd_hpa.host, "-p", port, "get", remote, "got"]) == 0
        terminal.close()
        drawn = b""
        with suppress(OSError):  # a closed terminal ends with an error, once all is read
            while octets := screen.read(4096):
                drawn += octets
    assert b"5.1/5.1 kB" in drawn


@pytest.mark.parametrize(
    "words, says",
    [
        (("get", "tftp://127.0.0.1/"), "has no file name: write tftp://127.0.0.1/name"),
        (("get", "tftp://127.0.0.1/", "local"), "has no file name: write tftp://127.0.0.1/name"),
        (("get", "tftp://127.0.0.1/dir/"), "name the local file too"),
        (("127.0.0.1", "get", "dir/"), "name the local file too"),
        (("127.0.0.1", "get", "."), "name the local file too"),
        (("127.0.0.1", "get", ".."), "name the local file too"),
        (("put", "/etc/", "tftp://127.0.0.1/"), "is a directory: name a file in it"),
        (("put", "-", "tftp://127.0.0.1/"), "give a remote name, put - REMOTE"),
        (("put", "tftp://127.0.0.1/"), "put LOCAL URL"),
    ],
)
def test_a_command_that_names_no_file_is_wrong(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in fails(capsys, 2, *words)


def test_a_signal_while_the_client_stays_says_that_the_file_is_complete() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)
        where = ["127.0.0.1", "-p", str(server.getsockname()[1])]
        command = [*PROGRAM, *where, "get", "file", "--no-options", "--dally", "600"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
            client = server.recvfrom(600)[1]
            server.sendto(build(Data(1, b"whole")), client)
            assert parse(server.recv(600)) == Ack(1)
            assert process.stdout is not None
            assert process.stdout.readline().startswith("got file ")
            process.send_signal(signal.SIGTERM)
            assert process.stderr is not None
            said = process.stderr.read()
    assert process.returncode == 0
    assert said == "tftp-fsm: ended by SIGTERM, and the file is complete\n"
    assert Path("file").read_bytes() == b"whole"

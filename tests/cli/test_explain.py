"""`tftp-fsm explain`: what it prints, and its exit status."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import captures
from tests.support.english import english
from tests.support.frames import enhanced, interface, section
from tests.support.overheard import asks, script, to_client, to_server
from tests.support.peers import Server
from tests.support.refused import Refused
from tftp_fsm.__main__ import main
from tftp_fsm.borders.columns import columns
from tftp_fsm.capture.reading import Capture
from tftp_fsm.cli import captures as cli_captures
from tftp_fsm.cli.captures import GRACE, Waiting
from tftp_fsm.wire.packets import Ack, Data, Rrq

GOOD = captures.CAPTURE.read_bytes()
UNANSWERED = script(asks(0.0, Rrq(b"a")), asks(1.0, Rrq(b"a")))
PORT = 7000
RAW = b"no capture at all"


def put(folder: Path, octets: bytes, name: str = "c.pcap") -> str:
    path = folder / name
    path.write_bytes(octets)
    return str(path)


def test_a_clean_capture_has_status_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", put(tmp_path, GOOD)]) == 0
    said = capsys.readouterr()
    assert "complete: the receiver has acknowledged the last block" in said.out and not said.err


def test_a_departure_has_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", put(tmp_path, UNANSWERED)]) == 1
    assert "! packet 2: The request got no answer." in capsys.readouterr().out


def test_a_file_that_cannot_be_written_has_status_2_after_the_whole_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    assert main(["explain", put(tmp_path, GOOD), "--extract", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert "complete: the receiver has acknowledged the last block" in said.out
    assert said.err.count("\n") == 1 and "No space left on device" in said.err
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    "octets, why",
    [
        (b"", "the capture is empty"),
        (b"GIF89a----", "this is not a capture"),
        (GOOD[:24] + b"\0" * 8 + b"\xff" * 8, "the capture is damaged"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0nonsense", "gzip"),
    ],
)
def test_what_is_no_capture_has_status_2_and_one_line(
    octets: bytes, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path, octets)
    assert main(["explain", path]) == 2
    said = capsys.readouterr().err
    assert why in said and said.startswith(f"tftp-fsm: {path}: ") and said.count("\n") == 1


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_trace_is_told_with_the_commands_that_open_it(
    pack: Callable[[bytes], bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "t.jsonl"
    assert main(["simulate", "get", "--size", "9", "--trace", str(trace)]) == 0
    path = put(tmp_path, pack(trace.read_bytes()))
    capsys.readouterr()
    assert main(["explain", path]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"tftp-fsm: {path}: this is not a capture") and said.count("\n") == 1
    assert "but a trace" in said
    assert "tftp-fsm ladder or tftp-fsm debug" in said
    assert ("unpack it" in said) == (pack is gzip.compress)
    assert main(["--lang", "ko", "explain", path]) == 2
    assert "tftp-fsm ladder나 tftp-fsm debug로" in capsys.readouterr().err


def test_a_file_that_is_not_there_has_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "/nowhere/c.pcap"]) == 2
    assert capsys.readouterr().err == (
        "tftp-fsm: cannot read /nowhere/c.pcap: No such file or directory\n"
    )


def test_a_directory_is_no_capture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(tmp_path)]) == 2
    assert "Is a directory" in capsys.readouterr().err


def test_what_came_before_the_damage_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", put(tmp_path, GOOD + b"\0" * 8 + b"\xff" * 8)]) == 2
    assert "complete: " in capsys.readouterr().out


PCAPNG = (
    section()
    + interface(101)
    + b"".join(
        enhanced(0, n, frame.octets) for n, frame in enumerate(Capture(io.BytesIO(GOOD)).packets())
    )
)
CUT = {
    "pcap": (GOOD[:-3], 15),
    "pcapng": (PCAPNG[:-3], 15),
    "pcap in gzip": (gzip.compress(GOOD)[:-1], 16),
    "pcapng in gzip": (gzip.compress(PCAPNG)[:-8], 16),
}


@pytest.mark.parametrize("name", CUT)
def test_a_file_that_is_cut_says_so_and_gives_what_it_has(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cut is no damage, so the status depends on the findings."""
    octets, packets = CUT[name]
    path = put(tmp_path, octets)
    said = f"the file ends in the middle, after packet {packets}"
    assert main(["explain", path]) == 0
    text = capsys.readouterr()
    assert f"\ncapture: {said}\n" in text.out and not text.err
    assert "1. get file (octet), packet 1" in text.out
    assert main(["explain", path, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["remarks"], told["cut"], told["clean"]) == ([said], True, True)
    assert len(told["transfers"]) == 1
    assert main(["ladder", path]) == 0
    assert f": {said}\n" in capsys.readouterr().err


def test_a_cut_file_with_a_departure_has_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    octets = script(asks(0.0, Rrq(b"a")), asks(1.0, Rrq(b"a")), asks(2.0, Rrq(b"a")))
    assert main(["explain", put(tmp_path, octets[:-1]), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["cut"] and told["transfers"][0]["findings"][0]["kind"] == "no-answer"


def test_a_whole_file_is_not_cut_and_a_damaged_one_is_not_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for octets, status in ((GOOD, 0), (GOOD + b"\0" * 8 + b"\xff" * 8, 2)):
        assert main(["explain", put(tmp_path, octets), "--json"]) == status
        told = json.loads(capsys.readouterr().out)
        assert not told["cut"] and told["clean"] is (status == 0)
        assert len(told["transfers"]) == 1 and bool(told["remarks"]) is (status == 2)


def test_a_pipe_that_is_cut_says_so_in_a_line_of_its_own() -> None:
    command = [sys.executable, "-m", "tftp_fsm", "explain", "--follow", "--json", "-"]
    done = subprocess.run(command, input=GOOD[:-3], capture_output=True, timeout=60, check=True)
    transfer, last = map(json.loads, done.stdout.splitlines())
    assert transfer["transfer"]["number"] == 1
    assert last == {
        "capture": "-",
        "clean": True,
        "cut": True,
        "remarks": ["the file ends in the middle, after packet 15"],
    }


def test_help_and_documentation_say_the_same_of_a_cut_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["explain", "--help"])
    help_text = " ".join(capsys.readouterr().out.split())
    assert "If a capture ends in the middle of a packet, the packets before it are" in help_text
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text()
    assert "A capture may be cut in the middle of a packet" in page


def test_several_captures_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = put(tmp_path, GOOD, "1.pcap"), put(tmp_path, gzip.compress(UNANSWERED), "2.pcap.gz")
    assert main(["explain", one, two]) == 1
    said = capsys.readouterr().out
    assert said.index(f"{one}:") < said.index("complete") < said.index(f"{two}:")


def test_a_capture_without_tftp_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", put(tmp_path, script())]) == 0
    assert capsys.readouterr().out == "no TFTP transfer was found\n"


def test_json_has_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path, UNANSWERED)
    assert main(["explain", "--json", path]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["capture"], told["clean"], told["remarks"]) == (path, False, [])
    (transfer,) = told["transfers"]
    assert (transfer["verb"], transfer["outcome"], transfer["mode"]) == (
        "get",
        "unanswered",
        "octet",
    )
    (finding, note) = transfer["findings"]
    assert (finding["kind"], finding["severity"], finding["packet"]) == ("no-answer", "trouble", 2)
    assert finding["rfc"] == "RFC 1350 section 4" and "firewall" in finding["usual_cause"]
    assert note["severity"] == "note"


def test_a_capture_is_read_from_stdin() -> None:
    command = [sys.executable, "-m", "tftp_fsm", "explain", "-"]
    done = subprocess.run(command, input=GOOD, capture_output=True, timeout=60, check=True)
    assert b"1. get file (octet), packet 1" in done.stdout


def test_a_port_of_requests_can_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A request with an unknown mode counts only at a port of requests."""
    other = ("server", PORT)
    lines = ((0.0, ("client", 1024), other, Rrq(b"a", "text")),)
    path = put(tmp_path, script(*lines))
    assert main(["explain", path]) == 0
    assert main(["explain", path, "-p", str(PORT)]) == 1


def test_names_of_a_peer_act_on_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = b"\x1b[2J\x07\n'\"\xff"
    lines = asks(0.0, Rrq(name)), to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))
    main(["explain", put(tmp_path, script(*lines))])
    said = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in said)


# -- What is written ------------------------------------------------------------------------------


def test_every_output_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = put(tmp_path, GOOD), tmp_path / "out"
    out.mkdir()
    words = ["--pcap", f"{out}/c.pcapng", "--ladder", f"{out}/l.svg", "--html", f"{out}/p.html"]
    assert main(["explain", path, *words, "--extract", f"{out}/files"]) == 0
    assert (out / "files" / "file").read_bytes() == captures.CONTENT
    assert (out / "c.pcapng").read_bytes()[:4] == b"\n\r\r\n"
    assert (out / "l.svg").read_text().startswith("<svg")
    page = (out / "p.html").read_text()
    assert "<p>complete: the receiver has acknowledged" in page and "\\x0a" not in page
    assert capsys.readouterr().err.count("\n") == 4


@pytest.mark.parametrize("option", ["pcap", "html"])
def test_a_file_that_was_extracted_is_not_written_over(option: str, tmp_path: Path) -> None:
    path, out = put(tmp_path, GOOD), tmp_path / "out"
    words = ["--extract", f"{out}", f"--{option}", f"{out}/file"]
    assert main(["explain", path, *words]) == 0
    assert (out / "file-2").read_bytes() == captures.CONTENT
    assert (out / "file").read_bytes() != captures.CONTENT


def test_a_copy_of_a_pipe_is_written_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tftp_fsm", "explain", "-", "--pcap", f"{tmp_path}/c.pcapng"]
    subprocess.run(command, input=GOOD, capture_output=True, timeout=60, check=True)
    assert (tmp_path / "c.pcapng").stat().st_size > len(GOOD)


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_copy_on_stdout_is_alone_there(words: list[str], tmp_path: Path) -> None:
    path, out = put(tmp_path, GOOD), tmp_path / "copy.pcapng"
    command = [sys.executable, "-m", "tftp_fsm", "explain", path, *words]
    plain = subprocess.run(command, capture_output=True, timeout=60, check=True)
    done = subprocess.run([*command, "--pcap", "-"], capture_output=True, timeout=60, check=True)
    assert main(["explain", path, "--pcap", str(out)]) == 0
    assert done.stdout == out.read_bytes() and done.stderr == plain.stdout


def test_a_copy_of_a_damaged_capture_has_what_could_be_read(tmp_path: Path) -> None:
    path = put(tmp_path, GOOD + b"\0" * 8 + b"\xff" * 8)
    assert main(["explain", path, "--pcap", f"{tmp_path}/c.pcapng"]) == 2
    assert main(["explain", f"{tmp_path}/c.pcapng"]) == 0


@pytest.mark.parametrize("option", ["ladder", "html"])
def test_what_cannot_be_read_is_the_one_line_also_if_something_was_to_be_drawn(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", put(tmp_path, RAW), f"--{option}", f"{tmp_path}/x.svg"]) == 2
    said = capsys.readouterr().err
    assert "this is not a capture" in said and said.count("\n") == 1


def test_a_damaged_capture_without_the_transfer_that_was_asked_for_says_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path, GOOD + b"\0" * 8 + b"\xff" * 8)
    words = "--transfer", "5", "--ladder", f"{tmp_path}/x.svg"
    assert main(["explain", path, *words]) == 2
    said = capsys.readouterr().err
    assert "the capture is damaged" in said and "none with the number 5" in said


def test_a_copy_of_a_damaged_capture_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path, GOOD + b"\0" * 8 + b"\xff" * 8)
    assert main(["explain", path, "--pcap", f"{tmp_path}/none/c.pcapng"]) == 2
    said = capsys.readouterr().err
    assert "the capture is damaged" in said and "cannot write" in said


@pytest.mark.parametrize(
    "words, why",
    [
        ("c c --pcap x", "--pcap writes one file: name one capture"),
        ("c --ladder x.gif", "must end with one of .svg, .png, .mmd, .txt"),
        ("c --html -", "--html needs the name of a file"),
        ("c --ladder -", "must end with one of .svg"),
        ("- --follow --html x", "--follow cannot be used with --html"),
        ("c --transfer 2", "--transfer is for --ladder and --html"),
        ("- -", "stdin can be read only once"),
        ("c --transfer 0 --html x", "is not a whole number"),
    ],
)
def test_options_that_do_not_go_together(words: str, why: str, refused: Refused) -> None:
    assert why in refused("explain", *words.split())


def test_a_transfer_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--transfer", "5", "--html", f"{tmp_path}/p.html"]
    assert main(["explain", put(tmp_path, GOOD), *words]) == 2
    assert "the capture has 1 transfer, and none with the number 5" in capsys.readouterr().err


def test_a_live_pipe_is_reported_before_it_ends() -> None:
    """The report comes while the pipe is still open, and the process ends when it is closed."""
    command = [sys.executable, "-m", "tftp_fsm", "explain", "--follow", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=None) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(GOOD)
        process.stdin.flush()
        first = process.stdout.readline()
        process.stdin.close()
        rest = process.stdout.read()
        assert process.wait(60) == 0
    assert first == b"1. get file (octet), packet 1\n" and b"complete: " in rest


def test_a_live_pipe_gives_a_line_of_json_for_each_transfer() -> None:
    command = [sys.executable, "-m", "tftp_fsm", "explain", "--follow", "--json", "-"]
    done = subprocess.run(command, input=GOOD, capture_output=True, timeout=60, check=True)
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["transfer"]["outcome"] == "complete"


@pytest.mark.parametrize(
    ("ends", "status", "line"),
    [
        (signal.SIGINT, 130, b"tftp-fsm: interrupted\n"),
        (signal.SIGTERM, 143, b"tftp-fsm: ended by SIGTERM\n"),
    ],
)
def test_a_signal_ends_the_reading_of_a_live_pipe_and_not_the_report(
    ends: signal.Signals, status: int, line: bytes
) -> None:
    """The writer of the pipe goes on, like a process without a terminal."""
    over = asks(0.0, Rrq(b"a")), to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))
    open_one = (0.3, ("client", 1025), ("server", 69), Rrq(b"b"))
    command = [sys.executable, "-m", "tftp_fsm", "explain", "--follow", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(script(*over, open_one))
        process.stdin.flush()
        first = process.stdout.readline()  # so it reads
        process.send_signal(ends)
        rest, said = process.stdout.read(), process.stderr.read() if process.stderr else b""
        assert process.wait(60) == status
    assert first.startswith(b"1. get a ") and b"complete: " in rest
    assert b"\n2. get b " in rest and b"the capture ends soon after the request" in rest
    assert said == line


def test_what_comes_in_the_moment_after_ctrl_c_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer of the pipe was interrupted, too, and writes the packets that it has."""
    now = [0.0]
    monkeypatch.setattr(cli_captures, "monotonic", lambda: now[0])
    reads, writes = os.pipe()
    os.write(writes, b"the rest of a writer that never ends")
    with open(reads, "rb", buffering=0) as stream:
        pipe = Waiting(stream, lambda: None, 1.0)
        assert pipe.read(3) == b"the" and pipe.ended_by is None
        pipe.end(ended := KeyboardInterrupt())
        now[0] = GRACE / 2
        assert pipe.read(5) == b" rest" and pipe.ended_by is ended
        now[0] = GRACE
        assert pipe.read(5) == b""
    os.close(writes)


def test_a_pipe_is_idle_also_while_other_traffic_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packets that are not TFTP delay no report."""
    now, idle = [0.0], [0]
    monkeypatch.setattr(cli_captures, "monotonic", lambda: now[0])

    def count() -> None:
        idle[0] += 1

    reads, writes = os.pipe()
    os.write(writes, b"frames of others")
    with open(reads, "rb", buffering=0) as stream:
        pipe = Waiting(stream, count, 1.0)
        for at, is_heard, times in (
            (0.9, False, 0),
            (1.0, True, 1),
            (1.9, True, 1),
            (2.9, False, 2),
        ):
            now[0] = at
            assert len(pipe.read(2)) == 2 and idle[0] == times, at
            if is_heard:
                pipe.heard()
    os.close(writes)


# -- Real peers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("words", [[], ["--loss", "0.1", "--seed", "4", "--timeout", "0.05"]])
def test_a_transfer_with_a_real_server_breaks_no_rule(
    verb: str, words: list[str], tftpd_hpa: Server, tmp_path: Path
) -> None:
    content, out = bytes(range(256)) * 40, tmp_path / "out"
    (tmp_path / "file").write_bytes(content)
    host = f"tftp://{tftpd_hpa.host}:{tftpd_hpa.port}"
    task = [f"{host}/{tftpd_hpa.holds('real', content)}", f"{tmp_path}/got"]
    if verb == "put":
        task = [f"{tmp_path}/file", f"{host}/{tftpd_hpa.remote('up')}"]
    options = [*words, "--no-options", "-q", "--pcap", f"{tmp_path}/c.pcapng"]
    assert main([verb, *task, *options]) == 0
    assert main(["explain", f"{tmp_path}/c.pcapng", "--extract", str(out)]) == 0
    (found,) = out.iterdir()
    assert found.read_bytes() == content


# -- One door for traces and captures -------------------------------------------------------------


def test_a_ladder_of_a_capture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ladder", put(tmp_path, GOOD)]) == 0
    assert "DATA 10 (0 octets)" in capsys.readouterr().out


def test_a_diagram_of_a_capture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "read-client", "--trace", put(tmp_path, GOOD)]) == 0
    assert "1 * opened / send_request" in capsys.readouterr().out


def test_a_capture_is_stepped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "script").write_text("continue\n")
    path = put(tmp_path, gzip.compress(GOOD), "c.pcap.gz")
    assert main(["debug", path, "--script", f"{tmp_path}/script"]) == 0
    assert "the end: client succeeded, server succeeded" in capsys.readouterr().out


def test_a_capture_without_a_transfer_is_no_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path, script())
    assert main(["ladder", path]) == 1
    assert capsys.readouterr().err == (
        f"tftp-fsm: {path}: no TFTP transfer was found in the capture\n"
    )


@pytest.mark.parametrize("octets", [GOOD, UNANSWERED, GOOD[:-3], b"", RAW, GOOD[:24]])
def test_json_and_the_status_are_the_same_in_korean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], octets: bytes
) -> None:
    path = put(tmp_path, octets)
    statuses = [
        main(["explain", path, "--json"]),
        main(["--lang", "ko", "explain", path, "--json"]),
    ]
    assert statuses[0] == statuses[1]
    told = capsys.readouterr().out
    assert told[: len(told) // 2] == told[len(told) // 2 :]


def test_the_annotated_copy_is_the_same_in_korean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, ours = put(tmp_path, UNANSWERED), tmp_path / "en.pcapng"
    theirs = tmp_path / "ko.pcapng"
    assert main(["explain", path, "--pcap", str(ours)]) == 1
    assert main(["--lang", "ko", "explain", path, "--pcap", str(theirs)]) == 1
    assert ours.read_bytes() == theirs.read_bytes()
    assert b"The request got no answer." in theirs.read_bytes()
    assert f"{theirs}에 썼습니다" in capsys.readouterr().err


KOREAN = {
    "a clean one": (GOOD, [], 0),
    "no answer": (UNANSWERED, [], 1),
    "one that is cut": (GOOD[:-3], [], 0),
    "an empty file": (b"", [], 2),
    "no capture": (RAW, [], 2),
    "no packets": (GOOD[:24], [], 0),
    "no such transfer": (GOOD, ["--transfer", "9", "--html", "page.html"], 2),
    "a file": (GOOD, ["--extract", "files"], 0),
    "a ladder": (GOOD, ["--ladder", "out.txt"], 0),
    "a wrong ladder": (GOOD, ["--ladder", "out.doc"], 2),
    "a number without a picture": (GOOD, ["--transfer", "1"], 2),
    "help": (GOOD, ["--help"], 0),
}


@pytest.mark.parametrize("case", KOREAN)
def test_no_english_sentence_in_korean(
    case: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    octets, options, status = KOREAN[case]
    try:
        left = main(["--lang", "ko", "explain", put(tmp_path, octets), *options])
    except SystemExit as ended:
        left = int(str(ended.code))
    said = capsys.readouterr()
    assert left == status, said
    assert english(said.out + said.err) == []
    assert all(columns(line) <= 80 for line in said.out.splitlines() if case == "help")


THREE = script(
    *(asks(0, Rrq(b"good")), to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))),
    *((5.0 + n, ("client", 1025), ("server", 69), Rrq(b"bad")) for n in range(2)),
    *((20.0 + n, ("client", 1026), ("server", 69), Rrq(b"worse")) for n in range(2)),
)


def test_the_last_line_of_several_transfers_says_which_have_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", put(tmp_path, THREE)]) == 1
    out = capsys.readouterr().out
    assert out.endswith("\n3 transfers, 2 with findings: 2, 3\n") and "1. get good" in out
    assert main(["explain", put(tmp_path, GOOD)]) == 0
    assert "with findings" not in capsys.readouterr().out


def test_clean_transfers_can_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, good = put(tmp_path, THREE), put(tmp_path, GOOD, "good.pcap")
    assert main(["explain", path, "--hide-clean"]) == 1
    out = capsys.readouterr().out
    assert "2. get bad" in out and "get good" not in out and out.endswith(": 2, 3\n")
    assert main(["explain", path, "--hide-clean", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["number"] for each in told["transfers"]] == [2, 3] and told["count"] == 3
    assert main(["explain", good, path, "--hide-clean"]) == 1
    assert capsys.readouterr().out.startswith(f"{good}:\n1 transfer, clean\n{path}:\n2. get bad")
    assert main(["explain", good, "--hide-clean", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["transfers"], told["count"], told["clean"]) == ([], 1, True)


def test_ladder_diagram_and_debug_take_a_transfer_of_a_capture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path, THREE)
    assert main(["ladder", path]) == 0
    said = capsys.readouterr()
    assert "transfer 2 of 3: get bad (--transfer N chooses another)" in said.err
    assert main(["ladder", path, "--transfer", "3"]) == 0
    said = capsys.readouterr()
    assert "worse" in said.out and not said.err
    assert main(["diagram", "--trace", path, "--transfer", "1"]) == 0
    page = tmp_path / "page.html"
    assert main(["debug", path, "--transfer", "3", "--html", str(page)]) == 0
    assert "worse" in page.read_text()
    capsys.readouterr()
    assert main(["ladder", path, "--transfer", "4"]) == 1
    assert "has 3 transfers, and none with the number 4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "wrong", "said"),
    [
        (("debug", "--transfer", "1"), 2, "--transfer needs a capture"),
        (("diagram", "--transfer", "1"), 2, "--transfer needs --trace and a capture"),
        (
            ("ladder", "TRACE", "--transfer", "1"),
            1,
            "--transfer needs a capture, and this file is not a capture",
        ),
    ],
)
def test_a_transfer_is_chosen_only_of_a_capture(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    wrong: int,
    said: str,
) -> None:
    trace = put(tmp_path, b"{}\n", "t.jsonl")
    try:
        status = main([trace if word == "TRACE" else word for word in words])
    except SystemExit as ended:
        status = int(ended.code or 0)
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (wrong, "", 1) and said in err


@pytest.mark.parametrize("command", ["ladder", "debug", "diagram"])
def test_help_says_that_captures_are_taken(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    told = capsys.readouterr().out
    assert "--transfer N" in told and "capture" in told

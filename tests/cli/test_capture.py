"""`--pcap`: for a transfer and for a server, into a file and into a pipe."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import require
from tests.support.peers import Server
from tests.support.refused import Refused
from tests.support.serve_process import serve_process
from tests.support.sharks import comments, exported, packets
from tftp_fsm.__main__ import main
from tftp_fsm.cli.capture import capture_file, capturing_server
from tftp_fsm.errors import LocalError
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.transports.carried import Carried

CONTENT = bytes(range(256)) * 20
PROGRAM = [sys.executable, "-m", "tftp_fsm"]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)


def get_words(server: Server, remote: str, *more: str) -> list[str]:
    return ["get", f"tftp://{server.host}:{server.port}/{remote}", *more]


def test_a_get_from_a_real_server_is_captured_whole(tftpd_hpa: Server, tmp_path: Path) -> None:
    remote = tftpd_hpa.holds("file", CONTENT)
    assert main(get_words(tftpd_hpa, remote, "got", "-q", "--pcap", "c.pcapng")) == 0
    (found,) = exported(Path("c.pcapng"), tmp_path / "out", tftpd_hpa.port).values()
    assert found == CONTENT == Path("got").read_bytes()


def test_a_put_over_a_bad_network_says_what_was_lost(tftpd_hpa: Server) -> None:
    Path("file").write_bytes(CONTENT)
    url = f"tftp://{tftpd_hpa.host}:{tftpd_hpa.port}/{tftpd_hpa.remote('new')}"
    words = ["--loss", "0.2", "--seed", "5", "--timeout", "0.05", "--no-options"]
    assert main(["put", "file", url, "-q", "--pcap", "c.pcapng", *words]) == 0
    said = comments(Path("c.pcapng"), tftpd_hpa.port)
    lost = [each for each in said if each[0].startswith("lost on purpose")]
    assert lost and all(len(each) > 1 for each in lost)
    assert any("retransmission 1 after timeout" in each[-1] for each in said)


def test_a_capture_on_stdout_leaves_only_packets_there(tftpd_hpa: Server) -> None:
    remote = tftpd_hpa.holds("file", CONTENT)
    words = get_words(tftpd_hpa, remote, "got", "--pcap", "-", "--json")
    done = subprocess.run([*PROGRAM, *words], capture_output=True, timeout=60, check=True)
    Path("c.pcapng").write_bytes(done.stdout)
    assert len(packets(Path("c.pcapng"), tftpd_hpa.port)) > 3
    assert b'"ok": true' in done.stderr


def test_a_program_at_the_other_end_of_the_pipe_reads_while_the_server_runs(
    tmp_path: Path,
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "f").write_bytes(b"octets")
    os.mkfifo("pipe")
    shark = subprocess.Popen(
        [require("tshark"), "-l", "-i", "pipe", "-T", "fields", "-e", "frame.comment"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert shark.stdout is not None
    try:
        with serve_process(root, "--pcap", os.path.abspath("pipe")) as server:
            url = f"tftp://127.0.0.1:{server.port}/f"
            assert main(["get", url, "got", "-q"]) == 0
            assert shark.stdout.readline().startswith("server hears request. idle: request_recei")
            assert "server sends" in shark.stdout.readline()
            assert server.stop() == 0
    finally:
        shark.kill()
        shark.communicate()


@pytest.mark.parametrize(
    "words, why",
    [
        ("get tftp://h/f - --pcap -", "the file and --pcap cannot both go to stdout"),
        ("get tftp://h/f there --pcap there", "--pcap would overwrite the file"),
        ("put f tftp://h/f --pcap ./f", "--pcap would overwrite the file"),
        ("get tftp://h/f there --pcap a --trace ./a", "would write the same file"),
        ("serve . --pcap a --workers 2", "leave out --workers"),
    ],
)
def test_a_capture_has_a_place_of_its_own(words: str, why: str, refused: Refused) -> None:
    assert why in refused(*words.split())


def test_a_capture_that_cannot_be_written_is_one_line(
    tftpd_hpa: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    remote = tftpd_hpa.holds("file", CONTENT)
    for path, why in (("no/c.pcapng", "No such file"), ("/dev/full", "No space left")):
        assert main(get_words(tftpd_hpa, remote, "got", "--pcap", path, "--keep-failures", "none"))
        err = capsys.readouterr().err
        assert err.startswith(f"tftp-fsm: cannot write {path}: {why}") and err.count("\n") == 1


def test_a_server_goes_on_without_its_capture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*values: object) -> None:
        raise LocalError("cannot write c.pcapng: No space left on device")

    octets = Carried(0.0, "sent", b"octets", ("127.0.0.1", 69), ("127.0.0.1", 1024))
    with capturing_server("c.pcapng", ServerConfig(tmp_path)) as config:
        monkeypatch.setattr("tftp_fsm.capture.pcapng.PcapngWriter.packet", fails)
        assert config.on_datagram is not None
        for _ in range(3):
            config.on_datagram(octets)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("No space left on device; the server goes on without a capture")


def test_a_command_that_fails_is_not_told_as_a_capture_that_fails() -> None:
    """An exception of the command is not the fault of the file."""
    with pytest.raises(LocalError, match="^of the transfer$"), capture_file("c.pcapng", "i"):
        raise LocalError("of the transfer")
    with pytest.raises(BrokenPipeError), capture_file("c.pcapng", "i"):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

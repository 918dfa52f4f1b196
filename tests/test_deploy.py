"""The files for systemd and for a container are right, and agree with the program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.namespaces import network
from tests.support.peers.parts import require
from tests.support.users import KEEP_ROOT
from tftp_fsm.cli.serve_config import parse, read_file
from tftp_fsm.cli.serve_options import command_parser
from tools import try_image
from tools.house import ROOT

SYSTEMD = ROOT / "deploy" / "systemd"
PROGRAM = "/usr/bin/tftp-fsm"
WAIT = 20.0  # seconds, at the most


def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=os.environ | more, capture_output=True, text=True, timeout=60.0, check=False
    )


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """Return the unit files, with the path of an existing program."""
    made = []
    for name in ("tftp-fsm.service", "tftp-fsm.socket"):
        text = (SYSTEMD / name).read_text()
        (tmp_path / name).write_text(text.replace(PROGRAM, sys.executable))
        made.append(str(tmp_path / name))
    return made


def test_systemd_takes_the_units(units: list[str]) -> None:
    done = run(require("systemd-analyze"), "verify", "--man=no", *units)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_says_that_little_is_exposed(units: list[str]) -> None:
    words = ("security", "--offline=yes", "--no-pager", "--threshold=20", units[0])
    done = run(require("systemd-analyze"), *words)
    assert done.returncode == 0, done.stdout


def test_systemd_makes_the_user(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    file = SYSTEMD / "tftp-fsm.sysusers.conf"
    done = run(require("systemd-sysusers"), f"--root={tmp_path}", str(file))
    assert done.returncode == 0, done.stderr
    user = next(line for line in (tmp_path / "etc/passwd").read_text().splitlines())
    assert user.startswith("tftp:") and ":/srv/tftp:" in user


def test_the_unit_names_the_user_and_options_that_there_are() -> None:
    unit = (SYSTEMD / "tftp-fsm.service").read_text()
    line = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    words = line.removeprefix("ExecStart=").split()
    assert words[:2] == [PROGRAM, "serve"]
    assert command_parser().parse_args(words[2:]).config == "/etc/tftp-fsm/serve.toml"
    assert "User=tftp\n" in unit and "Type=notify\n" in unit


def test_the_configuration_is_one_also_with_what_is_commented_out(tmp_path: Path) -> None:
    text = (SYSTEMD / "serve.toml").read_text()
    lines = [line.removeprefix("# ") if " = " in line else line for line in text.splitlines()]
    (tmp_path / "all.toml").write_text("\n".join(lines))
    for path in (SYSTEMD / "serve.toml", tmp_path / "all.toml"):
        assert read_file(str(path), command_parser())["root"] == "/srv/tftp"


def test_a_socket_of_systemd_brings_the_server_its_first_request(tmp_path: Path) -> None:
    activate = require("systemd-socket-activate")
    (tmp_path / "file").write_bytes(b"content")
    python, path = [sys.executable, "-m", "tftp_fsm"], {"PYTHONPATH": str(ROOT)}
    with network("host") as net:
        within = net.within("host")
        serve = [*python, "serve", str(tmp_path), *KEEP_ROOT]
        listen = [activate, "--datagram", "--listen=127.0.0.1:69", f"-EPYTHONPATH={ROOT}"]
        with subprocess.Popen(
            [*within, *listen, *serve], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as server:
            try:
                assert server.stderr is not None and server.stdout is not None
                assert "Listening on 127.0.0.1:69" in server.stderr.readline()
                done = run(*within, *python, "127.0.0.1", "get", "file", "-", **path)
                assert (done.returncode, done.stdout) == (0, "content"), done.stderr
                assert "listening on 127.0.0.1:69" in server.stdout.readline()
                server.terminate()
                assert server.wait(WAIT) == 0
            finally:
                server.kill()


# -- The container --------------------------------------------------------------------------------


def test_the_image_runs_without_rights_on_one_port() -> None:
    *_, last = try_image.parse(try_image.FILE.read_text())
    user, _, group = last.user.partition(":")
    assert int(user) > 0 and int(group) > 0
    assert last.entrypoint[1] == "serve"
    args = parse(command_parser(), [*last.entrypoint[2:], *last.command])
    assert args.single_port and args.port == try_image.PORT and not args.writable
    assert f"EXPOSE {try_image.PORT}/udp\n" in try_image.FILE.read_text()


def test_what_the_image_copies_is_there_and_is_enough_to_build() -> None:
    first, *_ = try_image.parse(try_image.FILE.read_text())
    copied = [word for kind, rest in first.steps if kind == "COPY" for word in rest.split()[:-1]]
    assert {"pyproject.toml", "README.md", "tftp_fsm"} <= {*copied}
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_continued_lines_comments_and_stages_are_read() -> None:
    text = (
        '# a\nFROM debian:x AS one\nRUN a \\\n  b\nFROM debian:y\nUSER 5:6\nENV A=b c\nCMD ["d"]\n'
    )
    one, two = try_image.parse(text)
    assert (one.base, one.name, one.steps[0][0]) == ("debian:x", "one", "RUN")
    assert one.steps[0][1].split() == ["a", "b"]
    assert (two.user, two.env, two.command) == ("5:6", {"A": "b c"}, ["d"])


def test_an_instruction_that_is_not_tried_is_refused() -> None:
    with pytest.raises(try_image.Failed, match="does not know VOLUME"):
        try_image.parse("FROM debian:x\nVOLUME /srv\n")

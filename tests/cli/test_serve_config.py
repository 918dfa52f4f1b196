"""The configuration file of `serve`: each option, and the command line that wins over it."""

from __future__ import annotations

from pathlib import Path

import pytest

import tftp_fsm
from tests.support.refused import Refused
from tests.support.serve_process import serve_process
from tftp_fsm.cli.serve_config import LARGEST, ConfigError, key_of, parse, read_file, settings
from tftp_fsm.cli.serve_options import command_parser

FULL = """
root = "/srv/tftp"
bind = ["127.0.0.1", "::1"]
port = 6969
port-range = "50000-50100"
offload = false
writable = true
max-size = 1_000_000
timeout = 0.5
workers = 2
log-format = "json"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tftp-fsm.toml"
    path.write_text(FULL)
    return path


def test_a_file_says_what_options_say(file: Path) -> None:
    read = read_file(str(file), command_parser())
    words = "/srv/tftp --bind 127.0.0.1 --bind ::1 --port 6969 --port-range 50000-50100"
    words += " --no-offload --writable --max-size 1000000 --timeout 0.5 --workers 2"
    typed = vars(parse(command_parser(), [*words.split(), "--log-format", "json"]))
    assert read == {name: typed[name] for name in read}
    assert vars(parse(command_parser(), ["--config", str(file)])) == typed | {"config": str(file)}


def test_without_a_file_the_defaults_hold() -> None:
    parser = command_parser()
    assert vars(parse(parser, ["root"])) == vars(command_parser().parse_args(["root"]))


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["other"], "root", "other"),
        (["--port", "0"], "port", 0),
        (["--bind", "::"], "bind", ["::"]),
        (["--no-writable"], "writable", False),
        (["--offload"], "offload", True),
        (["--writable", "--no-writable"], "writable", False),
        ([], "writable", True),
    ],
)
def test_what_is_typed_wins(file: Path, words: list[str], name: str, value: object) -> None:
    assert getattr(parse(command_parser(), ["--config", str(file), *words]), name) == value


def test_each_option_of_the_help_is_a_key() -> None:
    parser = command_parser()
    keys = [key_of(action) for action in settings(parser)]
    assert len(keys) == len(set(keys))
    long = {option for action in parser._actions for option in action.option_strings}
    left = {
        "--help",
        "--lang",
        "--config",
        "--print-config",
        "--no-print-config",
        "--try",
        "--from",
    }
    named = {name for key in keys for name in (f"--{key}", f"--no-{key}")}
    assert {option for option in long if option.startswith("--")} - left <= named
    assert "root" in keys and "offload" in keys


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max-session = 3", "line 1: there is no option max-session: did you mean max-sessions?"),
        (
            "\nmax_sessions = 3",
            "line 2: there is no option max_sessions: did you mean max-sessions?",
        ),
        ("no-offload = true", "did you mean offload?"),
        ("[files]\nwritable = true", "line 1: there is no option files: --print-config shows all"),
        ("zzz = 1", "--print-config shows all keys"),
        ("config = 'x'", "there is no option config"),
        ("port = 70000", "line 1: port: '70000' is not a whole number from 0 to 65535"),
        ("port = 6.5", "port: '6.5' is not a whole number"),
        ("port = true", "port: true is not a number, or text in quotes"),
        ("writable = 'yes'", "writable: 'yes' is not true or false"),
        ("writable = 1", "writable: '1' is not true or false"),
        ("root = 3", "root: '3' is not text in quotes"),
        ("root = {a = 1}", "root: a table is not text in quotes"),
        ("bind = [['a']]", "bind: a list is not text in quotes"),
        ("log-format = 'xml'", "log-format: 'xml' is not one of text, json"),
        ("port-range = '9-1'", "port-range: '9-1' is not a range of ports"),
        ("port 69", " is not valid TOML: "),
        ("port = 1\nport = 2", " is not valid TOML: "),
        ("a = " + "[" * 5000, " is not valid TOML: "),
        ('"\\u001b[2J" = 1', "there is no option \\x1b[2J"),
        ("max-sessions = " + "9" * 5000, " is not valid TOML: "),
        ("max-sessions = 0x" + "f" * 9000, "max-sessions: Exceeds the limit"),
        ("timeout = nan", "timeout: 'nan' is not a number of seconds"),
    ],
)
def test_a_mistake_is_one_line_that_says_where(
    text: str, said: str, tmp_path: Path, refused: Refused
) -> None:
    path = tmp_path / "conf.toml"
    path.write_text(text)
    line = refused("serve", "--config", str(path))
    assert line.startswith("tftp-fsm: ")
    assert "conf.toml" in line and said in line
    assert "\x1b" not in line


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (None, "cannot read .*No such file"),
        (b"root = '\xff'", "octet 8 is not UTF-8"),
        (b"#" * (LARGEST + 1), "larger than 1048576 octets"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(octets: bytes | None, said: str, file: Path) -> None:
    file.unlink() if octets is None else file.write_bytes(octets)
    with pytest.raises(ConfigError, match=said):
        read_file(str(file), command_parser())


def test_what_the_settings_mean_together_is_checked_too(file: Path, refused: Refused) -> None:
    file.write_text("overwrite = true")
    assert "--overwrite has no effect unless --writable is given too" in refused(
        "serve", ".", "--config", str(file)
    )


def test_a_server_without_a_directory_says_where_to_name_it(
    refused: Refused,
) -> None:
    assert "ROOT is missing" in refused("serve")


def test_a_server_runs_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "file").write_bytes(b"content")
    path = tmp_path / "conf.toml"
    path.write_text(f"root = '{tmp_path / 'served'}'\nbind = '127.0.0.1'\nport = 0\n")
    with serve_process(tmp_path / "served", "--config", str(path)) as server:
        assert tftp_fsm.get("127.0.0.1", "file", port=server.port).data == b"content"
        assert server.stop() == 0

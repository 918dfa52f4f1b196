"""Command lines of users who know another client, and the hints that they get."""

from __future__ import annotations

import io
import shlex

import pytest

from tftp_fsm.__main__ import COMMANDS, main
from tftp_fsm.cli.arguments import transfer_parser
from tftp_fsm.cli.habits import meant

# What a user types after the name of another client, and the words for this command.
TFTP_HPA = {
    "192.0.2.1 6969": "192.0.2.1 -p 6969",
    "192.0.2.1 -c get f": "192.0.2.1 get f",
    "192.0.2.1 6969 -c get f g": "192.0.2.1 -p 6969 get f g",
    "-m binary 192.0.2.1 -c put f": "192.0.2.1 --mode octet put f",
    "-m ascii 192.0.2.1": "192.0.2.1 --mode netascii",
    "-4 -v -l 192.0.2.1 -c get a:b": "192.0.2.1 -4 -v get a:b",
    "192.0.2.1 -l -c get f": "192.0.2.1 get f",
    "-R 50000:50100 192.0.2.1 -c get f": "192.0.2.1 --port-range 50000-50100 get f",
    "-i 192.0.2.1 GET f": "192.0.2.1 --mode=octet get f",
}
BUSYBOX_AND_ATFTP = {
    "-g -r f 192.0.2.1": "192.0.2.1 get f",
    "-g -l here -r f 192.0.2.1 6969": "192.0.2.1 -p 6969 get f here",
    "-p -l here -r f 192.0.2.1": "192.0.2.1 put here f",
    "-b 1428 -g -r f 192.0.2.1": "192.0.2.1 --blksize 1428 get f",
    "--get --remote-file f --local-file g 192.0.2.1 69": "192.0.2.1 -p 69 get f g",
    "--put --option 'blksize 1428' -l f 192.0.2.1": "192.0.2.1 --blksize 1428 put f",
}
CURL = {
    "tftp://192.0.2.1/f": "get tftp://192.0.2.1/f",
    "-O tftp://192.0.2.1:6969/f": "get tftp://192.0.2.1:6969/f",
    "-o here tftp://192.0.2.1/f": "get tftp://192.0.2.1/f here",
    "--output=here tftp://192.0.2.1/f": "get tftp://192.0.2.1/f here",
    "-s --tftp-blksize 1428 tftp://192.0.2.1/f": "get tftp://192.0.2.1/f -q --blksize 1428",
    "-T 'a b' tftp://192.0.2.1/": "put 'a b' tftp://192.0.2.1/",
}


@pytest.mark.parametrize("typed, written", [*(TFTP_HPA | BUSYBOX_AND_ATFTP | CURL).items()])
def test_the_right_form_of_a_habit(typed: str, written: str) -> None:
    assert meant(shlex.split(typed), transfer_parser({})) == f"tftp-fsm {written}"


@pytest.mark.parametrize("written", (TFTP_HPA | BUSYBOX_AND_ATFTP | CURL).values())
def test_what_is_told_is_a_command_line_of_ours(written: str) -> None:
    transfer_parser({}).parse_intermixed_args(shlex.split(written))


@pytest.mark.parametrize(
    "typed",
    [
        *("", "-c", "get", "get f", "192.0.2.1", "192.0.2.1 6969 ls", "--what 192.0.2.1 -c get f"),
        *("-m", "192.0.2.1 -p abc get f", "-p abc 192.0.2.1 put f", "192.0.2.1 get f -p x"),
        *("192.0.2.1 get a b --into nowhere", "--blksize=4 192.0.2.1 get f"),
    ],
)
def test_without_a_clear_meaning_there_is_no_hint(typed: str) -> None:
    assert meant(shlex.split(typed), transfer_parser({})) is None


def test_the_line_has_the_fault_and_the_right_form(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit, match="2"):
        main(["192.0.2.1", "6969"])
    fault = "the host '192.0.2.1' must be followed by get or put, not '6969'"
    assert capsys.readouterr().err == f"tftp-fsm: {fault}; write: tftp-fsm 192.0.2.1 -p 6969\n"
    with pytest.raises(SystemExit, match="2"):
        main(["192.0.2.1", "-c", "get", "f\x1b"])
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "write: tftp-fsm 192.0.2.1 get 'f\\x1b'" in said


@pytest.mark.parametrize(
    "typed, option",
    [("help", "--blksize"), ("help get", "--blksize"), ("help serve", "--writable")],
)
def test_help_and_a_command_show_the_help_of_that_command(
    typed: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(typed.split())
    assert option in capsys.readouterr().out


def test_a_host_may_be_called_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["help", "get", "f", "--no-options", "--blksize", "512"])
    assert "leave them out" in capsys.readouterr().err  # it is a transfer, and an option is wrong


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("h get f --jsno", "--jsno; did you mean '--json'? (see tftp-fsm --help)"),
        ("debug --plian", "--plian; did you mean '--plain'? (see tftp-fsm debug --help)"),
        ("explain c --ladr=3", "--ladr=3; did you mean '--ladder'? (see tftp-fsm explain --help)"),
        ("explain c --cosmic", "unrecognized arguments: --cosmic (see tftp-fsm explain --help)"),
    ],
)
def test_a_mistyped_option_is_asked_about(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed.split())
    assert ended.value.code == 2 and capsys.readouterr().err.endswith(f"{said}\n")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "probe 192.0.2.1 -p 6969 boot.img --dry-run",
            "the server at 192.0.2.1 port 6969, for ",
        ),
        (
            "probe --dry-run 192.0.2.1 -p 6969 boot.img",
            "the server at 192.0.2.1 port 6969, for ",
        ),
        ("explain no.pcap --json none.pcap", "cannot read none.pcap"),
        ("diagram read-client --detail states write-client", "WRITE_CLIENT"),
        ("explain -- -no.pcap", "cannot read -no.pcap"),
        ("explain --json -- -no.pcap", "cannot read -no.pcap"),
        ("explain no.pcap -- --help", "cannot read --help"),
        ("explain -- no.pcap --", "cannot read --"),
        ("probe --dry-run -- 192.0.2.1 -5", "read: -5."),
        ("probe 192.0.2.1 -p 6969 --dry-run -- --list", "read: --list."),
        ("probe --dry-run -- 192.0.2.1 \u2013p", "read: \u2013p."),
    ],
)
def test_an_option_may_stand_between_two_words(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(typed.split())
    captured = capsys.readouterr()
    assert said in captured.out + captured.err and "unrecognized" not in captured.err


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("colour", ["", "1"])
def test_help_names_the_whole_command_in_korean_too(
    name: str, colour: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", colour)
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help", "--lang", "ko"])
    assert f"tftp-fsm {name}" in capsys.readouterr().out.splitlines()[0]

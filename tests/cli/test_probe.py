"""`tftp-fsm probe` itself: its command line, its exit status, and its first lines."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.english import english
from tests.support.simulated_server import LINES, Files, Listener, World
from tftp_fsm.__main__ import main
from tftp_fsm.cli import probe as command
from tftp_fsm.cli.common import EndedBySignal
from tftp_fsm.language import shown, speaking, use
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import Opcode

Output = pytest.CaptureFixture[str]
OF_THE_PEER = ("no such file", "is not served: use octet or", "unknown transfer ID")
FILES = {"file": LINES, "nothing": b""}


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch) -> World:
    """Run a simulated server, which the command finds as 192.0.2.1."""
    world = World(Files(dict(FILES)))
    monkeypatch.setattr("tftp_fsm.transports.resolve.resolve", lambda *_: [("server", 69)])
    monkeypatch.setattr("tftp_fsm.transports.udp.UdpTransport", lambda *_, **__: world.open())
    return world


@pytest.mark.usefixtures("server")
def test_the_card_is_printed_and_what_is_sent_is_said_before(capsys: Output) -> None:
    assert main(["probe", "192.0.2.1", "file", "--empty", "nothing", "--write", "new"]) == 0
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert lines[0].startswith("tftp-fsm: Examining the server at server port 69, for at most ")
    assert lines[1].startswith("tftp-fsm: It gets at most ")
    files = "Files that are read: file, nothing. The file new is written: what it has now is lost."
    assert lines[2] == f"tftp-fsm: {files}"
    assert said.out.startswith("Report card of the TFTP server at server port 69\n")
    assert said.out.splitlines()[-1].endswith(" not examined")


@pytest.mark.usefixtures("server")
def test_json_and_markdown_are_printed_alone(capsys: Output) -> None:
    assert main(["probe", "192.0.2.1", "file", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["departures"] == [] and record["results"][0]["check"] == "read"
    assert record["ended"] == "finished"
    assert main(["probe", "192.0.2.1", "file", "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("# Report card of the TFTP server at ")


def test_departures_are_status_1(server: World, capsys: Output) -> None:
    from tftp_fsm.verify.mutants import sessions_of

    server.listener._answer = Files(dict(FILES), sessions_of("sorcerer"))
    assert main(["probe", "192.0.2.1", "file"]) == 1
    said = capsys.readouterr()
    departed = next(line.split()[1] for line in said.out.splitlines() if "DEPARTED" in line)
    assert said.err.endswith(f": --only {departed} --verbose --pcap why.pcapng\n")
    assert main(["probe", "192.0.2.1", "file", "--json"]) == 1
    assert "look closer" not in capsys.readouterr().err


def test_a_check_that_fails_on_our_side_is_status_3_and_the_card_has_the_others(
    server: World, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    from dataclasses import replace

    from tftp_fsm.examine.checks import Finding
    from tftp_fsm.examine.probing import plan
    from tftp_fsm.examine.probing.desk import Desk
    from tftp_fsm.verify.mutants import sessions_of

    def fails(desk: Desk) -> Finding:
        raise ZeroDivisionError("division by zero")

    server.listener._answer = Files(dict(FILES), sessions_of("sorcerer"))
    failing = tuple(
        replace(one, examine=fails) if one.check.name == "mode-case" else one for one in plan.EVERY
    )
    monkeypatch.setattr(plan, "EVERY", failing)
    assert main(["probe", "192.0.2.1", "file"]) == 3
    out = capsys.readouterr().out
    assert "\nbroken off    mode-case" in out and "ZeroDivisionError in test_probe.py" in out
    assert "DEPARTED      sorcerer" in out and ", 1 broken off" in out.splitlines()[-1]
    try:
        assert main(["--lang", "ko", "probe", "192.0.2.1", "file"]) == 3
        assert english(capsys.readouterr().out, (*OF_THE_PEER, "division by zero")) == []
    finally:
        use("en")


def stopped_at(check: str, by: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the program in the middle of this check."""
    from dataclasses import replace

    from tftp_fsm.examine.checks import Finding
    from tftp_fsm.examine.probing import plan
    from tftp_fsm.examine.probing.desk import Desk

    def stops(desk: Desk) -> Finding:
        if desk.wishes.write is not None:
            with desk.write(bytes(2000)) as talk:
                talk.run(0.5, until=lambda: talk.sent(Opcode.DATA, 1))
                raise by
        raise by

    stopping = tuple(
        replace(one, examine=stops) if one.check.name == check else one for one in plan.EVERY
    )
    monkeypatch.setattr(plan, "EVERY", stopping)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("by", "status", "why"),
    [
        (KeyboardInterrupt(), 130, "you stopped the examination"),
        (EndedBySignal(15), 143, "ended by SIGTERM"),
    ],
)
def test_who_stops_it_gets_the_card_of_what_was_examined(
    by: BaseException,
    status: int,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    stopped_at("missing-file", by, monkeypatch)
    try:
        found: object = main(["probe", "192.0.2.1", "file"])
    except SystemExit as ended:
        found = ended.code
    assert found == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Report card of the TFTP server at ")
    seen = {
        line.split()[1] if line.startswith("kept") else line.split()[2]: line
        for line in lines
        if line.startswith(("kept ", "not examined "))
    }
    assert seen["read"].startswith("kept") and seen["blksize"].startswith("kept")
    for name in ("missing-file", "netascii", "sorcerer", "port"):
        assert seen[name].endswith(why)
    with suppress(SystemExit):
        main(["probe", "192.0.2.1", "file", "--json"])
    assert json.loads(capsys.readouterr().out)["ended"] == "interrupted"


@pytest.mark.usefixtures("server")
def test_who_stops_it_is_told_what_is_on_the_server(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    words = ["probe", "192.0.2.1", "file", "--write", "scratch", "--only", "write-empty"]
    assert main(words) == 0
    told = "On the server, scratch now has 0 octets that this examination wrote."
    assert told in capsys.readouterr().out
    stopped_at("write-empty", KeyboardInterrupt(), monkeypatch)
    assert main(words) == 130
    assert "The writing of scratch was not finished" in capsys.readouterr().out


def test_a_server_that_stops_answering_is_status_3(server: World, capsys: Output) -> None:
    def two(listener: Listener, octets: bytes, client: Address) -> None:
        asked.append(octets)
        if len(asked) < 3:
            Files(dict(FILES))(listener, octets, client)

    asked: list[bytes] = []
    server.listener._answer = two
    assert main(["probe", "192.0.2.1", "file"]) == 3
    said = capsys.readouterr()
    assert "DEPARTED" not in said.out and "look closer" not in said.err
    assert "The server stopped answering at the check blksize. For " in said.out
    asked.clear()
    assert main(["probe", "192.0.2.1", "file", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["ended"] == "server-stopped"


def test_the_checks_are_listed_without_a_server(capsys: Output) -> None:
    assert main(["probe", "--list"]) == 0
    assert "\nsorcerer  " in capsys.readouterr().out
    assert main(["probe", "--list", "--json"]) == 0
    assert {"check", "rule", "rfc", "writes"} <= json.loads(capsys.readouterr().out)[0].keys()
    assert main(["probe", "--list", "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("| check | what is sent |")


@pytest.mark.parametrize(
    ("address", "others", "advice"),
    [
        (
            ("::1", 69, 0, 0),
            (("127.0.0.1", 69),),
            "; the name has the address 127.0.0.1, too: try -4",
        ),
        (("192.0.2.1", 69), (("::1", 69, 0, 0),), "; the name has the address ::1, too: try -6"),
        (
            ("192.0.2.1", 69),
            (("192.0.2.2", 69), ("::1", 69, 0, 0)),
            "; the name has the address ::1, too: try -6",
        ),
        (
            ("192.0.2.1", 69),
            (("192.0.2.2", 69),),
            "; the name has the address 192.0.2.2, too: give this one",
        ),
        (("192.0.2.1", 69), (), " port 69"),
    ],
)
@pytest.mark.usefixtures("server")
def test_another_address_of_the_name_is_advised_where_nobody_listens(
    address: Address,
    others: tuple[Address, ...],
    advice: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.setattr("tftp_fsm.transports.resolve.resolve", lambda *_: [address, *others])
    assert main(["probe", "localhost", "file", "--patience", "1"]) == 2
    assert capsys.readouterr().err.endswith(f"{advice}\n")


def test_a_dry_run_sends_nothing_and_names_each_check(server: World, capsys: Output) -> None:
    assert main(["probe", "192.0.2.1", "file", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[2] == "Files that are read: file. Nothing is written."
    assert "RFC 1123 section 4.2.3.1" in out
    assert server.network.now() == 0.0


@pytest.mark.usefixtures("server")
def test_each_step_is_shown_on_demand(capsys: Output) -> None:
    assert main(["probe", "192.0.2.1", "file", "-v"]) == 0
    err = capsys.readouterr().err
    assert "\n-- sorcerer\n" in err and " > RRQ file octet" in err


@pytest.mark.usefixtures("server")
def test_the_packets_are_written_with_reasons_and_with_what_was_done_to_them(
    tmp_path: Path, capsys: Output
) -> None:
    capture = tmp_path / "probe.pcapng"
    words = ["probe", "192.0.2.1", "file", "--only", "lost-final-ack", "--pcap", str(capture)]
    assert main(words) == 0
    comments = capture.read_bytes()
    assert b"lost on purpose: client sends ACK 3" in comments
    assert b"as if the final ACK was lost" in comments
    assert "lost-final-ack" in capsys.readouterr().out


@pytest.mark.usefixtures("server")
def test_a_packet_is_shown_as_it_was_sent_and_answered(tmp_path: Path, capsys: Output) -> None:
    capture = tmp_path / "probe.pcapng"
    words = ["probe", "192.0.2.1", "file", "--only", "error-ends", "-v", "--pcap", str(capture)]
    assert main(words) == 0
    err, comments = capsys.readouterr().err, capture.read_bytes().decode("utf-8", "replace")
    for said in (err, comments):
        assert "RRQ file octet tsize=0" in said
        assert "not asked for" not in said and "ERROR 8" not in said
    assert "~  fault on purpose: ERROR 0 this transfer ends here is sent instead of ACK 1\n" in err
    assert "~  fault on purpose: outgoing ACK 0 is lost\n" in err
    assert "on purpose, ERROR 0 this transfer ends here was sent in place of ACK 1" in comments
    assert "what was replaced: client sends ACK 1. requesting: data_received" in comments


@pytest.mark.usefixtures("server")
def test_one_check_is_made_with_those_that_it_needs(capsys: Output) -> None:
    assert main(["probe", "192.0.2.1", "file", "--only", "sorcerer,port", "--json"]) == 0
    names = [one["check"] for one in json.loads(capsys.readouterr().out)["results"]]
    assert names[0] == "read" and names[-2:] == ["sorcerer", "port"] and len(names) == 8


def test_a_name_with_several_addresses_is_examined_at_the_first(
    server: World, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    found = [("server", 69), ("192.0.2.7", 69)]
    monkeypatch.setattr("tftp_fsm.transports.resolve.resolve", lambda *_: found)
    assert main(["probe", "boot.example", "file", "--only", "read"]) == 0
    said = capsys.readouterr()
    assert "The name has 1 more address, which is not examined: 192.0.2.7." in said.err
    assert "  not examined    192.0.2.7\n" in said.out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["192.0.2.1", "none"], 2, "the server does not send 'none': ERROR 1 no such file"),
        (["192.0.2.1:0", "file"], 2, "'0' is not a whole number from 1 to 65535"),
        (["192.0.2.1:x", "file"], 2, "'x' is not a whole number from 1 to 65535"),
        ([":69", "file"], 2, "':69' names no host"),
        (["192.0.2.1:69", "file", "-p", "70"], 2, "the port is given twice"),
        (
            ["192.0.2.1", "x" * 401],
            2,
            "the file name of NAME has 401 octets: it must have 1 to 400",
        ),
        (["192.0.2.1", "x" * 400], 2, "the server does not send 'xxx"),
        (["192.0.2.1", ""], 2, "the file name of NAME has 0 octets: it must have 1 to 400"),
        (
            ["192.0.2.1", "file", "--write", ""],
            2,
            "the file name of --write has 0 octets: it must have 1 to 400",
        ),
        (
            ["192.0.2.1", "file", "--write", "file"],
            2,
            "--write would overwrite a file that the checks read",
        ),
        (
            ["192.0.2.1", "a/file", "--write", "/a//b/../file"],
            2,
            "--write would overwrite a file that the checks read",
        ),
        (["192.0.2.1", "file", "--empty", "none", "--write", "none"], 2, "name another"),
        (["192.0.2.1", "file", "--only", "write-empty"], 2, "write-empty needs --write NAME"),
        (["192.0.2.1", "file", "--patience", "0"], 2, "from 1 to 300"),
        (["192.0.2.1", "file", "--octets", "1"], 2, "from 65536"),
        (["192.0.2.1", "file", "--only", "sorcery"], 2, "there is no check 'sorcery'"),
        (["192.0.2.1", "file", "--pcap", "-"], 2, "--pcap needs a file"),
        (["192.0.2.1", "file", "--pcap", "missing/x"], 2, "cannot write missing/x"),
        (["192.0.2.1"], 2, "NAME"),
        (["tftp://h/a%20b"], 2, "takes no URL; write: tftp-fsm probe h:69 'a b'"),
        (["TFTP://[2001:db8::1]:70/"], 2, "write: tftp-fsm probe [2001:db8::1]:70 NAME"),
        (["tftp://"], 2, "is not a TFTP URL"),
        (["192.0.2.1", "file", "--json", "--markdown"], 2, "not allowed with"),
    ],
)
@pytest.mark.usefixtures("server")
def test_what_cannot_be_examined_is_one_line_and_status_2(
    words: list[str], status: int, said: str, capsys: Output
) -> None:
    try:
        found: object = main(["probe", *words])
    except SystemExit as ended:
        found = ended.code
    lines = capsys.readouterr().err.splitlines()
    assert found == status
    before = ("Examining the server", "It gets at most", "Files that are read")
    assert said in lines[-1]
    for line, begins in zip(lines[:-1], before, strict=len(lines) > 1):
        assert line.startswith(f"tftp-fsm: {begins}")


def test_a_host_that_is_not_found_is_status_2(capsys: Output) -> None:
    assert main(["probe", "no..such", "file"]) == 2
    assert "cannot find the host" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.1", "192.0.2.1", None),
        ("192.0.2.1:6969", "192.0.2.1", 6969),
        ("2001:db8::1", "2001:db8::1", None),
        ("[2001:db8::1]", "[2001:db8::1]", None),
        ("[2001:db8::1]:6969", "[2001:db8::1]", 6969),
        ("boot.example:69", "boot.example", 69),
    ],
)
def test_a_host_may_have_a_port(text: str, host: str, port: int | None) -> None:
    assert command.host_and_port(text) == (host, port)


def test_korean_changes_what_people_read_and_nothing_else(server: World, capsys: Output) -> None:
    from tftp_fsm.verify.mutants import sessions_of

    server.listener._answer = Files(dict(FILES), sessions_of("sorcerer"))
    words = ("192.0.2.1", "file", "--empty", "nothing", "--write", "new")
    try:
        assert main(["--lang", "ko", "probe", *words]) == 1
        said = capsys.readouterr()
        assert main(["--lang", "ko", "probe", "192.0.2.1", "file", "--dry-run"]) == 0
        plan = capsys.readouterr().out
        assert main(["--lang", "ko", "probe", "192.0.2.1", "none"]) == 2
        missing = capsys.readouterr().err
    finally:
        use("en")
    for text in (said.out, said.err, plan, missing):
        assert english(text, OF_THE_PEER) == [], text
    assert "어긋남 " in said.out and "RFC 1123 4.2.3.1절" in said.out
    checks = [line for line in plan.splitlines() if line.startswith("  ")]
    titles = [line[2:].split(maxsplit=1)[1] for line in checks]
    starts = [line.index(title) for line, title in zip(checks, titles, strict=True)]
    assert set(starts) == {24}


@pytest.mark.usefixtures("server")
def test_the_record_is_the_same_in_every_language(capsys: Output) -> None:
    words = ["probe", "192.0.2.1", "file", "--only", "sorcerer,netascii", "--json"]
    assert main(words) == 0
    english_one = json.loads(capsys.readouterr().out)
    try:
        assert main(["--lang", "ko", *words]) == 0
    finally:
        use("en")
    korean = json.loads(capsys.readouterr().out)
    assert korean["facts"].keys() == english_one["facts"].keys()
    for one, other in zip(korean["results"], english_one["results"], strict=True):
        assert {**one, "facts": 0, "seen": 0} == {**other, "facts": 0, "seen": 0}
        assert english(one["rule"]) == english(other["rule"])
    assert korean["title"] == english_one["title"]


def test_every_check_has_its_texts_in_korean() -> None:
    from tftp_fsm.examine.probing.plan import EVERY

    with speaking("ko"):
        for examination in EVERY:
            check = examination.check
            for text in (check.title, check.sends, check.rule, check.means):
                assert english(shown(text)) == [], text
                assert shown(text) != text or text.isupper() or text in ("ERROR 1",), text


@pytest.mark.usefixtures("server")
def test_the_checks_that_are_always_made_are_those_that_the_help_names(capsys: Output) -> None:
    assert main(["probe", "192.0.2.1", "file", "--only", "read", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    made = [line.split()[0] for line in lines if line.startswith("  ")]
    told = " ".join(command.command_parser().format_help().split())
    names = told.split("and six that other checks need: ")[1].split(" (")[0].split(", ")
    assert len(names) == 6 and set(names) == set(made)


@pytest.mark.usefixtures("server")
def test_an_empty_file_tells_nothing_of_tsize(capsys: Output) -> None:
    assert main(["probe", "192.0.2.1", "nothing", "--only", "tsize", "--json"]) == 0
    results = {each["check"]: each for each in json.loads(capsys.readouterr().out)["results"]}
    assert results["tsize"]["verdict"] == "not examined"
    assert results["tsize"]["seen"].startswith("the file is empty, and tsize may be left out")

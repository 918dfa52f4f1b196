"""The words of the prompt: as a script, as JSON lines, as a quiz, and from the command line."""

from __future__ import annotations

import io
import json
import re
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from tests.support.goldens import UPDATE
from tftp_fsm.__main__ import main
from tftp_fsm.cli import debug
from tftp_fsm.debugger.commands.all import COMMANDS, Debugger, opened
from tftp_fsm.debugger.commands.language import ALIASES
from tftp_fsm.debugger.prompt import Prompt
from tftp_fsm.debugger.scenarios import SCENARIOS

GOLDEN = Path(__file__).parent / "data"
CLASSIC = (GOLDEN / "lost-ack.script").read_text().splitlines()


def followed(scenario: str, *script: str, as_json: bool = False) -> tuple[str, bool]:
    out = io.StringIO()
    held = Prompt(opened(SCENARIOS[scenario]), out, as_json=as_json).follow(script)
    return out.getvalue(), held


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.script")))
def test_a_script_says_what_it_said(name: str) -> None:
    script = (GOLDEN / f"{name}.script").read_text().splitlines()
    out, held = followed(name, *script)
    written = GOLDEN / f"{name}.txt"
    if UPDATE:
        written.write_text(without_row_numbers(out))
    assert without_row_numbers(out) == written.read_text()
    assert held


def without_row_numbers(text: str) -> str:
    """Return the text without row numbers, because a new row moves the others."""
    return re.sub(r"row( +)\d+ of", r"row\1N of", text)


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.script")))
def test_what_is_shown_fits_80_columns(name: str) -> None:
    for line in (GOLDEN / f"{name}.txt").read_text().splitlines():
        assert len(line) < 80 or line.startswith("(debug"), line


def test_each_step_is_a_line_of_json() -> None:
    out, held = followed("lost-ack", "step 5", "expect sends ACK 2", "expect step 4", as_json=True)
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["step"] for line in lines[:5]] == [1, 2, 3, 4, 5]
    assert lines[4]["sent"][0]["fate"] == ["lost"]
    assert lines[4]["packet"]["fields"][1] == ["block", "2", 2, 4]
    assert lines[5] == {"expect": "sends ACK 2", "held": True, "found": "ACK 2"}
    assert lines[6] == {"expect": "step 4", "held": False, "found": "5"}
    assert not held


@pytest.mark.parametrize(
    "words",
    [
        "state client receiving",
        "end client",
        "client block 2",
        "client octets = 1024",
        "server retransmissions < 1",
        "row deliver_run",
        "event DATA 2",
        "guard is_next_run yes",
        "guard holds_last_block no",
        "sends ACK 2",
        "total sent DATA >= 2",
        "total heard ACK 1 = 1",
        "unusual none",
        "outcome client none",
        "file none",
        "step 5",
    ],
)
def test_what_is_so_can_be_expected(words: str) -> None:
    assert followed("plain", "step 5", f"expect {words}")[1]


@pytest.mark.parametrize(
    "words",
    [
        "state client dallying",
        "end server",
        "client block 3",
        "client octets > 1024",
        "row back_off",
        "event DATA 22",
        "event ACK",
        "guard is_next_run no",
        "guard nonsense yes",
        "sends ACK 3",
        "silence",
        "total sent DATA = 7",
        "unusual time-out",
        "outcome client succeeded",
        "file whole",
        "nonsense",
        "nobody block 3",
        "client shoe 44",
    ],
)
def test_what_is_not_so_fails_the_script(words: str) -> None:
    assert not followed("plain", "step 5", f"expect {words}")[1]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", "there is no command 'nonsense'"),
        ("stepp", "there is no command 'stepp'; `help` lists the commands; did you mean 'step'?"),
        ("help duplicat", "did you mean 'duplicate'?"),
        ("goto 99", "there is no step 99 yet"),
        ("goto", "use: goto N"),
        ("step x", "use: step [N]"),
        ("drop", "no packet is under way"),
        ("drop 9", "no packet 9 is under way"),
        ("edit block=1", "no packet is under way"),
        ("raw", "use: raw [N] HEX"),
        ("break nowhere", "is not a place to stop"),
        ("break state asleep", "is not a state"),
        ("delete 3", "there is no breakpoint 3"),
        ("choose 9", "choose a number from 1 to 1"),
        ("set client shoe 44", "not a variable"),
        ("set", "use: set END VARIABLE VALUE"),
        ("set client blksize 0", "blksize: '0' is not a whole number of octets from 8 to 65464"),
        (
            "set client windowsize 0",
            "windowsize: '0' is not a whole number of blocks from 1 to 32767",
        ),
        ("abort nobody", "there is no nobody; this run has: client"),
        ("continue now", "too many words after continue: 'now'"),
        ("next some", "use: next [all]"),
        ("until packet NOPE", "'NOPE' is not a kind of packet; the kinds are: RRQ, WRQ"),
        ("break packet ACK x", "'x' is neither a block nor FIELD=VALUE"),
        ("delete", "use: delete N"),
        ("expect", "use: expect WHAT"),
        ("show 1", "there is no step 1 yet"),
        ("why", "nothing has happened yet"),
        ("save /nonexistent/x", "cannot write /nonexistent/x"),
        ("variables nobody", "there is no end"),
        ("undo", "there is no move to take back"),
        ("answer receiving", "the quiz has not asked a question"),
        ("say 'so", "no closing quotation"),
        ("wait", "only for a real peer"),
        ("help nonsense", "there is no command"),
    ],
)
def test_a_command_that_cannot_be_done_says_so_in_one_line(line: str, says: str) -> None:
    reply = opened(SCENARIOS["plain"]).run(line)
    assert not reply.ok
    assert len(reply.lines) == 1
    assert says in reply.lines[0]


def test_the_command_line_names_the_first_line_that_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "check"
    script.write_text("step 2\n# a comment\nexpect step 3\nstep x\n")
    assert main(["debug", "--script", str(script)]) == 1
    out, err = capsys.readouterr()
    why = "expect step 3: expected step 3, found 2 (and 1 more)"
    assert err == f"tftp-fsm: {script}, line 3: {why}\n"
    assert "use: step [N]" in out


def test_a_session_that_was_ended_by_hand_waits_for_nothing() -> None:
    assert followed("plain", "step 5", "set server state done", "continue")[1]


def test_nothing_can_be_chosen_at_the_end() -> None:
    assert "nothing can happen here" in followed("plain", "continue", "choose 1")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    reply = opened(SCENARIOS["plain"]).run(f"help {name}")
    assert reply.lines[0].startswith(name)
    assert reply.lines[1].strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_answers_whatever_it_is_given(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some commands write files
    debugger = opened(SCENARIOS["lost-ack"])
    debugger.run("step 3")
    for words in ("", "1", "client", "server block 7", "DATA 1", "block=3", f"{tmp_path}/x", "--"):
        debugger.run(f"{name} {words}")
    assert debugger.run("continue").frames or debugger.stepper.step() is None


def test_the_quiz_hides_the_next_state_and_keeps_the_score() -> None:
    debugger = opened(SCENARIOS["plain"], quiz=True)
    asked = debugger.run("step")
    assert asked.frames == ()
    assert "requesting" not in asked.lines[0]
    assert debugger.prompt == "next state? "
    assert debugger.run("requesting").lines[0] == "right (1 of 1)"
    debugger.run("step")
    assert debugger.run("answer idle").lines[0] == "no: awaiting-ack (1 of 2)"
    assert debugger.stepper.position == 2


def test_a_run_branches_at_a_mark() -> None:
    debugger = opened(SCENARIOS["plain"])
    for line in ("step 3", "mark here", "drop", "continue"):
        assert debugger.run(line).ok
    with_loss = len(debugger.stepper.frames)
    for line in ("goto here", "pass", "continue"):
        assert debugger.run(line).ok
    assert debugger.stepper.position < with_loss


def test_names_in_wide_characters_keep_the_columns_straight() -> None:
    from tftp_fsm.borders.columns import columns
    from tftp_fsm.debugger.stepper import Stepper
    from tftp_fsm.debugger.worlds.files import pattern
    from tftp_fsm.debugger.worlds.setup import WorldSetup
    from tftp_fsm.debugger.worlds.simulated import SimulatedWorld

    name = "한글-이름이-아주-긴-파일.img".encode()
    debugger = Debugger(Stepper(SimulatedWorld(WorldSetup(content=pattern(600), name=name))))
    debugger.run("continue")
    lines = debugger.run("ladder 20").lines
    bars = {columns(line[: line.index("|")]) for line in lines}
    assert len(bars) == 1
    assert all(columns(line) < 80 for line in lines)


def test_without_textual_the_prompt_says_how_to_get_the_terminal_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = iter(["step"])

    def typed(prompt: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(debug, "find_spec", lambda name: None)
    monkeypatch.setattr("builtins.input", typed)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    assert main(["debug"]) == 0
    out, err = capsys.readouterr()
    assert err.count("\n") == 1 and "pip install " in err and " textual " in err
    assert "step 1" in out
    assert main(["debug", "--plain"]) == 0
    assert "tui" not in capsys.readouterr().err


# -- The command line -----------------------------------------------------------------------------


def test_a_script_that_holds_gives_0_and_one_that_does_not_gives_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "check"
    script.write_text("continue\nexpect file whole\n")
    command = ["debug", "--scenario", "lost-ack", "--script", str(script)]
    assert main(command) == 0
    script.write_text("continue\nexpect file none\n")
    assert main(command) == 1
    assert "expected file none, found whole" in capsys.readouterr().out


def test_options_make_the_simulated_transfer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "check"
    script.write_text("continue\nexpect client blocks 5\nexpect client windowsize 2\n")
    options = ["--verb", "put", "--size", "2000", "--blksize", "480", "--windowsize", "2"]
    assert main(["debug", *options, "--script", str(script)]) == 0, capsys.readouterr().out


def test_a_saved_run_is_opened_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script, trace = tmp_path / "save", tmp_path / "run.jsonl"
    script.write_text(f"continue\nsave {trace}\n")
    assert main(["debug", "--scenario", "sorcerer", "--script", str(script)]) == 0
    script.write_text("continue\nexpect total sent DATA 5 = 2\nexpect file whole\n")
    assert main(["debug", str(trace), "--script", str(script)]) == 0, capsys.readouterr().out


def test_save_destroys_no_file_that_is_not_a_trace(tmp_path: Path) -> None:
    """It would have destroyed the capture that `debug CAPTURE` has opened."""
    capture, trace, empty = (tmp_path / name for name in ("boot.pcap", "run.jsonl", "empty"))
    capture.write_bytes(b"\xd4\xc3\xb2\xa1 packets")
    empty.touch()
    debugger = opened(SCENARIOS["plain"])
    reply = debugger.run(f"save {capture}")
    assert not reply.ok
    assert reply.lines == (f"{capture} exists and is not a trace: choose another name",)
    assert capture.read_bytes() == b"\xd4\xc3\xb2\xa1 packets"
    for path in (trace, trace, empty):
        assert debugger.run(f"save {path}").ok


def test_the_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["debug", "--list-scenarios"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(SCENARIOS)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["/nonexistent"], 1, "cannot read /nonexistent"),
        (["--script", "/nonexistent"], 1, "cannot read /nonexistent"),
        (["--scenario", "nonsense"], 2, "invalid choice"),
        (["get"], 2, "needs a host"),
        (["x.jsonl", "--scenario", "plain"], 2, "give only one"),
        (["--size", "many"], 2, "whole number"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(
    words: list[str], status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        found = main(["debug", *words])
    except SystemExit as left:
        found = left.code if isinstance(left.code, int) else 1
    err = capsys.readouterr().err
    assert (found, err.count("\n")) == (status, 1)
    assert says in err


def test_where_lines_cannot_be_drawn_the_prompt_draws_them_in_ascii() -> None:
    octets = io.BytesIO()
    out = io.TextIOWrapper(octets, encoding="ascii", errors="backslashreplace")
    assert Prompt(opened(SCENARIOS["lost-ack"]), out).follow(["continue", "ladder full"])
    out.flush()
    assert b"|--- ACK 1 ---" in octets.getvalue() and b"\\u" not in octets.getvalue()


@pytest.mark.parametrize("name", sorted(ALIASES))
def test_every_short_name_has_the_help_of_its_command(name: str) -> None:
    debugger = opened(SCENARIOS["plain"])
    assert debugger.run(f"help {name}") == debugger.run(f"help {ALIASES[name]}")
    assert ALIASES[name] in COMMANDS


def piped(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    """Return both output streams of a debugger with this stdin, and its exit status."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    status = main(["debug"])
    out, err = capsys.readouterr()
    return f"{out}|{err}|{status}"


@pytest.mark.parametrize("terminal", ["dumb", "xterm"])
def test_without_a_terminal_and_without_commands_it_says_what_it_needs(
    terminal: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", terminal)
    said = piped(capsys, monkeypatch, "")
    assert said.startswith("|tftp-fsm: stdin is not a terminal and has no command") and "|1" in said


def test_a_piped_command_that_fails_says_so_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert piped(capsys, monkeypatch, "nonsense\n").count("there is no command") == 1
    assert piped(capsys, monkeypatch, "nonsense\n").endswith("||1")


def test_a_page_without_any_step_shows_the_whole_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    page = tmp_path / "page.html"
    assert main(["debug", "--script", "-", "--html", str(page)]) == 0
    assert "client succeeded, server succeeded" in page.read_text()


def test_a_session_that_is_interrupted_keeps_its_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(prompt: Prompt, line: str) -> bool:
        prompt.debugger.stepper.step()
        raise KeyboardInterrupt

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(Prompt, "_take", interrupt)
    monkeypatch.setattr(sys, "stdin", io.StringIO("step\n"))
    assert main(["debug"]) == 130
    err = capsys.readouterr().err
    (kept,) = (tmp_path / "tftp-fsm").iterdir()
    assert f"the last steps of this transfer: tftp-fsm debug {kept}" in err
    assert main(["ladder", str(kept)]) == 0


def test_with_a_quiz_the_introduction_does_not_tell_the_story(
    capsys: pytest.CaptureFixture[str],
) -> None:
    args = Namespace(scenario="lost-ack", quiz=True, html=None)
    (look,) = debug._look(args, opened(SCENARIOS["lost-ack"]))
    assert "quiz" in look and "ACK" not in look


def test_get_without_a_name_says_what_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["debug", "get", "127.0.0.1"])
    assert "get needs a host and a name" in capsys.readouterr().err

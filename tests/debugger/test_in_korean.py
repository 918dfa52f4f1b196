"""The debugger in Korean: no English sentence, and the same data, statuses and columns."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.english import english
from tests.support.party_files import example
from tests.support.steppers import stepper_of
from tftp_fsm.__main__ import main
from tftp_fsm.borders.columns import columns
from tftp_fsm.debugger.commands.all import COMMANDS, Debugger, opened
from tftp_fsm.debugger.commands.inspect import HELP_COLUMN
from tftp_fsm.debugger.parties import PartyDebugger
from tftp_fsm.debugger.prompt import Lines, Prompt
from tftp_fsm.debugger.scenarios import SCENARIOS, Scenario
from tftp_fsm.language import shown, speaking
from tftp_fsm.trace.trace import FORMAT, VERSION
from tftp_fsm.verify.parties import pair_of
from tftp_fsm.verify.table_file import load_parties

LOOKS = (
    "why",
    "variables",
    "next all",
    "packet",
    "wire",
    "ladder 5",
    "file",
    "slow",
    "expect step 3",
)
SCRIPT = ("next", "step", "step 2", *LOOKS, "continue", *LOOKS, "search ACK", "show 1", "table")
ODD = (
    "nothing",
    "step x",
    "goto 999",
    "until state elsewhere",
    "until packet FOO",
    "until variable client block >> 3",
    "break somewhere",
    "delete 7",
    "choose 99",
    "undo",
    "undo now",
    "note",
    "answer idle",
    "packet 999",
    "drop 999",
    "drop",
    "delay -1",
    "edit 1",
    "raw zz",
    "inject client DATA",
    "set client nothing 3",
    "set client block 99 both",
    "set client gap_reported perhaps",
    "set nobody block 3",
    "timeout",
    "timeout nobody",
    "wait",
    "expect nothing",
    "expect total sent",
    "expect state client done",
    "expect client nothing 3",
    "expect event DATA 77",
    "expect guard is_nothing yes",
    "expect sends ACK 77",
    "diff /nowhere/at/all",
    "save /nowhere/at/all",
    "variables nobody",
    "quiz perhaps",
    "help nothing",
    '"open',
)


def followed(scenario: Scenario, *script: str, as_json: bool = False) -> tuple[str, list[str]]:
    out = io.StringIO()
    prompt = Prompt(opened(scenario), out, as_json=as_json)
    prompt.follow(script)
    return out.getvalue(), [why for _, why in prompt.failed]


# The words that a user types are the same in every language.
SYNTAX = (
    *(f"{name} {found.usage}" for name, found in COMMANDS.items()),
    *(line.strip() for line in COMMANDS["expect"].help.splitlines()[1:]),
    *("block, payload, code, message", "filename, mode", "DATA 3 text", "ERROR 1 text", "raw HEX"),
    *("expect total sent DATA", "set client block", "[END], roll-over, error, outcome"),
    "packet|sent|heard [END] KIND [BLOCK] [FIELD=VALUE ...]",
)


def english_in(text: str, allowed: Iterable[str] = ()) -> list[str]:
    """Return the English sentences, without names of guards and actions and texts of ERRORs."""
    text = re.sub(r"(?m)^\(debug.*|: (?:[a-z_]+, )+[a-z_]+$|^  [0-9a-f]{4}  .*", "", text)
    text = re.sub(r"(ERROR \d|peer-error\(.*?\)|  message  ).*", r"\1", text)
    text = re.sub(r"(?:not )?\b[a-z]+_\w+", "|", text)
    return english(text, (*SYNTAX, *allowed))


def texts_of(scenario: Scenario) -> list[str]:
    """Return its own sentences, which the steps quote."""
    return [text for rule in scenario.setup.rules for text in (rule.why, shown(rule.why))]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_told_in_korean(name: str) -> None:
    scenario = SCENARIOS[name]
    with speaking("ko"):
        out, failed = followed(scenario, *SCRIPT)
        assert english_in(out, texts_of(scenario)) == []
        assert english("\n".join(map(shown, failed))) == []
    assert len(failed) == len(followed(scenario, *SCRIPT)[1])


@pytest.mark.parametrize("name", SCENARIOS)
def test_json_is_the_same_in_every_language(name: str) -> None:
    script = (*SCRIPT, "back 3", "until packet DATA 77", "expect event DATA 77")
    told = followed(SCENARIOS[name], *script, as_json=True)
    with speaking("ko"):
        assert followed(SCENARIOS[name], *script, as_json=True) == told


def test_what_goes_wrong_is_told_in_korean() -> None:
    for begun in (0, 4):
        for line in ODD:
            debugger = Debugger(stepper_of())
            debugger.run(f"step {begun}")
            with speaking("ko"):
                reply = debugger.run(line)
                said = [shown(each) for each in reply.lines]
                assert english_in("\n".join(said)) == [], line
                assert reply.ok or said != list(reply.lines), line


def test_what_a_user_does_is_told_in_korean() -> None:
    lines = (
        *("step 3", "delay 0.5", "duplicate", "swap", "edit block=7", "drop", "undo", "step"),
        *("inject client DATA 3 text", "inject client ACK 3 stranger", "next all", "step 4"),
        *("set client rto 0.5", "set client block 65533 both", "abort server", "step 3"),
        *("diskfull client", "unreachable server", "continue", "next", "quiz on", "back 6", "step"),
        *("answer idle", "mark here", "goto here", "note 메모", "reverse unusual", "break", "help"),
        *(f"help {name}" for name in COMMANDS),
    )
    with speaking("ko"):
        out, _ = followed(SCENARIOS["plain"], *lines)
        assert english_in(out) == []


def test_columns_are_straight() -> None:
    with speaking("ko"):
        out, _ = followed(SCENARIOS["lost-ack"], "step 6", "slow", "ladder")
    lines = out.splitlines()
    ladder = [line for line in lines if " | " in line or line.endswith("|")][-6:]
    assert len({columns(line.partition("|")[0]) for line in ladder}) == 1
    slow = [
        columns(line.partition(" s ")[0]) for line in lines if line.startswith(("클라", "서버"))
    ]
    assert len(slow) == 4 and len(set(slow)) == 1
    labels = [
        line for line in lines if line.startswith("  ") and line[2:4] in ("이유", "행 ", "이벤")
    ]
    assert {columns(line) - columns(line[4:].lstrip("트 ")) for line in labels} == {11}


def test_a_script_has_the_same_status_in_every_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "check.txt"
    for text in ("step\nexpect step 1\n", "step\nexpect step 9\n", "nothing\n"):
        script.write_text(text)
        words = ["debug", "--scenario", "lost-ack", "--script", str(script)]
        status, told = main(words), capsys.readouterr()
        assert main(["--lang", "ko", *words]) == status
        said = capsys.readouterr()
        assert english(said.out + said.err) == []
        assert said.err.count("\n") == told.err.count("\n")
        assert main([*words, "--json"]) == status
        plain = capsys.readouterr().out
        assert main(["--lang", "ko", *words, "--json"]) == status
        assert capsys.readouterr().out == plain
        assert all(json.loads(line) for line in plain.splitlines())


def test_the_help_of_the_command_is_in_korean(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--lang", "ko", "debug", "--help"])
    out = capsys.readouterr().out
    assert english_in(out) == []
    assert all(columns(line) <= 80 for line in out.splitlines() if "tftp-fsm" not in line)


def test_parties_that_are_not_tftp_are_led_in_korean() -> None:
    kinds = load_parties(example("stop_and_wait"))
    assert kinds is not None
    reasons = [row.why for kind in kinds for row in kind.table.rows]  # a user's own
    out = io.StringIO()
    with speaking("ko"):
        lines = Lines(PartyDebugger(pair_of(kinds, 3)), out)
        lines.follow(["help", "show", "2", "step 9", "back", "back 9", "odd", "continue"])
        lines.follow(["variables"])
        assert english_in(out.getvalue(), reasons) == []
        assert len(lines.failed) == 3
    assert "전달됨: A B C" in out.getvalue()
    assert "더 일어날 수 있는 일이 없습니다" in out.getvalue()


def test_two_runs_are_compared_in_korean(tmp_path: Path) -> None:
    path = str(tmp_path / "run.trace")
    followed(SCENARIOS["lost-data"], "continue", f"save {path}")
    with speaking("ko"):
        out, failed = followed(SCENARIOS["lost-ack"], "step 6", f"diff {path}")
    assert not failed and english_in(out, texts_of(SCENARIOS["lost-ack"])) == []
    rows = [line for line in out.splitlines() if re.match(r"[* ] +(?:\d+ )?(?:받음|보냄)", line)]
    assert len(rows) > 4
    assert "클라이언트의 패킷과 이벤트가 처음" in out


@pytest.mark.parametrize("line", ["5", '{"end": "nobody"}', "{", '{"wire": []}', '{"odd": 1}'])
def test_a_wrong_trace_is_refused_in_korean(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = json.dumps({"format": FORMAT, "version": VERSION, "ends": {}})
    path = tmp_path / "run.trace"
    path.write_text(f"{head}\n{line}\n")
    words = ["debug", str(path), "--html", str(tmp_path / "page.html")]
    status = main(words)
    assert capsys.readouterr().err.startswith("tftp-fsm: ") and status
    assert main(["--lang", "ko", *words]) == status
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "2번째 줄: " in said and english_in(said) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_explanations_of_all_commands_begin_in_one_column(language: str) -> None:
    forms = sorted((f"{name} {found.usage}".strip() for name, found in COMMANDS.items()), key=len)
    with speaking(language):
        told = followed(SCENARIOS["plain"], "help")[0].splitlines()
    explained = [line for line in told if line.startswith("  ")]
    for line in explained:
        form = next((form for form in reversed(forms) if line[2:].startswith(form)), "")
        text = line.strip().removeprefix(form).strip()
        assert not text or columns(line[: len(line) - len(text)]) == HELP_COLUMN, line
    assert sum(line[2] != " " for line in explained) == len(COMMANDS)
    assert columns(max(explained, key=columns)) < 80


def test_the_help_begins_with_how_to_move() -> None:
    assert followed(SCENARIOS["plain"], "help")[0].splitlines()[1].startswith("navigate:")

"""The Python in a browser gives the same answers as this one. Node.js stands for the browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.bundles import unpacked
from tests.support.peers import require
from tftp_fsm.debugger.commands.all import COMMANDS
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.lab.begin import answer
from tftp_fsm.lab.breaking import EXAMPLE
from tftp_fsm.lab.browser.bundle import Bundle
from tftp_fsm.lab.runs import REFUSED

NODE = Path(__file__).parents[1] / "support" / "lab_node.cjs"
PATIENCE = 300.0  # seconds

# Each command of the debugger at least once, at a place where it has an effect.
LINES = """
step 5 | why | packet | packet 2 all | variables | variables client | wire | ladder | ladder full
table | file | next | next all | show | show 2 | compare 1 2 | search DATA | slow | help | help drop
mark here | note seen | break timeout | break | delete 1 | back 2 | goto 3 | until packet DATA 2
reverse start | choose 1 | step 4 | expect client receiving | drop | undo | duplicate | delay 0.01
step | set client rto 0.5 | edit block=7 | step | inject client ACK 9 stranger | step | raw 0003
swap | timeout | timeout client | step 3 | unreachable client | quiz on | step | answer done
quiz off | diff x | diskfull client | abort server | step | continue | expect client done
pass 99 | nonsense | drop 'x
"""
BROKEN = (
    {"mutant": "sorcerer"},
    {"mutant": "no-such"},
    {"python": EXAMPLE},
    {"python": "1 / 0"},
    {"rows": [{"table": "READ_CLIENT", "row": 20, "off": True}]},
)
EACH = ("step 5", "why", "drop", "continue", "ladder full")


def messages() -> list[Any]:
    found: list[Any] = [{"index": True}, {"open": {"scenario": "own", "settings": {"verb": "put"}}}]
    found += [{"command": line.strip()} for line in LINES.replace("\n", "|").split("|")]
    for name in SCENARIOS:
        found.append({"open": {"scenario": name}})
        found += [{"command": line} for line in EACH]
    found += [{"packet": 2}, {"packet": 999}, {}, {"breaking": True}]
    found += [{**message, "language": "ko"} for message in found[-20:]]
    found += [{"open": {"scenario": "lost-ack", "tables": tables}} for tables in BROKEN]
    found += [{"command": "continue"}, {"search": {"losses": 9}}, {"search": "news"}]
    return [*found, *({"search": {"kind": "get", "windowsize": 1, "tables": t}} for t in BROKEN)]


def test_every_command_of_the_page_is_asked() -> None:
    asked = {message.get("command", "").split(" ")[0] for message in messages()}
    assert set(COMMANDS) - set(REFUSED) <= asked


@pytest.mark.parametrize("has_snapshot", [False, True], ids=["source", "snapshot"])
def test_every_scenario_and_command_answers_in_a_browser_as_here(
    tmp_path: Path, pyodide: Path, bundle: Bundle, has_snapshot: bool
) -> None:
    for name, octets in unpacked(bundle.octets).items():
        if name != "snapshot.bin" or has_snapshot:
            (tmp_path / name).write_bytes(octets)
    lines = [json.dumps(message) for message in messages()]
    theirs = subprocess.run(
        [require("node"), str(NODE), str(pyodide), str(tmp_path)],
        input="\n".join(lines),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert theirs.stderr == ""
    answers = theirs.stdout.splitlines()
    assert len(answers) == len(lines)
    for line, answered in zip(lines, answers, strict=True):
        assert answered == answer(line, print), line

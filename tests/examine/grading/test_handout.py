"""The handout of a teacher: the list, and a command line for each trial."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.english import english
from tftp_fsm.borders.columns import columns
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.grading.handout import (
    filled,
    listed,
    listed_as_markdown,
    records,
    script,
    script_file,
    words_of,
)
from tftp_fsm.examine.grading.trials.published import TRIALS
from tftp_fsm.language import speaking


def test_the_list_names_every_trial_in_every_form() -> None:
    for trial in TRIALS:
        assert f" {trial.name} " in listed()
        assert f"| {trial.verb} {trial.name} |" in listed_as_markdown()
    assert [record["trial"] for record in records()] == [trial.name for trial in TRIALS]


def test_a_script_has_the_lines_of_the_course() -> None:
    text = script("./tftp {host} -p {port} {verb} {file}", "192.0.2.1", 6969, "kim")
    lines = text.splitlines()
    assert "./tftp 192.0.2.1 -p 6969 get kim.lost-ack" in lines
    get, put = (f"./tftp 192.0.2.1 -p 6969 {verb} kim.put-513" for verb in ("get", "put"))
    assert lines.index(get) + 1 == lines.index(put)
    assert "netascii" not in text


def test_a_script_for_a_client_that_only_gets_has_no_put() -> None:
    text = script("./get {host} {file}", "192.0.2.1", 69)
    assert "./get 192.0.2.1 lost-ack" in text and "put-513" not in text


def test_a_word_with_a_space_stays_one_word() -> None:
    assert filled(words_of("'my client' {file}"), file="a b") == ["my client", "a b"]
    assert "'my client'" in script("'my client' {file}", "h", 69)


@pytest.mark.parametrize("command", ["", "./tftp {who}", "./tftp {", "./tftp 'x", "./tftp {0}"])
def test_a_command_with_a_wrong_place_is_refused_in_one_line(command: str) -> None:
    with pytest.raises(LocalError, match="command"):
        words_of(command)


def test_the_shell_script_runs_the_command_for_each_trial(tmp_path: Path) -> None:
    (tmp_path / "script").write_text(script_file())
    done = subprocess.run(
        ["sh", "script", "kim", "echo", "./tftp", "192.0.2.1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert "./tftp 192.0.2.1 get kim.lost-ack\n" in done.stdout
    assert "./tftp 192.0.2.1 put kim.put-duplicate-ack\n" in done.stdout
    assert done.stderr == ""


def test_the_list_in_korean_has_no_english_sentence_and_straight_columns() -> None:
    before, of_programs = script("./tftp {verb} {file}", "192.0.2.1", 69), records()
    with speaking("ko"):
        text, page = listed(), listed_as_markdown()
        assert script("./tftp {verb} {file}", "192.0.2.1", 69) == before
        assert records() == of_programs
    assert english(text) == [] and english(page) == []
    titles = [line.split("점", 1)[1] for line in text.splitlines()[1:]]
    starts = {
        columns(line) - columns(title.lstrip())
        for line, title in zip(text.splitlines()[1:], titles, strict=True)
    }
    assert len(starts) == 1


def test_one_point_is_a_point() -> None:
    lines = listed().splitlines()
    assert any("1 point   " in line for line in lines) and not any(" 1 points" in x for x in lines)
    assert len({line.index(line.split("point", 1)[1].lstrip("s ")) for line in lines[1:]}) == 1

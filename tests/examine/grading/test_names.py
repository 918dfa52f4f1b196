"""The meaning of the name in a request, and its owner."""

from __future__ import annotations

from pathlib import Path

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.examine.grading.names import (
    Register,
    Wanted,
    by_address,
    is_student,
    read_name,
    read_roster,
)


@pytest.mark.parametrize(
    ("name", "student", "rest"),
    [
        (b"lost-ack", "", "lost-ack"),
        (b"kim.lost-ack", "kim", "lost-ack"),
        (b"kim/lost-ack", "kim", "lost-ack"),
        (b"./Kim.lost-ack", "kim", "lost-ack"),
        (b"/20231234.get-0", "20231234", "get-0"),
        (b"../etc/passwd", "", "../etc/passwd"),
        (b"kim.", "", "kim."),
        (b"\x1b[2Jkim.get-0", "", "\x1b[2Jkim.get-0"),
        (b"\xff.get-0", "", "\udcff.get-0"),
        (b"a" * 65 + b".get-0", "", "a" * 65 + ".get-0"),
    ],
)
def test_a_name_says_who_asks_and_for_what(name: bytes, student: str, rest: str) -> None:
    assert read_name(name) == Wanted(student, rest)


def test_a_long_name_is_cut() -> None:
    assert len(read_name(b"x" * 100_000).rest) == 512


@pytest.mark.parametrize("name", ["../x", "at-10-0-0-1", "", "a b", "-kim", "k" * 33, "김"])
def test_these_are_no_names_of_students(name: str) -> None:
    assert not is_student(name)


def test_a_name_by_address_is_that_of_no_student_and_can_be_that_of_a_file() -> None:
    assert by_address("fe80::1%eth0/../x") == "at-fe80-1-eth0-x"
    assert by_address("127.0.0.1") == "at-127-0-0-1"


def test_a_name_belongs_to_the_first_address_that_uses_it() -> None:
    register = Register()
    assert register.admit("kim", "10.0.0.1") == "kim"
    assert register.admit("kim", "10.0.0.1") == "kim"
    with pytest.raises(LocalError, match="kim belongs to another address"):
        register.admit("kim", "10.0.0.2")


def test_the_number_of_names_is_bounded() -> None:
    register = Register(most=2)
    register.admit("kim", "10.0.0.1")
    register.admit("", "10.0.0.2")
    with pytest.raises(LocalError, match="too many names"):
        register.admit("lee", "10.0.0.1")
    assert register.admit("kim", "10.0.0.1") == "kim"


def test_a_secret_lets_a_student_come_from_anywhere(tmp_path: Path) -> None:
    roster = tmp_path / "roster"
    roster.write_text("# class of 2026\nkim 7f3a\nlee   # no secret\n")
    register = Register(read_roster(roster))
    assert register.admit("kim-7f3a", "10.0.0.1") == "kim"
    assert register.admit("kim-7f3a", "10.0.0.2") == "kim"
    assert register.admit("lee", "10.0.0.3") == "lee"
    for wrong in ("kim", "kim-7f3b", "park", "lee-", ""):
        with pytest.raises(LocalError, match="roster|put your name"):
            register.admit(wrong, "10.0.0.9")
    with pytest.raises(LocalError, match="belongs to another"):
        register.admit("lee", "10.0.0.9")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kim\nkim\n", "line 2: kim appears twice"),
        ("../x\n", "line 1: write a name"),
        ("kim a b\n", "line 1: write a name"),
        ("# nobody\n", "has no name"),
    ],
)
def test_a_bad_roster_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    roster = tmp_path / "roster"
    roster.write_text(text)
    with pytest.raises(LocalError, match=said):
        read_roster(roster)


def test_a_roster_that_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    for name in ("missing", "latin"):
        with pytest.raises(LocalError, match="cannot read the roster"):
            read_roster(tmp_path / name)

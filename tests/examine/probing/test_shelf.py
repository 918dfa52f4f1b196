"""A file that is read again shows how the server stores files."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.support.simulated_server import Files, World
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing.damage import CUT
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.shelf import _VERDICTS, LOST, SIZE, Found, Reading, Shelf
from tftp_fsm.examine.script import Rule, lose
from tftp_fsm.wire.headers import Opcode

ABSENT = Reading(None, "ERROR 1 no such file", is_gone=True)
SILENT = Reading(None, "no answer came")
LONG = Reading(None, "the file has more than 9 octets", is_longer=True)
OLD, NEW = b"old", b"new file"


def shelf_with(before: Reading, *, keeps: bool = False) -> Shelf:
    shelf = Shelf()
    shelf.before, shelf.keeps = before, keeps
    return shelf


@pytest.mark.parametrize("before", [ABSENT, SILENT, LONG, Reading(OLD), Reading(b"")])
def test_the_file_that_was_written_shows_that_the_server_keeps_files(before: Reading) -> None:
    shelf = shelf_with(before)
    assert shelf.judge(NEW, Reading(NEW), 512).verdict is Verdict.KEPT
    assert shelf.keeps and not shelf.unread


@pytest.mark.parametrize(
    ("before", "found", "why"),
    [
        (ABSENT, ABSENT, "ERROR 1 no such file"),
        (Reading(OLD), ABSENT, "ERROR 1 no such file"),
        (ABSENT, SILENT, "no answer came"),
        (Reading(OLD), Reading(OLD), "the file is still the file of before"),
        (LONG, LONG, "the file is still the file of before"),
        (Reading(NEW), Reading(NEW), "the file is still the file of before"),  # this proves nothing
    ],
)
def test_who_gives_out_nothing_that_was_written_is_not_judged(
    before: Reading, found: Reading, why: str
) -> None:
    shelf = shelf_with(before)
    finding = shelf.judge(NEW, found, 512)
    assert finding.verdict is Verdict.NOT_EXAMINED
    assert finding.seen == shelf.unread
    assert shelf.unread == f"the server did not send the written file within 0 s: {why}"
    assert not shelf.keeps


@pytest.mark.parametrize(
    ("found", "verdict", "seen", "means"),
    [
        (Reading(NEW), Verdict.KEPT, "the file is the same", ""),
        (ABSENT, Verdict.DEPARTED, "the file is gone: ERROR 1 no such file", LOST),
        (SILENT, Verdict.NOT_EXAMINED, "the file could not be read: no answer came", ""),
        (Reading(OLD), Verdict.DEPARTED, "the file is still the file of before", LOST),
        (Reading(NEW[:3]), Verdict.DEPARTED, "the file is cut after 3 octets", CUT),
        (LONG, Verdict.DEPARTED, "the file has more than 9 octets", LOST),
    ],
)
def test_who_has_kept_a_file_is_judged_by_each_other(
    found: Reading, verdict: Verdict, seen: str, means: str
) -> None:
    shelf = shelf_with(Reading(OLD), keeps=True)
    finding = shelf.judge(NEW, found, 512)
    assert (finding.verdict, finding.seen, finding.means) == (verdict, seen, means)
    assert shelf.before == found


def test_a_file_that_changed_to_something_else_is_damaged_even_if_it_is_the_first() -> None:
    shelf = shelf_with(ABSENT)
    assert shelf.judge(NEW, Reading(NEW[:3]), 512).verdict is Verdict.DEPARTED
    assert shelf.keeps


def test_the_table_has_a_verdict_for_all_that_can_be_found() -> None:
    assert set(_VERDICTS) == {(found, keeps) for found in Found for keeps in (False, True)}


def test_each_text_is_another_one_and_all_have_one_size() -> None:
    shelf = Shelf()
    texts = [shelf.content() for _ in range(150)]
    assert all(one != other for one, other in pairwise(texts))
    assert {len(text) for text in texts} == {SIZE}


def test_the_first_text_is_not_what_the_file_has_already() -> None:
    shelf = shelf_with(Reading(Shelf().content()))
    assert shelf.content() not in (shelf.before.octets, b"")


def write(desk: Desk, content: bytes, *rules: Rule) -> None:
    with desk.write(content, (), *rules) as talk:
        talk.run(1.0, until=lambda: talk.ended)


def test_the_card_says_what_is_left() -> None:
    desk = World(Files({"file": b"short"})).desk(write=b"new")
    shelf = desk.known.shelf
    assert shelf.left("new", desk.written) == "nothing" and not list(
        shelf.left_behind("new", desk.written)
    )
    write(desk, b"whole", lose(Opcode.DATA, times=None))
    assert shelf.left("new", desk.written) == "new, incomplete"
    (said,) = shelf.left_behind("new", desk.written)
    assert said.startswith("The writing of new was not finished")
    write(desk, b"whole", lose(Opcode.ACK, 1, "received", times=None))  # the server has it
    assert shelf.left("new", desk.written) == "new, 5 octets"
    (said,) = shelf.left_behind("new", desk.written)
    assert said.startswith("On the server, new now has 5 octets that this examination wrote.")
    shelf.unread = "it does not"
    (said,) = shelf.left_behind("new", desk.written)
    assert said.startswith("5 octets were written to new, but the server does not send this file.")

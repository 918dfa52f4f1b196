"""The best result counts, and the files about a class can be read again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.support.english import english
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.card_text import as_text
from tftp_fsm.examine.checks import Finding, Result, Verdict, departed, kept, not_examined, not_run
from tftp_fsm.examine.grading.book import Book
from tftp_fsm.examine.grading.programs import Ran, exit_status
from tftp_fsm.examine.grading.trials.published import BY_NAME
from tftp_fsm.language import sentence, speaking

CHECK = BY_NAME["lost-ack"].checks[0]


def found(finding: Finding) -> tuple[Result, ...]:
    return (Result(CHECK, finding),)


def verdict_of(book: Book) -> Verdict:
    results = {r.check.name: r for r in book.student("kim").card().results}
    return results["lost-ack"].verdict


def test_the_best_result_counts_whatever_comes_later() -> None:
    book = Book()
    for finding, best in (
        (not_examined("no"), Verdict.NOT_EXAMINED),
        (departed("gave up"), Verdict.DEPARTED),
        (kept("well"), Verdict.KEPT),
        (departed("gave up"), Verdict.KEPT),
    ):
        book.record("kim", "10.0.0.1", found(finding))
        assert verdict_of(book) is best
    assert book.student("kim").attempts == 4


def test_the_later_of_two_equally_good_results_is_shown() -> None:
    book = Book()
    for seen in ("gave up", "said nothing"):
        book.record("kim", "", found(departed(seen)))
    assert book.student("kim").found["lost-ack"].seen == "said nothing"


def test_what_was_not_run_costs_its_points_and_what_is_optional_does_not() -> None:
    card = Book().student("kim").card()
    assert card.points == 0
    by_name = {result.check.name: result for result in card.results}
    assert by_name["lost-ack"].possible == 1
    assert by_name["lost-ack.file"].possible == 1
    assert by_name["netascii"].possible == 0
    assert by_name["error.file"].possible == 0
    assert card.possible > 60


def test_the_files_of_a_class_are_read_again(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.record("kim", "10.0.0.1", found(kept("well")))
    book.record("lee", "10.0.0.2", found(departed("said \x1b[2J | <b>")))
    again = Book(tmp_path)
    assert verdict_of(again) is Verdict.KEPT
    assert again.student("kim").address == "10.0.0.1"
    assert again.student("lee").card() == book.student("lee").card()
    assert again.summary() == book.summary() == (tmp_path / "summary.csv").read_text()
    assert "\x1b" not in (tmp_path / "cards" / "lee.md").read_text()


@pytest.mark.parametrize(
    "finding",
    [
        *(
            Finding(verdict, sentence("sent {packet} again", packet="DATA 3"))
            for verdict in Verdict
        ),
        not_run("the command cannot put"),
        kept("well", ("seconds", 1.5), ("times", 2)),
        departed("there is nothing", means="the user has no file"),
    ],
    ids=lambda finding: f"{finding.verdict.value}: {finding.seen}",
)
def test_a_card_is_the_same_when_it_is_read_again(tmp_path: Path, finding: Finding) -> None:
    book = Book(tmp_path)
    optional = BY_NAME["netascii"].checks[0]
    book.record("kim", "10.0.0.1", (*found(finding), Result(optional, finding)))
    again = Book(tmp_path)
    assert again.student("kim").card() == book.student("kim").card()
    assert again.summary() == book.summary()
    again.record("kim", "", ())
    assert (tmp_path / "summary.csv").read_text() == again.summary()


def test_what_was_never_found_is_not_found_when_it_is_read_again(tmp_path: Path) -> None:
    Book(tmp_path).record("kim", "", found(kept("well")))
    assert list(Book(tmp_path).student("kim").found) == ["lost-ack"]


def test_the_summary_has_a_line_for_each_student_and_a_column_for_each_check(
    tmp_path: Path,
) -> None:
    book = Book(tmp_path)
    book.record("lee", "", found(departed("gave up")))
    book.record("kim", "10.0.0.1", found(kept("well")))
    with (tmp_path / "summary.csv").open() as file:
        kim, lee = csv.DictReader(file)
    assert (kim["student"], kim["points"], kim["lost-ack"], kim["kept"]) == ("kim", "1", "1", "1")
    assert (lee["student"], lee["points"], lee["lost-ack"], lee["departed"]) == (
        *("lee", "0", "0", "1"),
    )
    book.record("lee", "10.0.0.2", found(kept("now")))
    assert "lee,10.0.0.2,1," in (tmp_path / "summary.csv").read_text()
    assert kim["not run"] == str(int(lee["not run"]))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"address": "", "attempts": 0, "results": [1]}'])
def test_a_damaged_card_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "kim.json").write_text(text)
    with pytest.raises(LocalError, match=r"kim\.json is not a readable card"):
        Book(tmp_path)


def test_a_folder_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match="cannot use"):
        Book(tmp_path / "file")


def test_a_card_for_programs_says_whose_it_is(tmp_path: Path) -> None:
    Book(tmp_path).record("kim", "10.0.0.1", found(kept("well")))
    record = json.loads((tmp_path / "cards" / "kim.json").read_text())
    assert (record["student"], record["attempts"], record["points"]) == ("kim", 1, 1)


def test_a_card_that_is_read_again_can_be_shown_in_korean(tmp_path: Path) -> None:
    check = BY_NAME["silent"].questions[1].check
    seen = sentence("waited longer and longer: {seconds} s", seconds="1, 2, 4")
    Book(tmp_path).record("kim", "192.0.2.1", (Result(check, kept(seen)),))
    record = json.loads((tmp_path / "cards" / "kim.json").read_text())
    said = {one["check"]: one["seen"] for one in record["results"] if "said" in one}
    assert said[check.name] == str(seen)
    with speaking("ko"):
        page = as_markdown(Book(tmp_path).student("kim").card())
    assert "기다리는 시간을 점점 늘렸습니다: 1, 2, 4초" in page and english(page) == []


def test_one_easy_trial_makes_no_wrong_exit_status_good(tmp_path: Path) -> None:
    def ran(name: str, status: int, *, well: bool) -> Verdict:
        book = Book(tmp_path)  # each run reads the card again
        result = exit_status([Ran(BY_NAME[name], status, None)], {name: well})
        book.record("kim", "", (result,))
        return book.student("kim").found["exit-status"].verdict

    assert ran("put-512", 0, well=False) is Verdict.DEPARTED
    assert ran("get-1", 0, well=True) is Verdict.DEPARTED
    assert Book(tmp_path).student("kim").found["exit-status"].seen == "wrong after put-512 (0)"
    assert ran("put-512", 0, well=True) is Verdict.KEPT
    assert ran("put-512", 0, well=False) is Verdict.KEPT  # the best result counts


def test_a_run_that_is_worse_than_before_is_told() -> None:
    student = Book().student("kim")
    good, bad = found(kept("well")), found(departed("gave up"))
    student.record(good)
    student.record(bad)
    card = student.card((BY_NAME["lost-ack"],), bad)
    assert card.results[0].verdict is Verdict.KEPT
    said = "lost-ack departed in this run: gave up. The better result of an earlier run counts."
    assert card.remarks == (said,) and said in as_text(card) and said in as_markdown(card)
    for run in (good, (), (*bad, *good)):  # the last one: two attempts of one run
        assert student.card((BY_NAME["lost-ack"],), run).remarks == ()


def test_a_run_that_is_as_bad_as_before_needs_no_remark() -> None:
    student = Book().student("kim")
    student.record(found(departed("gave up")))
    assert student.card(last=found(departed("gave up"))).remarks == ()

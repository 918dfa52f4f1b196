"""A report card as text, Markdown and JSON. No text of a peer acts on the reader."""

from __future__ import annotations

import json

from tftp_fsm.borders import LINE
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.card_record import as_record
from tftp_fsm.examine.card_text import as_text
from tftp_fsm.examine.checks import Check, Finding, Result, departed, kept, not_examined, told

LOST_ACK = Check(
    name="lost-ack",
    title="The final ACK is lost",
    sends="no ACK of the last DATA",
    rule="the last DATA is sent again",
    rfc="RFC 1350 section 6",
    means="the other side never hears that the file is whole",
    points=3,
)
SIZE = Check("size", "The size", "tsize 0", "the size is told", "RFC 2349", "no progress bar")


def card(*findings: Finding, check: Check = LOST_ACK) -> Card:
    results = tuple(Result(check, finding) for finding in findings)
    return Card("Report card of 192.0.2.1", (("file", "boot.img"),), results, ("A remark.",))


def test_a_departure_is_told_with_its_rule_and_what_it_means() -> None:
    text = as_text(card(departed("nothing came within 5 s")))
    assert text.splitlines() == [
        "Report card of 192.0.2.1",
        "  file        boot.img",
        "",
        "DEPARTED      lost-ack  nothing came within 5 s (0 of 3 points)",
        "              sent:  no ACK of the last DATA",
        "              rule:  the last DATA is sent again (RFC 1350 section 6)",
        "              means: the other side never hears that the file is whole",
        "",
        "A remark.",
        "1 check: 1 departed; 0 of 3 points",
    ]


def test_what_is_not_judged_gives_and_costs_no_points() -> None:
    whole = card(kept("again after 1 s"), not_examined("no time"), told("1 s"), departed("silence"))
    assert (whole.points, whole.possible) == (3, 6)
    assert whole.summary == ("4 checks: 1 kept, 1 departed, 1 noted, 1 not examined; 3 of 6 points")
    assert [result.check.name for result in whole.departures] == ["lost-ack"]
    assert card(kept("as it was"), check=SIZE).summary == "1 check: 1 kept"


def test_the_page_has_a_table_and_each_departure() -> None:
    page = as_markdown(card(kept("again | once"), departed("silence")), level=2)
    assert page.startswith("## Report card of 192.0.2.1\n\n- file: boot.img\n")
    assert "| lost-ack | kept | again \\| once | RFC 1350 section 6 | 3 of 3 |" in page
    assert "| lost-ack | **departed** | silence | RFC 1350 section 6 | 0 of 3 |" in page
    assert "### Departures" in page and "- It means: the other side never hears" in page
    assert page.endswith("\nA remark.\n")
    assert "Departures" not in as_markdown(card(kept("again")))
    assert "points" not in as_markdown(card(kept("8"), check=SIZE))


def test_the_record_has_everything_as_plain_values() -> None:
    record = as_record(card(kept("again after 1 s", ("seconds", 1.0)), departed("silence")))
    assert json.loads(json.dumps(record)) == record
    assert record["departures"] == ["lost-ack"]
    first = record["results"][0]
    assert first["facts"] == {"seconds": 1.0}
    assert (first["verdict"], first["points"], first["possible"]) == ("kept", 3, 3)
    assert record["ended"] == "finished"


def test_only_what_departed_or_was_told_means_something() -> None:
    found = kept("as it was"), departed("silence"), told("1 s"), not_examined("no time")
    means = [result["means"] for result in as_record(card(*found))["results"]]
    assert means == [None, LOST_ACK.means, LOST_ACK.means, None]


def test_words_of_a_peer_act_on_no_terminal_and_on_no_page() -> None:
    hostile = "\x1b[2J\u202e|<img>\n# forged" + "A" * 5000
    harmful = card(told(hostile), departed(hostile))
    text, page = as_text(harmful), as_markdown(harmful)
    for line in (*text.split("\n"), *page.split("\n")):
        assert line.isprintable(), ascii(line)
        assert not line.lstrip().startswith("# forged")
        assert len(line) <= 2 * LINE
    assert "<img>" not in page

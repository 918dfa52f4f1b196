"""Write docs/report-cards.md from the cards, and read it back for comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from tests.support.probed import LONG, PAGE, Served
from tftp_fsm.borders import markdown
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.probing.listing import listed_as_markdown
from tftp_fsm.examine.probing.plan import EVERY

CHECKS = PAGE.with_name("probe.md")
BEGIN, END = "<!-- checks: begin -->", "<!-- checks: end -->"
PATIENCE = 40.0  # seconds; atftpd sends again after 5 s, and gives up after 30 s
INTRODUCTION = f"""\
# Report cards

These are the report cards of four servers, as [`tftp-fsm probe`](probe.md) found them with

```console
$ tftp-fsm probe HOST file --empty empty --long long --write new --patience {PATIENCE:.0f}
```

`file` has 3,072 octets of text, and `long` {len(LONG):,} octets. Each server ran on the
loopback, with a directory that clients may write to. Not every departure is a grave fault: the
cards say what each departure means for a client.

This page is made by `python -m tests.support.probed`, and `tests/interop/test_report_cards.py`
compares it with the servers. The page of the checks says
[how the cards were checked](probe.md#how-the-cards-were-checked).
"""


def page(sections: Iterable[str]) -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION, *sections])


def with_checks(text: str) -> str:
    """Return docs/probe.md with the table of all checks between its marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return "".join([before, begin, "\n", listed_as_markdown(EVERY), "\n", end, after])


def section(server: Served, card: Card) -> str:
    """Return the card of one server, without values that differ in each run."""
    return as_markdown(replace(card, title=server.name, facts=(), remarks=()), level=2)


def recorded() -> dict[str, dict[str, tuple[str, str]]]:
    """Return the verdict and the observation of each check, for each server with its version."""
    parts = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0].replace("\\", ""): _rows(part) for part in parts}


def _rows(part: str) -> dict[str, tuple[str, str]]:
    cells = [
        re.split(r"(?<!\\) \| ", line.strip("| "))
        for line in part.splitlines()
        if line.startswith("|")
    ]
    return {check: (verdict.strip("*"), seen) for check, verdict, seen, _ in cells[2:]}


def of_card(card: Card) -> dict[str, tuple[str, str]]:
    """Return the same for a card."""
    return {
        result.check.name: (result.verdict.value, markdown(result.finding.seen))
        for result in card.results
    }

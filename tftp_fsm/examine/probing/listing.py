"""Show the list of all checks: `tftp-fsm probe --list`."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tftp_fsm.examine.card_record import check_record
from tftp_fsm.language import shown, tr, tr_p
from tftp_fsm.protocol.gloss import rfc_words

if TYPE_CHECKING:
    from tftp_fsm.examine.probing.examination import Examination


def listed(examinations: Sequence[Examination]) -> str:
    """Return the list as text, one check in each line."""
    head = tr(
        "{count} checks; checks whose names begin with write are made only with --write",
        count=len(examinations),
    )
    return "\n".join([head, *lines(examinations)])


def lines(examinations: Iterable[Examination]) -> Iterator[str]:
    """Yield the name, the title and the RFC of each check."""
    for examination in examinations:
        check = examination.check
        title, rfc = shown(check.title), shown(rfc_words(check.rfc))
        yield f"{check.name:<22}{title} ({rfc})"


def listed_as_markdown(examinations: Iterable[Examination]) -> str:
    """Return the checks as a Markdown table."""
    heads = (
        tr_p("card", "check"),
        tr("what is sent"),
        tr("what the RFC demands"),
        tr_p("RFC", "where"),
    )
    rows = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for check in (examination.check for examination in examinations):
        words = (shown(check.sends), shown(check.rule), shown(rfc_words(check.rfc)))
        rows.append(f"| {' | '.join((check.name, *words))} |")
    return "\n".join(rows)


def records(
    examinations: Iterable[Examination], writing: Container[str]
) -> list[dict[str, object]]:
    """Return the checks as JSON values. `writing` has the names of those that write."""
    checks = (examination.check for examination in examinations)
    return [{**check_record(check), "writes": check.name in writing} for check in checks]

"""Make docs/interoperability.md from the results."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.interop.exchange import CASES, OUR_CASES, Case
from tests.support.interop.matrix import OTHER_CLIENT, OTHER_SERVER
from tests.support.interop.reasons import Reason, why
from tests.support.interop.record import Cell, Row
from tests.support.serve_process import REPOSITORY

PAGE = REPOSITORY / "docs" / "interoperability.md"

INTRODUCTION = """\
# Interoperability

Each line of the tables is a program of PyPI, npm or Debian. Files were moved between it and
tftp-fsm on the loopback, and were compared octet for octet. Sizes are in octets. *text* is a file
of 200 lines that was moved in the mode netascii. `make interop` makes this page, and `make test`
runs the quick part of its transfers.

The number after a *no* is the number of its reason below. The reason also says whether {client} or
{server} fails in the same case.
"""
SERVERS = """\
## Servers, with the client of tftp-fsm

The client was run as it is, with the options that it offers by itself. In the last two columns it
was run with `--blksize 512` and with `--no-options`.
"""
CLIENTS = """\
## Clients, with the server of tftp-fsm

Each client was run with its own defaults. An empty cell means that the client has no such mode.
"""
NOT_THERE = """\
## Where the programs come from

- Debian has only the source of these: the client and the server of GNU inetutils, and the tftpd of
  BusyBox. `tools/install-interop` compiles them.
- tftpy, pytftp, partftpy, ptftpd, py3tftp and fbtftp are packages of PyPI (pytftp is called `tftp`
  there), node-tftp is the package `tftp` of npm, and erlang is Erlang's application `tftp`.
  Small programs in `tests/support/peers/glue/` run them.
- uftpd is not in the tables: Debian does not have it.
- Go's pin/tftp was not tried. Debian has it only as a library.
- Packages of PyPI that serve TFTP only as a part of something larger were not tried.
"""


class Notes:
    """Numbers the reasons in the order in which they are met."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def mark(self, row: Row, cell: Cell) -> str:
        if cell.moved:
            return "yes"
        reason = why(row.peer, row.role, cell.verb, cell.title)
        line = self._line(row, cell, reason)
        if line not in self.lines:
            self.lines.append(line)
        return f"no ({self.lines.index(line) + 1})"

    def _line(self, row: Row, cell: Cell, reason: Reason | None) -> str:
        if reason is None:
            return f"{row.peer}: NOT UNDERSTOOD YET. {cell.words}"
        return f"{row.peer}: {reason.text} {_compared(row, cell)} It is the fault {reason.fault}."


def _compared(row: Row, cell: Cell) -> str:
    if cell.instead is None:
        return ""
    name = OTHER_CLIENT if row.role == "server" else OTHER_SERVER
    same = "fails, too" if not cell.instead else "does not fail"
    return f"In the same case {name} {same}."


def page(rows: Sequence[Row]) -> str:
    notes = Notes()
    servers = _table([row for row in rows if row.role == "server"], OUR_CASES, notes)
    clients = _table([row for row in rows if row.role == "client"], CASES, notes)
    reasons = [f"{number}. {' '.join(line.split())}" for number, line in enumerate(notes.lines, 1)]
    parts = [
        INTRODUCTION.format(client=OTHER_CLIENT, server=OTHER_SERVER),
        SERVERS,
        servers,
        CLIENTS,
        clients,
        "## Reasons\n",
        "\n".join(reasons) + "\n",
        NOT_THERE,
    ]
    return "\n".join(parts)


def _table(rows: Sequence[Row], cases: Sequence[Case], notes: Notes) -> str:
    heads = ["Program", "Version", "", *(case.title for case in cases)]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for row in rows:
        for verb in dict.fromkeys(cell.verb for cell in row.cells):
            cells = {cell.title: cell for cell in row.cells if cell.verb == verb}
            marks = [
                notes.mark(row, cells[case.title]) if case.title in cells else "" for case in cases
            ]
            lines.append(_line([row.peer, row.version, verb, *marks]))
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def surprises(rows: Sequence[Row]) -> list[str]:
    """Return each "no" without a reason, and each "yes" that has a reason for "no"."""
    found = []
    for row in rows:
        for cell in row.cells:
            reason = why(row.peer, row.role, cell.verb, cell.title)
            what = f"{row.peer} as a {row.role}, {cell.verb} {cell.title}"
            if not cell.moved and reason is None:
                found.append(f"{what}: no, and there is no reason: {cell.words}")
            if cell.moved and reason is not None and not reason.now_and_then:
                found.append(f"{what}: yes, although there is a reason for a no")
    return found

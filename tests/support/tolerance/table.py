"""Write docs/tolerance.md from the results, and read it back for comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.support.serve_process import REPOSITORY
from tests.support.tolerance.odd import TO_CLIENTS, TO_SERVERS, Odd

PAGE = REPOSITORY / "docs" / "tolerance.md"
OURS = "tftp-fsm"

Found = Mapping[str, Sequence[str]]  # peer and version -> a word for each row

INTRODUCTION = """\
# Tolerance

Some devices and programs send packets with something odd at their end. For each such packet these
tables say what tftp-fsm does with it, and what other programs do. Every cell was found by sending
the packet to the program.

This page is made by `python -m tests.support.tolerance`, and a test compares it with the code.
"""
WORDS = """\
- *yes*: the program goes on as if the packet had no odd end. After an ERROR, that means that it
  ends the transfer. *With its words* means that it also shows the message.
- *yes, OACK ...*: the options that the server agreed to.
- *ERROR n*: the program ends the transfer with that error.
- *ends without a word*: the server ends the transfer, and its peer is not told.
- *asks again*: the client sends its request again, as after a refusal.
- *no answer*: it sends nothing. It ignores the packet, or it has ended.
- *goes on*: the ERROR did not end the transfer.
- *-*: the program offers no options, so it gets no OACK.
"""
LAST_ROW = """\
Each table also has a DATA that is longer than a block, for comparison: a program that accepts
it may write a wrong file. tftp-fsm refuses it on purpose.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two tables."""

    title: str
    text: str
    rows: tuple[Odd, ...]


SERVERS = Part("Packets that a client sends", "What servers do with them:", TO_SERVERS)
CLIENTS = Part("Packets that a server sends", "What clients do with them:", TO_CLIENTS)


def page(servers: Found, clients: Found) -> str:
    parts = [_part(SERVERS, servers), _part(CLIENTS, clients)]
    return "\n".join([INTRODUCTION, WORDS, *parts, LAST_ROW])


def _part(part: Part, found: Found) -> str:
    heads = ["Packet", "Its end", *found]
    lines = [
        f"## {part.title}\n\n{part.text}\n",
        _line(heads),
        _line(["---"] * len(heads)),
        *(
            _line([odd.packet, odd.tail, *(column[index] for column in found.values())])
            for index, odd in enumerate(part.rows)
        ),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def recorded(part: Part, text: str) -> dict[str, list[str]]:
    """Return the columns of `part` on the page. KeyError: the part is missing."""
    _, _, after = text.partition(f"## {part.title}\n")
    rows = [_cells(line) for line in after.split("\n## ")[0].splitlines() if line.startswith("|")]
    heads, _, *body = rows
    assert [row[:2] for row in body] == [[odd.packet, odd.tail] for odd in part.rows]
    return {head: [row[index] for row in body] for index, head in enumerate(heads) if index > 1}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]

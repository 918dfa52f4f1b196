"""The results. tests/interop/matrix.json keeps them, so that one program can run alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from tests.support.serve_process import REPOSITORY

FILE = REPOSITORY / "tests" / "interop" / "matrix.json"


@dataclass(frozen=True, slots=True)
class Cell:
    """One transfer. `instead`: whether it worked with another program in our place."""

    verb: str
    title: str  # the title of the column
    moved: bool
    words: str = ""
    instead: bool | None = None


@dataclass(slots=True)
class Row:
    """One program in one role."""

    peer: str
    role: str  # server or client
    version: str
    cells: list[Cell] = field(default_factory=list)


def load() -> list[Row]:
    rows = json.loads(FILE.read_text()) if FILE.exists() else []
    return [Row(**row | {"cells": [Cell(**cell) for cell in row["cells"]]}) for row in rows]


def save(rows: Sequence[Row]) -> None:
    """Return the output of a program only if it failed."""
    kept = [asdict(row) for row in rows]
    for row in kept:
        for cell in row["cells"]:
            if cell["moved"]:
                del cell["words"], cell["instead"]
    FILE.write_text(json.dumps(kept, indent=1) + "\n")


def merged(old: Sequence[Row], new: Sequence[Row], order: Sequence[tuple[str, str]]) -> list[Row]:
    """Return the old rows, replaced by the new ones, in this order of (role, program)."""
    found = {(row.role, row.peer): row for row in [*old, *new]}
    return [found[key] for key in order if key in found]

"""Write rows as Markdown, and put them between the markers of RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from jobs import Row

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
_HEAD = ("", "side", "other", "ratio", "target", "", "CPU s/GiB", "peak MiB")


def as_markdown(rows: Iterable[Row], notes: Iterable[str]) -> str:
    """Return the table: rows with a target first, and the others folded."""
    all_rows = list(rows)
    aimed = [row for row in all_rows if row.target]
    others = [row for row in all_rows if not row.target]
    parts = [*notes, ""]
    if aimed:
        parts += [*_table(aimed), "", _verdict(aimed), ""]
    if others:
        parts += ["<details><summary>Other comparisons, without a target</summary>", ""]
        parts += [*_table(others), "", "</details>", ""]
    return "\n".join(parts)


def _verdict(rows: list[Row]) -> str:
    counted = [sum(row.met is met for row in rows) for met in (True, False, None)]
    words = f"{counted[0]} of {len(rows)} targets met, {counted[1]} not met"
    return words + (f", {counted[2]} not measured." if counted[2] else ".")


def _table(rows: list[Row]) -> Iterator[str]:
    yield _line(_HEAD)
    yield _line(["---"] * len(_HEAD))
    last = ""
    for row in rows:
        yield _line(_cells(row, "" if row.title == last else row.title))
        last = row.title


def _cells(row: Row, title: str) -> list[str]:
    verdict = {True: "met", False: "**not met**", None: "not measured"}[row.met]
    ours, theirs = (
        f"{name}: {figure}" if figure else name
        for name, figure in zip((row.ours, row.theirs), row.figures, strict=True)
    )
    return [
        title,
        ours,
        theirs,
        row.ratio,
        row.target,
        verdict if row.target else "",
        row.cpu,
        row.peak,
    ]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def put_between_markers(path: Path, markdown: str) -> None:
    """Replace the text between the markers. ValueError: they are missing, or in the wrong order."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name} has no {BEGIN} followed by {END}")
    path.write_text(f"{before}{BEGIN}\n{markdown.strip()}\n{END}{after}", encoding="utf-8")

"""Show the measurements as a table for people and as a record for programs."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum
from typing import Any

from tftp_fsm.bench.advice import advise, named
from tftp_fsm.bench.plan import Cell, Target
from tftp_fsm.borders import brief
from tftp_fsm.borders.columns import left
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, shown, tr

VERSION = 1
NOTHING = "-"
NOT_AGREED = mark("the server accepted no setting as it was offered")
TOO_LITTLE = mark(
    "too few octets were transferred; use a larger file, or measure longer (--seconds)"
)
_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@frozen
class Report:
    """The measurements. If `embedded` is true, this program has started the server here."""

    target: Target
    cells: tuple[Cell, ...]
    embedded: bool = False

    @property
    def round_trip(self) -> float | None:
        """The least round trip in seconds. Windows and queues do not make it longer."""
        seen = (cell.round_trip for cell in self.cells)
        return min((one for one in seen if one is not None), default=None)

    @property
    def title(self) -> str:
        """The transfer and the server in words."""
        target = self.target
        server = tr("{host} port {port}", host=brief(target.host), port=target.port)
        if self.embedded:
            server = tr("the embedded server")
        if target.verb == "get":
            return tr("get {name} from {server}", name=target.name, server=server)
        return tr("put {name} to {server}", name=target.name, server=server)


def as_text(report: Report) -> str:
    """The table, its notes and the recommendation."""
    trip = report.round_trip
    heading = report.title
    if trip is not None:
        heading = tr("{title}, round trip {time}", title=heading, time=in_time(trip))
    return "\n".join([heading, "", *_table(report), "", *_notes(report), *_recommended(report)])


def in_size(octets: float) -> str:
    """Return a size such as `1.5 MB`, in powers of ten."""
    for unit, name in _SIZES:
        if octets >= unit:
            return f"{octets / unit:.{0 if octets >= 100 * unit else 1}f} {name}"
    return f"{octets:.0f} B"


def in_time(seconds: float) -> str:
    """Return a time such as `0.24 ms`."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _table(report: Report) -> Iterator[str]:
    windows = sorted({cell.setting.windowsize for cell in report.cells})
    sizes = sorted({cell.setting.blksize for cell in report.cells})
    at = {(cell.setting.blksize, cell.setting.windowsize): cell for cell in report.cells}
    yield left(tr("octets a second"), 18) + "windowsize"
    yield f"{'blksize':>9}" + "".join(f"{window:>12}" for window in windows)
    for size in sizes:
        yield f"{size:>9}" + "".join(f"{_entry(at.get((size, w))):>12}" for w in windows)


def _entry(cell: Cell | None) -> str:
    if cell is None or not cell.octets:
        return NOTHING
    return in_size(cell.rate) + _marks(cell)


def _marks(cell: Cell) -> str:
    less = "*" if cell.agreed != cell.setting else ""
    again = "!" if cell.retransmissions else ""
    return less + again


def _notes(report: Report) -> Iterator[str]:
    for cell in report.cells:
        setting = named(cell.setting)
        if cell.failure:
            yield tr("{setting} failed: {why}", setting=setting, why=shown(cell.failure))
        elif not cell.octets:
            yield tr(
                "{setting}: no block came in time; give more time with --seconds", setting=setting
            )
        elif cell.agreed != cell.setting:
            agreed = named(cell.agreed)
            yield tr("* {setting}: the server agreed to {agreed}", setting=setting, agreed=agreed)
        if cell.retransmissions:
            count = cell.retransmissions
            yield tr("! {setting}: {count} retransmitted", setting=setting, count=count)


def _recommended(report: Report) -> Iterator[str]:
    advice = advise(report.cells)
    if advice is None:
        agreed = any(cell.counts for cell in report.cells)
        why = shown(TOO_LITTLE if agreed else NOT_AGREED)
        yield tr("nothing to recommend: {why}", why=why)
        return
    setting = advice.setting
    chosen = f"--blksize {setting.blksize} --windowsize {setting.windowsize}"
    yield tr("recommended: {setting}", setting=chosen)
    rate = tr("{size} a second", size=in_size(advice.rate))
    yield "  " + "; ".join([rate, *map(shown, advice.reasons)])


def as_record(report: Report) -> dict[str, Any]:
    """Return the value for `--json`, in octets and seconds."""
    target, advice = report.target, advise(report.cells)
    return {
        "format": "tftp-fsm-bench",
        "version": VERSION,
        "verb": target.verb,
        "host": target.host,
        "port": target.port,
        "name": target.name,
        "embedded": report.embedded,
        "round_trip": report.round_trip,
        "cells": [_cell_record(cell) for cell in report.cells],
        "recommended": None
        if advice is None
        else {
            "blksize": advice.setting.blksize,
            "windowsize": advice.setting.windowsize,
            "octets_per_second": round(advice.rate),
            "reasons": list(advice.reasons),
        },
    }


def _cell_record(cell: Cell) -> dict[str, Any]:
    return {
        "blksize": cell.setting.blksize,
        "windowsize": cell.setting.windowsize,
        "agreed": {"blksize": cell.agreed.blksize, "windowsize": cell.agreed.windowsize},
        "transfers": len(cell.samples),
        "octets": cell.octets,
        "seconds": round(fsum(sample.seconds for sample in cell.samples), 6),
        "octets_per_second": round(cell.rate),
        "retransmissions": cell.retransmissions,
        "round_trip": cell.round_trip,
        "unfragmented": cell.fits,
        "failure": cell.failure or None,
    }

"""The measurements, as a table for people and as a record for programs."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum
from typing import Any

from tftp_fsm.bench.advice import advise, named
from tftp_fsm.bench.plan import Cell, Target
from tftp_fsm.borders import brief
from tftp_fsm.frozen import frozen

VERSION = 1
NOTHING = "-"
NOT_AGREED = "no setting was agreed to as it was offered"
TOO_LITTLE = "too little was moved; measure with a larger file, or for longer (--seconds)"
_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@frozen
class Report:
    """The measurements. `embedded`: the server was started by this program, on this host."""

    target: Target
    cells: tuple[Cell, ...]
    embedded: bool = False

    @property
    def round_trip(self) -> float | None:
        """The least round trip in seconds, which windows and queues do not lengthen."""
        seen = (cell.round_trip for cell in self.cells)
        return min((one for one in seen if one is not None), default=None)

    @property
    def title(self) -> str:
        """What was transferred, and with which server."""
        target = self.target
        server = (
            "the embedded server" if self.embedded else f"{brief(target.host)} port {target.port}"
        )
        return f"{target.verb} {target.name} {'from' if target.verb == 'get' else 'to'} {server}"


def as_text(report: Report) -> str:
    """The table, its notes and the recommendation."""
    trip = report.round_trip
    heading = report.title if trip is None else f"{report.title}, round trip {in_time(trip)}"
    return "\n".join([heading, "", *_table(report), "", *_notes(report), *_recommended(report)])


def in_size(octets: float) -> str:
    """`1.5 MB`, in powers of ten."""
    for unit, name in _SIZES:
        if octets >= unit:
            return f"{octets / unit:.{0 if octets >= 100 * unit else 1}f} {name}"
    return f"{octets:.0f} B"


def in_time(seconds: float) -> str:
    """`0.24 ms`."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _table(report: Report) -> Iterator[str]:
    windows = sorted({cell.setting.windowsize for cell in report.cells})
    sizes = sorted({cell.setting.blksize for cell in report.cells})
    at = {(cell.setting.blksize, cell.setting.windowsize): cell for cell in report.cells}
    yield "octets a second" + " " * 3 + "windowsize"
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
        if cell.failure:
            yield f"{named(cell.setting)} failed: {cell.failure}"
        elif not cell.octets:
            yield f"{named(cell.setting)}: no block came in its time; give more with --seconds"
        elif cell.agreed != cell.setting:
            yield f"* {named(cell.setting)}: the server agreed to {named(cell.agreed)}"
        if cell.retransmissions:
            yield f"! {named(cell.setting)}: {cell.retransmissions} sent again"


def _recommended(report: Report) -> Iterator[str]:
    advice = advise(report.cells)
    if advice is None:
        agreed = any(cell.counts for cell in report.cells)
        yield f"nothing to recommend: {TOO_LITTLE if agreed else NOT_AGREED}"
        return
    setting = advice.setting
    yield f"recommended: --blksize {setting.blksize} --windowsize {setting.windowsize}"
    yield f"  {in_size(advice.rate)} a second; {'; '.join(advice.reasons)}"


def as_record(report: Report) -> dict[str, Any]:
    """What `--json` prints, in octets and seconds."""
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

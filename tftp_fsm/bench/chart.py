"""Draw octets per second over windowsize, with a line for each blksize, as one SVG.

It has no script, and colours for light and dark screens. The same report gives the same bytes. Each
line has its own mark and dash besides its colour, and each point has its figures as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, log10

from tftp_fsm.bench.advice import Advice, advise, named
from tftp_fsm.bench.plan import Cell
from tftp_fsm.bench.text import Report, in_size, in_time
from tftp_fsm.borders import xml
from tftp_fsm.language import tr

WIDTH, HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 24, 96, 64
_FONT = (
    '"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",'
    '"Noto Sans Mono CJK KR","Noto Sans KR",monospace'
)
_LIGHT = ("#0b51c1", "#875000", "#b42318", "#1a6b3c", "#6b3fa0", "#414a54")
_DARK = ("#82b6ff", "#f2b23c", "#ff9489", "#7fd1a0", "#c9a6ff", "#b9c3ce")
_DASHES = ("", "8 4", "2 3", "10 3 2 3", "5 2", "1 2")
_MARKS = ("M-4-4h8v8h-8z", "M0-5L5 4H-5z", "M0-6L6 0L0 6L-6 0z", "M-5 0h10M0-5v10")
_TICKS = 5


def as_svg(report: Report) -> str:
    """The picture."""
    cells = [cell for cell in report.cells if cell.octets]
    advice = advise(report.cells)
    top = nice_ceiling(max((cell.rate for cell in cells), default=1.0))
    windows = sorted({cell.setting.windowsize for cell in report.cells})
    sizes = sorted({cell.setting.blksize for cell in report.cells})
    plot = _Plot(windows, top)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bench" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{xml(report.title)}</title>',
        f'<desc id="desc">{xml(_described(cells, advice))}</desc>',
        f"<style>{_style()}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
        *_headings(report, advice),
        *plot.axes(),
        *_legend(sizes),
        *(line for n, size in enumerate(sizes) for line in plot.line(n, _of(cells, size))),
        *([] if advice is None else plot.chosen(advice)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def nice_ceiling(value: float) -> float:
    """Return the next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** floor(log10(value))
    return next((step * power for step in (1, 2, 2.5, 5) if step * power >= value), 10 * power)


class _Plot:
    """The places in the picture. Windows have equal distances, because they grow by factors."""

    def __init__(self, windows: Sequence[int], top: float) -> None:
        self._windows = windows
        self._top = top

    def x(self, windowsize: int) -> float:
        place, steps = self._windows.index(windowsize), max(1, len(self._windows) - 1)
        inset = 24
        return _LEFT + inset + place * (WIDTH - _LEFT - _RIGHT - 2 * inset) / steps

    def y(self, rate: float) -> float:
        return HEIGHT - _BOTTOM - rate / self._top * (HEIGHT - _TOP - _BOTTOM)

    def axes(self) -> Iterator[str]:
        for tick in range(_TICKS + 1):
            rate = self._top * tick / _TICKS
            y = self.y(rate)
            yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
            yield f'<text class="end" x="{_LEFT - 8}" y="{y + 4:.1f}">{in_size(rate)}</text>'
        for window in self._windows:
            y = HEIGHT - _BOTTOM + 20
            yield f'<text class="middle" x="{self.x(window):.1f}" y="{y}">{window}</text>'
        x, y = (_LEFT + WIDTH - _RIGHT) // 2, HEIGHT - 20
        label = xml(tr("windowsize, blocks"))
        yield f'<text class="middle soft" x="{x}" y="{y}">{label}</text>'

    def line(self, number: int, cells: Sequence[Cell]) -> Iterator[str]:
        if not cells:
            return
        points = [(self.x(cell.setting.windowsize), self.y(cell.rate)) for cell in cells]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        yield f'<g class="{_series(number)}"><path class="line" d="M{path}"/>'
        for cell, (x, y) in zip(cells, points, strict=True):
            yield (
                f'<path class="mark" transform="translate({x:.1f} {y:.1f})" d="{_mark(number)}">'
                f"<title>{xml(_figures(cell))}</title></path>"
            )
        yield "</g>"

    def chosen(self, advice: Advice) -> Iterator[str]:
        x, y = self.x(advice.setting.windowsize), self.y(advice.rate)
        yield f'<circle class="chosen" cx="{x:.1f}" cy="{y:.1f}" r="11"/>'


def _of(cells: Sequence[Cell], blksize: int) -> list[Cell]:
    found = [cell for cell in cells if cell.setting.blksize == blksize]
    return sorted(found, key=lambda cell: cell.setting)


def _figures(cell: Cell) -> str:
    rate = tr("{size} a second", size=in_size(cell.rate))
    words = f"{named(cell.setting)}: {rate}"
    if cell.agreed != cell.setting:
        words += ", " + tr("agreed to {setting}", setting=named(cell.agreed))
    if not cell.retransmissions:
        return words
    return words + ", " + tr("{count} retransmitted", count=cell.retransmissions)


def _described(cells: Sequence[Cell], advice: Advice | None) -> str:
    told = ". ".join([tr("Octets a second"), *map(_figures, cells)]) + "."
    if advice is None:
        return told
    return told + " " + tr("Recommended: {setting}.", setting=named(advice.setting))


def _headings(report: Report, advice: Advice | None) -> Iterator[str]:
    yield f'<text class="heading" x="{_RIGHT}" y="32">{xml(report.title)}</text>'
    words = [] if advice is None else [tr("recommended: {setting}", setting=named(advice.setting))]
    if report.round_trip is not None:
        words.append(tr("round trip {time}", time=in_time(report.round_trip)))
    yield f'<text class="soft" x="{_RIGHT}" y="54">{xml("; ".join(words))}</text>'


def _legend(sizes: Sequence[int]) -> Iterator[str]:
    step = min(112, (WIDTH - _LEFT - _RIGHT - 80) // max(1, len(sizes)))
    label = xml(tr("octets/s, by blksize"))
    yield f'<text class="soft" x="{_RIGHT}" y="78">{label}</text>'
    for number, size in enumerate(sizes):
        x = _LEFT + 112 + number * step
        yield f'<g class="{_series(number)}"><path class="line" d="M{x} 74h32"/>'
        yield f'<path class="mark" transform="translate({x + 16} 74)" d="{_mark(number)}"/></g>'
        yield f'<text x="{x + 38}" y="78">{size}</text>'


def _series(number: int) -> str:
    return f"s{number % len(_LIGHT)}"


def _mark(number: int) -> str:
    return _MARKS[number % len(_MARKS)]


def _style() -> str:
    light = _colours("#ffffff", "#1b1f24", "#57606a", _LIGHT)
    dark = _colours("#0e1116", "#e8edf3", "#a3adb8", _DARK)
    dashes = "".join(
        f".bench .s{n} .line{{stroke-dasharray:{dash}}}" for n, dash in enumerate(_DASHES) if dash
    )
    return (
        f".bench text{{font:12px {_FONT}}}.bench .heading{{font-size:16px;font-weight:700}}"
        ".bench .end{text-anchor:end}.bench .middle{text-anchor:middle}"
        ".bench .line{fill:none;stroke-width:2}.bench .mark{stroke-width:2}"
        ".bench .grid{stroke-width:0.5}.bench .chosen{fill:none;stroke-width:2}"
        f"{dashes}{light}@media (prefers-color-scheme:dark){{{dark}}}"
    )


def _colours(paper: str, ink: str, soft: str, series: Sequence[str]) -> str:
    lines = "".join(
        f".bench .s{n} path{{stroke:{colour}}}.bench .s{n} .mark{{fill:{colour}}}"
        for n, colour in enumerate(series)
    )
    return (
        f".bench .paper{{fill:{paper}}}.bench text{{fill:{ink}}}.bench .soft{{fill:{soft}}}"
        f".bench .grid{{stroke:{soft}}}.bench .chosen{{stroke:{ink}}}{lines}"
    )

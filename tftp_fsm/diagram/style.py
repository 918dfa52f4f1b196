"""Colours and strokes, for paper and for a dark screen.

No fact is shown by colour alone. Packets, time-outs, errors and events of this side have signs, the
good path is thicker, and a row that never ran is dashed. Text has a contrast of at least 4.5 (WCAG
AA).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from tftp_fsm.language.svg import fonts

Theme: TypeAlias = Literal["auto", "light", "dark", "page"]

_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b1f24",
    "soft": "#57606a",
    "box": "#f4f6f9",
    "packet": "#0b51c1",
    "time": "#875000",
    "error": "#b42318",
    "local": "#414a54",
    "lit": "#fff0b3",
    "end": "#fbe9e7",
}
_DARK = {
    "paper": "#0e1116",
    "ink": "#e8edf3",
    "soft": "#a3adb8",
    "box": "#191e26",
    "packet": "#82b6ff",
    "time": "#f2b23c",
    "error": "#ff9489",
    "local": "#b9c3ce",
    "lit": "#423500",
    "end": "#2d1a1b",
}
_SHAPES = """
.fsm text{font:12px FONTS}
.fsm .name{font-size:15px;font-weight:700;text-anchor:middle;dominant-baseline:central}
.fsm .heading{font-size:20px;font-weight:700}
.fsm .subtitle{font-size:13px}
.fsm .machine{font-size:15px;font-weight:700}
.fsm .trigger{font-weight:700}
.fsm .big{font-size:13px}
.fsm .box,.fsm .inner{stroke-width:1.5}
.fsm .wire{fill:none;stroke-width:1.5}
.fsm .spine .wire{stroke-width:3}
.fsm .sign{fill:none;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
.fsm .never .wire,.fsm .mark.dashed{stroke-dasharray:4 3}
.fsm .mark{stroke-width:3}
.fsm .lit .box{stroke-width:4}
.fsm .lit .wire{stroke-width:4}
""".strip()


def style_sheet(theme: Theme) -> str:
    """The rules of a picture; "auto" follows the preference of the reader.

    "page" takes the colours from variables of the page, such as `--ink`: it has all names of ours.
    """
    shapes = _SHAPES.replace("FONTS", fonts())
    match theme:
        case "light":
            return f"{shapes}\n{_colours(_LIGHT)}"
        case "dark":
            return f"{shapes}\n{_colours(_DARK)}"
        case "page":
            return f"{shapes}\n{_colours({name: f'var(--{name})' for name in _LIGHT})}"
        case "auto":
            dark = f"@media (prefers-color-scheme:dark){{\n{_colours(_DARK)}\n}}"
            return f"{shapes}\n{_colours(_LIGHT)}\n{dark}"


def _colours(c: dict[str, str]) -> str:
    kinds = "\n".join(_kind(kind, c[kind]) for kind in ("packet", "time", "error", "local"))
    return f"""
.fsm .paper{{fill:{c["paper"]}}}
.fsm text{{fill:{c["ink"]}}}
.fsm .soft,.fsm .action,.fsm .count{{fill:{c["soft"]}}}
.fsm .box{{fill:{c["box"]};stroke:{c["ink"]}}}
.fsm .inner{{fill:none;stroke:{c["ink"]}}}
.fsm .rule{{stroke:{c["soft"]};stroke-width:0.75}}
.fsm .failure .box{{fill:{c["end"]};stroke:{c["error"]}}}
.fsm .failure .inner{{stroke:{c["error"]}}}
.fsm .wire,.fsm .mark{{stroke:{c["ink"]}}}
.fsm .head,.fsm .dot{{fill:{c["ink"]};stroke:{c["ink"]}}}
.fsm .hollow{{fill:{c["paper"]};stroke:{c["ink"]}}}
{kinds}
.fsm .edge.failing .wire{{stroke:{c["error"]}}}
.fsm .edge.failing .head{{fill:{c["error"]};stroke:{c["error"]}}}
.fsm .edge.failing .hollow{{fill:{c["paper"]};stroke:{c["error"]}}}
.fsm .message .wire{{stroke:{c["packet"]}}}
.fsm .message .head{{fill:{c["packet"]};stroke:{c["packet"]}}}
.fsm .never .trigger,.fsm .never .guard{{fill:{c["soft"]}}}
.fsm .mark.dashed,.fsm .never .sign{{stroke:{c["soft"]}}}
.fsm .lit>.box,.fsm .row.lit>.back{{fill:{c["lit"]}}}
.fsm .back{{fill:none}}
""".strip()


def _kind(kind: str, colour: str) -> str:
    return f".fsm .{kind} .sign{{stroke:{colour}}}\n.fsm .{kind} .trigger{{fill:{colour}}}"

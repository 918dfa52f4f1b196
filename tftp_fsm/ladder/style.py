"""Colours and strokes of a ladder, for paper and for a dark screen.

No fact is shown by colour alone. A repeated packet is a double line, a lost packet ends at a cross,
a second copy is dashed, and a wait is a bracket. The labels say it, too.
"""

from __future__ import annotations

from tftp_fsm.language.svg import fonts
from tftp_fsm.protocol.gloss import UNCAPTURED

_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b1f24",
    "soft": "#57606a",
    "box": "#eef2f8",
    "rule": "#8c96a1",
    "packet": "#0b51c1",
    "time": "#875000",
    "error": "#b42318",
    "good": "#1a6b3a",
    "band": "#f4f1e8",
}
_DARK = {
    "paper": "#0e1116",
    "ink": "#e8edf3",
    "soft": "#a3adb8",
    "box": "#1c2430",
    "rule": "#6b7684",
    "packet": "#82b6ff",
    "time": "#f2b23c",
    "error": "#ff9489",
    "good": "#7ed9a0",
    "band": "#232017",
}
_SHAPES = """
.ladder text{font:12px FONTS}
.ladder .heading{font-size:16px;font-weight:700}
.ladder .lane{font-size:14px;font-weight:700}
.ladder .small{font-size:10px}
.ladder .bar.done,.ladder .bar.error{stroke-width:2}
.ladder .life{stroke-width:1.5}
.ladder .shaft{stroke-width:1.6;fill:none}
.ladder .head{stroke:none}
.ladder .open{stroke-width:1.6}
.ladder .again .shaft{stroke-width:4.6}
.ladder .again .core{stroke-width:1.6}
.ladder .copy{stroke-dasharray:5 3}
.ladder .again .copy{stroke-width:1.6}
.ladder .stray .shaft{stroke-dasharray:2 3}
.ladder .cross{stroke-width:2.6;fill:none;stroke-linecap:round}
.ladder .wait{stroke-width:1.8;fill:none}
.ladder .mark.failure,.ladder .mark.outcome{font-weight:700}
.ladder .band{stroke-dasharray:4 3}
.ladder .gap{stroke:none}
.ladder .stroke{stroke-width:1.4}
.ladder .lit .shaft{stroke-width:4}
.ladder .bar.lit{stroke-width:3}
""".strip()


def style_sheet() -> str:
    """The rules, in light colours, and in dark ones for readers who prefer these.

    A program that knows no such preference, such as LaTeX, leaves the dark rules out. The colours
    are written out, because few programs outside of browsers know variables.
    """
    dark = f"@media (prefers-color-scheme:dark){{\n{_colours(_DARK)}\n}}"
    shapes = _SHAPES.replace("FONTS", fonts())
    return f"{shapes}\n{_colours(_LIGHT)}\n{dark}"


def uncaptured() -> str:
    """The rules for packets that are not in the capture: grey dots. Few ladders need them."""
    shaft = f".ladder .{UNCAPTURED} .shaft{{stroke-width:1.2;stroke-dasharray:1 4;stroke:%s}}"
    words = f".ladder .label.{UNCAPTURED}{{fill:%s}}"
    dark = f"{shaft % _DARK['soft']}{words % _DARK['soft']}"
    light = f"{shaft % _LIGHT['soft']}\n{words % _LIGHT['soft']}"
    return f"{light}\n@media (prefers-color-scheme:dark){{{dark}}}"


def _colours(c: dict[str, str]) -> str:
    return f"""
.ladder text{{fill:{c["ink"]}}}
.ladder .small{{fill:{c["soft"]}}}
.ladder .paper,.ladder .behind,.ladder .gap{{fill:{c["paper"]}}}
.ladder .bar{{fill:{c["box"]};stroke:{c["rule"]}}}
.ladder .bar.done{{stroke:{c["good"]}}}
.ladder .bar.error{{stroke:{c["error"]}}}
.ladder .life{{stroke:{c["ink"]}}}
.ladder .shaft{{stroke:{c["packet"]}}}
.ladder .head,.ladder .label{{fill:{c["packet"]}}}
.ladder .open{{fill:{c["paper"]};stroke:{c["packet"]}}}
.ladder .again .shaft{{stroke:{c["time"]}}}
.ladder .again .core{{stroke:{c["paper"]}}}
.ladder .again .head,.ladder .label.again{{fill:{c["time"]}}}
.ladder .error .shaft,.ladder .other .shaft{{stroke:{c["error"]}}}
.ladder .error .head,.ladder .other .head{{fill:{c["error"]}}}
.ladder .label.error,.ladder .label.other,.ladder .label.lost{{fill:{c["error"]}}}
.ladder .cross{{stroke:{c["error"]}}}
.ladder .wait{{stroke:{c["time"]}}}
.ladder .mark.timeout,.ladder .mark.dally,.ladder .mark.pause{{fill:{c["time"]}}}
.ladder .mark.failure{{fill:{c["error"]}}}
.ladder .mark.outcome{{fill:{c["good"]}}}
.ladder .band{{fill:{c["band"]};stroke:{c["rule"]}}}
.ladder .stroke{{stroke:{c["soft"]}}}
.ladder .bar.lit{{stroke:{c["time"]}}}
""".strip()

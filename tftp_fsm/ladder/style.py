"""Colours and strokes of a ladder, for paper and for a dark screen.

Nothing is said by colour alone: a repeated packet is a double line, a lost one ends at a cross, a
second copy is dashed, a wait is a bracket, and the labels say it, too.
"""

from __future__ import annotations

FONT = '"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace'

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
_SHAPES = f"""
.ladder{{{{vars}}}}
.ladder text{{font:12px {FONT};fill:var(--ink);paint-order:stroke;stroke:var(--paper);
stroke-width:4px;stroke-linejoin:round}}
.ladder .heading{{font-size:16px;font-weight:700}}
.ladder .lane{{font-size:14px;font-weight:700}}
.ladder .small{{font-size:10px;fill:var(--soft)}}
.ladder .state{{stroke:none}}
.ladder .paper{{fill:var(--paper)}}
.ladder .bar{{fill:var(--box);stroke:var(--rule)}}
.ladder .bar.done{{stroke:var(--good);stroke-width:2}}
.ladder .bar.error{{stroke:var(--error);stroke-width:2}}
.ladder .life{{stroke:var(--ink);stroke-width:1.5}}
.ladder .shaft{{stroke:var(--packet);stroke-width:1.6;fill:none}}
.ladder .head{{fill:var(--packet);stroke:none}}
.ladder .open{{fill:var(--paper);stroke:var(--packet);stroke-width:1.6}}
.ladder .label{{fill:var(--packet)}}
.ladder .again .shaft{{stroke:var(--time);stroke-width:4.6}}
.ladder .again .core{{stroke:var(--paper);stroke-width:1.6}}
.ladder .again .head{{fill:var(--time)}}
.ladder .label.again{{fill:var(--time)}}
.ladder .copy{{stroke-dasharray:5 3}}
.ladder .again .copy{{stroke-width:1.6}}
.ladder .error .shaft,.ladder .other .shaft{{stroke:var(--error)}}
.ladder .error .head,.ladder .other .head{{fill:var(--error)}}
.ladder .label.error,.ladder .label.other,.ladder .label.lost{{fill:var(--error)}}
.ladder .stray .shaft{{stroke-dasharray:2 3}}
.ladder .cross{{stroke:var(--error);stroke-width:2.6;fill:none;stroke-linecap:round}}
.ladder .wait{{stroke:var(--time);stroke-width:1.8;fill:none}}
.ladder .mark.timeout,.ladder .mark.dally,.ladder .mark.pause{{fill:var(--time)}}
.ladder .mark.failure{{fill:var(--error);font-weight:700}}
.ladder .mark.outcome{{fill:var(--good);font-weight:700}}
.ladder .band{{fill:var(--band);stroke:var(--rule);stroke-dasharray:4 3}}
.ladder .gap{{fill:var(--paper);stroke:none}}
.ladder .stroke{{stroke:var(--soft);stroke-width:1.4}}
.ladder .lit .shaft{{stroke-width:4}}
.ladder .bar.lit{{stroke:var(--time);stroke-width:3}}
""".strip()


def style_sheet() -> str:
    """The rules, in light colours, and in dark ones for readers who prefer these."""
    dark = f"@media (prefers-color-scheme:dark){{.ladder{{{_variables(_DARK)}}}}}"
    return f"{_SHAPES.replace('{vars}', _variables(_LIGHT))}\n{dark}"


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())

"""Parts of pictures: lines of text, states, and items of the legend."""

from __future__ import annotations

from tftp_fsm.borders import xml
from tftp_fsm.diagram.geometry import Box, Point
from tftp_fsm.diagram.labels import SIZE, width_of
from tftp_fsm.diagram.legend import SYMBOL, Item
from tftp_fsm.diagram.model import state_words
from tftp_fsm.diagram.plan import NAME
from tftp_fsm.diagram.shapes import arrow, num, sign
from tftp_fsm.language import tr

BASELINE = 11.5  # px, from the top of a line of text to its baseline


def text_at(
    x: float, y: float, text: str, cls: str = "", size: float = SIZE, *, fixed: bool = True
) -> str:
    """Return one line of text. With `fixed` it keeps its computed width in any font."""
    name = f' class="{cls}"' if cls else ""
    length = f' textLength="{num(width_of(text, size))}" lengthAdjust="spacingAndGlyphs"'
    return f'<text{name} x="{num(x)}" y="{num(y)}"{length if fixed else ""}>{xml(text)}</text>'


def classes(*always: str, **perhaps: bool) -> str:
    """Return a class attribute with these words, and with the names in `perhaps` that are true."""
    return " ".join((*always, *(word for word, holds in perhaps.items() if holds)))


def as_id(name: str) -> str:
    """Return the name of a state for use in an id, without spaces and markup."""
    return xml(name.replace(" ", "-"))


def state_box(
    box: Box, cls: str, *, final: bool, identity: str, inside: str = "", fixed: bool = True
) -> str:
    """The box of a state and its name. A final state has a double border."""
    name = state_words(box.state)
    parts = [
        f'<g id="{identity}" class="{cls}">',
        _rect("box", box, 0),
        _rect("inner", box, 4) if final else "",
        text_at(box.x + box.width / 2, box.name_y, name, "name", NAME, fixed=fixed),
        inside,
        "</g>",
    ]
    return "\n".join(part for part in parts if part)


def initial(dot: Point, tip: Point, state: str) -> str:
    """Return the filled dot, and its arrow to the first state of the machine."""
    x, y = dot
    begins = tr("begins in {state}", state=state_words(state))
    return (
        f'<g class="initial"><title>{xml(begins)}</title>'
        f'<circle class="dot" cx="{num(x)}" cy="{num(y)}" r="6"/>{arrow((dot, tip))}</g>'
    )


def legend_item(item: Item) -> str:
    x, y = item.x, item.y
    return f"{_symbol(item)}{text_at(x + SYMBOL, y + BASELINE, item.words, 'soft')}"


def _rect(cls: str, box: Box, inset: float, corner: float = 9.0) -> str:
    x, y = num(box.x + inset), num(box.y + inset)
    width, height = num(box.width - 2 * inset), num(box.height - 2 * inset)
    radius = num(max(1.0, corner - inset))
    return f'<rect class="{cls}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>'


def _symbol(item: Item) -> str:
    x, y, middle = item.x, item.y, item.y + 8
    match item.symbol:
        case "packet" | "time" | "error" | "local":
            return f'<g class="{item.symbol}">{sign(item.symbol, x + 5, y + 2)}</g>'
        case "start":
            return f'<circle class="dot" cx="{num(x + 11)}" cy="{num(middle)}" r="5"/>'
        case "final":
            box = Box("", x + 1, y, 20, 16, 0)
            return _rect("box", box, 0, 4) + _rect("inner", box, 3, 4)
        case "stay":
            box = Box("", x + 1, y, 20, 16, 0)
            lines = f"M{num(x + 5)} {num(y + 5.5)}h12M{num(x + 5)} {num(y + 10.5)}h12"
            return f'{_rect("box", box, 0, 4)}<path class="rule" d="{lines}"/>'
        case "good" | "go" | "again":
            return _legend_arrow(item)
        case "taken":
            return f'<path class="mark" d="M{num(x + 11)} {num(y + 1)}v14"/>'
        case "never":
            return f'<path class="mark dashed" d="M{num(x + 11)} {num(y + 1)}v14"/>'


def _legend_arrow(item: Item) -> str:
    x, middle = item.x, item.y + 8
    cls = ' class="spine"' if item.symbol == "good" else ""
    line = arrow(((x, middle), (x + 21, middle)), hollow=item.symbol == "again")
    return f"<g{cls}>{line}</g>"

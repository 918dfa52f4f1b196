"""The machines' pictures, made small enough for a page: what the page says elsewhere is left out.

Signs are drawn once and used from there, the style sheet stands once for all pictures, rows that
share a label share an element. The script puts back the rows' tooltips, from the tables that it
has anyway, and the paper behind their words.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from tftp_fsm.diagram import picture_of_table, render_svg
from tftp_fsm.diagram.style import style_sheet
from tftp_fsm.protocol.rows import Table

_SVG = "http://www.w3.org/2000/svg"
_ELSEWHERE = {f"{{{_SVG}}}{name}" for name in ("style", "title", "desc")}
_UNSEEN = tuple(
    f".fsm .{name}" for name in ("machine", "big", "never", "message", "mark", "action")
)
_FITTED = ("textLength", "lengthAdjust")


def pictures(tables: Iterable[Table]) -> list[str]:
    """One SVG element for each table, and one with the signs.

    Ids: `e0-state-NAME`, `e1-edge-SOURCE-DEST`; a row is found by its index in `data-rows`.
    """
    ElementTree.register_namespace("", _SVG)
    signs: dict[str, str] = {}
    drawn = [_picture(table, f"e{index}-", signs) for index, table in enumerate(tables)]
    paths = "".join(f'<path id="{name}" d="{data}"/>' for data, name in signs.items())
    return [*drawn, f'<svg class="signs" aria-hidden="true"><defs>{paths}</defs></svg>']


def styles() -> str:
    """What all pictures share, without the rules for what no page shows."""
    lines = style_sheet("auto").splitlines()
    return "\n".join(line for line in lines if not line.startswith(_UNSEEN))


def _picture(table: Table, prefix: str, signs: dict[str, str]) -> str:
    drawn = render_svg(picture_of_table(table), detail="triggers", prefix=prefix)
    root = ElementTree.fromstring(drawn)
    _lighten(root, signs)
    for name in ("height", "aria-labelledby"):
        del root.attrib[name]
    _crop(root)
    root.set("id", prefix.rstrip("-"))
    root.set("aria-label", f"State machine {table.name}: {table.title}")
    text = ElementTree.tostring(root, encoding="unicode")
    return "".join(line.strip() for line in text.splitlines()).replace(f' xmlns="{_SVG}"', "")


def _crop(root: ElementTree.Element) -> None:
    """Where the legend was there is nothing now."""
    boxes = [box.attrib for box in root.iter(f"{{{_SVG}}}rect") if box.get("class") == "box"]
    bottom = max(float(box["y"]) + float(box["height"]) for box in boxes)
    width = root.attrib["viewBox"].split()[2]
    root.set("viewBox", f"0 0 {width} {bottom + 24:.0f}")


def _lighten(element: ElementTree.Element, signs: dict[str, str]) -> None:
    for child in list(element):
        if child.tag in _ELSEWHERE or child.get("class") in ("legend", "paper", "back"):
            element.remove(child)
            continue
        if child.get("class") == "sign" and "transform" in child.attrib:
            _use(child, signs)
        for name in _FITTED:
            child.attrib.pop(name, None)
        _lighten(child, signs)
        _round(child)
        _merge(child)


def _use(sign: ElementTree.Element, signs: dict[str, str]) -> None:
    """The same drawing, by name."""
    place = sign.attrib.pop("transform")
    x, y = place.removeprefix("translate(").removesuffix(")").split()
    name = signs.setdefault(sign.attrib.pop("d"), f"sign-{len(signs)}")
    sign.tag = f"{{{_SVG}}}use"
    sign.attrib |= {"href": f"#{name}", "x": x, "y": y}


def _round(element: ElementTree.Element) -> None:
    """Words, signs and boxes at whole pixels."""
    for name in ("x", "y", "width", "height"):
        if name in element.attrib:
            element.set(name, f"{float(element.attrib[name]):.0f}")


def _merge(element: ElementTree.Element) -> None:
    """Rows inside each other become one element; a text of one part needs no part."""
    kind, identity = element.get("class", ""), element.get("id", "")
    if kind.startswith("row "):
        inner = [child for child in element if child.get("class", "").startswith("row ")]
        rows = [identity.rpartition("-")[2], *(child.attrib["data-rows"] for child in inner)]
        del element.attrib["id"]
        element.set("data-rows", " ".join(rows))
        for child in inner:
            element.extend(child)
            element.remove(child)
    elif kind.startswith("edge "):
        del element.attrib["data-rows"]
    elif element.tag == f"{{{_SVG}}}text" and len(element) == 1 and not element.text:
        (part,) = element
        element.text = part.text
        element.set("class", part.get("class", ""))
        element.remove(part)

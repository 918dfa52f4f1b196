"""Convert SVG to PNG, if resvg is installed (the extra `png`).

If no font has a letter, the renderer leaves it out without an error. So each letter is tried first.
The package has its own font, which gives the same picture on every machine. A font for another
script can be added as a file in `fonts/`.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from tftp_fsm.errors import LocalError
from tftp_fsm.installation import how_to_add
from tftp_fsm.language import sentence
from tftp_fsm.language.svg import hangul_named

NAMED = 12  # letters that a message names
WIDTH = 1920  # px, as on a projector
FONTS = Path(__file__).with_name("fonts")
FAMILY = "tftp-fsm Mono"  # the family of the files in FONTS
STYLE = "{http://www.w3.org/2000/svg}style"


def to_png(svg: str) -> bytes:
    """Return the picture as PNG. LocalError: the renderer is missing, or a letter has no font."""
    alone = not _undrawn(_letters(svg), alone=True)
    if not alone and (missing := _undrawn(_letters(svg), alone=False)):
        raise LocalError(
            sentence(
                "no font on this machine has the letters {letters}: install a font that has "
                "them, or write an SVG",
                letters=_some(missing),
            )
        )
    return _rendered(svg if alone else hangul_named(svg), alone, width=WIDTH)


def _some(letters: list[str]) -> str:
    """Return at most `NAMED` of the letters."""
    return " ".join(letters[:NAMED]) + (" ..." if len(letters) > NAMED else "")


def _letters(svg: str) -> str:
    """Return all visible letters, each once."""
    texts = (e.text or "" for e in ET.fromstring(svg).iter() if e.tag != STYLE)
    return "".join(sorted({c for text in texts for c in text if c.isprintable() and c != " "}))


def _undrawn(letters: str, *, alone: bool) -> list[str]:
    blank = _one_letter("", alone)
    return [letter for letter in letters if _one_letter(letter, alone) == blank]


def _one_letter(letter: str, alone: bool) -> bytes:
    """Return one letter as a picture. It is blank if our font does not have the letter."""
    text = f'<text y="20" font-family="{FAMILY}">&#{ord(letter)};</text>' if letter else ""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32">{text}</svg>'
    return _rendered(svg, alone)


def _rendered(svg: str, alone: bool, **how: Any) -> bytes:
    """Render an SVG. With `alone` use only the package's fonts, not those of the system."""
    try:
        import resvg_py
    except ImportError:
        raise LocalError(
            sentence(
                "a PNG needs a renderer, which is not installed: {how}; or write an SVG",
                how=how_to_add("png"),
            )
        ) from None
    octets = resvg_py.svg_to_bytes(
        svg_string=svg,
        font_dirs=[str(FONTS)],
        skip_system_fonts=alone,
        monospace_family=FAMILY,
        **how,
    )
    return bytes(octets)

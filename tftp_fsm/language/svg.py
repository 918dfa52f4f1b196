"""What each of our pictures in SVG says of its letters: the fonts, and the language."""

from __future__ import annotations

import re

from tftp_fsm.language import current

_FONTS = '"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono"'
_LETTERS = {
    "ko": (
        '"D2Coding","Noto Sans Mono CJK KR","Noto Sans KR","Noto Sans CJK KR","NanumGothic",'
        '"Malgun Gothic","Apple SD Gothic Neo"'
    )
}  # fonts that have the letters of a language
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
# It may have a title or parts of its own.
_TEXT = re.compile(f"<text(?P<text>[^>]*>(?:(?!</text>)[^{_HANGUL}])*[{_HANGUL}])")
_NAMED = f"font-family:{_LETTERS['ko']}"


def fonts() -> str:
    """The value of `font-family`, best first."""
    return ",".join((_FONTS, *filter(None, [_LETTERS.get(current())]), "monospace"))


def hangul_named(svg: str) -> str:
    """The picture, for a renderer that takes any font for letters that the first one lacks.

    Each text with Hangul names the fonts that are made for it.
    """
    return _TEXT.sub(rf"<text style='{_NAMED}'\g<text>", svg)


def language() -> str:
    """The attribute that names the language. English, which most pictures are in, needs none."""
    return "" if current() == "en" else f' lang="{current()}"'

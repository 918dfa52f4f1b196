"""The fonts and the language of all our SVG pictures."""

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
    """Return the value of `font-family`, best first."""
    return ",".join((_FONTS, *filter(None, [_LETTERS.get(current())]), "monospace"))


def hangul_named(svg: str) -> str:
    """Return the picture for a renderer that may take a bad font for Hangul.

    Each text with Hangul names the fonts that have these letters.
    """
    return _TEXT.sub(rf"<text style='{_NAMED}'\g<text>", svg)


def language() -> str:
    """Return the attribute that names the language. It is empty for English."""
    return "" if current() == "en" else f' lang="{current()}"'

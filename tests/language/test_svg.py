"""Pictures name fonts that have the letters of the language that is in use."""

from __future__ import annotations

import re

from tftp_fsm.language import speaking
from tftp_fsm.language.svg import fonts, hangul_named, language


def test_a_picture_in_korean_names_fonts_with_hangul_and_its_language() -> None:
    assert "KR" not in fonts() and language() == ""
    with speaking("ko"):
        assert '"Noto Sans KR"' in fonts() and language() == ' lang="ko"'
        assert fonts().endswith(",monospace")


def test_texts_with_hangul_name_their_fonts_and_attributes_stay() -> None:
    svg = '<svg><text id="상태">idle</text><text x="1">idle(시작 전)</text></svg>'
    named = hangul_named(svg)
    assert re.sub("<text style='[^']*'", "<text", named) == svg
    assert named.count("NanumGothic") == 1 and named.index("NanumGothic") > named.index("idle")


def test_a_text_with_a_title_or_parts_names_its_fonts_too() -> None:
    for text in (
        "<text x='1'><title>ACK\n1</title>손실</text>",
        "<text x='1'><tspan>ACK</tspan> <tspan>손실</tspan></text>",
    ):
        assert hangul_named(f"<svg>{text}</svg>").count("NanumGothic") == 1
    plain = "<svg><text>ACK</text><title>손실</title><text>DATA</text></svg>"
    assert hangul_named(plain) == plain

"""Pictures of machines in Korean: no English sentence, names stay, and columns are straight."""

from __future__ import annotations

import re
from functools import cache
from html import unescape

import pytest

from tests.support.english import english
from tftp_fsm.__main__ import main
from tftp_fsm.borders.columns import columns
from tftp_fsm.diagram import picture_of_table, render_csv, render_svg, render_text
from tftp_fsm.diagram.files import generated_files
from tftp_fsm.diagram.labels import width_of
from tftp_fsm.diagram.lean import render_lean
from tftp_fsm.diagram.overview import meet
from tftp_fsm.diagram.overview_svg import describe_meeting
from tftp_fsm.language import speaking
from tftp_fsm.protocol.tables import READ_CLIENT, TABLES


@cache
def files() -> dict[str, str]:
    return generated_files("ko")


def words_of(text: str) -> str:
    """Return the visible words of a picture, without the names of guards and actions."""
    text = unescape(re.sub(r"<[^>]*>", "\n", text.partition("</style>")[2] or text))
    return re.sub(r"\[[^]\n]*\]|/ [\w, ]+", "|", text)


@pytest.mark.parametrize("kind", ["svg", "mmd", "dot", "txt"])
def test_no_picture_has_an_english_sentence(kind: str) -> None:
    pictures = {name: text for name, text in files().items() if name.endswith(kind)}
    assert pictures
    for name, text in pictures.items():
        if kind in ("mmd", "dot"):
            text = "\n".join(re.findall(r'label="([^"]*)"|state "([^"]*)"', text)[0])
        lines = [line for line in words_of(text).splitlines() if "received" not in line]
        assert english("\n".join(lines), ("With windows",)) == [], name


def test_the_table_is_in_korean_and_that_for_programs_is_not() -> None:
    table = files()["read-client.md"]
    assert "| 행 | 상태 | 이벤트 |" in table and "RFC 1350 4절" in table
    assert english(re.sub(r"\|[\w ,]*(?=\|)", "|", table)) == []
    assert not any(name.endswith(".csv") for name in files())
    picture = picture_of_table(READ_CLIENT)
    english_csv = render_csv(picture)
    with speaking("ko"):
        assert render_csv(picture) == english_csv


def test_states_keep_their_names_with_what_they_mean() -> None:
    svg = files()["read-client.svg"]
    assert ">receiving(수신 중)</text>" in svg and 'id="state-receiving"' in svg
    assert 'state "receiving(수신 중)" as receiving' in files()["read-client.mmd"]
    assert 'label="dallying(머무름)' in files()["read-client.dot"]


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_the_boxes_of_the_text_are_straight(table: object) -> None:
    picture = next(p for p in map(picture_of_table, TABLES) if p.name == getattr(table, "name", 0))
    with speaking("ko"):
        lines = render_text(picture, highlight="receiving").splitlines()
    assert any("여기" in line for line in lines) == ("receiving" in picture.states)
    width = 0
    for line in lines:
        if line[:1] in "┌╔":
            width = columns(line)
        elif line[:1] in "│├└║╚" and line[-1:] in "│┤┘║╝":
            assert columns(line) == width, line


def test_a_letter_of_two_columns_is_one_em_wide() -> None:
    assert width_of("수신 중", 10) == pytest.approx(3 * 10 + 0.60205 * 10)
    assert width_of("abc", 10) == 3 * 10 * 0.60205


def test_what_is_read_aloud_is_in_korean() -> None:
    with speaking("ko"):
        said = describe_meeting(meet("get"))
        label = re.findall('aria-label="([^"]*)"', render_lean(picture_of_table(READ_CLIENT), "e"))
    assert english(said) == [] and said.endswith("받습니다.")
    assert label == ["상태 기계 READ_CLIENT: RRQ, 클라이언트 쪽"]


def test_a_png_shows_hangul_or_says_which_letters_have_no_font(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    resvg_py = pytest.importorskip("resvg_py")
    render = resvg_py.svg_to_bytes
    monkeypatch.setattr(
        resvg_py, "svg_to_bytes", lambda **how: render(**how | {"skip_system_fonts": True})
    )
    words = ["--lang", "ko", "diagram", "read-client", "--format", "png", "--output", str(tmp_path)]
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "글꼴이 없습니다" in said and said.count("\n") == 1 and len(said) < 300


def test_the_same_words_are_english_in_english() -> None:
    assert render_svg(picture_of_table(READ_CLIENT)) == generated_files()["read-client.svg"]

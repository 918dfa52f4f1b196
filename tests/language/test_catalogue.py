"""Catalogues: the file that people edit, and the compiled file."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tftp_fsm.language import catalogue, sentence, sentence_p, system
from tftp_fsm.language.catalogue import Damaged, compiled, entries, languages, loaded
from tools.house import PACKAGE, ROOT

KOREAN = ROOT / PACKAGE / "language" / "ko.po"


def test_babel_reads_the_same_from_both_forms() -> None:
    octets = KOREAN.read_bytes()
    source = read_po(io.BytesIO(octets), locale="ko")
    made = read_mo(io.BytesIO(compiled(octets)))
    assert texts(made) == texts(source)


def texts(of: Catalog) -> set[tuple[object, ...]]:
    return {
        tuple(text if isinstance(text, str | None) else tuple(text) for text in each)
        for each in ((message.context, message.id, message.string) for message in of)
        if each[1]
    }


def test_texts_of_several_lines_and_escapes_are_whole() -> None:
    po = 'msgid ""\n"a\\n"\n"\\"b\\""\nmsgstr ""\n"\\tc"\n\n# said\nmsgid "d"\nmsgstr ""\n'
    assert list(entries(po)) == [
        {"msgid": 'a\n"b"', "msgstr": "\tc"},
        {"msgid": "d", "msgstr": ""},
    ]


@pytest.mark.parametrize("po", ["msgid a", '"a"', "msgid", 'msgid "\\x"', 'msgid "a" + "b"'])
def test_a_line_that_is_none_is_named(po: str) -> None:
    with pytest.raises(ValueError, match="line 1 "):
        list(entries(po))


def test_other_signs_for_the_end_of_a_line_stand_in_a_text() -> None:
    assert list(entries('msgid "a"\nmsgstr "b\u2028c\x0cd"\r\n')) == [
        {"msgid": "a", "msgstr": "b\u2028c\x0cd"}
    ]


GOOD = compiled(b'msgid "interrupted"\nmsgstr "compiled"\n')


@pytest.mark.parametrize(
    "octets", [b"", b"x", GOOD[:20], GOOD[:40], GOOD[:-3], GOOD[:4] + b"\xff" * 40, b"\xff" * 99]
)
def test_a_damaged_catalogue_is_named(
    octets: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", str(tmp_path))
    (tmp_path / "xx.mo").write_bytes(octets)
    with pytest.raises(Damaged) as damaged:
        loaded("xx")
    assert damaged.value.args[0] == str(tmp_path / "xx.mo") and damaged.value.args[1]


@pytest.mark.parametrize("po", [b'msgstr "b"\n', b'msgid "a\n', b'msgid "\xff"\nmsgstr "b"\n'])
def test_a_damaged_source_is_named(
    po: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", str(tmp_path))
    (tmp_path / "xx.po").write_bytes(po)
    with pytest.raises(Damaged):
        loaded("xx")


@pytest.mark.parametrize("said", ["{x.y}", "{x[0]}", "{x!z}", "{x:d}", "{0}", "{}", "{x:>{y}}"])
def test_a_wrong_translation_is_english(said: str) -> None:
    made = catalogue.Catalogue("ko", compiled(f'msgid "{{x}}"\nmsgstr "{said}"\n'.encode()))
    assert made.shown(sentence("{x}", x=None)) == "None"


def test_a_sentence_without_translation_is_left_out() -> None:
    octets = compiled(b'msgid "a"\nmsgstr ""\n\nmsgid "b"\nmsgstr "c"\n')
    made = catalogue.Catalogue("xx", octets)
    assert (made.shown("a"), made.shown("b")) == ("a", "c")


HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.mark.parametrize(
    ("po", "why"),
    [
        ('msgid "a"\nmsgstr "b"\n\nmsgid "cut off here"\n', "line 7 has no msgstr: cut off here"),
        ('msgid "a"\n\nmsgid "b"\nmsgstr "c"\n', "line 4 has no msgstr: a"),
        ('msgstr "b"\nmsgid "a"\n', "line 4 has a msgstr again"),
        ('msgctxt "a"\nmsgstr "b"\n', "line 4 has no msgid: a"),
        ('msgid "a"\nmsgstr "b"\nmsgstr "c"\n', "line 6 has a msgstr again"),
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', "line 7 has a msgid again: a"),
        (
            'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgid_plural "as"\nmsgstr[0] "c"\n',
            "line 7 has a msgid again: a",
        ),
        ('msgid "a"\nmsgstr[0] "b"\n', r"line 4 has other forms than it should: msgstr\[0\]"),
        ('msgid "a"\nmsgid_plural "as"\nmsgstr "b"\n', "line 4 has other forms"),
        ('msgid "a"\nmsgid_plural "as"\nmsgstr[1] "b"\nmsgstr[0] "c"\n', "line 4 has other"),
    ],
)
def test_a_message_that_is_not_whole_or_comes_twice_is_named(po: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        compiled((HEADER + po).encode())


@pytest.mark.parametrize(
    "flags", ["#, fuzzy", "#, fuzzy, c-format", '#,c-format , fuzzy\n#: a.py:1\n#| msgid "b"']
)
def test_a_guess_is_left_out_but_not_in_the_header(flags: str) -> None:
    guess = f'{flags}\nmsgid "a"\nmsgstr "guess"\n\n'
    po = f'#, fuzzy\n{HEADER}{guess}# fuzzy\n#, not-fuzzy\nmsgid "c"\nmsgstr "가"\n'
    made = catalogue.Catalogue("xx", compiled(po.encode()))
    assert (made.shown("a"), made.shown("c")) == ("a", "가")


def test_the_same_text_may_stand_in_several_contexts() -> None:
    po = 'msgid "a"\nmsgstr "1"\n\nmsgctxt "b"\nmsgid "a"\nmsgstr "2"\n'
    made = catalogue.Catalogue("xx", compiled((HEADER + po).encode()))
    assert (made.shown("a"), made.shown(sentence_p("b", "a"))) == ("1", "2")


def test_a_byte_order_mark_is_no_text() -> None:
    octets = b"\xef\xbb\xbf" + HEADER.encode() + b'msgid "a"\nmsgstr "b"\n'
    assert catalogue.Catalogue("xx", compiled(octets)).shown("a") == "b"


def test_another_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", str(tmp_path))
    (tmp_path / "xx.po").write_text('msgid "interrupted"\nmsgstr "xxx"\n', "utf-8")
    assert loaded("xx").shown("interrupted") == "xxx"
    (tmp_path / "xx.mo").write_bytes(compiled(b'msgid "interrupted"\nmsgstr "compiled"\n'))
    assert loaded("xx").shown("interrupted") == "compiled"


def test_the_catalogue_of_a_package_in_a_zip_is_found(tmp_path: Path) -> None:
    folder = ROOT / PACKAGE
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as made:
        for path in [folder / "__init__.py", folder / "lazy.py", *folder.glob("language/*.*")]:
            made.write(path, path.relative_to(ROOT))
    code = (
        "from tftp_fsm.language import tr, use; from tftp_fsm.language.catalogue import languages\n"
        "use('ko'); print(ascii(tr('interrupted')), languages())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": str(tmp_path / "all.zip")},
        cwd=tmp_path,
        check=False,
    )
    assert done.stdout == f"{loaded('ko').shown('interrupted')!a} ['ko']\n", done.stderr


def test_korean_is_there_and_what_systems_say_is_in_it() -> None:
    assert "ko" in languages()
    korean = loaded("ko")
    assert all(korean.shown(text) != text for text in system.ERRORS)

"""The catalogues are complete, and the tool that checks them notices mistakes."""

from __future__ import annotations

import argparse
import ast
import inspect
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tests.support.english import english
from tftp_fsm.language import shown, speaking, system
from tftp_fsm.protocol.roles import OURS
from tools import language as tool
from tools.house import PACKAGE
from tools.language import calls_wrong, catalogue, documents_wrong, main, template, updated
from tools.translations import documents, mistakes, wrong_words

PROGRAMMERS = (  # argparse says these to whoever writes a parser wrongly, or uses what we do not
    "conflicting",
    ".__call__() not defined",
    "'required' is an invalid argument",
    "mutually exclusive",
    "mutually_exclusive",
    "is not callable",
    "can't open",
    "cannot merge",
    "invalid option string",
    "dest= is required",
    "invalid conflict_resolution",
    "cannot have multiple",
    "error: %(message)s",
    "parser %(parser_name)r",
    'argument "-"',
    "subcommands",
    "deprecated",
    "maybe you meant",
    "did you mean",
    "unknown parser",
    "(default: %(default)s)",
    "warning: %(message)s",
)


def test_every_sentence_is_translated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_a_finding_in_korean_has_no_full_stop_at_its_end() -> None:
    """The glossary puts a full stop only between two sentences, and findings stand in a list."""
    told = (
        str(message.string)
        for message in catalogue("ko")
        if any("/explain/" in name for name, _ in message.locations)
    )
    assert [text for text in told if text.endswith(".")] == []


#: An example of Python is a message, too: its comment is translated, and its code stays.
IMPORTS = re.compile(r"^from \S+ import .*$", re.MULTILINE)


def test_no_translation_has_an_english_sentence() -> None:
    for message in filter(lambda each: each.id, catalogue("ko")):
        for text in message.string if isinstance(message.string, tuple) else (message.string,):
            assert english(IMPORTS.sub("", str(text))) == [], message.id


@pytest.mark.parametrize(
    "source, text, wrong",
    [
        ("got {name}", "{name}을(를) 받았습니다", []),
        ("got {name}", "", ["it has no translation"]),
        (
            "got {name}",
            "{nam} 받음",
            ["the translation lacks {name}", "the translation has {nam}, and the sentence has not"],
        ),
        ("{size:,} octets", "{size}옥텟", ["lacks {size:,}", "has {size}, and"]),
        ("{name!r} is wrong", "{name!r}이(가) 틀렸습니다", []),
        ("got {name}", "{name 받음", ["its braces are wrong: expected '}' before end of string"]),
        ("expected %s", "%d", ["lacks %s", "has %d"]),
        ("usage: ", "사용법:", ["only one of both ends with ' '"]),
        (("{count} file", "{count} files"), ("파일 {count}개",), []),
        (("{count} file", "{count} files"), ("파일",), ["lacks {count}"]),
        ("a directory", "디렉토리", ["the glossary has 디렉터리, not 디렉토리"]),
        ("32 MiB", "32 MiB가 필요", ["the glossary wants no space in '2 MiB'"]),
        ("{n} kB", "{n} kB만", ["the glossary wants no space in '} kB'"]),
        ("32 MiB", "32MiB가 필요", []),
        ("32 MiB\nx", "32 MiB\n가", []),
    ],
)
def test_what_is_wrong_with_a_translation_is_said(source: str, text: str, wrong: list[str]) -> None:
    found = list(mistakes(Message(source, text), "ko"))
    assert len(found) == len(wrong)
    assert all(part in line for part, line in zip(wrong, found, strict=True))


def test_a_fuzzy_translation_is_none() -> None:
    assert list(mistakes(Message("a", "가", flags=["fuzzy"]), "ko")) == ["it is marked as fuzzy"]


def test_the_glossary_has_words_and_no_word_is_both_right_and_wrong() -> None:
    assert wrong_words()["디렉토리"] == "디렉터리"
    assert not any(wrong in right for wrong, right in wrong_words().items())


@pytest.mark.parametrize(
    "text",
    [
        "까닭은 둘",
        "확인 응답",
        "서버가 거부합니다",
        "ACK를 손실시켰습니다",
        "반복된 ACK",
        "DATA를 다시 보냄",
    ],
)
def test_words_that_were_given_up_are_refused(text: str) -> None:
    assert len(list(mistakes(Message("a", text), "ko"))) == 1
    assert list(mistakes(Message("a", "연결이 거부됨"), "ko")) == []


def test_documents_in_korean_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {path.name for path in documents()} >= {"README.ko.md", "tutorial.md", "lessons.md"}
    assert "glossary.md" not in {path.name for path in documents()}
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    (tmp_path / "a.md").write_text("디렉터리\n디렉토리\n", "utf-8")
    assert list(documents_wrong([tmp_path / "a.md"])) == [
        "a.md:2: the glossary has 디렉터리, not 디렉토리"
    ]


SOURCE = """
from tftp_fsm.language import sentence, sentence_n, tr, tr_p
tr("found", name=1)
tr("long "
   "one")
tr(f"{name} is lost")
tr(name)
sentence_n("one", "many", 3)
tr_p("where", "which")
"""
HIDDEN = """f"{tr('found')}"
"""
PAGE = """<p>plain <b data-tr>in an <i>element</i></b></p>
<button data-tr-label aria-label="of a button">x</button><p data-tr>the last<br>line</p>"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a package of one module and one script, with an empty catalogue."""
    folder = tmp_path / PACKAGE / "language"
    folder.mkdir(parents=True)
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "FOLDER", folder)
    monkeypatch.setattr(tool, "PASS_ON", (folder / "__init__.py",))
    (folder.parent / "a.py").write_text(SOURCE, "utf-8")
    (folder.parent / "b.js").write_text('tr("in a page {n}", {n: 1})', "utf-8")
    (folder.parent / "c.html").write_text(PAGE, "utf-8")
    return tmp_path


def test_sentences_are_found_in_python_javascript_and_html(checkout: Path) -> None:
    found = template(tool.sources())
    assert [(m.context, m.id) for m in found if m.id] == [
        (None, "found"),
        (None, "long one"),
        (None, ("one", "many")),
        ("where", "which"),
        (None, "in a page {n}"),
        (None, "in an element"),
        (None, "of a button"),
        (None, "the lastline"),
    ]


def test_calls_that_no_catalogue_could_follow_are_named(checkout: Path) -> None:
    (checkout / PACKAGE / "a.py").write_text(SOURCE + HIDDEN, "utf-8")
    wrong = list(calls_wrong(tool.sources()))
    assert [line.split(":")[1] for line in wrong] == ["6", "7", "10"]
    assert "without f" in wrong[0] and "f-string" in wrong[2]


def test_a_new_catalogue_is_filled_and_old_sentences_leave_it(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--new", "ko"]) == 0
    assert main(["--todo", "a.py"]) == 0
    out = capsys.readouterr().out
    assert 'msgid "found"' in out and "in a page" not in out
    filled = checkout / "x.po"
    filled.write_text('msgid "found"\nmsgstr "찾음"\n\nmsgid "odd"\nmsgstr "이상"\n', "utf-8")
    assert main(["--fill", str(filled)]) == 0
    assert "no source has this: 'odd'" in capsys.readouterr().out
    (checkout / PACKAGE / "b.js").write_text("tr('other')", "utf-8")
    assert main(["--check"]) == 1
    assert "ko.po is old" in capsys.readouterr().out
    main([])
    kept = (tool.FOLDER / "ko.po").read_text("utf-8")
    assert "찾음" in kept and "other" in kept and "in a page" not in kept


def test_the_order_of_the_sources_is_that_of_the_catalogue() -> None:
    places = [m.locations[0][0] for m in updated("ko", template(tool.sources())) if m.id]
    assert places == sorted(places)


def test_argparse_says_nothing_that_is_not_in_the_catalogue() -> None:
    known = {str(text) for text in system.ARGPARSE}
    calls = (node for node in ast.walk(ast.parse(inspect.getsource(argparse))))
    for call in calls:
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "_":
            (text,) = call.args
            said = text.value if isinstance(text, ast.Constant) else ""
            assert isinstance(said, str)
            assert said in known or not said or any(part in said for part in PROGRAMMERS), said


@pytest.mark.parametrize(
    "text, found",
    [
        ("the file is gone", ["the file is gone"]),
        ("tftp-fsm: 오류: no such file here", ["no such file here"]),
        ("  tftp-fsm 192.0.2.1 get boot.img as the root", []),
        ("HOST get REMOTE LOCAL blksize windowsize", []),
        ("파일 'my very own file' 하나", []),
        ("디렉터리를 TFTP로 제공합니다", []),
        ("state machine of a client 그림", ["state machine of a client"]),
        ("two words", []),
        ("행은 Row(trigger, source, dest, ...)로 씁니다", []),
        ("이렇게 쓰세요: tftp-fsm 127.0.0.1 --into here get motd a", []),
        ("this tftp-fsm is a fine program", ["this tftp-fsm is a fine program"]),
        ("값 --mode octet --no-options see the manual page", ["see the manual page"]),
    ],
)
def test_english_is_found_where_it_is_a_sentence(text: str, found: list[str]) -> None:
    assert english(text) == found


def test_what_guards_and_actions_say_of_themselves_is_found() -> None:
    named = {
        (kind, name)
        for kind in OURS.kinds
        for row in kind.table.rows
        for name in (*row.conditions, *row.unless, *row.after)
    }
    known = {message.id for message in catalogue("ko")}
    for kind, name in named:
        said = (inspect.getdoc(getattr(kind, name)) or "").partition("\n")[0]
        assert said in known, (kind.__name__, name)
        assert english(shown_in_korean(said)) == [], name


def test_every_reason_of_the_rows_is_in_korean() -> None:
    for kind in OURS.kinds:
        for row in kind.table.rows:
            for why in filter(None, (row.why, row.why_window)):
                said = shown_in_korean(why)
                assert said != why and english(said) == [], why


def shown_in_korean(text: str) -> str:
    with speaking("ko"):
        return shown(text)

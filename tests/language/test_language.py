"""Sentences: English in data, translated where they are shown."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tftp_fsm import language
from tftp_fsm.errors import LocalError
from tftp_fsm.language import (
    joined,
    layout,
    mark,
    mark_p,
    reason,
    sentence,
    sentence_n,
    sentence_p,
    shown,
    speaking,
    tr,
    tr_n,
    tr_p,
    wanted,
)
from tftp_fsm.language.catalogue import Catalogue, compiled
from tftp_fsm.language.korean import chosen_particles, marked_particles

PO = r"""
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\nPlural-Forms: nplurals=1; plural=0;\n"

msgid "got {name}: {why}"
msgstr "{name}을(를) 받았습니다: {why}"

msgid "the disk is full"
msgstr "디스크가 가득 찼습니다"

msgid "{count} block"
msgid_plural "{count} blocks"
msgstr[0] "블록 {count}개"

msgctxt "verb"
msgid "open"
msgstr "엽니다"

msgctxt "state"
msgid "open"
msgstr "열림"

msgctxt "state"
msgid "{count} open"
msgid_plural "{count} open ones"
msgstr[0] "{count}개 열림"

msgid "a wrong one {name}"
msgstr "틀린 것 {other}"
"""


@pytest.fixture
def korean(monkeypatch: pytest.MonkeyPatch) -> None:
    particles = (marked_particles, chosen_particles)
    monkeypatch.setattr(language, "_catalogue", Catalogue("ko", compiled(PO.encode()), *particles))


FULL = "the disk is full"


def test_without_a_language_all_is_english() -> None:
    assert tr("got {name}: {why}", name="f", why=FULL) == "got f: the disk is full"
    assert tr("no {field} is filled in") == "no {field} is filled in"
    assert tr_n("{count} block", "{count} blocks", 1) == "1 block"
    assert tr_n("{count} block", "{count} blocks", 3) == "3 blocks"
    assert tr_p("verb", "open") == "open" and shown(mark(FULL)) == FULL


@pytest.mark.usefixtures("korean")
def test_sentences_are_translated_when_they_are_shown() -> None:
    assert tr("got {name}: {why}", name="motd", why=tr("the disk is full")) == (
        "motd를 받았습니다: 디스크가 가득 찼습니다"
    )
    assert tr_n("{count} block", "{count} blocks", 3) == "블록 3개"
    assert (tr_p("verb", "open"), tr_p("state", "open")) == ("엽니다", "열림")
    assert shown(mark_p("state", "open")) == "열림"
    many = sentence_n("{count} open", "{count} open ones", 2)
    many.context = "state"
    assert shown(many) == "2개 열림"
    assert shown(sentence_p("verb", "open")) == "엽니다" and shown("open") == "open"
    assert shown("") == "" and shown(17) == "17"


@pytest.mark.usefixtures("korean")
def test_data_stays_english_and_fields_are_translated_with_it() -> None:
    why = sentence("got {name}: {why}", name="블록", why=sentence("the disk is full"))
    failed = LocalError(why)
    assert str(failed) == "got 블록: the disk is full" and json.dumps([why]).isascii()
    for each in (failed, pickle.loads(pickle.dumps(failed)), copy.deepcopy(failed)):
        assert shown(each) == "블록을 받았습니다: 디스크가 가득 찼습니다"
    again = LocalError(layout("{where}: {why}", where="f", why=str(failed)))
    assert shown(again) == "f: 블록을 받았습니다: 디스크가 가득 찼습니다"
    assert shown(joined("; ", [sentence("the disk is full"), "{x}"])) == (
        "디스크가 가득 찼습니다; {x}"
    )


@pytest.mark.usefixtures("korean")
def test_a_name_that_is_a_field_is_never_translated() -> None:
    assert shown(layout("{name}!", name=FULL)) == "the disk is full!"


@pytest.mark.usefixtures("korean")
def test_a_wrong_translation_ends_no_program() -> None:
    assert tr("a wrong one {name}", name="f") == "a wrong one f"


def test_what_the_system_says_is_translated() -> None:
    with speaking("ko"):
        assert shown(reason(FileNotFoundError(2, "No such file or directory"))) != (
            "No such file or directory"
        )
    assert reason(OSError("odd")) == "odd"


def test_a_language_is_in_use_until_the_other_comes_back() -> None:
    with speaking("ko"):
        assert language.current() == "ko"
        with speaking("en"):
            assert language.current() == "en"
        assert language.current() == "ko"
    assert language.current() == "en"


def test_other_threads_and_tasks_keep_their_language() -> None:
    heard: list[str] = []
    with speaking("ko"):
        thread = Thread(target=lambda: heard.append(language.current()))
        thread.start()
        thread.join()
    assert heard == ["en"]

    async def speaks(name: str, others: asyncio.Barrier) -> str:
        with speaking(name):
            await others.wait()  # all are in the middle of theirs
            return language.current()

    async def together() -> list[str]:
        others = asyncio.Barrier(3)
        return await asyncio.gather(*(speaks(name, others) for name in ("ko", "en", "ko")))

    assert asyncio.run(together()) == ["ko", "en", "ko"]
    assert language.current() == "en"


def test_what_is_used_within_a_block_ends_with_it() -> None:
    with speaking("ko"):
        language.use("en")
        assert language.current() == "en"
        language.use("ko")
        assert language.current() == "ko"
    assert language.current() == "en"


def test_the_language_of_the_process_is_that_of_its_threads() -> None:
    heard: list[str] = []
    language.use("ko")
    try:
        thread = Thread(target=lambda: heard.append(language.current()))
        thread.start()
        thread.join()
    finally:
        language.use("en")
    assert heard == ["ko"]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.usefixtures("korean")
def test_a_copied_sentence_is_still_one(protocol: int) -> None:
    many = sentence_n("{count} block", "{count} blocks", 2)
    for again in (
        pickle.loads(pickle.dumps(many, protocol)),
        copy.copy(many),
        copy.deepcopy(many),
        str(many),
    ):
        assert again == "2 blocks" and shown(again) == "블록 2개"


HOSTILE = ["{x}", "{0.__class__}", "{", "}}", "{name!r:>{width}}", "%s%(x)n", "값은(는)", "\ue000"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("korean")
def test_a_field_is_never_read_as_a_template(name: str) -> None:
    assert shown(layout("{where}: {name}", where="f", name=name)) == f"f: {name}".replace(
        "\ue000", "을(를)"
    )
    said = shown(sentence("got {name}: {why}", name="f", why=name))
    assert said == f"f를 받았습니다: {name}".replace("\ue000", "을(를)")
    assert shown(joined("{", [name, name])).count("{") == 2 * name.count("{") + 1


@pytest.mark.parametrize("count", [2.5, float("inf"), float("nan"), "2", None])
@pytest.mark.usefixtures("korean")
def test_a_number_that_is_none_ends_no_program(count: Any) -> None:
    said = sentence_n("{count} block", "{count} blocks", count)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert shown(said) in (f"{count} blocks", f"블록 {count}개")


@pytest.mark.parametrize("name", ["xx", "../ko", "", "ko/../ko"])
def test_a_language_without_catalogue_is_refused(name: str) -> None:
    with pytest.raises(LookupError):
        language.use(name)
    assert language.current() == "en"


@pytest.mark.parametrize(
    "environment, languages",
    [
        ({}, []),
        ({"LANG": "ko_KR.UTF-8"}, ["ko_KR", "ko"]),
        ({"LANG": "ko"}, ["ko"]),
        ({"LANG": "ko_KR"}, ["ko_KR", "ko"]),
        ({"LANG": "ko_KR.UTF-8@x"}, ["ko_KR", "ko"]),
        ({"LANG": "en_US.UTF-8"}, []),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "ko:en"}, ["ko"]),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "en:ko"}, []),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": ""}, ["ko_KR", "ko"]),
        ({"LANGUAGE": "ko"}, []),
        ({"LANG": "C", "LANGUAGE": "ko"}, []),
        ({"LANG": "C.UTF-8", "LANGUAGE": "ko"}, []),
        ({"LANG": "POSIX", "LANGUAGE": "ko"}, []),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "C"}, []),
        ({"LANG": "C", "LC_MESSAGES": "ko_KR.UTF-8"}, ["ko_KR", "ko"]),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, []),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""}, ["ko_KR", "ko"]),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "fr:ko"}, ["fr", "ko"]),
        ({"LANG": "ko_KR.eucKR"}, ["ko_KR", "ko"]),
        ({"LANG": "ko-KR"}, ["ko_KR", "ko"]),
        ({"LANG": "ko@x"}, ["ko"]),
        ({"LANG": "KO_KR"}, ["ko_KR", "ko"]),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "fr:en:ko"}, ["fr"]),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "C:ko"}, []),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "POSIX"}, []),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "::ko:"}, ["ko"]),
    ],
)
def test_the_environment_is_read_as_gettext_reads_it(
    environment: dict[str, str], languages: list[str]
) -> None:
    assert wanted(environment) == languages


def test_english_imports_nothing_more_and_the_library_does_not_look_at_the_environment() -> None:
    code = (
        "import sys, tftp_fsm.__main__ as command, tftp_fsm.cli.transfer\n"
        "late = ('gettext', 'locale', 'tftp_fsm.language.catalogue', 'tftp_fsm.cli.spoken')\n"
        "print(command.language.current(), *[name for name in late if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"LANG": "ko_KR.UTF-8", "PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout == "en\n"

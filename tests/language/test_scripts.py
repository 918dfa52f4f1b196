"""A page has the translations of all sentences of its scripts and of its HTML."""

from __future__ import annotations

import json
import re

from tftp_fsm.lab.page.build import page
from tftp_fsm.language.catalogue import loaded
from tftp_fsm.language.scripts import names, translations
from tools.house import ROOT
from tools.javascript import fixed, literals

PAGE = ROOT / "tftp_fsm" / "lab" / "page"


def test_sentences_of_scripts_and_of_html_are_found() -> None:
    code = 'say(tr("Lessons"), trParts( "{title}. {look}", x), "Keys", str("Moves"))'
    html = '<b id="x" data-tr>Back</b><div aria-label="Variables" data-tr-label></div><i>Undo</i>'
    assert list(translations("ko", code, html)) == ["Lessons", "Back", "Variables"]


def test_every_language_says_its_own_name() -> None:
    assert names() == {"en": "English", "ko": "한국어"}


def test_the_page_of_the_lab_has_all_of_its_words() -> None:
    data = re.search(r'type="application/json"[^>]*>(.*?)</script>', page("server", {}), re.DOTALL)
    assert data is not None
    words = json.loads(data[1])["languages"]["ko"]["words"]
    wanted = fixed((PAGE / "page.html").read_text("utf-8"))
    for path in PAGE.glob("*.js"):
        wanted += [one.text for one in literals(path.read_text("utf-8")) if one.is_sentence]
    shown = loaded("ko").shown
    assert [text for text in wanted if shown(text) != text and words.get(text) != shown(text)] == []

"""Words that findings and reports share, in both languages."""

from __future__ import annotations

import re

from tftp_fsm.explain.packets.words import times
from tftp_fsm.language import sentence, shown, speaking
from tftp_fsm.protocol.gloss import end_word
from tools.house import ROOT

# A count before a noun in the plural. `{count}` is the field of the sentences that have a singular,
# too; `{n:>10,}` in a table has its own heading.
NOUNS = (
    "answers|clients|copies|datagrams|items|lines|losses|packets|requests|retransmissions|"
    "round trips|sessions|states|steps|times|transfers|transitions"
)
BARE = re.compile(rf"\{{(?!count\b)[a-z_.]+(?: \+ 1)?(?::,)?\}} (?:{NOUNS})\b")
ALWAYS_MANY = {
    "times up to packet",  # told of two and more only
}


def test_numbers_come_with_their_nouns() -> None:
    assert (times(1), times(2048)) == ("1 time", "2,048 times")


def test_a_word_in_a_field_is_translated_with_its_sentence() -> None:
    line = sentence("the {end} sent {error}", end=end_word("server"), error="ERROR 1 no such file")
    assert line == "the server sent ERROR 1 no such file"
    with speaking("ko"):
        assert shown(line) == "서버가 보낸 ERROR 1 no such file"
        assert [shown(times(1)), shown(times(2048))] == ["1번", "2,048번"]


def test_a_report_counts_nothing_with_a_plural_alone() -> None:
    found = []
    package = ROOT / "tftp_fsm"
    for path in (*package.glob("explain/*.py"), *package.glob("capture/**/*.py")):
        text = path.read_text("utf-8")
        for match in BARE.finditer(text):
            rest = text[match.start() : match.end() + 20]
            if not any(words in rest for words in ALWAYS_MANY):
                found.append(f"{path.relative_to(package)}: {match.group()}")
    assert found == []

"""Choose Korean particles. They depend on the sound before them.

A catalogue has both forms, as in `{name}을(를) 받았습니다`. The right form is chosen when the name
is known: 파일을, 블록 3을, `motd`를, ACK를, 20%를. Text in brackets is not spoken, so the word
before the brackets counts: receiving(수신 중)이, done(완료)으로.

`marked_particles` marks those of the catalogue before the fields are filled in, so that a name such
as `값은(는)` stays as it is.
"""

from __future__ import annotations

import re

# The form after a final consonant, then the form after a vowel.
_PAIRS = {
    "을(를)": ("을", "를"),
    "이(가)": ("이", "가"),
    "은(는)": ("은", "는"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)": ("이", ""),
}
_MARKS = {pair: chr(0xE000 + number) for number, pair in enumerate(_PAIRS)}  # for private use
_PAIR_OF = {mark: pair for pair, mark in _MARKS.items()}
_ANY_MARK = re.compile(f"[{''.join(_PAIR_OF)}]")
_PARTICLE = re.compile(
    r"(?P<before>[0-9A-Za-z가-힣%])(?P<closing>[^0-9A-Za-z가-힣%\s]{0,5})(?P<mark>"
    + _ANY_MARK.pattern
    + ")"
)
_BRACKETS = re.compile(r"(?<=[0-9A-Za-z가-힣])\([^()]*$")
_DIGITS = "0136780"  # 영 일 삼 육 칠 팔; a zero at the end is 십, 백 or 천, too
_ROUND = "178"  # these of them end in ㄹ, which takes 로
_LETTERS = "LMNRlmnr"  # their names are 엘, 엠, 엔 and 알
_LIQUID = "LRlr"
_WORD = re.compile(r"[A-Za-z]+$")
# Words that engineers pronounce as words, not letter by letter.
_SAID = {
    "data": "데이터",
    "error": "에러",
    "get": "겟",
    "put": "풋",
    "octet": "옥텟",
    "netascii": "넷아스키",
    "file": "파일",
    "host": "호스트",
    "idle": "아이들",
    "done": "던",
    "blksize": "블록사이즈",
    "windowsize": "윈도사이즈",
    "tsize": "티사이즈",
    "timeout": "타임아웃",
    "server": "서버",
    "client": "클라이언트",
    "lab": "랩",
    "block": "블록",
    "pcapng": "피캡엔지",
}
# The sounds of the ends of other words: receiver 리시버, table 테이블, name 네임, line 라인,
# map 맵, pcap 피캡.
_ENDS = (
    (r"[aeiou]re?", "버"),
    (r"[a-z]le", "블"),
    (r"[a-z]me", "임"),
    (r"[a-z]ne", "인"),
    ("ng", "핑"),
    ("(?<![aeiou])[aeiou]p", "맵"),
)
_SOUNDS = [(re.compile(f"[a-z]+{end}"), sound) for end, sound in _ENDS]
_ACRONYM = 3  # words of up to 3 capitals are pronounced letter by letter


def with_particles(text: str) -> str:
    """Return the text with the right form of each particle."""
    return chosen_particles(marked_particles(text))


def marked_particles(template: str) -> str:
    """Return the text with a mark for each pair of forms, for `chosen_particles`."""
    if "(" in template:
        for pair, mark in _MARKS.items():
            template = template.replace(pair, mark)
    return template


def chosen_particles(text: str) -> str:
    """Return the text with a particle for each mark, or both forms if the sound is unknown."""
    if _ANY_MARK.search(text) is None:
        return text
    return _ANY_MARK.sub(lambda found: _PAIR_OF[found[0]], _PARTICLE.sub(_chosen, text))


def _chosen(found: re.Match[str]) -> str:
    last, closing, pair = found["before"], found["closing"], _PAIR_OF[found["mark"]]
    said = found.string[: found.start("before") + 1]
    if closing.startswith(")"):
        said = _BRACKETS.sub("", said)
    has_final, is_liquid = _final(said)
    with_one, without = _PAIRS[pair]
    fits = with_one if has_final and not (is_liquid and pair == "(으)로") else without
    return last + closing + fits


def _final(text: str) -> tuple[bool, bool]:
    """Return whether the spoken text ends in a final consonant, and whether this is ㄹ."""
    last = text[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return final != 0, final == 8
    if last.isdigit():
        return last in _DIGITS, last in _ROUND
    word = _WORD.search(text)
    said = _said(word[0]) if word else None
    if said:
        return _final(said)
    return last in _LETTERS, last in _LIQUID


def _said(word: str) -> str | None:
    """Return the sound of a word or of its end, or None if it is read letter by letter."""
    known = _SAID.get(word.lower())
    if known is not None or (word.isupper() and len(word) <= _ACRONYM):
        return known
    return next((sound for end, sound in _SOUNDS if end.fullmatch(word.lower())), None)

"""Text in the columns of a terminal. Some characters take two columns, and some take none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from typing import TextIO
from unicodedata import combining, east_asian_width

from tftp_fsm.borders import terminal

ELLIPSIS = "..."
REMARK = 40  # characters of one remark about a packet; our own are shorter
DRAWING = "─═│┌└┐┘┄├┤┬╔╗╚╝║●▼►"
ASCII = str.maketrans(DRAWING, "-=|++++.+++++++|ov>")


def draws_lines(stream: TextIO) -> bool:
    """Whether the encoding of the stream has all characters that draw lines."""
    try:
        DRAWING.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def drawn_on(stream: TextIO, text: str) -> str:
    """Return `text` unchanged, or with ASCII lines if the stream cannot show its lines."""
    return text if draws_lines(stream) else text.translate(ASCII)


def columns(text: str) -> int:
    """How many columns `text` takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def wide_letters(text: str) -> int:
    """How many letters of `text` take two columns."""
    return 0 if text.isascii() else sum(_columns(letter) == 2 for letter in text)


@lru_cache(1024)
def _columns(character: str) -> int:
    if combining(character) or character in "\u200b\u200c\u200d\ufe0e\ufe0f":
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """Return `text` for a terminal. Text wider than `width` columns ends with an ellipsis."""
    text = terminal(text)
    if columns(text) <= width:
        return text
    room = max(width - len(ELLIPSIS), 0)
    widths = accumulate(map(_columns, text))
    kept = text[: next((at for at, used in enumerate(widths) if used > room), len(text))]
    return (kept + ELLIPSIS)[:width] if width < len(ELLIPSIS) else kept + ELLIPSIS


def wrapped(text: str, width: int) -> list[str]:
    """Return lines of at most `width` columns, broken at spaces. All white space is a space.

    A word that is wider than a line is broken where the line ends.
    """
    if text.isascii():
        from textwrap import wrap

        return wrap(" ".join(text.split()), width)
    lines = [""]
    for word in text.split():
        if lines[-1] and columns(lines[-1]) + 1 + columns(word) > width:
            lines.append("")
        lines[-1] += " " * bool(lines[-1])
        for character in word:
            if columns(lines[-1] + character) > width:
                lines.append("")
            lines[-1] += character
    return [line.rstrip() for line in lines]


def cut_label(words: str, remarks: Iterable[str], width: int) -> str:
    """Return a packet and remarks about it, cut to `width` columns.

    If there is too little room, the size is left out first, then the last remarks. After that the
    end of the packet's words is cut, because a reader needs the kind and the number most.
    """
    said = [f", {terminal(remark, REMARK)}" for remark in dict.fromkeys(remarks)]
    if columns(words) + _columns_of(said) > width:
        words = _SIZE.sub("", words)
    while said and columns(_name(words)) + _columns_of(said) > width:
        said.pop()
    return fit(words, max(width - _columns_of(said), len(ELLIPSIS))) + "".join(said)


_SIZE = re.compile(r" \([\d,]+(?: octets?|옥텟)\)")


def _name(words: str) -> str:
    """`DATA 3`, `ERROR 1`, or only `RRQ`: a file name may be cut."""
    kind, *more = words.split(" ")
    return f"{kind} {more[0]}" if more and more[0].isdigit() else kind + ELLIPSIS * bool(more)


def _columns_of(texts: Iterable[str]) -> int:
    return sum(map(columns, texts))


def left(text: str, width: int, fill: str = " ") -> str:
    """`text` at the left of `width` columns."""
    text = fit(text, width)
    return text + fill * (width - columns(text))


def titled(title: str, words: str) -> str:
    """A line of a report, such as `broken    An ERROR is answered.`: ten columns for the title."""
    return left(title, 9) + " " + words


def right(text: str, width: int, fill: str = " ") -> str:
    """`text` at the right of `width` columns."""
    text = fit(text, width)
    return fill * (width - columns(text)) + text


def centre(text: str, width: int, fill: str = " ") -> str:
    """`text` in the middle of `width` columns."""
    text = fit(text, width)
    before = (width - columns(text)) // 2
    return fill * before + text + fill * (width - columns(text) - before)

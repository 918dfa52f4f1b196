"""Write the file that may be written, read it again, and judge both.

    content = desk.known.shelf.content()
    with desk.write(content) as talk:
        talk.run(READING, until=lambda: talk.ended)
    return compared(desk, content, kept("DATA 1 twice"))

A server may acknowledge a file before it can be read, or may be writing it while it is read. So a
file that is not the one that was written is read again, each time after a longer pause, until two
readings are alike. The first file is awaited for all pauses. If it came late, so are the others.
"""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.examine.checks import Finding, Verdict, not_examined
from tftp_fsm.examine.probing.desk import OF_ONE, READING, Desk
from tftp_fsm.examine.probing.shelf import Reading
from tftp_fsm.examine.probing.talk import Talk, words_of
from tftp_fsm.language import layout, mark, marked, sentence
from tftp_fsm.wire.options import PLAIN_BLKSIZE
from tftp_fsm.wire.packets import Error, ErrorCode, Pairs
from tftp_fsm.wire.words import octets_words

SETTLING = 1.0  # seconds in which a server may bring to its disk what it has acknowledged
PAUSES = (SETTLING, 2 * SETTLING, 4 * SETTLING)  # before each of the later readings
READINGS = 1 + len(PAUSES)  # requests that read a file again
COMPARING = READING + sum(PAUSES)  # seconds
NOT_READ = mark("not read again, because the server did not send the first written file")
LONG = 1 << 16  # octets; a longer file is read with larger blocks
LARGER = 1428  # octets; they fit an Ethernet frame
MORE = 4096  # octets; a file that is so much longer is read no further


def compared(
    desk: Desk,
    content: bytes,
    found: Finding,
    *,
    blksize: int = PLAIN_BLKSIZE,
    is_enough: bool = False,
    is_apart: bool = False,
) -> Finding:
    """Return the finding of the writing, joined with that of reading the file now.

    If the file cannot be compared, nothing is judged, unless the first finding `is_enough`. It
    `is_apart` if it stands although the file has a fault that the check write has found.
    """
    back = _read_back(desk, content, blksize)
    seen = layout("{words}; {back}", words=marked(found.seen), back=marked(back.seen))
    both = replace(found, seen=seen)
    if back.verdict is Verdict.DEPARTED:
        apart = both if is_enough or is_apart else None
        departed = replace(both, verdict=back.verdict, means=back.means)
        return replace(departed, fault=back.fault, apart=apart)
    if found.verdict is Verdict.DEPARTED or back.verdict is Verdict.KEPT or is_enough:
        return both
    return replace(both, verdict=back.verdict)


def _read_back(desk: Desk, content: bytes, blksize: int) -> Finding:
    """Read the file, and judge the server by it.

    Also if the server gives out no text, an empty file is read, because its result may differ.
    """
    shelf = desk.known.shelf
    if shelf.unread and content:
        return not_examined(NOT_READ)
    found = _settled(desk, content)
    if shelf.unread and found.octets != content:
        return not_examined(shelf.unread)
    return shelf.judge(content, found, blksize)


def _settled(desk: Desk, content: bytes) -> Reading:
    """Return the first reading if it has the written file, else a later reading."""
    shelf = desk.known.shelf
    first = later = read_now(desk, len(content))
    waited, needed = 0.0, _needed(desk, content, first)
    for pause, longer in zip(PAUSES, (*PAUSES[1:], 0.0), strict=True):
        if first.octets == content:
            return first
        desk.wait(pause)
        waited += pause
        before, later = later, read_now(desk, len(content))
        if later.octets == content and first.is_certain:
            shelf.settling = max(shelf.settling, waited + longer)
            words = sentence("the file is the same, but only after {seconds:g} s", seconds=waited)
            return replace(later, words=words)
        if later.octets == content or (waited >= needed and later.is_like(before)):
            break
    shelf.awaited = waited
    return later if later.is_certain else first


def _needed(desk: Desk, content: bytes, first: Reading) -> float:
    """Return how many seconds a file is awaited. Until one came, nobody knows how late it is."""
    shelf = desk.known.shelf
    is_unknown = bool(content) and not shelf.keeps and first.is_like(shelf.before)
    return sum(PAUSES) if is_unknown else shelf.settling


def read_now(desk: Desk, size: int) -> Reading:
    """Read the written file, which should have `size` octets."""
    with _reading(desk, size) as talk:
        return _read(talk, size)


def _reading(desk: Desk, size: int) -> Talk:
    """Return a talk that reads it without options, but a long file with larger blocks."""
    most = min(desk.known.most_blksize or 0, LARGER)
    is_long = size > LONG and most > PLAIN_BLKSIZE
    options: Pairs = (("blksize", str(most)),) if is_long else ()
    return desk.read(options, name=desk.wishes.write, most=OF_ONE + 2 * size)


def _read(talk: Talk, size: int) -> Reading:
    most = size + MORE
    talk.run(READING, until=lambda: talk.ended or talk.came > most)
    if talk.came > most:
        words = sentence("the file has more than {size}", size=octets_words(most))
        return Reading(None, words, is_longer=True)
    if talk.octets is not None:
        return Reading(talk.octets)
    answer = talk.answer()
    if isinstance(answer, Error):
        is_gone = answer.code == ErrorCode.FILE_NOT_FOUND
        return Reading(None, words_of(answer), is_gone)
    return Reading(None, talk.outcome if talk.heard() else words_of(answer))

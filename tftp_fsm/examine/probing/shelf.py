"""Judge how a server keeps the file that was written, by reading the file again.

    shelf.before = Reading(None, "ERROR 1 no such file")
    content = shelf.content()
    shelf.judge(content, Reading(content), 512).seen == "the file is the same"

A server may take files but not give them out. Then it is unknown what it has stored. The first file
shows this. If the server has given out a file as it was written, or at least another file than
before, it keeps what is written. From then on each difference is a departure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum

from tftp_fsm.examine.checks import Finding, departed, kept, not_examined
from tftp_fsm.examine.probing.damage import damage
from tftp_fsm.frozen import frozen
from tftp_fsm.language import layout, mark, sentence, sentence_p
from tftp_fsm.wire.words import octets_words

LINE = "Text {:02d} by tftp-fsm probe, which examines TFTP servers. This file may be removed.\n"
LINES = 15
SIZE = len(LINE.format(0)) * LINES  # octets of each text; three blocks, of which the last is short
TEXTS = 100
REFUSED = mark("the server does not let this file be written")
LOST = mark("a file that was written is lost, and the client believes that it has arrived")


@frozen
class Reading:
    """The result of reading: the `octets`, or None. `words` say why there are none, or when.

    `is_gone`: the server says that there is no such file. `is_longer`: more came than was
    expected, and the rest was not read.
    """

    octets: bytes | None = None
    words: str = ""
    is_gone: bool = False
    is_longer: bool = False

    @property
    def is_certain(self) -> bool:
        """Return whether it shows what the server has. A missing answer does not."""
        return self.octets is not None or self.is_gone or self.is_longer

    def is_like(self, other: Reading) -> bool:
        """Return whether both have the same octets, or both have none."""
        return (self.octets, self.is_longer) == (other.octets, other.is_longer)


@frozen
class Written:
    """The last file that the server began to take: its size, and whether all of it was taken."""

    octets: int
    is_whole: bool


class Found(Enum):
    """The file that was read, compared with the written file and with the file before."""

    SAME = "same"
    GONE = "gone"
    UNREAD = "unread"
    UNCHANGED = "unchanged"
    OTHER = "other"


class Shelf:
    """The file that may be written.

    `before` is what was read last. `obstacle` says why nothing can be written, if so, and `unread`
    why what was written cannot be compared. The server `keeps` files: it has given out one.
    """

    def __init__(self) -> None:
        self.obstacle: str = REFUSED
        self.unread = ""
        self.before = Reading()
        self.keeps = False
        self.settling = 0.0  # seconds after which a file was given out, and some more
        self.awaited = 0.0  # seconds for which the last file was awaited, and did not come
        self._number = 0

    def content(self) -> bytes:
        """Return the next text. It differs from the last one, and from the file's content."""
        self._number = (self._number + 1) % TEXTS
        content = LINE.format(self._number).encode() * LINES
        return self.content() if content == self.before.octets else content

    def judge(self, content: bytes, found: Reading, blksize: int) -> Finding:
        """Judge the server: `found` was read after `content` was written."""
        verdict = _VERDICTS[self._classified(content, found), self.keeps]
        judged = verdict(self, content, found, blksize)
        self.before = found
        return judged

    def _classified(self, content: bytes, found: Reading) -> Found:
        is_changed = not found.is_like(self.before)
        if found.octets == content and (self.keeps or is_changed):
            return Found.SAME
        if found.octets is None and not found.is_longer:
            return Found.GONE if found.is_gone else Found.UNREAD
        return Found.OTHER if is_changed else Found.UNCHANGED

    def left(self, name: str, last: Written | None) -> str:
        """Return what was written at the end, in a few words."""
        if last is None:
            return sentence_p("written", "nothing")
        if not last.is_whole:
            return sentence("{name}, incomplete", name=name)
        return layout("{name}, {size}", name=name, size=octets_words(last.octets))

    def left_behind(self, name: str, last: Written | None) -> Iterator[str]:
        """Yield a remark about the file on the server, which cannot be removed."""
        if last is None:
            return
        words = octets_words(last.octets)
        if not last.is_whole:
            yield sentence(
                "The writing of {name} was not finished: on the server it may be missing, empty or"
                " cut. TFTP cannot remove it.",
                name=name,
            )
        elif self.unread:
            yield sentence(
                "{size} were written to {name}, but the server does not send this file. If "
                "the server keeps it, TFTP cannot remove it.",
                name=name,
                size=words,
            )
        else:
            yield sentence(
                "On the server, {name} now has {size} that this examination wrote. TFTP cannot"
                " remove it.",
                name=name,
                size=words,
            )


# -- What follows from what was found --------------------------------------------------------------


def _same(shelf: Shelf, content: bytes, found: Reading, blksize: int) -> Finding:
    shelf.keeps, shelf.unread = True, ""
    return kept(found.words or mark("the file is the same"))


def _not_given(shelf: Shelf, content: bytes, found: Reading, blksize: int) -> Finding:
    shelf.unread = sentence(
        "the server did not send the written file within {seconds:g} s: {why}",
        seconds=shelf.awaited,
        why=found.words,
    )
    return not_examined(shelf.unread)


def _not_taken(shelf: Shelf, content: bytes, found: Reading, blksize: int) -> Finding:
    shelf.unread = sentence(
        "the server did not send the written file within {seconds:g} s: the file is still "
        "the file of before",
        seconds=shelf.awaited,
    )
    return not_examined(shelf.unread)


def _lost(shelf: Shelf, content: bytes, found: Reading, blksize: int) -> Finding:
    return departed(sentence("the file is gone: {why}", why=found.words), means=LOST)


def _unread(shelf: Shelf, content: bytes, found: Reading, blksize: int) -> Finding:
    return not_examined(sentence("the file could not be read: {how}", how=found.words))


def _stale(shelf: Shelf, content: bytes, found: Reading, blksize: int) -> Finding:
    return departed(mark("the file is still the file of before"), means=LOST)


def _damaged(shelf: Shelf, content: bytes, found: Reading, blksize: int) -> Finding:
    shelf.keeps, shelf.unread = True, ""
    if found.octets is None:
        return departed(found.words, means=LOST)
    seen = damage(content, found.octets, blksize)
    return departed(seen.seen, means=seen.means, fault=seen.means)


_Verdict = Callable[[Shelf, bytes, Reading, int], Finding]
_VERDICTS: dict[tuple[Found, bool], _Verdict] = {
    # found, and whether the server has given out a file of ours before
    (Found.SAME, False): _same,
    (Found.SAME, True): _same,
    (Found.GONE, False): _not_given,
    (Found.GONE, True): _lost,
    (Found.UNREAD, False): _not_given,
    (Found.UNREAD, True): _unread,
    (Found.UNCHANGED, False): _not_taken,
    (Found.UNCHANGED, True): _stale,
    (Found.OTHER, False): _damaged,
    (Found.OTHER, True): _damaged,
}

"""How a stored file differs from the one that was sent: a block twice, a block missing, or cut.

    damage(b"one two ", b"one one two ", 4).seen == "block 1 is in the file twice"

The first octet that differs says which block it may be. The whole file then says whether it is.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress, count
from operator import ne
from typing import TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, sentence, sentence_n
from tftp_fsm.wire.words import octets_words


@frozen
class Damage:
    """`seen` says how the file differs, and `means` what that means for a client."""

    seen: str
    means: str


TWICE = mark("a block is in the file twice, and the client believes that the file is whole")
MISSING = mark("a block is missing in the file, and the client believes that the file is whole")
CUT = mark("the end of the file is missing, and the client believes that the file is whole")
LONGER = mark("the file has octets that were not sent, and the client believes that it is whole")
OTHER = mark("the file is damaged, and the client believes that it is whole")


def damage(content: bytes, found: bytes, blksize: int) -> Damage:
    """How `found` differs from `content`, which was sent in blocks of `blksize` octets."""
    same = _same(content, found)
    asked = (ask(content, found, blksize, same) for ask in _KINDS)
    return next(filter(None, asked), None) or Damage(
        sentence("the file has {size} and differs", size=octets_words(len(found))), OTHER
    )


def _same(content: bytes, found: bytes) -> int:
    """How many octets are the same from the beginning on."""
    return next(compress(count(), map(ne, content, found)), min(len(content), len(found)))


def _twice(content: bytes, found: bytes, blksize: int, same: int) -> Damage | None:
    ends = same if same == len(content) else same // blksize * blksize
    block = -(-ends // blksize)
    if not block or found != content[:ends] + content[(block - 1) * blksize :]:
        return None
    return Damage(sentence("block {block:,} is in the file twice", block=block), TWICE)


def _cut(content: bytes, found: bytes, blksize: int, same: int) -> Damage | None:
    if same != len(found):
        return None
    return Damage(sentence("the file is cut after {size}", size=octets_words(same)), CUT)


def _missing(content: bytes, found: bytes, blksize: int, same: int) -> Damage | None:
    block = same // blksize + 1
    if found != content[: (block - 1) * blksize] + content[block * blksize :]:
        return None
    return Damage(sentence("block {block:,} is missing in the file", block=block), MISSING)


def _longer(content: bytes, found: bytes, blksize: int, same: int) -> Damage | None:
    if same != len(content):
        return None
    words = sentence_n(
        "{count:,} octet follows the end of the file",
        "{count:,} octets follow the end of the file",
        len(found) - same,
    )
    return Damage(words, LONGER)


_Kind: TypeAlias = Callable[[bytes, bytes, int, int], Damage | None]
_KINDS: tuple[_Kind, ...] = (_twice, _cut, _missing, _longer)

"""Compare two runs: the events, effects and packets of one end, up to the first difference.

    found = compare(trace, other)         # two traces; `entries_of_run` makes one of a stepper
    found.first                           # the first difference, or None

Packets are compared by kind and block. Times, sizes and names may differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from tftp_fsm.borders.columns import left
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.ladder.identity import identities
from tftp_fsm.ladder.sent import SentPackets
from tftp_fsm.language import sentence, shown, tr
from tftp_fsm.protocol.events import Event, Step
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.trace.describe import came_from_wire, event_words

BEFORE = 3  # equal lines that are shown before the first difference
AFTER = 12  # lines that are shown from the difference on
AHEAD = 2000  # entries after the difference that are searched for the place where both go on


@frozen
class Did:
    """One entry: a packet that an end heard or sent, or another event. `key` is compared."""

    key: tuple[object, ...]
    words: str
    step: int


@frozen
class Pair:
    """Two entries side by side. One is None if only the other run has an entry here."""

    first: Did | None
    second: Did | None

    @property
    def same(self) -> bool:
        """Whether both runs have the entry."""
        first, second = self.first, self.second
        return first is not None and second is not None and first.key == second.key


@frozen
class Compared:
    """The entries of `end` were compared. The first `same` ones are equal; `rest` follows."""

    end: str
    same: tuple[Pair, ...]
    rest: tuple[Pair, ...]

    @property
    def first(self) -> Pair | None:
        """The first difference, or None."""
        return self.rest[0] if self.rest else None


def compare(one: Sequence[tuple[str, Step]], other: Sequence[tuple[str, Step]]) -> Compared:
    """Compare two runs, each as (end, step) pairs. LocalError: they have no common end."""
    ends = [end for end in ("client", "server") if all(_has(run, end) for run in (one, other))]
    if not ends:
        raise LocalError(sentence("the two runs have no end in common, so they cannot be compared"))
    first, second = (list(_doings(run, ends[0])) for run in (one, other))
    alike = next(
        (at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a.key != b.key),
        min(len(first), len(second)),
    )
    same = tuple(map(Pair, first[:alike], second[:alike]))
    return Compared(ends[0], same, tuple(_aligned(first[alike:][:AHEAD], second[alike:][:AHEAD])))


def _has(run: Sequence[tuple[str, Step]], end: str) -> bool:
    return any(found == end for found, _ in run)


def _doings(run: Iterable[tuple[str, Step]], wanted: str) -> Iterator[Did]:
    packets = SentPackets()
    for number, (end, step) in enumerate(run, 1):
        if end == wanted:
            yield from _heard(step.event, number)
            for effect in step.effects:
                for sent in packets.of(effect):
                    words = sentence("sends {packet}", packet=sent.words)
                    yield Did(("sends", *sent.identity), words, number)


def _heard(event: Event, number: int) -> Iterator[Did]:
    words = event_words(event)
    known = list(identities(event))
    if not came_from_wire(event):
        yield Did(("event", type(event).__name__), words, number)
    for identity in known:
        many = f"DATA {identity[1]}" if len(known) > 1 else words
        yield Did(("hears", *identity), sentence("hears {packet}", packet=many), number)


def _aligned(one: Sequence[Did], other: Sequence[Did]) -> Iterator[Pair]:
    matcher = SequenceMatcher(None, [d.key for d in one], [d.key for d in other], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from map(Pair, one[a:b], other[c:d])
        else:
            yield from (Pair(did, None) for did in one[a:b])
            yield from (Pair(None, did) for did in other[c:d])


def difference_lines(found: Compared, names: tuple[str, str], width: int) -> Iterator[str]:
    """Yield some equal entries, the first difference, and the next ones. `*` marks differences."""
    if found.first is None:
        yield tr(
            "no difference: {number} packets and events of the {end} are the same",
            number=len(found.same),
            end=end_word(found.end),
        )
        return
    yield tr(
        "the first {number} packets and events of the {end} are the same",
        number=len(found.same),
        end=end_word(found.end),
    )
    half = (width - 3) // 2
    yield f"  {left(names[0], half)} {left(names[1], half)}".rstrip()
    for pair in (*found.same[-BEFORE:], *found.rest[:AFTER]):
        sign = " " if pair.same else "*"
        yield f"{sign} {left(_cell(pair.first), half)} {left(_cell(pair.second), half)}".rstrip()
    if len(found.rest) > AFTER:
        yield "  ..."


def _cell(did: Did | None) -> str:
    return "-" if did is None else f"{did.step:>4} {shown(did.words)}"

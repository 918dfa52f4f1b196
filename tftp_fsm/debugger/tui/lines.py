"""Lines of styled text for several panes. Text from a peer is never read as markup."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from tftp_fsm.borders import brief
from tftp_fsm.borders.columns import columns, fit
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.language import shown, tr
from tftp_fsm.protocol.gloss import unusual_gloss
from tftp_fsm.trace.describe import effect_words

LIT = "bold reverse"


def step_lines(frame: Frame, width: int) -> Iterator[Text]:
    """The row of the last step, its effects and its reason."""
    row = frame.row
    if row is None:
        name = tr("no row answers this event")
    else:
        name = tr("row {number} {event}", number=frame.row_index, event=row.trigger)
    yield Text(fit(name, width), "bold")
    if row is not None and row.guard:
        yield from wrapped(f"  [{row.guard}]", width, "cyan")
    for effect in frame.step.effects:
        yield Text(fit(tr("  does {effect}", effect=effect_words(effect)), width))
    for note in frame.notes:
        yield from wrapped(f"* {shown(note)}", width, "yellow")
    yield from wrapped(tr("why: {why}", why=frame.reason), width, "default")
    for words in frame.really:
        yield from wrapped(tr("really: {words}", words=words), width, "green")
    for words in frame.noted:
        yield from wrapped(tr("note: {words}", words=words), width, "magenta")
    if frame.unusual:
        words = tr("unusual: {what}", what=unusual_gloss(frame.unusual))
        yield from wrapped(words, width, "yellow")


def wrapped(text: str, width: int, style: str) -> Iterator[Text]:
    """Lines of at most `width` columns, all with the indent of the first."""
    inset = " " * (len(text) - len(text.lstrip(" ")))
    line = inset
    for word in brief(text.strip()).split(" "):
        if line.strip() and columns(line) + columns(word) > width:
            yield Text(line.rstrip(), style)
            line = inset
        line += fit(word, max(width - len(inset), 4)) + " "
    yield Text(line.rstrip(), style)


def fit_text(line: Text, words: str, width: int) -> Text:
    """`line`, and after it as much of `words` as fits."""
    return line.append(fit(words, max(width - columns(line.plain), 0)), "dim")

"""The panes, as lines of styled text. Text from a peer is never read as markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from tftp_fsm.borders import brief
from tftp_fsm.borders.columns import fit, left
from tftp_fsm.debugger.commands.text import guard_lines, variable_words
from tftp_fsm.debugger.datagrams import Held, fields_of, way_of
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.moves import Choice
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.tui.lines import wrapped
from tftp_fsm.language import layout, shown, tr
from tftp_fsm.wire.words import octets_words

CHANGED = "bold yellow"
FIELD = 11  # columns of a field's name
NAME = 15  # columns of a variable's


def packet_lines(held: Held | None, width: int, *, whole: bool) -> Iterator[Text]:
    """Yield the fields with their positions, then 64 octets, or all octets with `whole`."""
    if held is None:
        yield Text(fit(tr("no packet here: choose one with up and down"), width))
        return
    head = tr("packet {number}: {words}", number=held.number, words=held.words)
    yield Text(fit(head, width), "bold")
    yield Text(fit(f"{_place(held.source)} > {_place(held.to)}", width))
    size = octets_words(held.size)
    yield Text(fit(tr("sent {seconds:.4f} s, {size}", seconds=held.sent, size=size), width))
    if held.fate:
        yield Text(fit(shown(way_of(held)), width), "yellow")
    for field in fields_of(held.octets):
        place = f"{field.start}-{field.stop - 1}" if field.stop > field.start else "-"
        room = max(width - FIELD - 1 - len(place) - 1, 4)
        line = Text(left(brief(field.name), FIELD) + " ", "cyan")
        yield line.append(
            left(shown(layout("{value}", value=field.value)), room) + " ", "default"
        ).append(place, "dim")
    yield from _octet_lines(held, width, whole)


def _octet_lines(held: Held, width: int, whole: bool) -> Iterator[Text]:
    each = 16 if width >= 6 + 16 * 4 else 8
    octets = held.octets if whole else held.octets[:64]
    for start in range(0, len(octets), each):
        line = octets[start : start + each]
        letters = "".join(chr(o) if 32 <= o < 127 else "." for o in line)
        text = Text(f"{start:04x} ", "dim")
        yield text.append(f"{line.hex(' '):<{each * 3}}", "default").append(letters, "green")
    if len(octets) < len(held.octets):
        more = tr("and {count} more octets: x shows all", count=len(held.octets) - len(octets))
        yield Text(fit(more, width), "dim")
    if not held.whole:
        few = tr("the trace has only the first {count} octets", count=len(held.octets))
        yield Text(fit(few, width), "dim")


def _place(address: Sequence[object]) -> str:
    return brief(f"{address[0]}:{address[1]}")


def variables_lines(stepper: Stepper, frame: Frame | None, width: int) -> Iterator[Text]:
    """A column for each end. A variable that the last step changed is marked."""
    ends = dict(stepper.variables)
    room = max((width - NAME - 1) // max(len(ends), 1), 6)
    yield Text(" " + left("", NAME) + "".join(left(end, room) for end in ends), "bold")
    for name in dict.fromkeys(n for known in ends.values() for n in known):
        changed = frame is not None and name in frame.changed
        line = Text("*" if changed else " ", CHANGED)
        line.append(left(name, NAME), "cyan")
        for end, known in ends.items():
            own = changed and frame is not None and frame.end == end
            words = variable_words(name, known[name]) if name in known else "-"
            line.append(left(brief(words), room - 1) + " ", CHANGED if own else "default")
        yield line


def guards_lines(frame: Frame | None, width: int) -> Iterator[Text]:
    """The rows that were candidates, the taken one first, and the value of each guard."""
    if frame is None:
        yield Text(tr("no step yet: space makes a step"))
        return
    tried = sorted(frame.candidates, key=lambda candidate: not candidate.passes)
    for line in guard_lines(tried, frame.table.name, width):
        yield Text(fit(line, width), "bold" if line.startswith("=>") else "default")
    if not frame.candidates:
        yield Text(tr("no row was tried"))
    yield from wrapped(tr("why: {why}", why=frame.reason), width, "default")


def choice_line(number: int, choice: Choice, now: float, width: int, *, quiz: bool) -> Text:
    """Return one line about an event that can happen. In a quiz it does not show the next state."""
    mark = "=>" if choice.likely == "next" else "  "
    leads = f" -> {choice.end} {choice.leads_to.value}" if choice.leads_to and not quiz else ""
    due = f"{max(choice.when - now, 0):>+9.4f}"
    seconds = tr("{seconds} s", seconds=due)
    later = f"{mark}{number:>2} {seconds}  "
    words = fit(shown(choice.words), max(width - len(later) - len(leads), 12))
    style = "dim" if choice.likely == "rare" else "default"
    return Text(later, style).append(words, style).append(fit(leads, width), "cyan")

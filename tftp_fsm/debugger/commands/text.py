"""Frames, choices, packets and variables as lines of text, for the prompt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tftp_fsm.borders import brief
from tftp_fsm.borders.columns import columns, fit, left, right
from tftp_fsm.debugger.breakpoints import text_of
from tftp_fsm.debugger.candidates import Candidate
from tftp_fsm.debugger.datagrams import Held, fields_of, way_of
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.moves import Choice
from tftp_fsm.language import mark_p, shown, tr, tr_p
from tftp_fsm.protocol.gloss import UNCAPTURED, fate_gloss, state_gloss, unusual_gloss
from tftp_fsm.trace.describe import effect_words, goes_to_wire
from tftp_fsm.wire.words import octets_words

WIDTH = 79
OCTETS_A_LINE = 16
SENT_SHOWN = 16  # packets of one step; a step of a predicted run may send hundreds
OCTETS_SHOWN = 64  # octets of one packet, unless the user asks for all
TIMES = ("rto", "srtt", "deadline")  # variables in seconds


def step_lines(frame: Frame, before: float = 0.0) -> Iterator[str]:
    """One step in full. `before` is the time of the last step, in seconds."""
    step = frame.step
    yield from (f"  * {shown(note)}" for note in frame.notes)
    yield _head(frame, before)
    yield f"{_label(_EVENT)}{shown(frame.event_words)}"
    yield from wrapped(_label(_ROW), _row_words(frame))
    yield from wrapped(_label(_WHY), shown(frame.reason))
    for words in frame.really:
        yield from wrapped(_label(_REALLY), shown(words))
    for effect in step.effects:
        if not goes_to_wire(effect):
            yield f"{_label(_DOES)}{shown(effect_words(effect))}"
    yield from _sent_lines(frame.sent)
    changes = ", ".join(f"{n} {_change(frame, n)}" for n in frame.changed if n != "state")
    if changes:
        yield from wrapped(_label(_CHANGED), changes)
    if frame.unusual:
        yield f"{_label(_UNUSUAL)}{shown(unusual_gloss(frame.unusual))}"
    for words in frame.noted:
        yield from wrapped(_label(_NOTE), words)


def _head(frame: Frame, before: float) -> str:
    step = frame.step
    time = f"{frame.now:.4f} s (+{frame.now - before:.4f})"
    number, end, state = frame.number, frame.end, state_gloss(step.before)
    if step.after is step.before:
        return tr(
            "step {number}  {time}  {end}: {state} stays",
            number=number,
            time=time,
            end=end,
            state=state,
        )
    return tr(
        "step {number}  {time}  {end}: {state} -> {after}",
        number=number,
        time=time,
        end=end,
        state=state,
        after=state_gloss(step.after),
    )


def _label(word: str) -> str:
    """The first columns of a line of a step."""
    return f"  {left(shown(word), 8)} "


_EVENT = mark_p("label", "event")
_ROW = mark_p("label", "row")
_WHY = mark_p("label", "why")
_REALLY = mark_p("label", "really")
_DOES = mark_p("label", "does")
_SENDS = mark_p("label", "sends")
_CHANGED = mark_p("label", "changed")
_UNUSUAL = mark_p("label", "unusual")
_NOTE = mark_p("label", "note")


def _sent_lines(sent: Sequence[Held]) -> Iterator[str]:
    """The packets that a step sent. If they are many, only the first two and the last."""
    label = _label(_SENDS)
    for index, held in enumerate(sent):
        if len(sent) <= SENT_SHOWN or index < 2 or index == len(sent) - 1:
            yield f"{label}{shown(held.words)}{_fate(held)}"
        elif index == 2:
            more = tr("... {number} more", number=len(sent) - 3)
            yield f"{label}{more}"


def _fate(held: Held) -> str:
    return f"  ({shown(fate_gloss(held.fate))})" if held.fate else ""


def _row_words(frame: Frame) -> str:
    row = frame.row
    if row is None:
        return tr("none: this event has no effect in this state")
    guard = f" [{row.guard}]" if row.guard else ""
    table = frame.table.name
    rule = f"{row.trigger}{guard}"
    return tr("{number} of {table}: {rule}", number=frame.row_index, table=table, rule=rule)


def _change(frame: Frame, name: str) -> str:
    was, now = frame.before.get(name), frame.variables[name]
    return f"{variable_words(name, was)} -> {variable_words(name, now)}"


def variable_words(name: str, value: object) -> str:
    """The value of a variable. A time has four decimals, and a TID is written host:port."""
    if name in TIMES and isinstance(value, float):
        return f"{value:.4f}"
    return f"{value[0]}:{value[1]}" if isinstance(value, tuple) else text_of(value)


def guard_lines(candidates: Sequence[Candidate], table: str, width: int = WIDTH) -> Iterator[str]:
    """Yield each candidate row, with its guards in the order in which they are asked."""
    for candidate in candidates:
        sign = "=>" if candidate.passes else "  "
        yield from wrapped(f"{sign} ", _candidate_words(candidate, table), width)
        for guard in candidate.guards:
            words = tr("{words} -- {doc}", words=shown(guard.words), doc=shown(guard.doc))
            yield from wrapped("     ", words, width)
        if not candidate.guards:
            words = tr("no guards: this event always takes this row")
            yield from wrapped("     ", words, width)


def _candidate_words(candidate: Candidate, table: str) -> str:
    number, trigger, dest = candidate.index, candidate.row.trigger, candidate.row.dest
    if dest is None:
        return tr(
            "row {number} of {table}: {trigger} -> stays",
            number=number,
            table=table,
            trigger=trigger,
        )
    return tr(
        "row {number} of {table}: {trigger} -> {state}",
        number=number,
        table=table,
        trigger=trigger,
        state=state_gloss(dest),
    )


def variable_lines(frame: Frame | None, names: Iterable[tuple[str, object]]) -> Iterator[str]:
    """The variables in two columns. `*` marks those that the last step changed."""
    changed = frame.changed if frame is not None else ()
    cells = [
        f"{'*' if n in changed else ' '} {n:<16} {variable_words(n, value)}" for n, value in names
    ]
    half = -(-len(cells) // 2)
    for index in range(half):
        other = cells[index + half] if index + half < len(cells) else ""
        yield (left(cells[index], WIDTH // 2) + other).rstrip()


def packet_lines(held: Held, *, whole: bool = False) -> Iterator[str]:
    """The fields of a packet with their positions, then its octets with their offsets."""
    yield tr(
        "packet {number}: {words}, {size}",
        number=held.number,
        words=held.words,
        size=octets_words(held.size),
    )
    yield tr(
        "  from {source} to {to}, sent at {time:.4f} s",
        source=_place(held.source),
        to=_place(held.to),
        time=held.sent,
    )
    if held.fate:
        yield f"  {shown(way_of(held))}"
    for field in fields_of(held.octets):
        place = tr("no octets")
        if field.stop > field.start:
            place = tr("octets {first}..{last}", first=field.start, last=field.stop - 1)
        yield f"  {left(field.name, 12)} {left(shown(field.value), WIDTH - 30)} {place}"
    yield from hex_lines(held.octets if whole else held.octets[:OCTETS_SHOWN])
    known = len(held.octets)
    if not whole and known > OCTETS_SHOWN:
        yield tr(
            "  ... and {octets} more octets (packet {number} all)",
            octets=known - OCTETS_SHOWN,
            number=held.number,
        )
    if not held.whole:
        yield tr("  the trace has only the first {octets} octets", octets=known)


def hex_lines(octets: bytes) -> Iterator[str]:
    """The octets in hexadecimal, sixteen to a line."""
    for start in range(0, len(octets), OCTETS_A_LINE):
        line = octets[start : start + OCTETS_A_LINE]
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in line)
        yield f"  {start:04x}  {line.hex(' '):<{OCTETS_A_LINE * 3}} {text}"


def _place(address: Sequence[object]) -> str:
    return f"{address[0]}:{address[1]}"


def choice_lines(choices: Sequence[Choice], now: float, *, rare: bool = False) -> Iterator[str]:
    """Yield the events that can happen, with the numbers for `choose`."""
    for number, choice in enumerate(choices, 1):
        if choice.likely == "rare" and not rare:
            continue
        sign = "=>" if choice.likely == "next" else "  "
        leads = f" -> {choice.end} {choice.leads_to.value}" if choice.leads_to else ""
        later = f"+{max(choice.when - now, 0):.4f} s"
        yield fit(f"{sign} {number:>2}  {later:>10}  {shown(choice.words)}{leads}", WIDTH)
    hidden = sum(choice.likely == "rare" for choice in choices)
    if hidden and not rare:
        yield tr(
            "   more choices, which never happen by themselves: {number} (`next all` lists them)",
            number=hidden,
        )
    if not choices:
        yield tr("nothing more can happen")


def wire_lines(wire: Sequence[Held]) -> Iterator[str]:
    """The datagrams under way."""
    for held in wire:
        route = f"{held.sender} -> {held.receiver}"
        line = tr(
            "  packet {number}: {words}  {route}, due {due:.4f} s",
            number=held.number,
            words=held.words,
            route=route,
            due=held.due,
        )
        yield f"{line}{_fate(held)}"
    if not wire:
        yield tr("  nothing is under way")


def passing_line(frame: Frame) -> str:
    """One line for a step that the debugger passes without stopping."""
    line = f"  {frame.number:>4} {frame.now:>9.4f} s  {frame.end} {_cell(frame)}"
    return fit(brief(line), WIDTH)


def ladder_lines(frames: Sequence[Frame], *, current: int, last: int) -> Iterator[str]:
    """Yield the last few steps, one a line: times, and packets that each end received and sent."""
    drawn = [frame for frame in frames if frame.number > current - last]
    half = (WIDTH - 25) // 2
    yield _times_head() + f"  {left('client', half)}| server"
    before = frames[max(drawn[0].number - 2, 0)].now if drawn else 0.0
    for frame in drawn:
        cell = _cell(frame)
        place = ("", cell) if frame.end == "server" else (cell, "")
        sign = ">" if frame.number == current else " "
        times = f"{frame.now:>8.4f} {frame.now - before:>+8.4f}"
        line = f"{sign}{frame.number:>4} {times}  {left(place[0], half)}| {place[1]}"
        yield fit(line.rstrip(), WIDTH)
        before = frame.now


def _times_head() -> str:
    number, time, later = tr_p("column", "step"), tr_p("column", "time"), tr_p("column", "later")
    return f"{right(number, 5)} {right(time, 8)} {right(later, 8)}"


def _cell(frame: Frame) -> str:
    sent = [_short(held) + _end_of(held) for held in frame.sent]
    moved = frame.step.after.value if frame.step.after is not frame.step.before else ""
    says = f" > {', '.join(sent)}" if sent else ""
    event = shown(frame.event_words) if frame.packet is None else _short(frame.packet)
    return f"{event}{says}" + (f" = {moved}" if moved else "")


def _end_of(held: Held) -> str:
    """Return why it does not arrive, if that is known."""
    words = [word for word in held.fate if word in ("lost", UNCAPTURED)]
    return f" ({shown(fate_gloss(words))})" if words else ""


def _short(held: Held) -> str:
    return shown(held.words) if held.block is None else f"{held.kind} {held.block}"


def table_lines(frame: Frame, width: int = WIDTH) -> Iterator[str]:
    """Yield the rows of the states before and after the step. `=>` marks the taken row."""
    for index, row in enumerate(frame.table.rows):
        if row.source in (frame.step.after, frame.step.before):
            mark = "=>" if index == frame.row_index else "  "
            yield fit(f"{mark} {index:>3} {row}", width)


def file_line(world_intact: bool | None, octets: int, *, compared: bool) -> str:
    """Return a line that says whether the file arrived unchanged, as far as our ends can tell."""
    if world_intact is None:
        return tr("file: {size} so far", size=octets_words(octets))
    if not world_intact:
        return tr("file: not whole")
    if compared:
        return tr("file: whole, octet for octet")
    return tr(
        "file: {size}, complete here; the copy of the other end cannot be compared",
        size=octets_words(octets),
    )


def wrapped(first: str, text: str, width: int = WIDTH) -> Iterator[str]:
    """Yield the lines of `text` after `first`. Further lines begin in the same column."""
    line = first
    for word in brief(text).split(" "):
        if columns(line + word) + 1 > width and line.strip():
            yield line.rstrip()
            line = " " * columns(first)
        line += word + " "
    yield line.rstrip()

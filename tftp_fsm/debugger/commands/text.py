"""Frames, choices, packets and variables as lines of text, for the prompt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tftp_fsm.borders import brief
from tftp_fsm.debugger.breakpoints import text_of
from tftp_fsm.debugger.datagrams import Held, fields_of
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.guards import Candidate
from tftp_fsm.debugger.moves import Choice
from tftp_fsm.ladder.columns import columns, fit, left
from tftp_fsm.trace.describe import effect_words, goes_to_wire

WIDTH = 79
OCTETS_A_LINE = 16
SENT_SHOWN = 16  # packets of one step; a step for a predicted run sends hundreds
OCTETS_SHOWN = 64  # octets of one packet, unless the user asks for all
TIMES = ("rto", "srtt", "deadline")  # variables in seconds


def step_lines(frame: Frame, before: float = 0.0) -> Iterator[str]:
    """One step in full. `before` is the time of the last step, in seconds."""
    step = frame.step
    moved = "stays" if step.after is step.before else f"-> {step.after.value}"
    time = f"{frame.now:.4f} s (+{frame.now - before:.4f})"
    yield from (f"  * {note}" for note in frame.notes)
    yield f"step {frame.number}  {time}  {frame.end}: {step.before.value} {moved}"
    yield f"  event    {frame.event_words}"
    yield from wrapped("  row      ", _row_words(frame))
    yield from wrapped("  why      ", frame.reason)
    for words in frame.really:
        yield from wrapped("  really   ", words)
    for effect in step.effects:
        if not goes_to_wire(effect):
            yield f"  does     {effect_words(effect)}"
    yield from _sent_lines(frame.sent)
    changes = ", ".join(f"{n} {_change(frame, n)}" for n in frame.changed if n != "state")
    if changes:
        yield from wrapped("  changed  ", changes)
    if frame.unusual:
        yield f"  unusual  {', '.join(frame.unusual)}"
    for words in frame.noted:
        yield from wrapped("  note     ", words)


def _sent_lines(sent: Sequence[Held]) -> Iterator[str]:
    """The packets that a step sent. If they are many, only the first two and the last."""
    for index, held in enumerate(sent):
        if len(sent) <= SENT_SHOWN or index < 2 or index == len(sent) - 1:
            fate = f"  ({', '.join(held.fate)})" if held.fate else ""
            yield f"  sends    {held.words}{fate}"
        elif index == 2:
            yield f"  sends    ... {len(sent) - 3} more"


def _row_words(frame: Frame) -> str:
    row = frame.row
    if row is None:
        return "none: this event has no effect in this state"
    guard = f" [{row.guard}]" if row.guard else ""
    return f"{frame.row_index} of {frame.table.name}: {row.trigger}{guard}"


def _change(frame: Frame, name: str) -> str:
    was, now = frame.before.get(name), frame.variables[name]
    return f"{variable_words(name, was)} -> {variable_words(name, now)}"


def variable_words(name: str, value: object) -> str:
    """The value of a variable. A time has four decimals, and a TID is written host:port."""
    if name in TIMES and isinstance(value, float):
        return f"{value:.4f}"
    return f"{value[0]}:{value[1]}" if isinstance(value, tuple) else text_of(value)


def guard_lines(candidates: Sequence[Candidate], table: str, width: int = WIDTH) -> Iterator[str]:
    """Each row that could have been taken, with its guards in the order in which they are asked."""
    for candidate in candidates:
        mark = "=>" if candidate.passes else "  "
        row = candidate.row
        dest = row.dest.value if row.dest else "stays"
        row_words = f"row {candidate.index} of {table}: {row.trigger} -> {dest}"
        yield from wrapped(f"{mark} ", row_words, width)
        for guard in candidate.guards:
            yield from wrapped("     ", f"{guard.words} -- {guard.doc}", width)
        if not candidate.guards:
            words = "no guards: this row is taken whenever this event comes"
            yield from wrapped("     ", words, width)


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
    yield f"packet {held.number}: {held.words}, {held.size} octets"
    yield f"  from {_place(held.source)} to {_place(held.to)}, sent at {held.sent:.4f} s"
    if held.fate:
        yield f"  on the way: {', '.join(held.fate)}"
    for field in fields_of(held.octets):
        place = f"{field.start}..{field.stop - 1}" if field.stop > field.start else "none"
        yield f"  {field.name:<12} {left(field.value, WIDTH - 30)} octets {place}"
    yield from hex_lines(held.octets if whole else held.octets[:OCTETS_SHOWN])
    if not whole and len(held.octets) > OCTETS_SHOWN:
        yield f"  ... and {len(held.octets) - OCTETS_SHOWN} more octets (packet {held.number} all)"
    if not held.whole:
        yield f"  the trace has only the first {len(held.octets)} octets"


def hex_lines(octets: bytes) -> Iterator[str]:
    """The octets in hexadecimal, sixteen to a line."""
    for start in range(0, len(octets), OCTETS_A_LINE):
        line = octets[start : start + OCTETS_A_LINE]
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in line)
        yield f"  {start:04x}  {line.hex(' '):<{OCTETS_A_LINE * 3}} {text}"


def _place(address: Sequence[object]) -> str:
    return f"{address[0]}:{address[1]}"


def choice_lines(choices: Sequence[Choice], now: float, *, rare: bool = False) -> Iterator[str]:
    """What can happen, with the numbers that `choose` takes."""
    for number, choice in enumerate(choices, 1):
        if choice.likely == "rare" and not rare:
            continue
        mark = "=>" if choice.likely == "next" else "  "
        leads = f" -> {choice.end} {choice.leads_to.value}" if choice.leads_to else ""
        later = f"+{max(choice.when - now, 0):.4f} s"
        yield fit(f"{mark} {number:>2}  {later:>10}  {choice.words}{leads}", WIDTH)
    hidden = sum(choice.likely == "rare" for choice in choices)
    if hidden and not rare:
        yield f"   and {hidden} that happen only if you choose them (next all)"
    if not choices:
        yield "nothing more can happen"


def wire_lines(wire: Sequence[Held]) -> Iterator[str]:
    """The datagrams under way."""
    for held in wire:
        fate = f"  ({', '.join(held.fate)})" if held.fate else ""
        route = f"{held.sender} -> {held.receiver}"
        yield f"  packet {held.number}: {held.words}  {route}, due {held.due:.4f} s{fate}"
    if not wire:
        yield "  nothing is under way"


def passing_line(frame: Frame) -> str:
    """One line for a step that the debugger passes without stopping."""
    line = f"  {frame.number:>4} {frame.now:>9.4f} s  {frame.end} {_cell(frame)}"
    return fit(brief(line), WIDTH)


def ladder_lines(frames: Sequence[Frame], *, current: int, last: int) -> Iterator[str]:
    """The last few steps, one on each line: what each end received and sent, and the times."""
    shown = [frame for frame in frames if frame.number > current - last]
    half = (WIDTH - 25) // 2
    yield f"{'step':>5} {'time':>8} {'later':>8}  {left('client', half)}| server"
    before = frames[max(shown[0].number - 2, 0)].now if shown else 0.0
    for frame in shown:
        cell = _cell(frame)
        place = ("", cell) if frame.end == "server" else (cell, "")
        mark = ">" if frame.number == current else " "
        times = f"{frame.now:>8.4f} {frame.now - before:>+8.4f}"
        line = f"{mark}{frame.number:>4} {times}  {left(place[0], half)}| {place[1]}"
        yield fit(line.rstrip(), WIDTH)
        before = frame.now


def _cell(frame: Frame) -> str:
    sent = [_short(held) + (" (lost)" if held.lost else "") for held in frame.sent]
    moved = frame.step.after.value if frame.step.after is not frame.step.before else ""
    says = f" > {', '.join(sent)}" if sent else ""
    event = frame.event_words if frame.packet is None else _short(frame.packet)
    return f"{event}{says}" + (f" = {moved}" if moved else "")


def _short(held: Held) -> str:
    return held.words if held.block is None else f"{held.kind} {held.block}"


def table_lines(frame: Frame, width: int = WIDTH) -> Iterator[str]:
    """The rows of the state before the step and of the state after it. `=>` marks the taken row."""
    for index, row in enumerate(frame.table.rows):
        if row.source in (frame.step.after, frame.step.before):
            mark = "=>" if index == frame.row_index else "  "
            yield fit(f"{mark} {index:>3} {row}", width)


def file_line(world_intact: bool | None, octets: int, *, compared: bool) -> str:
    """Whether the file arrived as it was sent, as far as our own ends can tell."""
    if world_intact is None:
        return f"file: {octets:,} octets so far"
    if not world_intact:
        return "file: not whole"
    if compared:
        return "file: whole, octet for octet"
    return f"file: {octets:,} octets, complete here; the copy of the other end cannot be compared"


def wrapped(first: str, text: str, width: int = WIDTH) -> Iterator[str]:
    """The lines of `text` after `first`. Further lines are indented to the same column."""
    line = first
    for word in brief(text).split(" "):
        if columns(line + word) + 1 > width and line.strip():
            yield line.rstrip()
            line = " " * len(first)
        line += word + " "
    yield line.rstrip()

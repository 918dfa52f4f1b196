"""Both machines as text: a line for each state, with the last move and the events that lead there.

    idle
┌─  requesting
└> [receiving]      stays on data, error, stray, time-out
    dallying        data
    done
    error           ack, malformed, abort
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.tui.lines import LIT, fit_text, step_lines
from tftp_fsm.language import mark_p, shown, tr
from tftp_fsm.protocol.rows import State, Table

NAME = 15  # columns: the longest state in brackets, and a space
RAIL = 3
SHORT = {
    "timeout_expired": mark_p("leads", "time-out"),
    "aborted": mark_p("leads", "abort"),
    "storage_failed": mark_p("leads", "disk"),
}
COLOURS = {State.DONE: "green", State.ERROR: "red"}


def machine_lines(stepper: Stepper, frame: Frame | None, width: int) -> Iterator[Text]:
    """Yield first the end that made the last step, with its row, and then the other end."""
    tables = {end: session.table for end, session in stepper.world.sessions.items()}
    ends = sorted(tables, key=lambda end: frame is not None and end != frame.end)
    for end in ends:
        own = frame if frame is not None and frame.end == end else None
        yield Text.assemble((f"{end} ", "bold"), (tables[end].name, "dim"))
        yield from _states(tables[end], stepper.states.get(end), own, width)
        if own is not None:
            yield from step_lines(own, width)


def _states(table: Table, current: State | None, frame: Frame | None, width: int) -> Iterator[Text]:
    leads = _leads(table, current)
    for state in table.states:
        lit = state is current
        name = f"[{state.value}]" if lit else f" {state.value} "
        line = Text(_rail(table, state, frame), "bold yellow")
        line.append(name, f"{COLOURS.get(state, 'cyan')} {LIT}" if lit else "default")
        line.append(" " * (NAME - len(name)))
        words = ", ".join(leads.get(state, ()))
        stays = tr("stays on {events}", events=words)
        yield fit_text(line, (stays if lit else words) if words else "", width)


def _rail(table: Table, state: State, frame: Frame | None) -> str:
    """The part of the last step's arrow that passes this state."""
    if frame is None or state not in (frame.step.before, frame.step.after):
        return _between(table, state, frame)
    before, after = frame.step.before, frame.step.after
    if before is after:
        return "=> "
    order = table.states.index
    top = order(state) == min(order(before), order(after))
    return ("┌" if top else "└") + ("> " if state is after else "─ ")


def _between(table: Table, state: State, frame: Frame | None) -> str:
    if frame is None:
        return " " * RAIL
    places = sorted(table.states.index(s) for s in (frame.step.before, frame.step.after))
    return "│  " if places[0] < table.states.index(state) < places[1] else " " * RAIL


def _leads(table: Table, current: State | None) -> dict[State, tuple[str, ...]]:
    """The events that lead from the current state to each state."""
    found: dict[State, dict[str, None]] = {}
    for row in table.rows:
        if row.source is current:
            word = SHORT.get(row.trigger, row.trigger.removesuffix("_received"))
            found.setdefault(row.dest or row.source, {})[shown(word)] = None
    return {state: tuple(words) for state, words in found.items()}

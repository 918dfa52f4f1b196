"""The view of a debugger for the page: one JSON value for its present place in the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.candidates import Candidate, Guard
from tftp_fsm.debugger.commands.language import Debugger
from tftp_fsm.debugger.commands.text import file_line, variable_words
from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.jsonl import choice_to_json, frame_to_json, held_to_json
from tftp_fsm.debugger.script import line_of, script_of
from tftp_fsm.debugger.stepper import Done, Stepper
from tftp_fsm.debugger.variables import settable
from tftp_fsm.debugger.worlds.held import HeldWorld
from tftp_fsm.lab.breaking import reason_words
from tftp_fsm.lab.stage import LANES, stage_of
from tftp_fsm.ladder.scale import USUAL
from tftp_fsm.language import marked, sentence
from tftp_fsm.protocol.events import Aborted, TimeoutExpired
from tftp_fsm.protocol.gloss import end_word, fate_gloss, rfc_words, state_gloss, unusual_gloss
from tftp_fsm.protocol.operands import operands_words
from tftp_fsm.protocol.rows import Table
from tftp_fsm.trace.describe import came_from_wire
from tftp_fsm.trace.records import Json

OCTETS = 96  # octets of a packet in a view; the page can ask for the whole packet
SENT = 16  # sent packets of one step in a view


def view_of(
    debugger: Debugger, tables: Mapping[str, Table], opening: Sequence[Done], transit: float | None
) -> Json:
    """Return everything that the page draws. `docs/lab.md` describes each part."""
    stepper, choices = debugger.stepper, debugger.stepper.choices()
    return {
        "position": stepper.position,
        "length": len(stepper.frames),
        "time": stepper.now,
        "ended": not choices and stepper.at_head,
        "outcome": "" if choices else debugger.outcome_words,
        "file": _file(stepper),
        "ends": {end: _end(stepper, end, tables[end]) for end in LANES},
        "step": None if stepper.frame is None else step_to_json(stepper.frame),
        "steps": [_brief(frame) for frame in stepper.frames],
        "next": list(_next(choices, stepper.now, tables)),
        "wire": [packet_to_json(held) for held in stepper.wire],
        "stage": stage_of(stepper, choices, transit),
        "transit": transit or USUAL,
        "by_hand": list(_by_hand(stepper)),
        "breakpoints": [[n, getattr(p, "words", "")] for n, p in stepper.breakpoints.items()],
        "stops": list(_stops(stepper)),
        "moves": script_of(stepper, opening),
        "undoes": stepper.history[: len(stepper.moves)] != tuple(opening)[: len(stepper.moves)],
    }


def _file(stepper: Stepper) -> str:
    world = stepper.world
    octets = max((s.counters.octets for s in world.sessions.values()), default=0)
    return file_line(world.intact, octets, compared=world.compares)


def _by_hand(stepper: Stepper) -> tuple[str, ...]:
    """Return the changes by hand since the last step."""
    world = stepper.world
    return tuple(world.line.notes) if isinstance(world, HeldWorld) else ()


def _stops(stepper: Stepper) -> Iterator[str]:
    """Yield the reasons why breakpoints stop at this step."""
    if stepper.frame is None:
        return
    for stops in stepper.breakpoints.values():
        why = stops(stepper.frame)
        if why is not None:
            yield why


def _end(stepper: Stepper, end: str, table: Table) -> Json:
    """Return one machine: its state, the row that it took in this step, and its variables."""
    frame, session = stepper.frame, stepper.world.sessions.get(end)
    acts = frame is not None and frame.end == end
    state = stepper.states.get(end)
    return {
        "exists": state is not None,
        "state": table.rows[0].source.value if state is None else state.value,
        "state_words": state_gloss(table.rows[0].source if state is None else state),
        "acts": acts,
        "came_from": frame.step.before.value if acts and frame else None,
        "row": frame.row_index if acts and frame else None,
        "variables": list(_variables(stepper, end, frame if acts else None)),
        "settable": [] if session is None or session.state.is_final else list(settable(session)),
    }


def _variables(stepper: Stepper, end: str, frame: Frame | None) -> Iterator[list[Any]]:
    """Yield [name, value, earlier value]. The earlier value is None unless the step changed it."""
    changed = frame.changed if frame is not None else ()
    for name, value in stepper.variables.get(end, {}).items():
        was = None
        if frame is not None and name in changed:
            was = variable_words(name, frame.before.get(name))
        yield [name, variable_words(name, value), was]


def _brief(frame: Frame) -> list[Any]:
    """Return a step of the time line: time, lane, event, state after it, and unusual facts."""
    state = frame.step.after.value
    return [frame.now, LANES.index(frame.end), frame.event_words, state, list(frame.unusual)]


# -- The step -------------------------------------------------------------------------------------


def step_to_json(frame: Frame) -> Json:
    """Return the step as `frame_to_json` does, with sentences and shortened packets."""
    told = frame_to_json(frame)
    told["candidates"] = [_candidate(candidate) for candidate in frame.candidates]
    told["packet"] = None if frame.packet is None else packet_to_json(frame.packet)
    told["sent"] = [packet_to_json(held) for held in frame.sent[:SENT]]
    told["sent_more"] = len(frame.sent[SENT:])
    told["words"] = _sentence(frame)
    why, rfc = frame.step.reason
    told["why"], told["rfc"] = reason_words(why), rfc_words(rfc)
    told["unusual_words"] = unusual_gloss(frame.unusual)
    return told


def _sentence(frame: Frame) -> str:
    before, after = frame.step.before, frame.step.after
    return _stays(frame, before) if before is after else _moves(frame, before, after)


def _stays(frame: Frame, before: Enum) -> str:
    end, event, state = end_word(frame.end), frame.event_words, state_gloss(before)
    if isinstance(frame.step.event, TimeoutExpired):
        return sentence("The {end} times out and stays in {state}.", end=end, state=state)
    if came_from_wire(frame.step.event):
        return sentence(
            "The {end} hears {event} and stays in {state}.", end=end, event=event, state=state
        )
    return sentence(
        "At the {end}, {event}: it stays in {state}.", end=end, event=event, state=state
    )


def _moves(frame: Frame, before: Enum, after: Enum) -> str:
    fields = {
        "end": end_word(frame.end),
        "event": frame.event_words,
        "before": state_gloss(before),
        "after": state_gloss(after),
    }
    if isinstance(frame.step.event, TimeoutExpired):
        return sentence("The {end} times out and goes from {before} to {after}.", **fields)
    if came_from_wire(frame.step.event):
        return sentence("The {end} hears {event} and goes from {before} to {after}.", **fields)
    if isinstance(frame.step.event, Aborted):
        return sentence(
            "The user of the {end} gives up, and it goes from {before} to {after}.", **fields
        )
    return sentence("At the {end}, {event}: it goes from {before} to {after}.", **fields)


def _candidate(candidate: Candidate) -> Json:
    guards = [_guard(guard) for guard in candidate.guards]
    return {"row": candidate.index, "passes": candidate.passes, "guards": guards}


def _guard(guard: Guard) -> Json:
    return {
        "name": guard.name,
        "wanted": guard.wanted,
        "value": guard.value,
        "doc": marked(guard.doc),
        "compared": operands_words(dict(guard.operands)),
    }


def packet_to_json(held: Held, most: int | None = OCTETS) -> Json:
    """Return the packet with at most `most` octets, and its fields that `edit` takes."""
    told = held_to_json(held)
    told["octets"] = held.octets[:most].hex()
    told["whole"] = held.whole and len(held.octets) <= (most or len(held.octets))
    told["editable"] = _editable(held)
    told["fate_words"] = fate_gloss(held.fate)
    return told


def _editable(held: Held) -> list[str]:
    if held.packet is None:
        return []
    names = [name for name, *_ in held_to_json(held)["fields"]]
    return [name for name in names if name not in ("opcode", "padding", "malformed")]


# -- Possible next events -------------------------------------------------------------------------


def _next(choices: Sequence[m.Choice], now: float, tables: Mapping[str, Table]) -> Iterator[Json]:
    """Yield the choices in the order of `choose`. `line` is the command for a choice."""
    for choice in choices:
        yield choice_to_json(choice) | {
            "later": max(choice.when - now, 0.0),
            "does": type(choice.move).__name__.lower(),
            "packet": getattr(choice.move, "packet", None),
            "line": line_of(choice.move),
            "row": None if choice.end is None else _index(tables[choice.end], choice),
            "leads_words": "" if choice.leads_to is None else state_gloss(choice.leads_to),
        }


def _index(table: Table, choice: m.Choice) -> int | None:
    return next((i for i, row in enumerate(table.rows) if row is choice.row), None)

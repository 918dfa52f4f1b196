"""Frames, packets and choices as JSON values, for graders, pages and other programs."""

from __future__ import annotations

from typing import Any

from tftp_fsm.debugger.candidates import Candidate
from tftp_fsm.debugger.datagrams import Held, fields_of
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.moves import Choice
from tftp_fsm.trace import codec
from tftp_fsm.trace.describe import effect_words
from tftp_fsm.trace.records import Json


def frame_to_json(frame: Frame) -> Json:
    """The frame without its table. `row` and the `row` of candidates are indexes into the table."""
    step = frame.step
    return {
        "step": frame.number,
        "end": frame.end,
        "table": frame.table.name,
        "now": frame.now,
        "before": step.before.value,
        "after": step.after.value,
        "event": {**codec.to_json(step.event), "words": frame.event_words},
        "row": frame.row_index,
        "why": step.reason[0],
        "rfc": step.reason[1],
        "really": list(frame.really),
        "candidates": [candidate_to_json(candidate) for candidate in frame.candidates],
        "effects": [{**codec.to_json(e), "words": effect_words(e)} for e in step.effects],
        "packet": None if frame.packet is None else held_to_json(frame.packet),
        "sent": [held_to_json(held) for held in frame.sent],
        "variables": {name: _plain(value) for name, value in frame.variables.items()},
        "changed": {name: _plain(frame.before.get(name)) for name in frame.changed},
        "unusual": list(frame.unusual),
        "notes": list(frame.notes),
        "noted": list(frame.noted),
        "wire": [held.number for held in frame.wire],
    }


def candidate_to_json(candidate: Candidate) -> Json:
    """Return a candidate row with its guards in order."""
    return {
        "row": candidate.index,
        "passes": candidate.passes,
        "guards": [
            {
                "name": g.name,
                "wanted": g.wanted,
                "value": g.value,
                "doc": g.doc,
                "operands": {name: _plain(value) for name, value in g.operands},
            }
            for g in candidate.guards
        ],
    }


def held_to_json(held: Held) -> Json:
    """A datagram: its octets in hexadecimal, and its fields with their places in them."""
    return {
        "packet": held.number,
        "words": held.words,
        "kind": held.kind,
        "block": held.block,
        "sender": held.sender,
        "receiver": held.receiver,
        "source": _plain(held.source),
        "to": _plain(held.to),
        "sent": held.sent,
        "due": held.due,
        "size": held.size,
        "octets": held.octets.hex(),
        "fields": [[f.name, f.value, f.start, f.stop] for f in fields_of(held.octets)],
        "fate": list(held.fate),
    }


def choice_to_json(choice: Choice) -> Json:
    """Return a choice: an event that can happen, and the state after it."""
    return {
        "words": choice.words,
        "when": choice.when,
        "end": choice.end,
        "leads_to": None if choice.leads_to is None else choice.leads_to.value,
        "likely": choice.likely,
    }


def _plain(value: object) -> Any:
    return list(value) if isinstance(value, tuple) else value

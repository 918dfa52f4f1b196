"""The meanings of names: ends, states, outcomes, faults on the way, unusual facts of a step.

Users type the names, and traces have them, so they are the same in every language. If there is
room, a language other than English shows the meaning beside the name: `receiving(...)`. In columns
and in English there is only the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import cache

from tftp_fsm.language.sentences import joined, mark_p, marked, sentence

_STATES = {
    "idle": mark_p("state", "idle"),
    "requesting": mark_p("state", "requesting"),
    "receiving": mark_p("state", "receiving"),
    "awaiting-ack": mark_p("state", "awaiting-ack"),
    "dallying": mark_p("state", "dallying"),
    "done": mark_p("state", "done"),
    "error": mark_p("state", "error"),
}
_OUTCOMES = {
    "succeeded": mark_p("outcome", "succeeded"),
    "probed": mark_p("outcome", "probed"),
    "peer-error": mark_p("outcome", "peer-error"),
    "refused": mark_p("outcome", "refused"),
    "timed-out": mark_p("outcome", "timed-out"),
    "unreachable": mark_p("outcome", "unreachable"),
    "unknown": mark_p("outcome", "unknown"),
    "not-found": mark_p("outcome", "not-found"),
    "access-denied": mark_p("outcome", "access-denied"),
    "no-room": mark_p("outcome", "no-room"),
    "file-exists": mark_p("outcome", "file-exists"),
    "storage-failed": mark_p("outcome", "storage-failed"),
    "aborted": mark_p("outcome", "aborted"),
    "restarted": mark_p("outcome", "restarted"),
}
_UNUSUAL = {
    "time-out": mark_p("unusual", "time-out"),
    "duplicate": mark_p("unusual", "duplicate"),
    "gap": mark_p("unusual", "gap"),
    "stray": mark_p("unusual", "stray"),
    "ignored": mark_p("unusual", "ignored"),
    "retransmission": mark_p("unusual", "retransmission"),
    "unheard": mark_p("unusual", "unheard"),
    "failure": mark_p("unusual", "failure"),
    "aborted": mark_p("unusual", "aborted"),
    "error": mark_p("unusual", "error"),
    "malformed": mark_p("unusual", "malformed"),
    "storage-failed": mark_p("unusual", "storage-failed"),
    "unreachable": mark_p("unusual", "unreachable"),
}
UNCAPTURED = "uncaptured"  # the fate of a packet that was sent, and that a capture does not have
_FATES = {
    "lost": mark_p("fate", "lost"),
    "duplicated": mark_p("fate", "duplicated"),
    "delayed": mark_p("fate", "delayed"),
    "reordered": mark_p("fate", "reordered"),
    "corrupted": mark_p("fate", "corrupted"),
    "edited": mark_p("fate", "edited"),
    "replaced": mark_p("fate", "replaced"),
    "sent again while you thought": mark_p("fate", "sent again while you thought"),
    UNCAPTURED: mark_p("fate", "not captured"),
}
_ENDS = {
    "client": mark_p("an end", "client"),
    "server": mark_p("an end", "server"),
    "stranger": mark_p("an end", "stranger"),
    "nobody": mark_p("an end", "nobody"),
}
_COPY = re.compile(r"copy of (\d+)")
_SECTION = re.compile(r"(RFC \d+) sections? (\S+)(?: and (\S+))?")


def state_gloss(state: Enum | str) -> str:
    """Return the state's name. In other languages our states have their meanings beside it."""
    name = str(state.value) if isinstance(state, Enum) else state
    return _STATES.get(name, name)


def end_word(end: str) -> str:
    """Return the word for an end in a sentence. A user's own end has its own name."""
    return _ENDS.get(end, end)


def outcome_gloss(outcome: Enum) -> str:
    """Return the outcome's name. In other languages it has its meaning beside it."""
    name = str(outcome.value)
    return _OUTCOMES.get(name, name)


def unusual_gloss(names: Iterable[str]) -> str:
    """Return the unusual facts of a step in words: `time-out, retransmission`."""
    return joined(", ", [_UNUSUAL.get(name, name) for name in names])


def fate_gloss(fate: Iterable[str]) -> str:
    """Return a datagram's faults on the way in words: `lost`, or `duplicated, delayed`."""
    return joined(", ", [_fate(name) for name in fate])


def _fate(name: str) -> str:
    copy = _COPY.fullmatch(name)
    if copy is not None:
        return sentence("copy of {packet}", packet=copy[1])
    return _FATES.get(name, name)


@cache
def rfc_words(rfc: str) -> str:
    """Return a row's source. Another language has its own word for "section"."""
    if not rfc.startswith("RFC "):
        return marked(rfc)
    return joined(", ", [_section(one) for one in rfc.split(", ")])


def _section(rfc: str) -> str:
    found = _SECTION.fullmatch(rfc)
    if found is None:
        return rfc
    name, one, other = found.groups()
    if other is None:
        return sentence("{rfc} section {number}", rfc=name, number=one)
    return sentence("{rfc} sections {first} and {second}", rfc=name, first=one, second=other)

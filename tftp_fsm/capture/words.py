"""The comments of packets: the end, its action, its state, its row, and the reason.

client sends ACK 1, retransmission 2. receiving: timeout_expired [...]. No new DATA ... (RFC ...)
"""

from __future__ import annotations

from tftp_fsm.protocol.events import Finished, Opened, Step, UnreachableReceived
from tftp_fsm.trace.describe import came_from_wire, effect_words, event_words, goes_to_wire, reason


def has_datagram(step: Step) -> bool:
    """Return whether the event of the step is a datagram. An ICMP message does not count."""
    return came_from_wire(step.event) and not isinstance(step.event, UnreachableReceived)


def sends_datagrams(step: Step) -> bool:
    """Whether the step sends anything."""
    return any(map(goes_to_wire, step.effects))


def step_words(step: Step) -> str:
    """Return the states, the row, the reason, the RFC section, and the outcome if there is one."""
    row = f"{step.before.value}: no row" if step.row is None else str(step.row)
    ends = [effect_words(effect) for effect in step.effects if isinstance(effect, Finished)]
    return " ".join((f"{row}.", reason(step), *(f"[{words}]" for words in ends)))


def heard_words(end: str, step: Step) -> str:
    """Return the comment of a received datagram, or of an event without a datagram."""
    verb = "hears" if came_from_wire(step.event) else "notes"
    verb = "begins" if isinstance(step.event, Opened) else verb
    return f"{end} {verb} {event_words(step.event)}. {step_words(step)}"


def sent_words(end: str, words: str, repeats: int, step: Step) -> str:
    """Return the comment of a sent datagram. `repeats` numbers its retransmission, or is 0."""
    again = f", retransmission {repeats}" if repeats else ""
    cause = "" if has_datagram(step) else f" after {event_words(step.event)}"
    return f"{end} sends {words}{again}{cause}. {step_words(step)}"

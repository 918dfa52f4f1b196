"""Read from a step's row, event and effects what a ladder shows of it."""

from __future__ import annotations

from tftp_fsm.ladder.model import MarkKind
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import SendBlocks, Step, TimeoutExpired
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.describe import event_words


def does_something(step: Step) -> bool:
    """Whether the event changed the state or had an effect."""
    return step.row is not None and bool(step.effects or not step.row.stays)


def begins_wait(step: Step) -> bool:
    """Return whether the step sets a new deadline. A repeated answer does not set one."""
    after = step.row.after if step.row is not None else ()
    repeats = "note_duplicate" in after or "note_gap" in after
    sends_data = any(isinstance(effect, SendBlocks) for effect in step.effects)
    return bool(step.effects) and (not repeats or sends_data or "dally_on" in after)


def mark_of(step: Step, waited: float | None) -> tuple[MarkKind, str]:
    """Return kind and words of an event without a packet. `waited` is in seconds, if known."""
    if not isinstance(step.event, TimeoutExpired):
        return "local", event_words(step.event)
    if step.row is None:
        return "local", sentence("timeout, too early")
    if "send_rest_of_window" in step.row.after:
        return "pause", sentence("next part of the window")
    if step.before is State.DALLYING:
        if not waited:
            return "dally", sentence("does not dally")
        return "dally", sentence("dallied {seconds:.3f} s", seconds=waited)
    if waited is None:
        return "timeout", sentence("timeout")
    return "timeout", sentence("timeout after {seconds:.3f} s", seconds=waited)

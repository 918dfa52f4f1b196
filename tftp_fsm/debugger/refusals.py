"""The reasons why a stepper refuses a request or stops."""

from __future__ import annotations

from tftp_fsm.errors import LocalError
from tftp_fsm.language import mark, sentence, sentence_n

PAST = mark("a real peer cannot forget what it has received: go to the last step first")
NOTHING_TO_UNDO = mark("there is no move to take back")
NOTHING_TO_NOTE = mark("nothing has happened yet: make a step, then write a note on it")
NOTHING_YET = mark("nothing has happened yet: make a step")
END = mark("the end")
BEGINNING = mark("the beginning")


def taken(steps: int) -> str:
    """Return the reason to stop after the requested number of steps."""
    return sentence_n("1 step was taken", "{count:,} steps were taken", steps)


def no_step(number: int, known: int) -> LocalError:
    """Return the error for an unknown step number."""
    return LocalError(
        sentence("there is no step {number} yet; steps so far: {known}", number=number, known=known)
    )


def no_more_than(steps: int) -> LocalError:
    """Return the error for a run that has reached its limit."""
    return LocalError(
        sentence_n(
            "this run has 1 step, and cannot have more here",
            "this run has {count:,} steps, and cannot have more here",
            steps,
        )
    )


def not_under_way(number: int | str, known: list[int]) -> LocalError:
    """Return the error for a packet that is not under way. `known` has those that are."""
    if not known:
        return LocalError(
            sentence(
                "no packet {number} is under way, and no other packet is either", number=number
            )
        )
    here = ", ".join(map(str, known))
    return LocalError(
        sentence(
            "no packet {number} is under way; these packets are under way: {here}",
            number=number,
            here=here,
        )
    )

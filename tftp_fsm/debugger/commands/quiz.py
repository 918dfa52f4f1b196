"""The quiz shows an event and asks for the next state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tftp_fsm.debugger.frames import Frame
from tftp_fsm.language import joined, sentence
from tftp_fsm.protocol.gloss import state_gloss


@dataclass(slots=True)
class Quiz:
    """`asked` is the frame of the open question. `right` counts the right ones of `answered`."""

    asked: Frame | None = None
    right: int = 0
    answered: int = 0

    def ask(self, frame: Frame) -> Iterator[str]:
        """Yield the lines of a question about the state after `frame`."""
        self.asked = frame
        step = frame.step
        states = joined(", ", [state_gloss(state) for state in frame.table.states])
        yield sentence(
            "{end} is {state}, and hears: {event}",
            end=frame.end,
            state=state_gloss(step.before),
            event=frame.event_words,
        )
        yield sentence("which state is it in after that? ({states})", states=states)

    def answer(self, given: str) -> Iterator[str]:
        """Close the question. The lines tell whether the answer is right, and the score."""
        assert self.asked is not None
        wanted = self.asked.step.after.value
        self.asked = None
        self.answered += 1
        self.right += given == wanted
        score = {"right": self.right, "number": self.answered}
        if given == wanted:
            yield sentence("right ({right} of {number})", **score)
        else:
            yield sentence("no: {state} ({right} of {number})", state=wanted, **score)

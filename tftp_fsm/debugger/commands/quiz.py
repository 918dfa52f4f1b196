"""The quiz shows an event and asks for the next state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tftp_fsm.debugger.frames import Frame


@dataclass(slots=True)
class Quiz:
    """`asked` is the frame of the open question. `right` of the `answered` questions were right."""

    asked: Frame | None = None
    right: int = 0
    answered: int = 0

    def ask(self, frame: Frame) -> Iterator[str]:
        """The lines of a question about the state after `frame`."""
        self.asked = frame
        step = frame.step
        states = ", ".join(state.value for state in frame.table.states)
        yield f"{frame.end} is {step.before.value}, and hears: {frame.event_words}"
        yield f"which state is it in then? ({states})"

    def answer(self, given: str) -> Iterator[str]:
        """Close the question. The lines tell whether the answer is right, and the score."""
        assert self.asked is not None
        wanted = self.asked.step.after.value
        self.asked = None
        self.answered += 1
        self.right += given == wanted
        verdict = "right" if given == wanted else f"no: {wanted}"
        yield f"{verdict} ({self.right} of {self.answered})"

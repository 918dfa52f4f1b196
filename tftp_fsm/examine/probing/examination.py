"""A check together with the function that makes it, and what it costs at the most."""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.examine.checks import Check, Finding
from tftp_fsm.examine.probing.desk import Desk, Wishes
from tftp_fsm.frozen import frozen


@frozen
class Examination:
    """`requests` are what it may send, each once more if no answer comes.

    `seconds` are those that it takes beside the waits for answers, and `silences` how often it may
    listen for as long as the user's patience.
    """

    check: Check
    examine: Callable[[Desk], Finding]
    requests: int = 1
    seconds: float = 0.0
    silences: int = 0

    def most_seconds(self, wishes: Wishes, answer: float) -> float:
        """The seconds that it takes at the most, if each answer comes within `answer`."""
        return self.requests * answer + self.seconds + self.silences * wishes.patience


class CannotExamine(Exception):
    """Nobody answers, or the file cannot be read: no check makes sense. One line says why."""

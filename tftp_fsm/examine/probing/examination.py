"""A check with its function and its highest cost."""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.examine.checks import Check, Finding
from tftp_fsm.examine.probing.desk import Desk, Wishes
from tftp_fsm.frozen import frozen


@frozen
class Examination:
    """`requests` is the number of requests, each of which may be repeated once.

    `seconds` is its time without the waits for answers. `silences` is the number of times that it
    may listen for the user's whole patience.
    """

    check: Check
    examine: Callable[[Desk], Finding]
    requests: int = 1
    seconds: float = 0.0
    silences: int = 0

    def most_seconds(self, wishes: Wishes, answer: float) -> float:
        """Return its longest time in seconds, if each answer comes within `answer`."""
        return self.requests * answer + self.seconds + self.silences * wishes.patience


class CannotExamine(Exception):
    """No check makes sense: there is no answer, or the file cannot be read. One line says why."""

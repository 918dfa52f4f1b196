"""A sign of life: whether the server still answers a plain RRQ of the file that it sends.

A server may have gone, or it may refuse all answers for a while after too many requests. Such a
server is silent for every request. Its silence proves nothing about a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.tap import Spent

FIRST_PAUSE = 2.0  # seconds; each pause is twice as long as the one before
May = Callable[[int, float], bool]


class Life(Enum):
    """The later state of a server that was silent."""

    THERE = "it answers"
    BACK = "it answers again after a pause"
    REFUSES = "it refuses this file as long as the user is patient"
    SILENT = "it does not answer as long as the user is patient"
    CLOSED = "no program listens there as long as the user is patient"
    UNKNOWN = "it may not be asked any more"


def life_of(desk: Desk, may: May) -> Life:
    """Ask for the file until it comes, with longer and longer pauses.

    `may` says whether this number of requests and of seconds is still allowed.
    """
    if not may(1, desk.answer) or desk.meter.is_spent:
        return Life.UNKNOWN
    try:
        sign = _sign(desk)
        return sign if sign is Life.THERE else _awaited(desk, may, sign)
    except Spent:
        return Life.UNKNOWN


def _sign(desk: Desk) -> Life:
    """Ask once for the file. Some ERRORs are sent by a server that is only busy."""
    desk.begin(desk.answer)
    with desk.sign() as talk:
        talk.run(desk.answer, until=lambda: talk.heard() or talk.is_unreachable)
        if talk.was_refused_for_now:
            return Life.REFUSES
        if talk.heard():
            return Life.THERE
        return Life.CLOSED if talk.is_unreachable else Life.SILENT


def _awaited(desk: Desk, may: May, sign: Life) -> Life:
    """Ask again until the file comes. Return the last `sign` if it does not come."""
    waited, pause = 0.0, FIRST_PAUSE
    while waited < desk.wishes.patience:
        pause = min(pause, desk.wishes.patience - waited)
        if not may(1, pause + desk.answer):
            break
        desk.begin(pause)
        desk.wait(pause)
        sign = _sign(desk)
        if sign is Life.THERE:
            return Life.BACK
        waited += pause
        pause *= 2
    return sign

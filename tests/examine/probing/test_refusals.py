"""A busy server answers a request that it refused at another time."""

from __future__ import annotations

import pytest

from tests.support.simulated_server import Files, Listener, World
from tftp_fsm.examine.probing.refusals import Refusals
from tftp_fsm.examine.probing.talk import Talk
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Error, build


def talks(*answers: Error | None) -> list[Talk]:
    """One talk for each answer: the same request with an option is refused with it, or served."""
    left = list(answers)
    files = Files({"file": b"octets"})

    def answer(listener: Listener, octets: bytes, client: Address) -> None:
        error = left.pop(0) if b"tsize" in octets else None
        if error is None:
            files(listener, octets, client)
        else:
            listener.say(build(error), client)

    desk = World(answer).desk()
    made: list[Talk] = []
    while left:
        with desk.read((("tsize", "0"),)) as talk:
            talk.run(desk.answer, until=lambda: talk.ended)
        made.append(talk)
    return made


BUSY, FULL, WRONG = Error(0, "busy"), Error(3, "full"), Error(8, "no options")


@pytest.mark.parametrize(
    ("answers", "is_busy", "times"),
    [
        ((BUSY, BUSY), False, 2),
        ((FULL, BUSY, FULL), False, 3),
        ((BUSY, None), True, 1),
        ((None, FULL), True, 1),
        ((WRONG, None), False, 0),
        ((None, None), False, 0),
    ],
)
def test_who_answers_what_was_refused_is_busy(
    answers: tuple[Error | None, ...], is_busy: bool, times: int
) -> None:
    made = talks(*answers)
    refusals = Refusals()
    refusals.note(made)
    refusals.note([])
    assert (refusals.is_busy, refusals.times(made)) == (is_busy, times)


def test_a_session_that_asks_again_without_options_has_not_answered_the_first_request() -> None:
    (talk,) = talks(BUSY)
    assert talk.succeeded and talk.was_refused_for_now
    assert talk.request.options == (("tsize", "0"),)

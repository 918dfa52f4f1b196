"""To ask guards changes nothing, and sends no event through the session."""

from __future__ import annotations

from copy import deepcopy
from typing import ClassVar

from tests.support.steppers import stepper_of
from tftp_fsm.debugger.guards import candidates, row_for
from tftp_fsm.protocol.events import Event, Opened, StrayReceived
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.tables import READ_CLIENT
from tftp_fsm.protocol.timing import STRAY_INTERVAL
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Rrq

PEER: Address = ("server", 69)
STRANGER: Address = ("server", 4711)


class Listening(ReadClient):
    """Accepts `Opened` in a state in which the product's client does not, and remembers it."""

    table: ClassVar[Table] = Table(
        "LISTENING_CLIENT",
        "RRQ, the client's side, which hears more",
        (
            *READ_CLIENT.rows,
            Row("opened", State.REQUESTING, None, after=("remember",), why="To see it.", rfc="-"),
        ),
    )

    def __init__(self) -> None:
        super().__init__(Rrq(b"file"), PEER)
        self.remembered: list[Event] = []

    def remember(self, event: Event) -> None:
        """The list is the same in a copy."""
        self.remembered.append(event)


def test_no_event_is_fed_when_guards_are_asked() -> None:
    session = Listening()
    session.handle(Opened(), 0.0)
    candidates(session, StrayReceived(STRANGER), 1.0)
    assert session.remembered == []


def test_asking_guards_moves_no_clock_of_the_session() -> None:
    session = ReadClient(Rrq(b"file"), PEER)
    session.handle(Opened(), 0.0)
    before = deepcopy({**vars(session), "timer": vars(session.timer)})
    candidates(session, StrayReceived(STRANGER), 5.0)
    assert {**vars(session), "timer": vars(session.timer)} == before


def test_guards_that_ask_the_time_are_told_the_time_of_the_event() -> None:
    session = ReadClient(Rrq(b"file"), PEER)
    session.handle(Opened(), 0.0)
    stray = StrayReceived(STRANGER)
    session.handle(stray, 1.0)
    early, late = (row_for(session, stray, 1.0 + wait) for wait in (0.0, STRAY_INTERVAL))
    assert early is not None and late is not None
    assert "answer_stray" not in early.after and "answer_stray" in late.after


def test_asking_at_each_step_of_a_run_changes_no_step() -> None:
    plain, asked = stepper_of(), stepper_of()
    plain.run()
    while asked.step() is not None:
        asked.choices()
    assert asked.frames == plain.frames

"""A client that is being served: its attempt or plain session, its ports, and its name."""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.examine.grading.attempt import Attempt
from tftp_fsm.examine.grading.unjudged import Plain
from tftp_fsm.examine.grading.wires import UdpWire
from tftp_fsm.protocol.roles import ReadServer, WriteServer


class Running:
    """One attempt or plain session, with its ports and its student."""

    def __init__(self, work: Attempt | Plain, wire: UdpWire, student: str) -> None:
        self.work = work
        self.wire = wire
        self.student = student
        self.gives_back: Callable[[], None] | None = None

    def settle_charge(self) -> None:
        """Give back the charge of the request after an answer proves that it was not forged."""
        session = self.work.driver.session
        assert isinstance(session, ReadServer | WriteServer)
        if self.gives_back is not None and (self.work.is_over or session.is_proven):
            self.gives_back()
            self.gives_back = None

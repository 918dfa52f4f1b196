"""A session without a script: a file of the root, a report, or a refusal. It is not judged."""

from __future__ import annotations

from tftp_fsm.driver.driver import Driver
from tftp_fsm.examine.grading.attempt import Asked, Outlet, Wire
from tftp_fsm.examine.grading.recording import Recorded, Recording
from tftp_fsm.examine.grading.story import Port
from tftp_fsm.protocol.events import Aborted, RequestReceived, TimeoutExpired
from tftp_fsm.server.session_factory import Opening
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Request


class Plain:
    """A session that is served like an `Attempt`: it has the same methods."""

    def __init__(
        self, opening: Opening, asked: Asked, wire: Wire, recording: Recording | None = None
    ) -> None:
        self.asked = asked
        self.begins_anew = False
        self._recorded = Recorded(recording, asked.peer, wire.local, wire.now)
        self._first = opening.event
        self._driver = opening.driver(Outlet(self._leaves, wire.now), self._recorded.observer)
        self._wire = wire

    @property
    def driver(self) -> Driver:
        """The driver of the session."""
        return self._driver

    @property
    def is_over(self) -> bool:
        """Whether the session hears nothing more."""
        return self._driver.ended

    @property
    def due(self) -> float:
        """The time at which `wake` must be called, in seconds."""
        deadline = self._driver.deadline
        return self._wire.now() if deadline is None else deadline

    def begin(self) -> None:
        """Hand the request to the session."""
        self._recorded.told("heard", "listening", self.asked.octets)
        self._driver.feed(self._first)

    def hear(self, datagram: bytes, port: Port) -> None:
        """Take a datagram of the client."""
        self._recorded.told("heard", port, datagram)
        if port == "tid" and not self.is_over:
            self._driver.take(Burst.of(datagram, self.asked.peer))

    def hear_unreachable(self, bad_news: Unreachable, port: Port) -> None:
        """Take an error that the network has reported."""
        if not self.is_over:
            self._driver.take(bad_news)

    def ask_again(self) -> None:
        """Take a copy of the request."""
        self._recorded.told("heard", "listening", self.asked.octets)
        if not self.is_over:
            self._driver.feed(RequestReceived(self.asked.peer))
            self.begins_anew = self._driver.take_begin_anew()

    def ask_anew(self, request: Request) -> None:
        """Do nothing, because there is no trial to begin again."""

    def wake(self) -> None:
        """Take a time-out."""
        if not self.is_over:
            self._driver.feed(TimeoutExpired())

    def close(self) -> None:
        """End the session, and close the port."""
        if not self._driver.ended:
            self._driver.feed(Aborted("the server is closing"))
        self._driver.close()
        self._wire.close()

    def _leaves(self, datagram: bytes, to: Address) -> None:
        self._wire.send(datagram, to)
        if to == self.asked.peer:
            self._recorded.told("sent", "tid", datagram)

"""The two ends of a simulated transfer: their settings, their drivers and their time-outs.

    ends = Ends(setup, transport_of, joined)
    ends.begin()                          # the client's session
    ends.drivers["client"].feed(Opened())
    ends.deliver(to, burst)               # each arrival; a request begins the server's session
    ends.settle()                         # after each event: another session, if one is needed
    ends.next_expiry(arrival, now)        # the end whose time-out comes before the next arrival

The caller has the clock and the network. The same setup and the same calls give the same steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import MalformedPacket
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import RequestReceived
from tftp_fsm.protocol.roles import OURS, Sessions, client_session, server_session
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation.addresses import CLIENT, LISTENER, SERVER, TIDS, End
from tftp_fsm.storage.protocols import Source
from tftp_fsm.storage.sinks import BytesSink
from tftp_fsm.storage.sources import BytesSource
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.faults import Faults
from tftp_fsm.transports.protocol import Transport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import OptionLimits, Options
from tftp_fsm.wire.packets import Rrq, Wrq, parse

LATENCY = 0.001  # seconds one way; the default
SAME_MOMENT = 1e-9  # seconds; two times that differ by less count as equal


@frozen
class Setup:
    """The settings of a simulated transfer: the file, the network, and the options of both ends.

    `latency` is the time of a datagram on the way, in seconds. `rate` is the bits per second in
    each direction; with None there is no limit. `limits` are the option limits of the server.
    `sessions` may be classes with other tables.
    """

    verb: Literal["get", "put"] = "get"
    content: bytes = b""
    faults: Faults = Faults()
    latency: float = LATENCY
    options: Options = Options()
    retry_policy: RetryPolicy = RetryPolicy()
    server_retry_policy: RetryPolicy = RetryPolicy(dally=3.0)
    limits: OptionLimits = OptionLimits(windowsize=65535)
    name: bytes = b"file"
    sessions: Sessions = OURS
    rate: float | None = None


class Ends:
    """The drivers of both ends. The server has one only after a request has arrived.

    `drivers` has the current driver of each end. `sessions` has all drivers in the order of their
    beginning: if the client sends its request again, a new session of the server may replace the
    earlier one. `transport_of` returns the transport of an end at an address. `joined` is called
    with each driver before its first event. `open_source` makes the source of the content.
    """

    def __init__(
        self,
        setup: Setup,
        transport_of: Callable[[End, Address], Transport],
        joined: Callable[[End, Driver], None],
        open_source: Callable[[bytes], Source] = BytesSource,
    ) -> None:
        self.setup = setup
        self.drivers: dict[str, Driver] = {}
        self.sessions: list[Driver] = []
        self._tids = dict(TIDS)
        self._sinks: list[BytesSink] = []
        self._request = b""
        self._transport_of = transport_of
        self._joined = joined
        self._open_source = open_source

    @property
    def received(self) -> bytes | None:
        """The file that has arrived last, or None until a file is whole."""
        return next((s.octets for s in reversed(self._sinks) if s.octets is not None), None)

    @property
    def ended(self) -> bool:
        """Whether neither end hears anything more."""
        return all(driver.ended for driver in self.drivers.values())

    def begin(self) -> None:
        """Make the client's session and driver."""
        setup = self.setup
        source = self._open_source(setup.content) if setup.verb == "put" else None
        kind, size = (Rrq, 0) if source is None else (Wrq, source.size)
        request, policy = kind(setup.name, "octet", setup.options.pairs()), setup.retry_policy
        session = client_session(request, LISTENER, policy, size=size, sessions=setup.sessions)
        self._join("client", session, source)

    def deliver(self, to: Address, arrived: Burst | Unreachable) -> bool:
        """Give an arrival at `to` to its end. Return False if no end is there to hear it."""
        is_request = to == LISTENER
        if is_request and isinstance(arrived, Burst) and "server" not in self.drivers:
            self._request = b"".join(arrived.buffers)
            self._begin_server()
        end = "server" if is_request else self._end_at(to)
        driver = self.drivers.get(end or "")
        if driver is None or driver.ended:
            return False
        if is_request:  # a repeated request finds the session that the first one began
            driver.feed(RequestReceived(arrived.peer))
        else:
            driver.take(arrived)
        return True

    def settle(self) -> bool:
        """Begin another session of the server, if a repeated request needs one. Return whether.

        The new session has the next TID. It takes the place of an earlier session that dallies.
        """
        driver = self.drivers.get("server")
        if driver is None or not driver.take_begin_anew():
            return False
        driver.transport.close()
        self._tids["server"] = (SERVER[0], self._tids["server"][1] + 1)
        self._begin_server()
        self.drivers["server"].feed(RequestReceived(CLIENT))
        return True

    def next_expiry(self, arrival: float | None, now: float) -> str | None:
        """Return the end whose time-out comes before an arrival at `arrival` (seconds), or None.

        An arrival exactly at a deadline is not too late.
        """
        due = [
            (driver.deadline, end)
            for end, driver in self.drivers.items()
            if driver.deadline is not None
        ]
        if not due:
            return None
        deadline, end = min(due)
        is_in_time = arrival is not None and arrival <= max(deadline, now) + SAME_MOMENT
        return None if is_in_time else end

    def _end_at(self, address: Address) -> End | None:
        return next((end for end, tid in self._tids.items() if tid == address), None)

    def _begin_server(self) -> None:
        """Begin the server's session. Do nothing if the request was damaged on its way."""
        try:
            request = parse(self._request)
        except MalformedPacket:
            return
        if not isinstance(request, Rrq | Wrq):
            return
        setup = self.setup
        source = self._open_source(setup.content) if isinstance(request, Rrq) else None
        size, policy = 0 if source is None else source.size, setup.server_retry_policy
        session = server_session(
            request, CLIENT, policy, setup.limits, size=size, sessions=setup.sessions
        )
        self._join("server", session, source)

    def _join(self, end: End, session: Session, source: Source | None) -> None:
        sink = BytesSink() if source is None else None
        if sink is not None:
            self._sinks.append(sink)
        transport = self._transport_of(end, self._tids[end])
        driver = Driver(session, transport, source=source, sink=sink)
        self.drivers[end] = driver
        self.sessions.append(driver)
        self._joined(end, driver)

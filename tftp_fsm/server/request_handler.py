"""Decide about each datagram at a listening port: new session, repetition, refusal, or nothing.

A request is easy to forge. Until the client has acknowledged something, a session sends one
datagram for each request and at most three retransmissions (`protocol.timing.UNPROVEN_RETRIES`).
For any request this is at most four datagrams, 2064 octets of TFTP. Until then the session also
uses the server's time-out, not the `timeout` option, and it gives way when all places are taken.

An ACK may be forged too, and sent to every TID that the session may have. `ServerConfig.limits`
bounds the effect of this. With `single_port` or a small `port_range` each datagram that arrives
causes one datagram of at most 1432 octets, and the last one is retransmitted at most three times.
`Pacer` bounds the DATA for a network over all its sessions.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from tftp_fsm.errors import LocalError, MalformedPacket
from tftp_fsm.protocol.events import Aborted, Observer, RequestReceived, Send, Step
from tftp_fsm.server.admission import Admission
from tftp_fsm.server.asks import Asks
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.listener import Arrival, Listener
from tftp_fsm.server.log import RefusalLog, Refused
from tftp_fsm.server.pacer import Pacer
from tftp_fsm.server.pipeline import pipeline
from tftp_fsm.server.quotas import Quotas
from tftp_fsm.server.session_factory import Found, Opening, SessionFactory
from tftp_fsm.server.session_runner import SessionRunner
from tftp_fsm.server.shared_transport import ServerTransport, SharedTransport
from tftp_fsm.server.transfer import ActiveTransfer, report_of
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.transports.burst import Burst
from tftp_fsm.transports.session_transport import SessionTransport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import Opcode, is_request, opcode_of, request_words
from tftp_fsm.wire.packets import Error, ErrorCode, Reading, Rrq, Wrq, build, read

BUSY = "busy: try again later"
NOT_ADMITTED = "its address is not served, so it gets no answer"
TOO_MANY = "too many requests, so it gets no answer"
GAVE_WAY = "nothing new has come for some seconds, and the place was needed"
BEYOND_SHARE = "your network had more than its share of the places, and one was needed"


class RequestHandler:
    """Starts sessions for `root` in `runner`. All sockets of sessions receive into `memory`.

    While `is_closing`, new requests get no answer. `refused` is called with requests that get no
    session, and with datagrams that cannot be read.
    """

    def __init__(
        self,
        config: ServerConfig,
        root: ServedRoot,
        runner: SessionRunner,
        memory: memoryview,
        refused: Callable[[Refused], object] | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        self.is_closing = False
        self._pacer = pacer
        self._config = config
        self._factory = SessionFactory(config, root, pipeline(config, root))
        self._admission = Admission(config.allow, config.deny)
        most, most_per_network = config.places, config.max_sessions_per_address
        self._asks: Asks[Found] = Asks(runner.call_soon, most, most_per_network)
        self._runner = runner
        self._memory = memory
        self._quotas = Quotas(config.max_sessions_per_address)
        self._log = RefusalLog(refused)

    def reconfigure(self, config: ServerConfig, root: ServedRoot) -> None:
        """Use these for new requests. The quotas are kept, unless their limit has changed."""
        if config.max_sessions_per_address != self._config.max_sessions_per_address:
            self._quotas = Quotas(config.max_sessions_per_address)
        self._config = config
        self._factory = SessionFactory(config, root, pipeline(config, root))
        self._admission = Admission(config.allow, config.deny)
        self._asks.limit(config.places, config.max_sessions_per_address)

    def close(self) -> None:
        """Forget the requests that wait for a provider."""
        self._asks.close()

    def hear(self, listener: Listener, arrival: Arrival) -> None:
        """Handle one datagram that has come to `listener`."""
        octets, peer = arrival.octets, arrival.peer
        if not peer[1]:  # no datagram can be sent to port 0
            return
        transfer = self._runner.table.find((peer, arrival.host))
        if transfer is not None and self._config.single_port and not is_request(octets):
            self._runner.take(transfer, Burst.of(octets, peer))
            return
        is_repeated = transfer is not None and transfer.request_octets == octets
        # A session that began before its network was denied goes on.
        if not is_repeated and not self._admission.admits(peer[0]):
            self._leave_out(arrival, NOT_ADMITTED)
            return
        self._tell(listener, arrival)
        if not is_repeated and self._is_left_out(arrival):
            self._leave_out(arrival)
            return
        try:
            reading = read(octets)
        except MalformedPacket as broken:
            self._hear_malformed(listener, arrival, str(broken))
            return
        match reading.packet:
            case Rrq() | Wrq():
                # The memory of `octets` is also that of the sessions, which may move now.
                kept = Arrival(bytes(octets), peer, arrival.host, arrival.came_at)
                self._hear_request(listener, kept, reading)
            case Error():
                # An ERROR is never answered (RFC 1350 section 7): two servers would never stop.
                self._runner.totals.strays += 1
            case _:
                self._runner.totals.strays += 1
                self._refuse(listener, arrival, Error(ErrorCode.UNKNOWN_TID, "unknown transfer ID"))

    def _is_left_out(self, arrival: Arrival) -> bool:
        """Return whether a request would be refused while no ERROR is left for it. It is fast."""
        now = time.monotonic()
        opcode = opcode_of(arrival.octets)
        if opcode not in (Opcode.RRQ, Opcode.WRQ):
            return False
        if not self._quotas.may_begin(arrival.peer, now):
            return True
        if self._quotas.may_refuse(arrival.peer, now):
            return False
        name = request_words(arrival.octets)[1]
        return self._factory.lacks(name) if opcode is Opcode.RRQ else self._factory.takes_nothing

    def _hear_malformed(self, listener: Listener, arrival: Arrival, why: str) -> None:
        """Answer a broken request with an ERROR. Other broken datagrams get no answer."""
        self._runner.totals.malformed += 1
        self._note_refused(arrival, f"malformed: {why}")
        if is_request(arrival.octets):
            self._refuse(listener, arrival, Error(ErrorCode.ILLEGAL_OPERATION, f"malformed: {why}"))

    def _hear_request(self, listener: Listener, arrival: Arrival, reading: Reading) -> None:
        """Start a session, or hand a repeated request to its session, even if that dallies."""
        if self._asks.is_waiting((arrival.peer, arrival.host), bytes(arrival.octets)):
            self._runner.totals.repeated += 1
            return
        transfer = self._moved_session(arrival)
        if transfer is not None and transfer.request_octets == arrival.octets:
            if not self._may_repeat(transfer):
                self._leave_out(arrival)
                return
            came_at, now = arrival.came_at, time.monotonic()
            waited = 0.0 if came_at is None else now - came_at  # moving its session took time
            self._runner.feed(transfer, RequestReceived(transfer.peer, reading.tolerated, waited))
            self._runner.totals.repeated += self._runner.table.find(transfer.key) is transfer
            return
        if not self.is_closing:
            self._replace(transfer)
            self._begin(listener, arrival, reading)

    def _may_repeat(self, transfer: ActiveTransfer) -> bool:
        """Return whether a client that has not answered may get the first answer again."""
        now = time.monotonic()
        return not transfer.is_unproven or self._quotas.charge_repetition(transfer.peer, now)

    def _moved_session(self, arrival: Arrival) -> ActiveTransfer | None:
        """Return this client's session, after it has taken the datagrams before this request."""
        table, key = self._runner.table, (arrival.peer, arrival.host)
        transfer = table.find(key)
        if transfer is not None:
            self._runner.drain(transfer)
        return table.find(key)

    def _replace(self, transfer: ActiveTransfer | None) -> None:
        """Drop the session, because its client has sent another request.

        A session whose file has come whole goes on beside the new one, if the new one has another
        port.
        """
        if transfer is None:
            return
        is_left = transfer.is_running and not transfer.is_committing
        if is_left or self._config.single_port:
            # The client gets no ERROR, because it would take that for the answer to its request.
            self._runner.drop(transfer)

    def _begin(self, listener: Listener, arrival: Arrival, reading: Reading) -> None:
        """Find the file of a request. If this may take long, another thread does it."""
        if self.is_closing:
            return
        began, peer, local = time.monotonic(), arrival.peer, arrival.host

        def go_on(found: Found) -> None:
            if self.is_closing:
                found.close()
                return
            opening = self._factory.opening(reading, peer, found)
            self._open(listener, arrival, reading, opening, began)

        factory = self._factory
        if not factory.may_wait:
            go_on(factory.find(reading, peer, local))
            return
        find, hold = partial(factory.find, reading, peer, local), factory.hold()
        if not self._asks.add((peer, local), bytes(arrival.octets), find, go_on, hold):
            self._refuse_busy(listener, arrival)

    def _open(
        self,
        listener: Listener,
        arrival: Arrival,
        reading: Reading,
        opening: Opening,
        began: float,
    ) -> None:
        """Start a session if there is room for it."""
        if opening.is_refused:
            self._refuse_by_row(listener, arrival, opening, began)
        elif self._make_room(arrival.peer):
            self._start(listener, arrival, reading, opening)
        else:
            opening.close()
            self._refuse_busy(listener, arrival)

    def _refuse_by_row(
        self, listener: Listener, arrival: Arrival, opening: Opening, began: float
    ) -> None:
        """Take the first row of a session without a file. The row ends the session with an ERROR.

        The session needs no TID, no place and no driver. These would cost more time than the rest.
        """
        self._runner.totals.requests += 1
        session, observer = opening.session, self._observer(arrival.peer)
        step = session.handle(opening.event, began)
        if observer is not None:
            observer(step)
        for effect in step.effects:
            if isinstance(effect, Send) and isinstance(effect.packet, Error):
                self._refuse(listener, arrival, effect.packet)
        seconds = time.monotonic() - began
        if session.outcome is not None:
            report = report_of(session, session.outcome, arrival.peer, seconds)
            self._runner.note_refused(report)

    def _make_room(self, peer: Address) -> bool:
        """Drop another session for `peer` if that is needed. Return whether there is room."""
        table = self._runner.table
        while not table.has_room_for(peer):
            now = time.monotonic()
            spare = table.spare(peer, now)
            if spare is None:
                return False
            self._runner.drain(spare)  # its first ACK may wait at its socket
            self._take_place(spare, peer, now)
        return True

    def _take_place(self, spare: ActiveTransfer, peer: Address, now: float) -> None:
        """End the session `spare` to make room for `peer`, unless it has just moved.

        A session of a network that has more than its share is ended even if it moves.
        """
        if spare.is_dallying or spare.is_unproven:
            spare.left_for = "it never acknowledged anything, and its place was needed"
            self._runner.drop(spare)
        elif spare.is_still(now):
            self._runner.feed(spare, Aborted(GAVE_WAY))
        elif spare.is_running and self._runner.table.has_more_than_its_share(spare.peer, peer):
            self._runner.feed(spare, Aborted(BEYOND_SHARE))

    def _start(
        self, listener: Listener, arrival: Arrival, reading: Reading, opening: Opening
    ) -> None:
        self._runner.totals.requests += 1
        try:
            transport = self._transport(listener, arrival)
        except LocalError as failed:
            opening.close()
            self._runner.shield.complain(str(failed))
            self._refuse_busy(listener, arrival)
            return
        peer = arrival.peer
        driver = opening.driver(transport, self._observer(peer), self._config.on_datagram)
        key, octets = (peer, arrival.host), bytes(arrival.octets)

        def begin_anew() -> None:
            self._begin(listener, arrival, reading)

        transfer = ActiveTransfer(key, octets, driver, transport, begin_anew)
        transfer.charge = self._quotas.charge_session(peer, time.monotonic())
        self._runner.start(transfer, opening.event)

    def _transport(self, listener: Listener, arrival: Arrival) -> ServerTransport:
        pacer = self._pacer if self._config.is_guessable else None
        if self._config.single_port:
            return SharedTransport(listener, arrival.host, pacer)
        ports, offload = self._config.port_range, self._config.offload
        return SessionTransport(
            *(arrival.peer, arrival.host, ports, self._memory), offload=offload, pacer=pacer
        )

    def _observer(self, peer: Address) -> Observer | None:
        """Return the user's observer for one session. After a failure it is not called again."""
        observer, shield = self._config.observer, self._runner.shield
        if observer is None:
            return None
        is_listening = True

        def observe(step: Step) -> None:
            nonlocal is_listening
            is_listening = is_listening and shield.run(lambda: observer(peer, step))

        return observe

    def _refuse_busy(self, listener: Listener, arrival: Arrival) -> None:
        self._runner.totals.busy += 1
        self._note_refused(arrival, BUSY)
        self._refuse(listener, arrival, Error(ErrorCode.UNDEFINED, BUSY))

    def _leave_out(self, arrival: Arrival, why: str = TOO_MANY) -> None:
        self._runner.totals.silent += 1
        self._note_refused(arrival, why)

    def _note_refused(self, arrival: Arrival, why: str) -> None:
        self._log.add(arrival.peer, arrival.octets, why, time.monotonic())

    def _refuse(self, listener: Listener, arrival: Arrival, error: Error) -> None:
        if self._quotas.charge_refusal(arrival.peer, time.monotonic()):
            listener.refuse(arrival, error)
            self._tell(listener, arrival, error)

    def _tell(self, listener: Listener, arrival: Arrival, answer: Error | None = None) -> None:
        """Tell `on_datagram` of a datagram at the listening port, or of the `answer` to it."""
        if self._config.on_datagram is None:
            return
        from tftp_fsm.transports.carried import Carried

        octets = bytes(arrival.octets) if answer is None else build(answer)
        here = listener.address
        local = here if arrival.host is None else (arrival.host, here[1])
        carried = Carried(
            time.monotonic(),
            "received" if answer is None else "sent",
            octets,
            local,
            arrival.peer,
        )
        tell = self._config.on_datagram
        self._runner.shield.run(lambda: tell(carried))

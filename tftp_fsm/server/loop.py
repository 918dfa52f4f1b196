"""The server's loop: one thread, one wait, every session.

It waits for the listening sockets, for the sockets of the sessions, and for the earliest
deadline; whatever comes is turned into a call of that session's `Driver`. It decides only what
no session can: whose a datagram is, and whether there is room for one more. Each socket that is
ready gets a bounded turn, so that no peer can keep the others waiting.

A request is easily forged. Until its address has acknowledged something, a session sends one
datagram for each request and at most three retransmissions (`sessions.UNPROVEN_RETRIES`): four
datagrams, 2064 octets of TFTP, whatever was asked. Until then it waits by the server's own
time-out, not by the `timeout` that was asked, and it gives way when all places are taken.

With `single_port` there is no TID to guess, so a forged ACK proves nothing. Windows are 1 there and
blocks 1428 octets unless the configuration says otherwise: each datagram that comes brings one of
1432 octets at most, with at most three retransmissions of the last.

A session that begins has some 6 KB of memory; in mid-transfer it is up to 50 KB for an upload,
and 280 KB for a download, of which 256 KiB are read ahead (`storage.sources`), whatever its window:
a larger one is read and sent in parts. A thousand that wait took 20 MiB, the kernel's own apart.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace

from tftp_fsm.driver.driver import Observer
from tftp_fsm.errors import LocalError, MalformedPacket
from tftp_fsm.protocol.events import Aborted, RequestReceived, TimeoutExpired
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.listener import Arrival, Listener
from tftp_fsm.server.log import Report, Totals
from tftp_fsm.server.rate_limit import TokenBucket
from tftp_fsm.server.session_factory import SessionFactory
from tftp_fsm.server.session_table import SessionTable
from tftp_fsm.server.transfer import ActiveTransfer
from tftp_fsm.server.transport import ServerTransport, SessionTransport, SharedTransport
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.transports import WINDOWS_MEMORY, Burst
from tftp_fsm.transports.readiness import bounded
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Error, ErrorCode, Request, Rrq, Wrq, parse

TURN = 16  # bursts of one session, or requests, that are taken before the next socket's turn
CLOSING = "the server is closing"


class Loop:
    """Serves `root` to those who ask at `listeners`, which it closes in the end.

    `report` is called when a session ends; `complain` with what should never happen.
    """

    def __init__(
        self,
        config: ServerConfig,
        root: ServedRoot,
        listeners: Sequence[Listener],
        report: Callable[[Report], object] | None = None,
        complain: Callable[[str], object] | None = None,
    ) -> None:
        self.totals = Totals()
        self.pool = SessionTable(config.max_sessions, config.max_sessions_per_address)
        self._config = config
        self._opening = SessionFactory(config, root)
        self._listeners = list(listeners)
        self._report = report
        self._complain = complain
        self._memory = memoryview(bytearray(WINDOWS_MEMORY))
        self._allowance = TokenBucket()
        self._running = 0  # sessions whose files are still on the way
        self._grace: float | None = None
        self._closes_at: float | None = None
        self._asked: list[Callable[[], object]] = []
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        for listener in self._listeners:
            self._selector.register(listener.sock, selectors.EVENT_READ, listener)

    # -- From other threads and signal handlers ---------------------------------------------------

    def stop(self, grace: float = 0.0) -> None:
        """Take no new requests, and end when all is done or after `grace` seconds."""
        self._grace = grace
        self._wake()

    def call_soon(self, action: Callable[[], object]) -> None:
        """Have the loop call `action` between two turns."""
        self._asked.append(action)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake; closed: it has ended
            self._waker.send(b"\0")

    # -- The loop ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until `stop`; then everything is closed."""
        try:
            while not self._is_over():
                self.turn(self._patience())
        finally:
            self.close()

    def turn(self, seconds: float | None) -> None:
        """Wait at most so long, and do what there is to do."""
        for key, _ in self._selector.select(bounded(seconds)):
            match key.data:
                case ActiveTransfer() if key.data not in self.pool:
                    continue  # another of this turn's datagrams ended it
                case ActiveTransfer():
                    self._guarded(key.data, self._serve)
                case Listener():
                    for arrival in key.data.arrivals(self._memory, TURN):
                        self.hear(key.data, arrival)
                case _:
                    self._heed()
        for one in self.pool.expired(time.monotonic()):
            self._guarded(one, lambda one: one.driver.feed(TimeoutExpired()))

    def close(self) -> None:
        """End every session, and tell those that were running. May be called again."""
        for one in self.pool:
            self._guarded(one, lambda one: one.driver.feed(Aborted(CLOSING)))
            if one in self.pool:
                self._drop(one)
        for listener in self._listeners:
            listener.close()
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _patience(self) -> float | None:
        due = [when for when in (self.pool.next_due(), self._closes_at) if when is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _heed(self) -> None:
        """What others asked for."""
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        while self._asked:
            self._asked.pop(0)()
        if self._grace is not None:
            self._close_within(self._grace)
            self._grace = None

    def _close_within(self, seconds: float) -> None:
        closes_at = time.monotonic() + seconds
        if self._closes_at is None:
            self._closes_at = closes_at
            self._turn_away()
        self._closes_at = min(self._closes_at, closes_at)

    def _turn_away(self) -> None:
        """New requests go to nobody, or to the server that takes over the port."""
        if not self._config.single_port:
            for listener in self._listeners:
                self._selector.unregister(listener.sock)
                listener.close()

    def _is_over(self) -> bool:
        if self._closes_at is None:
            return False
        # Those that only dally have a final ACK to repeat, without which an upload looks failed.
        return time.monotonic() >= self._closes_at or not len(self.pool)

    # -- Sessions ---------------------------------------------------------------------------------

    def _serve(self, one: ActiveTransfer) -> None:
        if isinstance(one.transport, SessionTransport):
            one.transport.blocking = self._running == 1
        for _ in range(TURN):
            if one.driver.exchange():
                return
            arrived = one.transport.receive(None)
            if arrived is None or one.driver.ended:
                return
            one.driver.take(arrived)

    def _guarded(self, one: ActiveTransfer, act: Callable[[ActiveTransfer], object]) -> None:
        """A mistake of ours in one session must not end the others."""
        try:
            act(one)
        except Exception:
            self._note_bug()
            self._drop(one)
        else:
            self._settle(one)

    def _settle(self, one: ActiveTransfer) -> None:
        if one.driver.is_mid_run:
            return
        if not one.is_running and not one.reported:
            self._tell(one)
        if one.driver.ended:
            self._drop(one)
        else:
            self.pool.schedule(one)

    def _drop(self, one: ActiveTransfer) -> None:
        if one not in self.pool:
            return
        if not one.reported:
            self._tell(one)
        self.pool.remove(one)
        if isinstance(one.transport, SessionTransport):
            self._selector.unregister(one.transport.sock)
        one.close()

    def _tell(self, one: ActiveTransfer) -> None:
        one.reported = True
        self._running -= 1
        report = one.report()
        if report.failed and self._config.keep_failures is not None:
            report = replace(report, steps=one.keep_steps(self._config.keep_failures))
        self.totals.add(report)
        if self._report is not None:
            try:
                self._report(report)
            except Exception:  # whoever listens must not end the server
                self._note_bug()

    def _note_bug(self) -> None:
        self.totals.bugs += 1
        if self._complain is not None:
            self._complain(traceback.format_exc())

    # -- The listening port -----------------------------------------------------------------------

    def hear(self, listener: Listener, arrival: Arrival) -> None:
        """One datagram that came to a listening port."""
        octets, peer = arrival.octets, arrival.peer
        if not peer[1]:  # nobody can be answered there
            return
        one = self.pool.find((peer, arrival.host))
        if one is not None and self._config.single_port and not _is_request(octets):
            self._guarded(one, lambda one: one.driver.take(Burst.of(octets, peer)))
            return
        try:
            packet = parse(octets)
        except MalformedPacket as broken:
            self._heard_nonsense(listener, arrival, str(broken))
            return
        match packet:
            case Rrq() | Wrq():
                self._heard_request(listener, arrival, packet, one)
            case Error():
                # RFC 1350 section 7: never answered; two servers would go on for ever.
                self.totals.strays += 1
            case _:
                self.totals.strays += 1
                self._refuse(listener, arrival, ErrorCode.UNKNOWN_TID, "unknown transfer ID")

    def _heard_nonsense(self, listener: Listener, arrival: Arrival, why: str) -> None:
        """A request that cannot be read is told so; what is not even that is left alone."""
        self.totals.malformed += 1
        if _is_request(arrival.octets):
            self._refuse(listener, arrival, ErrorCode.ILLEGAL_OPERATION, f"malformed: {why}")

    def _heard_request(
        self, listener: Listener, arrival: Arrival, request: Request, one: ActiveTransfer | None
    ) -> None:
        """A repeated request finds its session, dallying too; another of that TID replaces it."""
        if one is not None and one.asked == arrival.octets:
            self.totals.repeated += 1
            self._guarded(one, lambda one: one.driver.feed(RequestReceived(one.peer)))
            return
        if self._closes_at is not None:
            return
        if one is not None and (one.is_running or self._config.single_port):
            # The client has moved on, and what it was told now would be taken for an answer.
            self._drop(one)
        if self._makes_room(arrival.peer):
            self._begin(listener, arrival, request)
        else:
            self.totals.busy += 1
            self._refuse(listener, arrival, ErrorCode.UNDEFINED, "busy: ask again later")

    def _makes_room(self, peer: Address) -> bool:
        if self.pool.has_room_for(peer):
            return True
        spare = self.pool.spare(peer)
        if spare is not None:
            spare.left_for = "it never acknowledged anything, and its place was needed"
            self._drop(spare)
        return self.pool.has_room_for(peer)

    def _begin(self, listener: Listener, arrival: Arrival, request: Request) -> None:
        self.totals.requests += 1
        try:
            transport = self._transport(listener, arrival)
        except LocalError as failed:
            self.totals.busy += 1
            if self._complain is not None:
                self._complain(str(failed))
            self._refuse(listener, arrival, ErrorCode.UNDEFINED, "busy: ask again later")
            return
        peer = arrival.peer
        driver, event = self._opening.driver(request, peer, transport, self._observer(peer))
        one = ActiveTransfer((peer, arrival.host), bytes(arrival.octets), driver, transport)
        self.pool.add(one)
        self._running += 1
        if isinstance(transport, SessionTransport):
            self._selector.register(transport.sock, selectors.EVENT_READ, one)
        transport.prepare(driver.session.windowsize * (driver.session.blksize + 4))
        self._guarded(one, lambda one: one.driver.feed(event))

    def _transport(self, listener: Listener, arrival: Arrival) -> ServerTransport:
        if self._config.single_port:
            return SharedTransport(listener, arrival.host)
        ports = self._config.port_range
        return SessionTransport(arrival.peer, arrival.host, ports, self._memory)

    def _observer(self, peer: Address) -> Observer | None:
        observer = self._config.observer
        return None if observer is None else lambda step: observer(peer, step)

    def _refuse(self, listener: Listener, arrival: Arrival, code: ErrorCode, why: str) -> None:
        if self._allowance.take(time.monotonic()):
            listener.refuse(arrival, Error(code, why))


def _is_request(octets: bytes | memoryview) -> bool:
    return bytes(octets[:2]) in (b"\0\1", b"\0\2")

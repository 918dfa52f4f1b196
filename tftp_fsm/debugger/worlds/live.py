"""One session of ours and a real peer. Each datagram is held on its way in and out.

The session's clock runs only during a wait, and stands still while the user thinks. The peer's
clock does not stop, so `remarks` tells when the peer may have retransmitted or given up. A packet
that a real peer has heard cannot be undone, so past steps can be viewed but not changed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import MEANWHILE, STRANGER, Held, made_by_hand, whose
from tftp_fsm.debugger.variables import set_by_hand
from tftp_fsm.debugger.worlds.choices import choices_of
from tftp_fsm.debugger.worlds.faults import Notice
from tftp_fsm.debugger.worlds.held import HeldWorld, Pipe, new_session
from tftp_fsm.driver.driver import Driver
from tftp_fsm.driver.effects import storage_failed
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Event, Finished, Outcome, TimeoutExpired
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.trace.records import ByHand
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.protocol import Transport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import is_request

SENDS_AGAIN = 5.0  # seconds; curl and most servers have sent again by then
GIVES_UP = 25.0  # seconds; tftpd-hpa and atftpd end a session after about five retransmissions
THOUGHT = 0.5  # seconds; a shorter pause is too short for a retransmission of the peer
SLICE = 0.1  # seconds; a wait ends at most this long after it was interrupted
HERE: Address = ("here", 0)

Another: TypeAlias = Callable[[], tuple[Driver, Event]]


class LiveWorld(HeldWorld):
    """`end` is the name of our end (`client` or `server`), and `peer` is the name of the other.

    Datagrams come in through `transport`. They go out through it when a move lets them pass.
    `close` also calls `closing`. `another` makes the driver of another session for the same
    request, and its first event.
    """

    rewinds = False

    def __init__(
        self, end: str, transport: Transport, closing: Callable[[], None] | None = None
    ) -> None:
        super().__init__()
        self.end = end
        self.peer = "server" if end == "client" else "client"
        self.transport = transport
        self.another: Another | None = None
        self._closing = closing
        self._contact = transport.now()
        self._idle_since = transport.now()
        self._heard: set[tuple[Address, bytes]] = set()
        self._first: tuple[Event, Held | None] | None = None
        self._interrupted = False

    @property
    def driver(self) -> Driver:
        """The driver of our session."""
        return self.drivers[self.end]

    @property
    def pipe(self) -> Pipe:
        """The transport of the driver of our session."""
        return Pipe(self, self.end, getattr(self.transport, "local_address", HERE))

    def begin_with(self, driver: Driver, first: Event, request: Burst | None = None) -> None:
        """Take our session and the event for `Begin`. A server also has its `request`."""
        self.add(self.end, driver)
        held = None
        if request is not None:
            held = self._came(b"".join(request.buffers), request.peer)
            self.line.take(held.number)
        self._first = first, held

    # -- Questions of a stepper -------------------------------------------------------------------

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return what the peer may have done since the last packet to it or from it."""
        silent = self.transport.now() - self._contact
        if self.driver.ended or silent < SENDS_AGAIN:
            return ()
        fields = {"seconds": silent, "peer": end_word(self.peer)}
        if silent >= GIVES_UP:
            told = sentence("no packet for {seconds:.0f} s: the {peer} may have given up", **fields)
        else:
            told = sentence(
                "no packet for {seconds:.0f} s: the {peer} may have sent its packet again", **fields
            )
        return (told,)

    @property
    def compares(self) -> bool:
        """Return False: the file of the other end cannot be read from here."""
        return False

    @property
    def intact(self) -> bool | None:
        """Whether the file is safe in its place and has the size that the peer announced."""
        session = self.driver.session
        if self.driver.finished != Finished(Outcome.SUCCEEDED):
            return None
        told = session.agreed.tsize if session.accepts_data else None
        is_octet = session.request.mode.lower() == "octet"
        return not told or not is_octet or told == session.counters.octets

    def next_move(self) -> m.Move | None:
        """Return the next move: let a held datagram pass, or wait if there is none."""
        if self._first is not None:
            return m.Begin()
        held = self.line.first_due()
        if held is not None and (held.due <= self.clock or self.driver.ended):
            return m.Arrive(held.number)
        return None if self.driver.ended else m.Wait()

    def choices(self) -> tuple[m.Choice, ...]:
        if self._first is not None:
            words = sentence("the transfer begins")
            return (m.Choice(words, m.Begin(), self.now, self.end, likely="next"),)
        found = choices_of(self, self.next_move())
        if self.driver.ended:
            return found
        likely: m.Likely = "possible" if self.line.held else "next"
        words = sentence("wait for the {peer}", peer=end_word(self.peer))
        waiting = m.Choice(words, m.Wait(), self.now, likely=likely)
        return (waiting, *found) if likely == "next" else (*found, waiting)

    def copy(self) -> LiveWorld:
        """Return the world itself, because a real peer cannot be copied."""
        return self

    def interrupt(self) -> None:
        self._interrupted = True

    def close(self) -> None:
        """Abort a transfer that has not ended, then close files and sockets."""
        if self.end in self.drivers:
            self._leave()
            self.driver.close()
        self.transport.close()
        if self._closing is not None:
            self._closing()

    def _leave(self) -> None:
        """Tell the peer with an ERROR, so that it does not wait for us."""
        if self._first is not None or self.driver.ended:
            return
        self.perform(m.Abort(self.end))
        for held in self.line.held:
            if held.sender == self.end and held.kind == "ERROR":
                with suppress(LocalError):
                    self.transport.send(Burst.of(held.octets, held.to))

    # -- Moves ------------------------------------------------------------------------------------

    def do(self, move: m.Move) -> None:
        match move:
            case m.Begin():
                self._begin()
            case m.Wait(seconds):
                self._wait(seconds)
            case m.SetVariable(_, name, value, both):
                self._set(name, value, both)
            case m.Inject(_, octets, stranger):
                self._inject(octets, stranger)
            case _:
                super().do(move)

    def arrives(self, held: Held) -> str:
        if held.sender == self.end:
            return sentence("{packet} is sent", packet=whose(held))
        return super().arrives(held)

    def deliver(self, held: Held) -> None:
        """Send the datagram to the peer, or give it to our session."""
        if held.sender == self.end:
            self._send(held)
        elif self.driver.ended or self._is_for_earlier(held):
            self.note(
                sentence(
                    "{packet} comes after the end: no program listens there any more",
                    packet=held.words,
                )
            )
        else:
            if MEANWHILE in held.fate:
                self.note(
                    sentence(
                        "{packet} was sent again while the debugger waited for you: the clock "
                        "of the {peer} goes on",
                        packet=held.words,
                        peer=end_word(self.peer),
                    )
                )
            self.driver.take(Burst.of(held.octets, held.source))

    def post(self, pipe: Pipe, datagram: bytes, to: Address) -> None:
        """Hold the datagram until a move lets it pass."""
        ends, way, now = (self.end, self.peer), (pipe.address, to), (self.clock, self.clock)
        self.note_sent(Notice(self.line.put(ends, way, datagram, now)))

    def _is_for_earlier(self, held: Held) -> bool:
        """Return whether it came to an earlier TID. A request comes to the listening port."""
        return held.to != self.pipes[self.end].address and not is_request(held.octets)

    def settle(self) -> None:
        """Begin another session if a repeated request needs one. Lose the earlier one's datagrams.

        The new session has another TID, and held datagrams cannot leave from a closed port.
        """
        if not self.driver.take_begin_anew() or self.another is None:
            return
        left = [held for held in self.line.held if held.sender == self.end]
        for held in left:
            self.line.take(held.number)
        driver, first = self.another()
        self.add(self.end, driver)
        self.driver.feed(first)
        tid = self.pipes[self.end].address[1]
        self.note(new_session(tid))
        if left:
            self.note(sentence("{number} packets are lost", number=len(left)))

    def _begin(self) -> None:
        if self._first is None:
            raise LocalError(sentence("the transfer has begun already"))
        first, self._packet = self._first
        self._first = None
        self.driver.feed(first)

    def _send(self, held: Held) -> None:
        self._contact = self.transport.now()
        try:
            self.transport.send(Burst.of(held.octets, held.to))
        except LocalError as failed:
            if not self.driver.ended:
                self.driver.feed(storage_failed(failed))

    def _wait(self, seconds: float | None) -> None:
        """Wait for an arrival, the deadline, or a delayed datagram that is due."""
        driver = self.running(self.end)
        limits = [driver.deadline, None if seconds is None else self.clock + seconds]
        limits += [held.due for held in self.line.held if held.due > self.clock]
        until = min((limit for limit in limits if limit is not None), default=None)
        if until is None:
            raise LocalError(sentence("there is nothing to wait for"))
        began = self.transport.now()
        thought = began - self._idle_since >= THOUGHT
        waiting = self.transport.receive(began) if thought else None
        arrived = self._receive(until) if waiting is None else waiting
        self._idle_since = self.transport.now()
        if isinstance(arrived, Burst):
            self._contact = self.transport.now()
            for datagram in arrived.datagrams():
                held = self._came(datagram, arrived.peer)
                known = (held.source, held.octets) in self._heard
                if waiting is not None and known:
                    self.line.mark(held, MEANWHILE)
                self._heard.add((held.source, held.octets))
        elif arrived is not None:
            self.driver.take(arrived)
        elif driver.is_due:
            self.driver.feed(TimeoutExpired())

    def _receive(self, until: float) -> Burst | Unreachable | None:
        """Return the next arrival, or None at `until`. LocalError: it was interrupted."""
        began, clock = self.transport.now(), self.clock
        while not self._interrupted:
            near = min(until, self.clock + SLICE)
            arrived = self.transport.receive(began + max(near - clock, 0.0))
            passed = self.transport.now() - began
            self.clock = max(self.clock, near) if arrived is None else clock + passed
            if arrived is not None or near == until:
                return arrived
        self._interrupted = False
        raise LocalError(
            sentence("interrupted while waiting for the {peer}", peer=end_word(self.peer))
        )

    def _came(self, datagram: bytes, source: Address) -> Held:
        session = self.driver.session
        known = source == session.peer or session.peer is None or source[0] == session.peer[0]
        ends = (self.peer if known else STRANGER, self.end)
        own = self.pipes[self.end].address
        return self.line.put(ends, (source, own), datagram, (self.clock, self.clock))

    def _inject(self, octets: bytes, stranger: bool) -> None:
        peer = self.running(self.end).session.peer
        source: Address = (STRANGER, 4711) if stranger or peer is None else peer
        held = self._came(octets, source)
        self.note(made_by_hand(held, self.end))

    def _set(self, name: str, value: str, both: bool) -> None:
        self.running(self.end)
        if both:
            raise LocalError(
                sentence("the other end is a real program: only variables of our end can be set")
            )
        set_by_hand(self.sessions, self.end, name, value, both)
        self.line.set_by_hand(ByHand(self.end, name, value))

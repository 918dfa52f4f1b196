"""One transfer of a client under a trial: a session of the tables, and a network with a script.

    attempt = Attempt(trial, key, asked, wire)
    attempt.begin()
    attempt.hear(datagram, "tid")          # a datagram from the client
    attempt.wake()                         # when `attempt.due` has come
    results_of(trial, attempt.story)       # of `results`, once `attempt.is_over`

It owns no socket and no clock. `wire` has both, so the same attempt runs over a simulated network.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Protocol

from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.grading.content import Comparing, OnTheWire
from tftp_fsm.examine.grading.recording import (
    ADDED,
    COPY,
    IN_PLACE,
    LATE,
    STRANGER,
    UNHEARD,
    Recorded,
    Recording,
)
from tftp_fsm.examine.grading.story import Port, Story, Way, seen
from tftp_fsm.examine.grading.trial import BLOCK, Facts, Trial
from tftp_fsm.examine.script import SENT, Script
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import (
    Event,
    RequestReceived,
    StorageFailed,
    TimeoutExpired,
)
from tftp_fsm.protocol.roles import ReadServer, WriteServer
from tftp_fsm.protocol.session import MODES
from tftp_fsm.storage.netascii import NetasciiSink, NetasciiSource
from tftp_fsm.storage.protocols import Sink, Source
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.faults import Fate
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import PLAIN_BLKSIZE, OptionLimits, Options, accept
from tftp_fsm.wire.packets import ErrorCode, Request, Rrq

MOST_DATAGRAMS = 20_000  # of one client in one trial, in addition to those that the file needs
OVER = "the trial is over"


class Wire(Protocol):
    """The ports of one attempt, and the clock."""

    def send(self, datagram: bytes, to: Address) -> None:
        """Send from the TID of the session."""

    def open_stranger(self) -> None:
        """Open another port. Raises LocalError if none is free."""

    def send_as_stranger(self, datagram: bytes, to: Address) -> None:
        """Send from that other port."""

    def now(self) -> float:
        """Return the time in seconds."""

    def local(self, port: Port) -> Address:
        """The address of one of the ports."""

    def close(self) -> None:
        """Close the ports."""


@frozen
class Asked:
    """A request: its packet, its octets, and its sender."""

    request: Request
    octets: bytes
    peer: Address


class Outlet:
    """The transport of the session. The script decides the fate of each sent datagram."""

    def __init__(self, leaves: Callable[[bytes, Address], None], now: Callable[[], float]) -> None:
        self._leaves = leaves
        self.now = now

    def send(self, burst: Burst) -> None:
        for datagram in burst.datagrams():
            self._leaves(datagram, burst.peer)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """Return None, because arrivals are given to the driver directly."""
        return None

    def close(self) -> None:
        """Do nothing, because nothing is open."""


class Attempt:
    """A client in a trial. `key` determines its file, and `asked` is its request."""

    def __init__(
        self,
        trial: Trial,
        key: str,
        asked: Asked,
        wire: Wire,
        recording: Recording | None = None,
    ) -> None:
        self.trial = trial
        self.asked = asked
        self.begins_anew = False
        self.is_over = False
        self.story = Story(asked.request, wire.now())
        self.story.watched = min(trial.silence, trial.longest)
        self._wire = wire
        self._recorded = Recorded(recording, asked.peer, wire.local, wire.now)
        self._key = key
        self._sink: Comparing | None = None
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._heard = 0
        self._heard_at = wire.now()
        options = self._accepted()
        self._blksize = options.blksize or PLAIN_BLKSIZE
        self.file = trial.file(key, self._blksize if trial.verb == "get" else BLOCK)
        self._driver = self._made(options)
        facts = Facts(asked.request, self._driver.session.agreed, self.file, self._blksize)
        twist = trial.twist(facts)
        self._script = Script(*twist.rules)
        self._beside, self._strangers = Script(*twist.beside), Script(*twist.strangers)
        self._most = MOST_DATAGRAMS + 4 * self.file.size // self._blksize

    # -- Events -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Hand the request to the session."""
        self._note("heard", "listening", self.asked.octets)
        self._feed(self._first_event())

    def hear(self, datagram: bytes, port: Port) -> None:
        """Take a datagram of the client that has come to this port of ours."""
        now = self._wire.now()
        self._heard, self._heard_at = self._heard + 1, now
        if port == "tid" and not self.is_over:
            self._arrives(datagram)
        else:
            self._note("heard", port, datagram)
        if self._heard > self._most:
            self._cut()

    def ask_again(self) -> None:
        """Take a copy of the request, which has come to the listening port."""
        self.hear(self.asked.octets, "listening")
        if not self.driver.ended and not self.is_over:
            self._feed(RequestReceived(self.asked.peer))

    def ask_anew(self, request: Request) -> None:
        """Note that the client has sent another request from another TID."""
        if len(self.story.asked_again) < 8:
            self.story.asked_again.append(request)

    def hear_unreachable(self, bad_news: Unreachable, port: Port) -> None:
        """Note that the client's port is closed for this port of ours."""
        if port == "stranger":
            self.story.stranger_was_refused = True
            return
        if self.story.peer_left is None:
            self.story.peer_left = self._wire.now()
        if not self.is_over:
            self._act(lambda: self.driver.take(bad_news))

    @property
    def due(self) -> float:
        """The time at which `wake` must be called, in seconds."""
        deadline = self.driver.deadline
        times = [self._ends_at(), *(when for when, *_ in self._later[:1])]
        return min(times if deadline is None else [*times, deadline])

    def wake(self) -> None:
        """Do the due action: send a delayed datagram, take a time-out, or end."""
        now = self._wire.now()
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2]()
        deadline = self.driver.deadline
        if deadline is not None and deadline <= now and now < self._ends_at():
            self._feed(TimeoutExpired())
        if now >= self._ends_at():
            self._cut()

    def close(self) -> None:
        """End the session if it has not ended, and close the ports."""
        if not self.driver.ended:
            self._feed(StorageFailed(ErrorCode.UNKNOWN_TID, OVER, OVER))
        self.driver.close()
        self._wire.close()

    # -- The session ------------------------------------------------------------------------------

    def _accepted(self) -> Options:
        trial, request = self.trial, self.asked.request
        limits = OptionLimits(blksize=trial.blksize, windowsize=1)
        known = accept(request.options, limits, tsize=None)
        if isinstance(request, Rrq) and known.tsize is not None:
            size = trial.file(self._key, known.blksize or PLAIN_BLKSIZE).size
            is_told = size and request.mode.lower() != "netascii"
            known = replace(known, tsize=size if is_told else None)
        known = replace(known, timeout=None)  # the trial, not the client, decides how long we wait
        return known if trial.negotiates is None else trial.negotiates(known)

    @property
    def driver(self) -> Driver:
        """The driver of the session."""
        return self._driver

    def _made(self, options: Options) -> Driver:
        request, peer, policy = self.asked.request, self.asked.peer, self.trial.policy
        session: ReadServer | WriteServer
        source: Source | None = None
        sink: Sink | None = None
        is_netascii = request.mode.lower() == "netascii"
        if isinstance(request, Rrq):
            source = NetasciiSource(self.file) if is_netascii else self.file
            session = ReadServer(request, source.size, options, peer, policy)
        else:
            is_text = is_netascii and self.trial.mode == "netascii"
            wanted = OnTheWire(self.file) if is_text else self.file
            self._sink = Comparing(wanted, fails_at=self.trial.fails_at)
            sink = NetasciiSink(self._sink) if is_netascii and not is_text else self._sink
            session = WriteServer(request, options, peer, policy)
        self.story.agreed = options
        outlet = Outlet(self._leaves, self._wire.now)
        observer = self._recorded.observer
        return Driver(session, outlet, source=source, sink=sink, observer=observer)

    def _first_event(self) -> Event:
        refused = self.trial.refuses and self.trial.refuses(self.asked.request)
        if refused is not None and self.asked.request.mode.lower() in MODES:
            return StorageFailed(refused, OVER, "the trial refuses this request")
        return RequestReceived(self.asked.peer)

    def _feed(self, event: Event) -> None:
        self._act(lambda: self.driver.feed(event))

    def _act(self, act: Callable[[], None]) -> None:
        act()
        self.begins_anew = self.driver.take_begin_anew() or self.begins_anew
        ended = self.driver.finished
        if ended is not None and self.story.ended is None:
            self.story.ended, self.story.ended_at = ended, self._wire.now()
            self.story.fault = "" if self._sink is None else self._sink.fault

    def _ends_at(self) -> float:
        """Return the time at which the trial is over if nothing else comes."""
        trial, story = self.trial, self.story
        longest = story.began + trial.longest
        if story.ended_at is not None:
            return min(story.ended_at + trial.linger, longest)
        return min(self._heard_at + trial.silence, longest)

    def _cut(self) -> None:
        if not self.is_over:
            self.story.was_cut = self.story.ended is None
            self.story.silence = self._wire.now() - self._heard_at
            self.is_over = True

    # -- The script -------------------------------------------------------------------------------

    def _leaves(self, datagram: bytes, to: Address) -> None:
        if to != self.asked.peer:
            self._wire.send(datagram, to)
            return
        fate = self._script.fate_of(SENT, datagram)
        if not fate.delays:
            self._note("sent", "tid", datagram, lost=True)
        for delay, why in zip(fate.delays, _reasons(fate), strict=False):
            self._after(delay, partial(self._emit, fate.applied_to(datagram), why))
        beside, strange = (own.fate_of(SENT, datagram) for own in (self._beside, self._strangers))
        if beside.octets is not None:
            self._emit(beside.octets, ADDED)
        if strange.octets is not None:
            self._emit_as_stranger(strange.octets)

    def _emit(self, datagram: bytes, why: str) -> None:
        self._note("sent", "tid", datagram, why)
        self._send(self._wire.send, datagram)

    def _emit_as_stranger(self, datagram: bytes) -> None:
        try:
            self._wire.open_stranger()
        except LocalError as refused:
            self.story.no_stranger = str(refused)
            return
        self._note("sent", "stranger", datagram, STRANGER)
        self._send(self._wire.send_as_stranger, datagram)

    def _note(
        self, way: Way, port: Port, datagram: bytes, why: str = "", *, lost: bool = False
    ) -> None:
        self.story.add(seen(self._wire.now(), way, port, datagram, lost=lost))
        if lost and way == "sent":
            self._recorded.lost(datagram)
        else:
            self._recorded.told(way, port, datagram, UNHEARD if lost else why)

    def _send(self, send: Callable[[bytes, Address], None], datagram: bytes) -> None:
        """Send a datagram. An unreachable client must not end the server."""
        try:
            send(datagram, self.asked.peer)
        except LocalError:
            self.story.peer_left = self.story.peer_left or self._wire.now()

    def _arrives(self, datagram: bytes) -> None:
        fate = self._script.fate_of("received", datagram)
        self._note("heard", "tid", datagram, lost=not fate.delays)
        for delay in fate.delays:
            self._after(delay, partial(self._deliver, fate.applied_to(datagram)))

    def _deliver(self, datagram: bytes) -> None:
        if not self.driver.ended and not self.is_over:
            burst = Burst.of(datagram, self.asked.peer)
            self._act(lambda: self.driver.take(burst))

    def _after(self, delay: float, act: Callable[[], None]) -> None:
        if delay <= 0:
            act()
        else:
            heapq.heappush(self._later, (self._wire.now() + delay, next(self._order), act))


def _reasons(fate: Fate) -> list[str]:
    """Return the reason for each datagram that is sent in place of one of the session."""
    first = IN_PLACE if fate.octets is not None else LATE if fate.delays[:1] > (0.0,) else ""
    return [first, *(COPY for _ in fate.delays[1:])]

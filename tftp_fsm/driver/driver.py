"""What turns a session's crank: bursts become events, effects become octets.

Clients, servers and simulations drive their sessions by this one class. Effects are carried out
in the order listed; where one fails the rest is left, and `StorageFailed` is the next event.

    driver = Driver(session, transport, sink=sink)
    driver.feed(Opened())
    while not driver.ended:
        driver.turn()

With an observer every datagram is an event of its own. Without one, an unbroken run of DATA
that arrived together is one event: fewer steps, the same octets on the wire.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from tftp_fsm.driver.headers import unbroken_run
from tftp_fsm.driver.prediction import Predictor, has_fast_path
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import (
    Commit,
    DataReceived,
    Deliver,
    Effect,
    Event,
    Finished,
    Outcome,
    Send,
    SendAcks,
    SendBlocks,
    Step,
    StorageFailed,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.storage import NetasciiSource, Sink, Source
from tftp_fsm.transports import Buffer, Burst, Transport, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import ack_octets, build, data_headers

Observer: TypeAlias = Callable[[Step], None]

KEPT_STEPS = 32  # the last steps of every session, for whoever asks what happened
SENT_AT_ONCE = 1 << 18  # octets; a larger window is read and sent in parts, so it costs no more


class Driver:
    """One session, the storage that it moves, and the transport that it speaks through."""

    def __init__(
        self,
        session: Session,
        transport: Transport,
        *,
        source: Source | None = None,
        sink: Sink | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.session = session
        self.transport = transport
        self.source = source
        self.sink = sink
        self.observer = observer
        self.recent: deque[Step] = deque(maxlen=KEPT_STEPS)
        self.began = session.request, session.peer, session.agreed  # as `trace` wants them
        self._uncounted: NetasciiSource | None = None
        if isinstance(source, NetasciiSource) and not source.is_counted:
            self._uncounted = source
        self._payload: Sequence[Buffer] = ()
        self._done: list[Effect] = []
        self._lock_step = Predictor(self, transport) if has_fast_path(transport) else None

    @property
    def ended(self) -> bool:
        """The session hears nothing more."""
        return self.session.state.is_final

    @property
    def finished(self) -> Finished | None:
        """The outcome, known as soon as the user may be told: before dallying ends."""
        return self.session.outcome

    def take(self, arrived: Burst | Unreachable | None) -> None:
        """What `receive` gave: datagrams, bad news, or None for a deadline that has come."""
        match arrived:
            case None:
                self.feed(TimeoutExpired())
            case Unreachable(peer):
                if peer == self.session.peer:
                    self.feed(UnreachableReceived())
            case Burst():
                self._take_burst(arrived)

    def turn(self) -> None:
        """Wait for what comes next, and take it: in lock-step a whole run, where predicted."""
        if not self.exchange():
            self.take(self.transport.receive(self.session.deadline))

    def exchange(self) -> bool:
        """Exchange what was predicted, as long as it comes; False: nothing was."""
        return self._lock_step is not None and self._lock_step.exchange()

    @property
    def is_mid_run(self) -> bool:
        """Exchanges were made that the session has yet to hear of: nothing else has changed."""
        return self._lock_step is not None and self._lock_step.is_open

    def feed(self, event: Event) -> None:
        """One event through the session, and what follows from it."""
        if self._lock_step is not None:
            self._lock_step.flush()
        self._move(event)

    def _move(self, event: Event, at: float | None = None) -> None:
        following: Event | None = event
        while following is not None:
            step = self.session.handle(following, self.transport.now() if at is None else at)
            at = None
            self.recent.append(step)
            if self.observer is not None:
                self.observer(step)
            following = self._carry_out(step)
        self._payload = ()

    def feed_run(
        self,
        event: Event,
        done: Sequence[Effect],
        at: float | None = None,
        payload: Sequence[Buffer] = (),
    ) -> None:
        """A predicted run, whose last exchange was `at`; the table must say what was `done`."""
        self._done, self._payload = list(done), payload
        self._move(event, at)
        assert not self._done, f"{self._done} was predicted, the table says otherwise"

    def deliver(self, payload: Sequence[Buffer]) -> None:
        """Write what the peer sent. Raises LocalError."""
        self._to_sink().write(payload)

    def read_blocks(self, first: int, count: int) -> memoryview:
        """The octets of these blocks; the file's last may be short."""
        source, blksize = self._from_source(), self.session.blksize
        offset = (first - 1) * blksize
        return memoryview(source.read(offset, min(count * blksize, source.size - offset)))

    def close(self) -> None:
        """Let go of the storage; an uncommitted file is gone."""
        if self.sink is not None:
            self.sink.discard()
        if self.source is not None:
            self.source.close()

    # -- Bursts in --------------------------------------------------------------------------------

    def _take_burst(self, burst: Burst) -> None:
        for view, event in self._events(burst):
            if self.ended:
                return
            if event is None:
                event = self.session.interpret(view, burst.peer)
                self._payload = [view[4:]]
            self.feed(event)

    def _events(self, burst: Burst) -> Iterator[tuple[memoryview, Event | None]]:
        """Each datagram in turn, or all at once where they are the run that is awaited."""
        octets = memoryview(
            burst.buffers[0] if len(burst.buffers) == 1 else b"".join(burst.buffers)
        )
        run = self._run(octets, burst)
        if run is not None:
            yield octets, run
            return
        segment = burst.segment or 1
        for start in range(0, max(len(octets), 1), segment):
            yield octets[start : start + segment], None

    def _run(self, octets: memoryview, burst: Burst) -> DataReceived | None:
        session = self.session
        if self.observer is not None or not isinstance(session, Receiver):
            return None
        step = min(burst.segment, len(octets))
        if burst.peer != session.peer or step < 4:
            return None
        # A short block before the last, or a block too many, is judged on its own.
        if len(octets) > (step if step != session.blksize + 4 else step * session.room):
            return None
        run = unbroken_run(octets, step, session.next_number, burst.peer)
        if run is not None:
            self._payload = [octets[at + 4 : at + step] for at in range(0, len(octets), step)]
        return run

    # -- Effects out ------------------------------------------------------------------------------

    def _carry_out(self, step: Step) -> Event | None:
        for effect in step.effects:
            try:
                self._do(effect)
            except LocalError as failed:
                if not self.ended:
                    return StorageFailed(failed.code, str(failed))
                # Nobody is left to tell; what remains is to let the storage go.
        return None

    def _do(self, effect: Effect) -> None:
        if self._done and effect == self._done[0]:
            del self._done[0]
            return
        match effect:
            case Send(packet, to):
                self._emit(build(packet), to or self.session.peer)
            case SendAcks(first, stride, count):
                for number in range(count):
                    self._emit(ack_octets(first + number * stride), self.session.peer)
            case SendBlocks(first, count):
                self.send_blocks(first, count)
            case Deliver():
                self.deliver(self._payload)
            case Commit():
                self._to_sink().commit()
            case Finished(outcome):
                self._settle(outcome)

    def _emit(self, octets: bytes, to: Address | None) -> None:
        if to is not None:
            self.transport.send(Burst.of(octets, to))

    def send_blocks(self, first: int, count: int) -> None:
        """Read these blocks and send them."""
        for burst in self.bursts(first, count):
            self.transport.send(burst)

    def bursts(self, first: int, count: int) -> Iterator[Burst]:
        """These blocks as DATA, each part read when it is asked for."""
        if self._uncounted is not None:
            count = self._find_end(self._uncounted, first, count)
        at_once = max(1, SENT_AT_ONCE // self.session.blksize)
        for start in range(first, first + count, at_once):
            yield self._burst(start, min(at_once, first + count - start))

    def _find_end(self, source: NetasciiSource, first: int, count: int) -> int:
        """How many of these blocks there are: the end of such a source is found on the way."""
        session = self.session
        assert isinstance(session, Sender), "what is read is sent"
        source.count_to((first + count - 1) * session.blksize)
        if source.is_counted:
            self._uncounted = None
            session.find_end(source.size)
        return min(count, session.blocks - first + 1)

    def _burst(self, first: int, count: int) -> Burst:
        blksize, peer = self.session.blksize, self.session.peer
        assert peer is not None, "who is sent DATA has asked for it"
        octets = self.read_blocks(first, count)
        buffers: list[Buffer] = [b""] * (2 * count)
        buffers[::2] = data_headers(first, count)
        buffers[1::2] = [octets[at : at + blksize] for at in range(0, count * blksize, blksize)]
        return Burst(buffers, blksize + 4, peer)

    def _settle(self, outcome: Outcome) -> None:
        if outcome is not Outcome.SUCCEEDED or self.source is not None:
            self.close()

    def _to_sink(self) -> Sink:
        assert self.sink is not None, "this session receives, so it needs a sink"
        return self.sink

    def _from_source(self) -> Source:
        assert self.source is not None, "this session sends, so it needs a source"
        return self.source

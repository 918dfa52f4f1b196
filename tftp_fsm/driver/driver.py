"""The driver moves a session: it turns datagrams into events, and effects into octets.

Clients, servers and simulations drive their sessions with this one class. Effects are carried out
in order. If an effect fails, the others are left out, and `StorageFailed` is the next event.

    driver = Driver(session, transport, sink=sink)
    driver.feed(Opened())
    while not driver.ended:
        driver.turn()

With an observer or with `listening`, each datagram is a separate event. Without them, a complete
run of DATA that arrived together is one event. Then there are fewer steps, and the same octets are
sent.
"""

from __future__ import annotations

from collections import deque
from math import inf

from tftp_fsm.driver.effects import Effects, storage_failed
from tftp_fsm.driver.joined_runs import expected_run, payloads
from tftp_fsm.driver.prediction import Predictor, has_fast_path
from tftp_fsm.errors import LocalError, PredictionError
from tftp_fsm.protocol.events import EndFound, TimeoutExpired, UnreachableReceived
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.wire.headers import HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tftp_fsm.driver.interfaces import Joined, Payload
    from tftp_fsm.protocol.events import Effect, Event, Finished, Observer, Step, StorageFailed
    from tftp_fsm.protocol.session import Session
    from tftp_fsm.storage.netascii import NetasciiSource
    from tftp_fsm.storage.protocols import Sink, Source
    from tftp_fsm.transports.carried import Listening, Telling
    from tftp_fsm.transports.protocol import Transport

AT_ONCE = -inf  # a deadline that has passed on every clock
KEPT_STEPS = 32  # the last steps of the session, for `steps_as_trace`


class Driver:
    """One session with its storage and its transport.

    `began` is a copy of the session before its first step. With `is_lent` the storage stays open
    when the session ends, and the caller closes it. `listening` is called with each datagram: with
    a received one before its step, and with a sent one after its step. While `is_mid_run` is true,
    the session has not heard yet of the last exchanges. Nothing else has changed then.
    """

    __slots__ = ("_predictor", "_telling", "_uncounted", "began", "effects", "is_mid_run",
                 "observer", "recent", "session", "transport")  # fmt: skip

    def __init__(
        self,
        session: Session,
        transport: Transport,
        *,
        source: Source | None = None,
        sink: Sink | None = None,
        observer: Observer | None = None,
        listening: Listening | None = None,
        is_lent: bool = False,
    ) -> None:
        self.session = session
        self.transport = transport
        self._telling = None if listening is None else _telling(transport, listening)
        sender = self._telling or transport
        self.effects = Effects(session, sender, source, sink, is_lent=is_lent)
        self.observer = observer
        if observer is None and listening is not None:
            self.observer = lambda step: None  # an observer prevents runs, which hide datagrams
        self.recent: deque[Step] = deque(maxlen=KEPT_STEPS)
        self.began = session.copy()
        self._uncounted = None if source is None else _uncounted(session, source)
        self.is_mid_run = False
        self._predictor: Predictor | None = None
        if has_fast_path(transport):
            self._predictor = Predictor(session, self.effects, transport)

    @property
    def ended(self) -> bool:
        """Whether the session hears nothing more."""
        return self.session.state.is_final

    @property
    def is_committing(self) -> bool:
        """Whether the last step waits for a commit on another thread.

        `resume` carries out the rest of its effects. Until then the session must hear nothing.
        Datagrams have to wait, as they do when the commit runs on this thread.
        """
        return self.effects.left is not None

    @property
    def finished(self) -> Finished | None:
        """The outcome, or None. It is known before dallying ends, so the user can be told then."""
        return None if self.is_committing else self.session.outcome

    @property
    def moved_at(self) -> float:
        """The time of the last new packet of the peer, even if the session has not heard it."""
        predictor = self._predictor
        if predictor is None or not self.is_mid_run:
            return self.session.moved_at
        return predictor.moved_at

    @property
    def has_moved(self) -> bool:
        """Whether the last exchange of the open run was something new, not a copy."""
        return self._predictor is not None and self._predictor.has_moved

    @property
    def deadline(self) -> float | None:
        """The time at which TimeoutExpired may be due. None if the session awaits no answer.

        Ask the driver for the deadline, not the session. In the middle of a run the session still
        has the deadline from before the run. A TimeoutExpired before this time only ends the run.
        """
        deadline = self.session.deadline
        if deadline is None or not self.is_mid_run:
            return deadline
        return max(deadline, self.moved_at + self.session.timer.base)

    @property
    def is_due(self) -> bool:
        """Return whether `deadline` has come, on the transport's clock."""
        deadline = self.deadline
        return deadline is not None and self.transport.now() >= deadline

    def turn(self, until: float = inf) -> None:
        """Wait for the next datagram or deadline, and take it. In lock-step take a whole run.

        The wait ends at `until`, in seconds on the transport's clock.
        """
        if not self.exchange():
            deadline = self.deadline
            end = until if deadline is None else min(deadline, until)
            self.take(self.transport.receive(None if end == inf else end))

    def take(self, arrived: Burst | Unreachable | None) -> None:
        """Take the result of `receive`: datagrams, an error of the network, or None."""
        match arrived:
            case None:
                self.feed(TimeoutExpired())
            case Unreachable(peer, is_hard, reason):
                if peer == self.session.peer:
                    self.feed(UnreachableReceived(is_hard, reason))
            case Burst():
                self._take_burst(arrived)

    def take_waiting(self, most: int, *, goes_on: bool = False) -> None:
        """Take at most `most` waiting bursts, over a transport that never waits.

        After a predicted run this returns, unless `goes_on` is true. It also returns when a commit
        begins on another thread: datagrams have to wait until the commit has ended.
        """
        while most:
            most -= 1
            if self.exchange():
                if goes_on and not self.is_committing:
                    continue
                return
            arrived = self.transport.receive(AT_ONCE)
            if arrived is None or self.ended:
                return
            self.take(arrived)
            if self.is_committing:
                return

    def feed(self, event: Event, payload: Payload = ()) -> None:
        """Move the session by one event, and do its effects. `payload` is its file data."""
        self._flush()
        self._move(event, payload)

    def take_begin_anew(self) -> bool:
        """Return whether the session has asked for another session since the last call."""
        asked, self.effects.begins_anew = self.effects.begins_anew, False
        return asked

    def resume(self, failed: BaseException | None) -> None:
        """Go on after a commit on another thread, which may have `failed`."""
        left, self.effects.left = self.effects.left, None
        assert left is not None, "nothing waits for a commit"
        if failed is not None and not isinstance(failed, LocalError):
            raise failed
        failed = failed or self.effects.carry_out(left, ())
        if failed is not None:
            self.feed(storage_failed(failed))

    def close(self) -> None:
        """Close the storage. A file that was not committed is removed."""
        self.effects.close()

    # -- Prediction -------------------------------------------------------------------------------

    def exchange(self) -> bool:
        """Exchange predicted datagrams as long as they come. Return False if nothing came."""
        predictor = self._predictor
        if predictor is None or self.observer is not None:
            return False
        if not self.is_mid_run and not predictor.begin():
            return False
        try:
            self.is_mid_run = predictor.fill()
            if self.is_mid_run:
                return True
        except LocalError as failed:
            self.feed(storage_failed(failed))
            return True
        except BaseException:
            self._flush()
            raise
        exchanged = self._flush()
        return self._hear_others(predictor.unforeseen) or exchanged

    def _hear_others(self, unforeseen: Joined | None) -> bool:
        """Take other datagrams. The fast path does not show strangers and network errors."""
        peer = self.session.peer
        arrived: Burst | Unreachable | None = (
            self.transport.receive(self.transport.now())
            if unforeseen is None or peer is None
            else Burst((unforeseen[0],), unforeseen[1], peer)
        )
        if arrived is not None and not self.ended:
            self.take(arrived)
        return arrived is not None

    def _flush(self) -> bool:
        """Tell the session of the exchanges that it has not heard. False if there are none."""
        self.is_mid_run = False
        run = None if self._predictor is None else self._predictor.take()
        if run is None:
            return False
        taken, at = run
        self._move(taken.event, taken.payload, taken.done, at)
        return True

    # -- Steps ------------------------------------------------------------------------------------

    def _move(
        self, event: Event, payload: Payload, done: Sequence[Effect] = (), at: float | None = None
    ) -> None:
        """Make the step for an event, and the steps for failures that follow from it.

        `at` is the time of the event, or None for now. `done` has the predicted effects that were
        carried out already.
        """
        if self._uncounted is not None and not self.ended:
            self._look_for_end(self._uncounted)
            if self.ended:
                return
        following = self._step(event, payload, done, at)
        while following is not None:
            following = self._step(following)

    def _step(
        self,
        event: Event,
        payload: Payload = (),
        done: Sequence[Effect] = (),
        at: float | None = None,
    ) -> StorageFailed | None:
        """Make one step and carry out its effects. If one of them fails, return the next event."""
        step = self.session.handle(event, self.transport.now() if at is None else at)
        self.recent.append(step)
        if self.observer is not None:
            self.observer(step)
        if done:
            self._check(step, done)
        failed = self.effects.carry_out(step.effects[len(done) :], payload)
        return None if failed is None else storage_failed(failed)

    def _check(self, step: Step, done: Sequence[Effect]) -> None:
        """Raise PredictionError, and stop predicting, if the table's answer is not `done`."""
        answer = step.effects[: len(done)]
        if answer != tuple(done):
            self._predictor = None
            raise PredictionError(
                f"a fault of this program: to {step.event} the table {self.session.table.name} "
                f"answers {answer}, but the prediction was {tuple(done)}"
            )

    def _look_for_end(self, source: NetasciiSource) -> None:
        """Count as far as the next answer can reach. If the end is found, tell the session."""
        session = self.session
        from tftp_fsm.protocol.sender import Sender  # imported late: a get needs none

        assert isinstance(session, Sender), "only a sender has a source"
        found: Event | None = None
        try:
            source.count_to(session.reach * session.blksize)
            found = EndFound(source.size) if source.is_counted else None
        except LocalError as failed:
            found = storage_failed(failed)
        if found is not None:
            self._uncounted = None
            self._step(found)

    # -- Bursts in --------------------------------------------------------------------------------

    def _take_burst(self, burst: Burst) -> None:
        self._flush()  # to recognise a run, the session must know the block that it awaits
        for event, payload in self._events(burst):
            self.feed(event, payload)

    def _events(self, burst: Burst) -> Iterator[tuple[Event, Payload]]:
        """Each datagram as an event, or all of them as one if they are the expected run."""
        octets = memoryview(
            burst.buffers[0] if len(burst.buffers) == 1 else b"".join(burst.buffers)
        )
        singly = self.ended or self.observer is not None
        run = None if singly else expected_run(self.session, octets, burst)
        segment = burst.segment or 1
        if run is not None:
            yield run, payloads(octets, segment)
            return
        for start in range(0, max(len(octets), 1), segment):
            view = octets[start : start + segment]
            if self._telling is not None:
                self._telling.heard(view, burst.peer)
            if self.ended or self.is_committing:
                continue  # the remaining datagrams count as lost
            yield self.session.interpret(view, burst.peer), (view[HEADER.size :],)


def _telling(transport: Transport, listening: Listening) -> Telling:
    from tftp_fsm.transports.carried import Telling  # imported late: few transfers are captured

    return Telling(transport, listening)


def _uncounted(session: Session, source: Source | None) -> NetasciiSource | None:
    """The source, if its end must be found while it is read."""
    from tftp_fsm.protocol.sender import Sender  # imported late: a get needs none

    if isinstance(session, Sender) and not session.is_counted:
        from tftp_fsm.storage.netascii import NetasciiSource  # imported late: few files are text

        assert isinstance(source, NetasciiSource), "only netascii has to be counted"
        return source
    return None

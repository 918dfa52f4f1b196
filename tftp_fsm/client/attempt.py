"""One session of a client with one address, from the request to the end."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from math import inf

from tftp_fsm.client.result import Progress, Transfer, Waiting, failure
from tftp_fsm.driver.driver import Driver
from tftp_fsm.driver.effects import storage_failed
from tftp_fsm.errors import LocalError, TftpError, TransferTimedOut
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Aborted, Finished, Opened, Outcome
from tftp_fsm.protocol.rows import State
from tftp_fsm.wire.options import read_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from tftp_fsm.client.result import Verb
    from tftp_fsm.client.settings import Settings
    from tftp_fsm.protocol.read_client import ReadClient
    from tftp_fsm.protocol.write_client import WriteClient
    from tftp_fsm.storage.protocols import Sink, Source
    from tftp_fsm.storage.sinks import BytesSink
    from tftp_fsm.trace.trace import Trace
    from tftp_fsm.transports.protocol import Transport

UNANSWERED = (State.IDLE, State.REQUESTING)


@frozen
class Job:
    """A session before its first event, and its source or sink, which the caller closes."""

    verb: Verb
    session: ReadClient | WriteClient
    local: str | None
    sink: Sink | None = None
    source: Source | None = None
    digest: Any = None
    memory: BytesSink | None = None


class Attempt:
    """Runs the session to its end, and calls the functions that `settings` names.

    After `left` seconds the transfer is given up in any case.
    """

    def __init__(
        self,
        job: Job,
        transport: Transport,
        settings: Settings,
        prepare: Callable[[int], None],
        left: float = inf,
    ) -> None:
        self._job = job
        self._session = job.session
        self._offered = read_options(job.session.request.options)
        self._transport = transport
        self._settings = settings
        self._prepare = prepare
        self.driver = Driver(
            job.session,
            transport,
            source=job.source,
            sink=job.sink,
            observer=settings.observer,
            listening=settings.on_datagram,
            is_lent=True,  # the file may still be needed for another address
        )
        self._started = self._heard_at = transport.now()
        self._ends_at = self._started + left
        self._is_late = False
        self._attempts = 1
        self._octets = -1
        self._transfer: Transfer | None = None
        self.answered = False

    def run(self) -> Transfer:
        """Run to the end of the session. Raises the errors of `result`."""
        with self.aborted_by_exceptions():
            self.begin()
            while not self.is_over:
                self.driver.turn(self._ends_at)
                self.look()
        return self.result()

    @contextmanager
    def aborted_by_exceptions(self) -> Iterator[None]:
        """Within this context, an exception ends the session, and the peer gets an ERROR."""
        try:
            yield
        except BaseException as failed:
            self._abort()
            if isinstance(failed, TftpError):
                failed.trace = self._last_steps()
            raise

    def begin(self) -> None:
        """Send the request."""
        if self._settings.on_session is not None:
            self._settings.on_session(self._session)
        self.driver.feed(Opened())
        self._report()

    def look(self) -> None:
        """Call this after each turn. It reports changes, and checks whether the time is over."""
        if not self.driver.is_committing:
            self._report()
            self._watch_time()

    @property
    def is_over(self) -> bool:
        """Whether the session has ended."""
        return self.driver.ended and not self.driver.is_committing

    @property
    def due(self) -> float:
        """Return the time of the next action if nothing comes, on the transport's clock."""
        deadline = self.driver.deadline
        return self._ends_at if deadline is None else min(deadline, self._ends_at)

    @property
    def is_decided(self) -> bool:
        """Whether no other address should be tried: this one has answered, or the time is over."""
        return self.answered or self._is_late

    @property
    def seconds(self) -> float:
        """The seconds since the beginning."""
        return self._transport.now() - self._started

    def _watch_time(self) -> None:
        """End the transfer if it has taken too long. If the file is safe, end only the dallying."""
        if self.driver.ended or self._transport.now() < self._ends_at:
            return
        self._is_late = True
        limit = self._settings.max_time
        self.driver.feed(Aborted(sentence("not finished within {limit:g} s", limit=limit)))

    def _abort(self) -> None:
        """Send an ERROR to the peer. The observer is not called again: it may have failed."""
        self.driver.observer = None
        with suppress(Exception):  # the caller gets the exception that ended the transfer
            self.driver.feed(Aborted())

    def _report(self) -> None:
        session = self._session
        if not self.answered and session.state not in UNANSWERED and not self._gave_up():
            self._answer_came()
        if session.counters.octets != self._octets:
            self._octets = session.counters.octets
            self._heard_at = self._transport.now()
            if self._settings.progress is not None:
                self._settings.progress(self._octets, self._total())
        if session.retries + 1 != self._attempts:
            self._attempts = session.retries + 1
            self._tell_wait()
        if self._transfer is None and self.driver.finished == _SUCCEEDED:
            self._transfer = self._make_transfer()
            if self._settings.on_finished is not None:
                self._settings.on_finished(self._transfer)

    def _tell_wait(self) -> None:
        session, tell = self._session, self._settings.on_waiting
        if tell is None or session.retries == 0 or self.driver.ended:
            return
        assert session.peer is not None
        end = min(session.gives_up_at, self._ends_at)
        left = None if end == inf else end - self._transport.now()
        error = session.network_error
        tell(Waiting(session.peer, session.awaits, self._attempts, left, error))

    def _gave_up(self) -> bool:
        """Whether the session ended before any answer."""
        session = self._session
        outcome = session.outcome
        is_silence = outcome is not None and outcome.outcome in _SILENCES
        return is_silence and not session.was_answered

    def _answer_came(self) -> None:
        session = self._session
        self.answered = True
        self._heard_at = self._transport.now()
        if session.windowsize > 1:
            self._prepare(session.windowsize * (session.blksize + 4))
        if self._job.sink is not None and session.agreed.tsize and not self.driver.ended:
            try:
                self._job.sink.expect(session.agreed.tsize)
            except LocalError as refused:
                self.driver.feed(storage_failed(refused))

    def _total(self) -> int | None:
        source = self._job.source
        return self._session.agreed.tsize if source is None else source.size

    def result(self) -> Transfer:
        """Return the result of the transfer. Raises the error of `failure` for a failed one."""
        outcome = self._session.outcome
        assert outcome is not None, "a session that has ended says how"
        if self._transfer is None or outcome != _SUCCEEDED:
            failed = failure(outcome, self._progress_now())
            if self._is_late:
                failed = TransferTimedOut(self._late_words(), setting="max_time")
            failed.trace = self._last_steps()
            raise failed
        return self._transfer

    def _last_steps(self) -> Trace:
        from tftp_fsm.trace.trace import steps_as_trace  # imported late: most transfers succeed

        return steps_as_trace(self._session, self.driver.began, self.driver.recent)

    def _late_words(self) -> str:
        return sentence(
            "the transfer took longer than {limit:g} s: {octets:,} octets were moved",
            limit=self._settings.max_time,
            octets=max(self._octets, 0),
        )

    def _progress_now(self) -> Progress:
        session, sink_or_source = self._session, self._octets
        assert session.peer is not None
        return Progress(
            request="RRQ" if self._job.verb == "get" else "WRQ",
            peer=session.peer,
            answered=self.answered,
            octets=max(sink_or_source, 0),
            attempts=session.retries + 1,
            silence=self._transport.now() - self._heard_at,
            network_error=session.network_error,
            old_news=session.old_news,
        )

    def _make_transfer(self) -> Transfer:
        job, session = self._job, self._session
        assert session.peer is not None
        return Transfer(
            verb=job.verb,
            remote=session.request.filename,
            local=job.local,
            peer=session.peer,
            mode=self._settings.mode.lower(),
            octets=session.counters.octets,
            seconds=self._transport.now() - self._started,
            offered=self._offered,
            agreed=session.agreed,
            retransmissions=session.counters.retransmissions,
            round_trip=session.timer.srtt,
            sha256=job.digest.hexdigest() if job.digest is not None else None,
            data=job.memory.octets if job.memory is not None and job.local is None else None,
            stays=self._stays(),
        )

    def _stays(self) -> float:
        deadline = self.driver.deadline
        return 0.0 if deadline is None else max(0.0, deadline - self._transport.now())


_SUCCEEDED = Finished(Outcome.SUCCEEDED)
_SILENCES = (Outcome.UNREACHABLE, Outcome.TIMED_OUT, Outcome.ABORTED, Outcome.STORAGE_FAILED)

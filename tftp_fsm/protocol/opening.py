"""The beginning of a session: guards and actions of both clients, and of both servers."""

from __future__ import annotations

from tftp_fsm.frozen import replaced
from tftp_fsm.language.sentences import sentence
from tftp_fsm.protocol.events import (
    AckReceived,
    BeginAnew,
    DataReceived,
    ErrorReceived,
    Event,
    OackReceived,
    Outcome,
    RequestReceived,
)
from tftp_fsm.protocol.operands import compares
from tftp_fsm.protocol.session import MODES, Session
from tftp_fsm.protocol.timing import COPY_LIFETIME, LEAST_PATIENCE, PATIENCE, UNPROVEN_RETRIES
from tftp_fsm.wire.kinds import Error, ErrorCode, Oack, Request, Rrq
from tftp_fsm.wire.options import Options, Refusal, agree

ERRORS_OF_OPTIONS = (
    ErrorCode.REFUSED_OPTIONS,
    ErrorCode.ILLEGAL_OPERATION,  # servers older than RFC 2347 send these three
    ErrorCode.UNDEFINED,
    ErrorCode.ACCESS_VIOLATION,
)
# A single ACK may be forged. Then the session ends after PATIENCE, not after three waits of 255 s.
DOUBTFUL_TIMEOUT = PATIENCE / LEAST_PATIENCE  # seconds; the longest timeout after only one answer


class ClientOpening(Session):
    """The guards and actions of both clients."""

    asked_plainly: bool = False
    heeded_refusal: bool = False

    @property
    def options_offered(self) -> int:
        """The number of options in the request."""
        return len(self.request.options)

    def refusal(self, event: OackReceived) -> str | None:
        """The reason why this OACK cannot be accepted, or None."""
        agreed = self._agree(event)
        return agreed.why if isinstance(agreed, Refusal) else None

    @compares("asked_plainly", "refusal")
    def is_acceptable(self, event: OackReceived) -> bool:
        """It is not late. No option in it is new, and no value larger than offered (`agree`)."""
        return not self.asked_plainly and self.refusal(event) is None

    @compares("asked_plainly")
    def is_late(self, event: OackReceived) -> bool:
        """The options were dropped because of an ERROR, so it answers the request before."""
        return self.asked_plainly

    @compares("options_offered", "code")
    def may_ask_plainly(self, event: ErrorReceived) -> bool:
        """The request has options, and the ERROR may be about them."""
        return bool(self.request.options) and event.code in ERRORS_OF_OPTIONS

    @compares("heeded_refusal", "code")
    def is_late_refusal(self, event: ErrorReceived) -> bool:
        """It is ERROR 8 once more, after the options were dropped because of the first one."""
        return self.heeded_refusal and event.code == ErrorCode.REFUSED_OPTIONS

    def _agree(self, event: OackReceived) -> Options | Refusal:
        reading = isinstance(self.request, Rrq)
        return agree(self.request.options, event.options, reading=reading)

    def send_request(self, event: Event) -> None:
        """Send RRQ or WRQ to the server."""
        self._send(self.request)
        self._note_sent()
        self._arm()

    def drop_options(self, event: ErrorReceived) -> None:
        """Take the options out of the request."""
        self.request: Request = replaced(self.request, options=())
        self.asked_plainly = True
        self.heeded_refusal = event.code == ErrorCode.REFUSED_OPTIONS
        self._heard_at = self._now

    def forget_refusal(self, event: ErrorReceived) -> None:
        """Count the copy. A second copy is not ignored: it is taken as the server's answer."""
        self.counters.duplicates += 1
        self.heeded_refusal = False

    def take_options(self, event: OackReceived) -> None:
        """Use the options that the server accepted."""
        agreed = self._agree(event)
        if isinstance(agreed, Options):
            self._use_options(agreed)
        self._note_progress()

    def refuse_options(self, event: OackReceived) -> None:
        """Send ERROR 8, with the name of the option."""
        why = self.refusal(event) or ""
        self._send(Error(ErrorCode.REFUSED_OPTIONS, why))
        self._finish(Outcome.REFUSED, why, ErrorCode.REFUSED_OPTIONS)


class ServerOpening(Session):
    """The guards and actions of both servers. `options` are those that `accept` returned.

    Until the client has answered, its `timeout` is not used, and few packets are retransmitted.
    Otherwise one forged request would occupy a session for a quarter of an hour.

    A client sends its request before it acknowledges anything. If the request comes again later,
    either the network has delayed a copy, or the client was reset. A copy comes within
    COPY_LIFETIME, and its client goes on. A client that was reset sends nothing more to this
    session.
    """

    _client_heard_at = 0.0
    _is_in_doubt = False
    _deadline_without_doubt: float | None = None

    def _open(self, options: Options) -> None:
        self._tid_fixed = True
        self._use_options(replaced(options, timeout=None))
        self.agreed = options

    @property
    def is_proven(self) -> bool:
        """Whether the client has sent an ACK or DATA, so that the request was not forged."""
        raise NotImplementedError

    @property
    def is_established(self) -> bool:
        """Whether the client has answered twice. One answer may be forged, sent to every TID."""
        raise NotImplementedError

    @property
    def _copy_is_over(self) -> float:
        """The time after which a repeated request is not a copy, unless the client goes on."""
        return self._client_heard_at + max(COPY_LIFETIME, self.timer.path_rto)

    def _note_progress(self, round_trips: int = 1) -> None:
        if self.agreed.timeout is not None:
            asked = float(self.agreed.timeout)
            self.timer.fix(asked if self.is_established else min(asked, DOUBTFUL_TIMEOUT))
        super()._note_progress(round_trips)

    def _retry_limit(self) -> float:
        limit = super()._retry_limit()
        return limit if self.is_proven else min(limit, UNPROVEN_RETRIES)

    @compares("mode")
    def knows_mode(self, event: RequestReceived) -> bool:
        """The mode is octet or netascii, in upper or lower case."""
        return self.request.mode.lower() in MODES

    @compares("asked_again", "is_proven", "copy_left")
    def is_asked_anew(self, event: Event) -> bool:
        """The request has come again, and the client is silent: longer than a copy explains."""
        return self.asked_again(event) and self.is_proven and self.copy_left is None

    def asked_again(self, event: Event) -> bool:
        """The request has come again, and the client has not gone on since."""
        if isinstance(event, RequestReceived) and not self.is_overtaken(event):
            return True
        return self._is_in_doubt

    @compares("is_proven", "waited", "overtaken_by")
    def is_overtaken(self, event: RequestReceived) -> bool:
        """It waited at our port, and a packet of the client came meanwhile: it is a copy."""
        return self.is_proven and event.waited > 0 and self.overtaken_by(event) is not None

    def overtaken_by(self, event: RequestReceived) -> float | None:
        """The seconds from its arrival to the client's last packet, or None if it came later."""
        by = self._client_heard_at - (self._now - event.waited)
        return by if by >= 0 else None

    @property
    def copy_left(self) -> float | None:
        """The seconds for which a repeated request may still be a copy, or None."""
        left = self._copy_is_over - self._now
        return left if left > 0 else None

    @property
    def options_accepted(self) -> int:
        """The number of accepted options."""
        return len(self.agreed.pairs())

    @compares("options_accepted")
    def takes_options(self, event: RequestReceived) -> bool:
        """At least one option is accepted."""
        return bool(self.agreed.pairs())

    def send_oack(self, event: Event) -> None:
        """Send OACK with the accepted options."""
        self._send(Oack(self.agreed.pairs()))
        self._note_sent()
        if not self._resending:
            self._arm()

    def note_client(self, event: AckReceived | DataReceived) -> None:
        """Note that the client goes on: a request that came again was a copy."""
        self._client_heard_at = self._now
        if self._is_in_doubt:
            self._is_in_doubt, self.deadline = False, self._deadline_without_doubt

    def await_silence(self, event: RequestReceived) -> None:
        """Wait until it is certain whether the client goes on, or begins anew."""
        if not self._is_in_doubt:
            self._is_in_doubt, self._deadline_without_doubt = True, self.deadline
        if self.deadline is not None:
            self.deadline: float | None = min(self.deadline, self._copy_is_over)

    def _deadline_after(self, seconds: float) -> float:
        """Return the usual deadline. In doubt it is not later than the end of the doubt."""
        due = super()._deadline_after(seconds)
        if not (self._is_in_doubt and self.is_proven):
            return due
        self._deadline_without_doubt = due
        return min(due, self._copy_is_over)

    def begin_anew(self, event: Event) -> None:
        """Let another session answer the request. End this one if it still moves the file.

        The client gets no ERROR, because it would take that for the answer to its new request.
        """
        if self.outcome is None:
            self._finish(Outcome.RESTARTED, sentence("the client asked again"))
        self._effects.append(BeginAnew())

    def refuse_mode(self, event: RequestReceived) -> None:
        """Send ERROR 4, for mail and for unknown modes."""
        why = sentence(
            "mode {mode!r} is not served: use octet or netascii", mode=self.request.mode[:20]
        )
        self._send(Error(ErrorCode.ILLEGAL_OPERATION, why))
        self._finish(Outcome.REFUSED, why, ErrorCode.ILLEGAL_OPERATION)

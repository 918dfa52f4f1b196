"""How a session ends: the actions that its rows name for that, and the words of each outcome."""

from __future__ import annotations

from tftp_fsm.language.sentences import layout, marked, sentence
from tftp_fsm.lazy import ClassVar
from tftp_fsm.protocol.events import (
    LOCAL_OUTCOMES,
    Aborted,
    DataReceived,
    Effect,
    ErrorReceived,
    Event,
    Finished,
    MalformedReceived,
    Outcome,
    Send,
    StorageFailed,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.rows import State
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Ack, Error, ErrorCode, Oack, Request


class Endings:
    """The endings of all four sessions. What they read is set by `Session`."""

    accepts_data: ClassVar[bool] = False

    blksize: int
    retries: int
    network_error: str
    outcome: Finished | None
    _before: State
    _effects: list[Effect]

    def succeed(self, event: Event) -> None:
        """End the transfer: the file has arrived."""
        self._finish(Outcome.SUCCEEDED)

    def fail_by_peer(self, event: ErrorReceived) -> None:
        """End the transfer with the peer's code and message."""
        self._finish(Outcome.PEER_ERROR, event.message, event.code)

    def fail_timed_out(self, event: TimeoutExpired) -> None:
        """End the transfer: the peer does not answer, or says nothing new."""
        attempts = self.retries + 1
        told = sentence("no answer after {attempts} attempts", attempts=attempts)
        if self.old_news:
            told = sentence("nothing new after {attempts} attempts", attempts=attempts)
        self._finish(Outcome.TIMED_OUT, self._with_news(told))

    def fail_unknown(self, event: Event) -> None:
        """End the transfer: this side cannot know whether the file has arrived."""
        told = sentence(
            "everything was sent, but the last acknowledgement never came: the receiver may have"
            " the file"
        )
        self._finish(Outcome.UNKNOWN, self._with_news(told))

    @property
    def old_news(self) -> int:
        """How many datagrams have come from the peer since the last one that brought anything new.

        They were copies, or late, or had no octets.
        """
        raise NotImplementedError

    def _with_news(self, told: str) -> str:
        """And what came in place of an answer: datagrams that moved nothing, or a network error."""
        if self.old_news:
            heard = self.old_news
            news = sentence("the peer sent nothing new (datagrams heard: {heard})", heard=heard)
        elif self.network_error:
            news = sentence("the network said: {error}", error=marked(self.network_error))
        else:
            return told
        return layout("{told}; {news}", told=told, news=news)

    def fail_unreachable(self, event: UnreachableReceived) -> None:
        """End the transfer: nobody listens at the peer's port, or the network has no way to it."""
        self._finish(Outcome.UNREACHABLE, event.reason or sentence("nobody listens at that port"))

    def fail_storage(self, event: StorageFailed) -> None:
        """End the transfer: this side cannot go on."""
        outcome = LOCAL_OUTCOMES.get(event.code, Outcome.STORAGE_FAILED)
        self._finish(outcome, event.message, event.code)

    def fail_aborted(self, event: Aborted) -> None:
        """End the transfer: the user has given up."""
        self._finish(Outcome.ABORTED, event.message)

    def send_storage_error(self, event: StorageFailed) -> None:
        """Send ERROR with the reason why this side cannot go on."""
        self._send(Error(event.code, event.told or event.message))

    def send_abort(self, event: Aborted) -> None:
        """Send ERROR, so that the peer does not wait."""
        self._send(Error(ErrorCode.UNDEFINED, event.message))

    def refuse_packet(self, event: Event) -> None:
        """Send ERROR 4 with the reason, and end the transfer."""
        why = self._objection(event)
        self._send(Error(ErrorCode.ILLEGAL_OPERATION, why))
        self._finish(Outcome.REFUSED, why, ErrorCode.ILLEGAL_OPERATION)

    def _objection(self, event: Event) -> str:
        match event:
            case DataReceived(octets=octets) if self.accepts_data:
                return sentence(
                    "DATA of {octets} octets, where at most {blksize} were agreed",
                    octets=octets,
                    blksize=self.blksize,
                )
            case MalformedReceived(where=where):
                return sentence("malformed packet: {where}", where=where)
            case _:
                name = type(event).__name__.removesuffix("Received").upper()
                state = self._before.value
                return sentence("{packet} is no answer in state {state}", packet=name, state=state)

    # -- Helpers ----------------------------------------------------------------------------------

    def _send(self, packet: Request | Ack | Error | Oack, to: Address | None = None) -> None:
        self._effects.append(Send(packet, to))

    def _finish(self, outcome: Outcome, message: str = "", code: int | None = None) -> None:
        self.outcome = Finished(outcome, message, code)
        self._effects.append(self.outcome)

"""The end of a session: the guards and actions for it, and their words."""

from __future__ import annotations

from tftp_fsm.language.sentences import layout, mark, marked, sentence
from tftp_fsm.protocol.events import (
    LOCAL_OUTCOMES,
    Aborted,
    DataReceived,
    ErrorReceived,
    Event,
    MalformedReceived,
    Outcome,
    StorageFailed,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.operands import compares
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.kinds import Error, ErrorCode

NO_PORT = mark("no program listens at that port")  # where the event has no text of its own


class Termination(Session):
    """The endings of all four sessions."""

    # -- Reports of the network, which may end the transfer ----------------------------------------

    @compares("report")
    def is_hard(self, event: UnreachableReceived) -> bool:
        """No program listens at the peer's port. Other errors may pass (RFC 1122 3.2.2.1)."""
        return event.is_hard

    @compares("report", "timeouts_since_report")
    def is_hard_again(self, event: UnreachableReceived) -> bool:
        """A closed port was reported before, and this report answers a later packet.

        A burst of packets causes a burst of reports. So a time-out must lie between two of them.
        """
        return event.is_hard and bool(self.timeouts_since_report)

    @compares("report", "unanswered_patience")
    def is_beyond_waiting(self, event: UnreachableReceived) -> bool:
        """No program listens there, or the user can try another address of this host."""
        return event.is_hard or self.unanswered_patience is not None

    def note_unreachable(self, event: UnreachableReceived) -> None:
        """Remember that the port is closed. The retransmission timer goes on."""
        self._closed_after = self.counters.timeouts

    def note_network_error(self, event: UnreachableReceived) -> None:
        """Remember the reason, for the message if the peer stays silent. The timer goes on."""
        self.network_error = event.reason

    # -- The end ----------------------------------------------------------------------------------

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

    def _with_news(self, told: str) -> str:
        """Add what came in place of an answer: datagrams with nothing new, or a network error."""
        if self.old_news:
            heard = self.old_news
            news = sentence("the peer sent nothing new (datagrams heard: {heard})", heard=heard)
        elif self.network_error:
            news = sentence("the network reported: {error}", error=marked(self.network_error))
        else:
            return told
        return layout("{told}; {news}", told=told, news=news)

    def fail_unreachable(self, event: UnreachableReceived) -> None:
        """End the transfer: no program listens at the peer's port, or there is no route to it."""
        self._finish(Outcome.UNREACHABLE, event.reason or marked(NO_PORT))

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

"""Rows of the opening: from the request to the first block, for clients and for servers."""

from __future__ import annotations

from tftp_fsm.frozen import replaced
from tftp_fsm.language.sentences import mark
from tftp_fsm.protocol.rows import Row, State, in_each
from tftp_fsm.protocol.tables.common import give_up, noise, strays

_ASKS = {
    "RRQ": mark("The RRQ goes to the server's well-known port, from a TID of our own."),
    "WRQ": mark("The WRQ goes to the server's well-known port, from a TID of our own."),
}
_NO_ANSWER = {
    "RRQ": mark("This is not an answer to an RRQ: stop before data moves."),
    "WRQ": mark("This is not an answer to a WRQ: stop before data moves."),
}


def client_opening(request: str, *wrong_replies: str) -> tuple[Row, ...]:
    return (
        Row(
            "opened",
            State.IDLE,
            State.REQUESTING,
            after=("send_request",),
            why=_ASKS[request],
            rfc="RFC 1350 section 4",
        ),
        *in_each(
            (State.IDLE,),
            "storage_failed",
            State.ERROR,
            after=("fail_storage",),
            why=mark("No request was sent yet, so no ERROR is sent."),
            rfc="RFC 1350 section 7",
        ),
        *in_each(
            (State.IDLE, State.REQUESTING),
            "aborted",
            State.ERROR,
            after=("fail_aborted",),
            why=mark("The server's TID is not known yet, so no ERROR is sent."),
            rfc="RFC 1350 section 4",
        ),
        Row(
            "oack_received",
            State.REQUESTING,
            State.ERROR,
            unless=("is_acceptable", "is_late"),
            after=("fix_tid", "refuse_options"),
            why=mark(
                "It has an option that was not offered and changes something, or a larger value."
            ),
            rfc="RFC 2347",
        ),
        Row(
            "oack_received",
            State.REQUESTING,
            None,
            conditions=("is_late",),
            after=("note_ignored",),
            why=mark(
                "The options were dropped after an ERROR: an OACK can only answer the request "
                "before."
            ),
            rfc="RFC 2347",
        ),
        Row(
            "error_received",
            State.REQUESTING,
            None,
            conditions=("may_ask_plainly",),
            after=("drop_options", "send_request"),
            why=mark("The server may refuse only the options: ask once more without them."),
            rfc="RFC 2347",
        ),
        Row(
            "error_received",
            State.REQUESTING,
            None,
            conditions=("is_late_refusal",),
            after=("forget_refusal",),
            why=mark(
                "ERROR 8 once more, and there are no options now: it may be a copy of the one "
                "before."
            ),
            rfc="RFC 2347",
        ),
        Row(
            "error_received",
            State.REQUESTING,
            State.ERROR,
            unless=("may_ask_plainly", "is_late_refusal"),
            after=("fail_by_peer",),
            why=mark("The answer is an ERROR: it ends the request, and is not acknowledged."),
            rfc="RFC 1350 section 7",
        ),
        *(
            Row(
                trigger,
                State.REQUESTING,
                State.ERROR,
                after=("fix_tid", "refuse_packet"),
                why=_NO_ANSWER[request],
                rfc="RFC 1350 section 4",
            )
            for trigger in (*wrong_replies, "request_received", "malformed_received")
        ),
        *strays((State.REQUESTING,)),
        *noise((State.REQUESTING,)),
        Row(
            "timeout_expired",
            State.REQUESTING,
            None,
            conditions=("may_retry",),
            after=("back_off", "send_request"),
            why=mark(
                "No answer came in time, as if the request or the answer was lost: ask again."
            ),
            rfc="RFC 1123 section 4.2.3.2",
        ),
        give_up(State.REQUESTING),
        Row(
            "unreachable_received",
            State.REQUESTING,
            State.ERROR,
            conditions=("is_beyond_waiting",),
            after=("fail_unreachable",),
            why=mark(
                "A report says that no program listens there, or another address can be "
                "tried: do not wait."
            ),
            rfc="RFC 1122 section 4.1.3.3",
        ),
        Row(
            "unreachable_received",
            State.REQUESTING,
            None,
            unless=("is_beyond_waiting",),
            after=("note_network_error",),
            why=mark("A route or a link may come back: this is a hint, and the timer decides."),
            rfc="RFC 1122 section 3.2.2.1",
        ),
        Row(
            "storage_failed",
            State.REQUESTING,
            State.ERROR,
            after=("fail_storage",),
            why=mark("The server's TID is not known yet, so no ERROR is sent."),
            rfc="RFC 1350 section 4",
        ),
    )


ASKED_ANEW = ("is_asked_anew",)  # a server's time-out then begins a new transfer


def noting_client(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return these rows. Those that hear an ACK or DATA also note that the client goes on."""
    return tuple(
        replaced(row, after=("note_client", *row.after)) if _shows_client(row) else row
        for row in rows
    )


def _shows_client(row: Row) -> bool:
    is_heard = row.trigger in ("ack_received", "data_received")
    return is_heard and row.dest is not State.ERROR


def server_refusals() -> tuple[Row, ...]:
    return (
        Row(
            "request_received",
            State.IDLE,
            State.ERROR,
            unless=("knows_mode",),
            after=("refuse_mode",),
            why=mark(
                "The modes octet and netascii are served; mail is obsolete, and any "
                "other mode is unknown."
            ),
            rfc="RFC 1350 section 1",
        ),
        Row(
            "storage_failed",
            State.IDLE,
            State.ERROR,
            after=("send_storage_error", "fail_storage"),
            why=mark("The request cannot be granted: an ERROR says why."),
            rfc="RFC 1350 section 7",
        ),
        Row(
            "aborted",
            State.IDLE,
            State.ERROR,
            after=("send_abort", "fail_aborted"),
            why=mark("This side gives up: an ERROR goes out, so that the client need not wait."),
            rfc="RFC 1350 section 7",
        ),
    )


def repeated_request(state: State) -> tuple[Row, ...]:
    return (
        Row(
            "request_received",
            state,
            None,
            conditions=("is_at_start",),
            after=("note_duplicate", "repeat_answer"),
            why=mark(
                "The request came again before any progress, as if our answer was lost: repeat it."
            ),
            rfc="RFC 1350 section 2",
        ),
        Row(
            "request_received",
            state,
            None,
            conditions=("is_overtaken",),
            after=("note_duplicate",),
            why=mark(
                "This request came before the last packet of the client, and waited at our "
                "port: as if it is a copy."
            ),
            rfc="RFC 1350 section 2",
        ),
        Row(
            "request_received",
            state,
            State.ERROR,
            conditions=("is_asked_anew",),
            after=("begin_anew",),
            why=mark(
                "The request came after a silence that is too long for a copy: as if the "
                "client was reset."
            ),
            rfc="RFC 1350 section 4",
        ),
        Row(
            "request_received",
            state,
            None,
            unless=("is_at_start", "is_overtaken", "is_asked_anew"),
            after=("note_duplicate", "await_silence"),
            why=mark(
                "This may be a late copy, or the client may have been reset: what comes next "
                "decides."
            ),
            rfc="RFC 1350 section 2",
        ),
        Row(
            "timeout_expired",
            state,
            State.ERROR,
            conditions=("is_asked_anew",),
            after=("begin_anew",),
            why=mark("No ACK or DATA since the request came again: as if the client was reset."),
            rfc="RFC 1350 section 4",
        ),
    )

"""Rows of the opening: from the request to the first block, for clients and for servers."""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.protocol.rows import Row, State, in_each
from tftp_fsm.protocol.tables.common import give_up, strays


def client_opening(request: str, *wrong_replies: str) -> tuple[Row, ...]:
    return (
        Row(
            "opened",
            State.IDLE,
            State.REQUESTING,
            after=("send_request",),
            why=f"The {request} goes to the server's well-known port, from a TID of our own.",
            rfc="RFC 1350 section 4",
        ),
        *in_each(
            (State.IDLE,),
            "storage_failed",
            State.ERROR,
            after=("fail_storage",),
            why="Nobody has been asked yet, so nobody is told.",
            rfc="RFC 1350 section 7",
        ),
        *in_each(
            (State.IDLE, State.REQUESTING),
            "aborted",
            State.ERROR,
            after=("fail_aborted",),
            why="The server's TID is not known yet, so there is nobody to tell.",
            rfc="RFC 1350 section 4",
        ),
        Row(
            "oack_received",
            State.REQUESTING,
            State.ERROR,
            unless=("is_acceptable", "is_late"),
            after=("fix_tid", "refuse_options"),
            why="An option that was not asked for and would change something, or a larger value.",
            rfc="RFC 2347",
        ),
        Row(
            "oack_received",
            State.REQUESTING,
            None,
            conditions=("is_late",),
            after=("note_ignored",),
            why="An ERROR has ended what this OACK belongs to; the plain request goes on.",
            rfc="RFC 2347",
        ),
        Row(
            "error_received",
            State.REQUESTING,
            None,
            conditions=("may_ask_plainly",),
            after=("drop_options", "send_request"),
            why="The server may dislike only the options: ask once more without them.",
            rfc="RFC 2347",
        ),
        Row(
            "error_received",
            State.REQUESTING,
            None,
            conditions=("is_late_refusal",),
            after=("forget_refusal",),
            why="A copy of the refusal that the plain request has already heeded.",
            rfc="RFC 2347",
        ),
        Row(
            "error_received",
            State.REQUESTING,
            State.ERROR,
            unless=("may_ask_plainly", "is_late_refusal"),
            after=("fail_by_peer",),
            why="The server says no; an ERROR is not acknowledged.",
            rfc="RFC 1350 section 7",
        ),
        *(
            Row(
                trigger,
                State.REQUESTING,
                State.ERROR,
                after=("fix_tid", "refuse_packet"),
                why=f"This answers another request than an {request}: stop before data moves.",
                rfc="RFC 1350 section 4",
            )
            for trigger in (*wrong_replies, "request_received", "malformed_received")
        ),
        *strays((State.REQUESTING,)),
        Row(
            "timeout_expired",
            State.REQUESTING,
            None,
            conditions=("may_retry",),
            after=("back_off", "send_request"),
            why="The request or its answer was lost: ask again, and wait twice as long.",
            rfc="RFC 1123 section 4.2.3.2",
        ),
        give_up(State.REQUESTING),
        Row(
            "unreachable_received",
            State.REQUESTING,
            State.ERROR,
            conditions=("is_beyond_waiting",),
            after=("fail_unreachable",),
            why="Nobody listens there, or another address can be asked: no need to wait.",
            rfc="RFC 1122 section 4.1.3.3",
        ),
        Row(
            "unreachable_received",
            State.REQUESTING,
            None,
            unless=("is_beyond_waiting",),
            after=("note_network_error",),
            why="A route or a link may come back: this is a hint, and the timer decides.",
            rfc="RFC 1122 section 3.2.2.1",
        ),
        Row(
            "storage_failed",
            State.REQUESTING,
            State.ERROR,
            after=("fail_storage",),
            why="The server's TID is not known yet, so there is nobody to tell.",
            rfc="RFC 1350 section 4",
        ),
    )


ASKED_ANEW = ("is_asked_anew",)  # a server's time-out then begins a new transfer


def noting_client(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The same rows, in which each ACK and each DATA also shows that the client goes on."""
    return tuple(
        replace(row, after=("note_client", *row.after)) if _shows_client(row) else row
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
            why="octet and netascii are files; mail is obsolete, anything else unknown.",
            rfc="RFC 1350 section 1",
        ),
        Row(
            "storage_failed",
            State.IDLE,
            State.ERROR,
            after=("send_storage_error", "fail_storage"),
            why="The request cannot be granted: the client hears why.",
            rfc="RFC 1350 section 7",
        ),
        Row(
            "aborted",
            State.IDLE,
            State.ERROR,
            after=("send_abort", "fail_aborted"),
            why="The server is closing: the client need not wait for it.",
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
            why="The client has not heard our answer: one transfer, the same answer again.",
            rfc="RFC 1350 section 2",
        ),
        Row(
            "request_received",
            state,
            State.ERROR,
            conditions=("is_asked_anew",),
            after=("begin_anew",),
            why="No copy comes so late, and the client is silent: it was reset, and begins anew.",
            rfc="RFC 1350 section 4",
        ),
        Row(
            "request_received",
            state,
            None,
            unless=("is_at_start", "is_asked_anew"),
            after=("note_duplicate", "await_silence"),
            why="A late copy, or a client that was reset: if it says nothing more, it was reset.",
            rfc="RFC 1350 section 2",
        ),
        Row(
            "timeout_expired",
            state,
            State.ERROR,
            conditions=("is_asked_anew",),
            after=("begin_anew",),
            why="The client has said nothing since it asked again: it was reset, and begins anew.",
            rfc="RFC 1350 section 4",
        ),
    )

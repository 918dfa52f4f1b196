"""The client that writes: it sends WRQ, and then sends."""

from __future__ import annotations

from tftp_fsm.language.sentences import mark
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.tables.common import illegal
from tftp_fsm.protocol.tables.opening import client_opening
from tftp_fsm.protocol.tables.sending import sending

WRITE_CLIENT = Table(
    "WRITE_CLIENT",
    mark("WRQ, the client's side"),
    (
        *client_opening("WRQ", "data_received"),
        Row(
            "ack_received",
            State.REQUESTING,
            State.AWAITING_ACK,
            conditions=("is_ack_of_request",),
            after=("fix_tid", "advance", "send_window"),
            why=mark("ACK 0 answers the WRQ: the server takes no options, its port is its TID."),
            rfc="RFC 1350 section 4",
        ),
        Row(
            "ack_received",
            State.REQUESTING,
            None,
            unless=("is_ack_of_request",),
            after=("note_ignored",),
            why=mark(
                "No block was sent yet: the ACK is ignored, as if it was of an earlier transfer."
            ),
            rfc="RFC 1350 section 4",
        ),
        Row(
            "oack_received",
            State.REQUESTING,
            State.AWAITING_ACK,
            conditions=("is_acceptable",),
            after=("fix_tid", "take_options", "advance_to_start", "send_window"),
            why=mark("The OACK names the options that hold, and asks for DATA 1."),
            rfc="RFC 2347",
        ),
        *sending(),
        Row(
            "oack_received",
            State.AWAITING_ACK,
            None,
            after=("note_duplicate",),
            why=mark("The transfer has begun already: an OACK must not restart it."),
            rfc="RFC 2347",
        ),
        Row(
            "error_received",
            State.AWAITING_ACK,
            State.ERROR,
            after=("fail_by_peer",),
            why=mark("The peer's ERROR ends the transfer; it is not acknowledged."),
            rfc="RFC 1350 section 7",
        ),
        *illegal((State.AWAITING_ACK,), "request_received"),
    ),
)

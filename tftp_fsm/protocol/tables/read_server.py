"""The server for reading: it receives RRQ, and then sends the file."""

from __future__ import annotations

from tftp_fsm.language.sentences import mark
from tftp_fsm.protocol.rows import Row, State, Table, in_each
from tftp_fsm.protocol.tables.common import illegal
from tftp_fsm.protocol.tables.opening import (
    ASKED_ANEW,
    noting_client,
    repeated_request,
    server_refusals,
)
from tftp_fsm.protocol.tables.sending import sending

READ_SERVER = Table(
    "READ_SERVER",
    mark("RRQ, the server's side"),
    (
        Row(
            "request_received",
            State.IDLE,
            State.AWAITING_ACK,
            conditions=("knows_mode", "takes_options"),
            after=("send_oack",),
            why=mark(
                "OACK names the options that are taken; the client is to confirm them with ACK 0."
            ),
            rfc="RFC 2347",
        ),
        Row(
            "request_received",
            State.IDLE,
            State.AWAITING_ACK,
            conditions=("knows_mode",),
            unless=("takes_options",),
            after=("advance_to_start", "send_window"),
            why=mark("DATA 1 answers the RRQ, from a TID chosen for this transfer."),
            rfc="RFC 1350 section 4",
        ),
        *server_refusals(),
        *noting_client(sending(ASKED_ANEW)),
        Row(
            "error_received",
            State.AWAITING_ACK,
            State.DONE,
            conditions=("is_probe",),
            after=("finish_probe",),
            why=mark(
                "The client asked for the size, and ends with no data acknowledged: not a failure."
            ),
            rfc="RFC 2349",
        ),
        Row(
            "error_received",
            State.AWAITING_ACK,
            State.ERROR,
            unless=("is_probe",),
            after=("fail_by_peer",),
            why=mark("The peer's ERROR ends the transfer; it is not acknowledged."),
            rfc="RFC 1350 section 7",
        ),
        *in_each(
            (State.IDLE, State.AWAITING_ACK),
            "end_found",
            None,
            after=("note_end",),
            why=mark("The file had to be counted while it was read: now its last block is known."),
            rfc="RFC 1350 section 6",
        ),
        *repeated_request(State.AWAITING_ACK),
        *illegal((State.AWAITING_ACK,), "oack_received"),
    ),
)

"""The server for writing: it receives WRQ, and then receives the file."""

from __future__ import annotations

from tftp_fsm.language.sentences import mark
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.tables.common import illegal
from tftp_fsm.protocol.tables.opening import (
    ASKED_ANEW,
    noting_client,
    repeated_request,
    server_refusals,
)
from tftp_fsm.protocol.tables.receiving import receiving

WRITE_SERVER = Table(
    "WRITE_SERVER",
    mark("WRQ, the server's side"),
    (
        Row(
            "request_received",
            State.IDLE,
            State.RECEIVING,
            conditions=("knows_mode", "takes_options"),
            after=("send_oack",),
            why=mark("OACK names the options that are taken, and asks for DATA 1."),
            rfc="RFC 2347",
        ),
        Row(
            "request_received",
            State.IDLE,
            State.RECEIVING,
            conditions=("knows_mode",),
            unless=("takes_options",),
            after=("send_ack",),
            why=mark("ACK 0 answers the WRQ, from a TID chosen for this transfer."),
            rfc="RFC 1350 section 4",
        ),
        *server_refusals(),
        *noting_client(receiving(ASKED_ANEW)),
        *repeated_request(State.RECEIVING),
        Row(
            "request_received",
            State.DALLYING,
            None,
            conditions=("is_asked_anew",),
            after=("begin_anew",),
            why=mark(
                "The request came after a silence that is too long for a copy: a new transfer "
                "takes it."
            ),
            rfc="RFC 1350 section 6",
        ),
        *illegal((State.RECEIVING,), "oack_received"),
    ),
)

"""The client that reads: it sends RRQ, and then receives."""

from __future__ import annotations

from tftp_fsm.language.sentences import mark
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.tables.common import illegal
from tftp_fsm.protocol.tables.opening import client_opening
from tftp_fsm.protocol.tables.receiving import first_data, receiving

READ_CLIENT = Table(
    "READ_CLIENT",
    mark("RRQ, the client's side"),
    (
        *client_opening("RRQ", "ack_received"),
        *first_data(),
        Row(
            "oack_received",
            State.REQUESTING,
            State.RECEIVING,
            conditions=("is_acceptable",),
            after=("fix_tid", "take_options", "send_ack"),
            why=mark(
                "The OACK names the options that hold; ACK 0 confirms them, and asks for DATA 1."
            ),
            rfc="RFC 2347",
        ),
        *receiving(),
        Row(
            "oack_received",
            State.RECEIVING,
            None,
            conditions=("is_at_start",),
            after=("note_duplicate", "repeat_answer"),
            why=mark("The OACK came again before DATA 1, as if ACK 0 was lost: repeat it."),
            rfc="RFC 2347",
        ),
        Row(
            "oack_received",
            State.RECEIVING,
            None,
            unless=("is_at_start",),
            after=("note_duplicate",),
            why=mark("DATA 1 has come already: an OACK moves nothing now."),
            rfc="RFC 2347",
        ),
        *illegal((State.RECEIVING,), "request_received"),
    ),
)

"""The four machines of TFTP, as tables of rows.

A transfer has two ends and two directions, so there are four machines. Each has its own opening
rows. Then the receiving side has the receiving rows, and the sending side has the sending rows.
All have the rows for failures. Whatever affects a state or a transition is a row here and nowhere
else: `machine` runs these tables, and `diagram` draws them.

Tables are total: every event has rows in every state in which it can come, also if it is ignored.
The guards of one state and trigger exclude each other, so the order of rows decides nothing.
"""

from __future__ import annotations

from tftp_fsm.protocol.rows import Row, State, Table, in_each
from tftp_fsm.protocol.tables.common import illegal
from tftp_fsm.protocol.tables.opening import (
    ASKED_ANEW,
    client_opening,
    noting_client,
    repeated_request,
    server_refusals,
)
from tftp_fsm.protocol.tables.receiving import first_data, receiving
from tftp_fsm.protocol.tables.sending import sending

READ_CLIENT = Table(
    "READ_CLIENT",
    "RRQ, the client's side",
    (
        *client_opening("RRQ", "ack_received"),
        *first_data(),
        Row(
            "oack_received",
            State.REQUESTING,
            State.RECEIVING,
            conditions=("is_acceptable",),
            after=("fix_tid", "take_options", "send_ack"),
            why="The OACK names the options that hold; ACK 0 confirms them, and asks for DATA 1.",
            rfc="RFC 2347",
        ),
        *receiving(),
        Row(
            "oack_received",
            State.RECEIVING,
            None,
            conditions=("is_at_start",),
            after=("note_duplicate", "repeat_answer"),
            why="The OACK came again before DATA 1, as if ACK 0 was lost: repeat it.",
            rfc="RFC 2347",
        ),
        Row(
            "oack_received",
            State.RECEIVING,
            None,
            unless=("is_at_start",),
            after=("note_duplicate",),
            why="DATA 1 has come already: an OACK moves nothing now.",
            rfc="RFC 2347",
        ),
        *illegal((State.RECEIVING,), "request_received"),
    ),
)

WRITE_CLIENT = Table(
    "WRITE_CLIENT",
    "WRQ, the client's side",
    (
        *client_opening("WRQ", "data_received"),
        Row(
            "ack_received",
            State.REQUESTING,
            State.AWAITING_ACK,
            conditions=("is_ack_of_request",),
            after=("fix_tid", "advance", "send_window"),
            why="ACK 0 answers the WRQ: the server takes no options, its port is its TID.",
            rfc="RFC 1350 section 4",
        ),
        Row(
            "ack_received",
            State.REQUESTING,
            None,
            unless=("is_ack_of_request",),
            after=("note_ignored",),
            why="No block was sent yet: the ACK is ignored, as if it was of an earlier transfer.",
            rfc="RFC 1350 section 4",
        ),
        Row(
            "oack_received",
            State.REQUESTING,
            State.AWAITING_ACK,
            conditions=("is_acceptable",),
            after=("fix_tid", "take_options", "advance_to_start", "send_window"),
            why="The OACK names the options that hold, and asks for DATA 1.",
            rfc="RFC 2347",
        ),
        *sending(),
        Row(
            "oack_received",
            State.AWAITING_ACK,
            None,
            after=("note_duplicate",),
            why="The transfer has begun already: an OACK must not restart it.",
            rfc="RFC 2347",
        ),
        Row(
            "error_received",
            State.AWAITING_ACK,
            State.ERROR,
            after=("fail_by_peer",),
            why="The peer's ERROR ends the transfer; it is not acknowledged.",
            rfc="RFC 1350 section 7",
        ),
        *illegal((State.AWAITING_ACK,), "request_received"),
    ),
)

READ_SERVER = Table(
    "READ_SERVER",
    "RRQ, the server's side",
    (
        Row(
            "request_received",
            State.IDLE,
            State.AWAITING_ACK,
            conditions=("knows_mode", "takes_options"),
            after=("send_oack",),
            why="OACK names the options that are taken; the client is to confirm them with ACK 0.",
            rfc="RFC 2347",
        ),
        Row(
            "request_received",
            State.IDLE,
            State.AWAITING_ACK,
            conditions=("knows_mode",),
            unless=("takes_options",),
            after=("advance_to_start", "send_window"),
            why="DATA 1 answers the RRQ, from a TID chosen for this transfer.",
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
            why="The client asked for the size, and ends with no data acknowledged: not a failure.",
            rfc="RFC 2349",
        ),
        Row(
            "error_received",
            State.AWAITING_ACK,
            State.ERROR,
            unless=("is_probe",),
            after=("fail_by_peer",),
            why="The peer's ERROR ends the transfer; it is not acknowledged.",
            rfc="RFC 1350 section 7",
        ),
        *in_each(
            (State.IDLE, State.AWAITING_ACK),
            "end_found",
            None,
            after=("note_end",),
            why="The file had to be counted while it was read: now its last block is known.",
            rfc="RFC 1350 section 6",
        ),
        *repeated_request(State.AWAITING_ACK),
        *illegal((State.AWAITING_ACK,), "oack_received"),
    ),
)

WRITE_SERVER = Table(
    "WRITE_SERVER",
    "WRQ, the server's side",
    (
        Row(
            "request_received",
            State.IDLE,
            State.RECEIVING,
            conditions=("knows_mode", "takes_options"),
            after=("send_oack",),
            why="OACK names the options that are taken, and asks for DATA 1.",
            rfc="RFC 2347",
        ),
        Row(
            "request_received",
            State.IDLE,
            State.RECEIVING,
            conditions=("knows_mode",),
            unless=("takes_options",),
            after=("send_ack",),
            why="ACK 0 answers the WRQ, from a TID chosen for this transfer.",
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
            why="The request came after a longer silence than we grant a copy: a new transfer "
            "takes it.",
            rfc="RFC 1350 section 6",
        ),
        *illegal((State.RECEIVING,), "oack_received"),
    ),
)

TABLES = (READ_CLIENT, WRITE_CLIENT, READ_SERVER, WRITE_SERVER)

"""Rows of the side that receives the file: READ_CLIENT and WRITE_SERVER."""

from __future__ import annotations

from tftp_fsm.language.sentences import mark
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.protocol.tables.common import (
    give_up,
    illegal,
    local_failures,
    noise,
    peer_failures,
    strays,
    unreachable,
)


def first_data() -> tuple[Row, ...]:
    """Return the rows for DATA as the answer to RRQ: the server uses no options."""
    return (
        Row(
            "data_received",
            State.REQUESTING,
            State.RECEIVING,
            conditions=("is_next_run",),
            unless=("holds_last_block",),
            after=("fix_tid", "send_due_acks", "deliver_run"),
            why=mark("DATA 1 answers the RRQ: the server takes no options, its port is its TID."),
            rfc="RFC 1350 section 4",
        ),
        Row(
            "data_received",
            State.REQUESTING,
            State.DALLYING,
            conditions=("is_next_run", "holds_last_block"),
            after=("fix_tid", "deliver_run", "commit", "send_ack", "dally"),
            why=mark("A short DATA 1 is the whole file: first commit it, then acknowledge."),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "data_received",
            State.REQUESTING,
            State.ERROR,
            conditions=("is_oversized",),
            after=("fix_tid", "refuse_packet"),
            why=mark("A block has more octets than were agreed: send ERROR and stop."),
            rfc="RFC 1350 section 5",
        ),
        Row(
            "data_received",
            State.REQUESTING,
            None,
            unless=("is_next_run", "is_oversized"),
            after=("note_ignored",),
            why=mark(
                "Block numbers start at 1: this one is ignored, as if it was of an earlier "
                "transfer."
            ),
            rfc="RFC 1350 section 5",
        ),
    )


def receiving(unless: tuple[str, ...] = ()) -> tuple[Row, ...]:
    """Return the rows of a receiver. They do not apply to a time-out if a guard in `unless` holds.

    Then a request while it dallies is not ignored either.
    """
    return (
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_next_run",),
            unless=("holds_last_block",),
            after=("send_due_acks", "deliver_run"),
            why=mark("The next block in order came: each block is acknowledged and kept."),
            rfc="RFC 1350 section 2",
            why_window=mark(
                "The next block in order came: each block is kept, and an ACK is sent when a "
                "window is full."
            ),
            rfc_window="RFC 7440 section 4",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            State.DALLYING,
            conditions=("is_next_run", "holds_last_block"),
            after=("deliver_run", "commit", "send_ack", "dally"),
            why=mark(
                "A block shorter than blksize is the last: first commit the file, then acknowledge."
            ),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_repeat",),
            after=("note_duplicate", "repeat_answer"),
            why=mark(
                "The block of our last ACK came again, as if that ACK was lost: repeat it, "
                "deliver nothing."
            ),
            rfc="RFC 1350 section 2",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_burst",),
            after=("note_duplicate",),
            why=mark(
                "The same block came directly after our ACK of it: a second ACK could make "
                "the sender send twice."
            ),
            rfc="RFC 1123 section 4.2.3.1",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_old",),
            after=("note_duplicate",),
            why=mark("An earlier block came again: it is kept and acknowledged already."),
            rfc="RFC 1350 section 2",
            why_window=mark(
                "An earlier block came again: it is kept already, and the ACK of a "
                "window covers it."
            ),
            rfc_window="RFC 7440 section 4",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("opens_gap",),
            after=("note_gap", "send_ack"),
            why=mark(
                "A later block came before the next one: the ACK names the last block in order."
            ),
            rfc="RFC 7440 section 4",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_ahead",),
            after=("note_ignored",),
            why=mark(
                "This block is later than the next one, and no ACK asked for it: it is ignored."
            ),
            rfc="RFC 1350 section 2",
            why_window=mark(
                "This block is beyond a reported gap, or beyond the window: it is ignored."
            ),
            rfc_window="RFC 7440 section 4",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            State.ERROR,
            conditions=("is_oversized",),
            after=("refuse_packet",),
            why=mark("A block has more octets than were agreed: send ERROR and stop."),
            rfc="RFC 1350 section 5, RFC 2348",
        ),
        *illegal((State.RECEIVING,), "ack_received"),
        *peer_failures((State.RECEIVING,)),
        *strays((State.RECEIVING, State.DALLYING)),
        *noise((State.RECEIVING, State.DALLYING)),
        Row(
            "timeout_expired",
            State.RECEIVING,
            None,
            conditions=("may_retry",),
            unless=unless,
            after=("back_off", "repeat_answer"),
            why=mark(
                "No new block came in time, as if our last answer or the data was lost: "
                "repeat the answer."
            ),
            rfc="RFC 1350 section 2",
            why_window=mark(
                "No new block came in time, as if our last answer or the data was lost: "
                "acknowledge the last in order."
            ),
            rfc_window="RFC 7440 section 4",
        ),
        give_up(State.RECEIVING, unless),
        *unreachable(State.RECEIVING),
        *local_failures((State.RECEIVING,)),
        *_dallying(unless),
    )


def _dallying(unless: tuple[str, ...]) -> tuple[Row, ...]:
    return (
        Row(
            "data_received",
            State.DALLYING,
            None,
            conditions=("is_repeat",),
            after=("note_duplicate", "send_ack", "dally_on"),
            why=mark(
                "The last block came again, as if the final ACK was lost: repeat it. Dallying "
                "is for this."
            ),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "data_received",
            State.DALLYING,
            None,
            unless=("is_repeat",),
            after=("note_ignored",),
            why=mark(
                "It is not a copy of the last block, or it came directly after the final ACK, "
                "which answers it too."
            ),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "timeout_expired",
            State.DALLYING,
            State.DONE,
            after=(),
            why=mark(
                "The time to dally is over (it is zero if we saw no loss, which is our "
                "choice). We do not know what the sender received."
            ),
            rfc="RFC 1350 section 6",
        ),
        *(
            Row(
                trigger,
                State.DALLYING,
                None,
                after=("note_ignored",),
                why=mark("All blocks are here: this changes nothing."),
                rfc="RFC 1350 section 6",
            )
            for trigger in ("ack_received", "oack_received")
        ),
        Row(
            "request_received",
            State.DALLYING,
            None,
            unless=unless,
            after=("note_ignored",),
            why=mark("All blocks are here: this changes nothing."),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "malformed_received",
            State.DALLYING,
            None,
            after=("note_ignored",),
            why=mark("All blocks are here: a malformed packet changes nothing."),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "error_received",
            State.DALLYING,
            State.DONE,
            why=mark(
                "All blocks are here, and the sender's ERROR asks for no ACK: the dallying ends."
            ),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "aborted",
            State.DALLYING,
            State.DONE,
            why=mark("All blocks are here: this side only gives up the dallying."),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "unreachable_received",
            State.DALLYING,
            State.DONE,
            conditions=("is_hard",),
            why=mark(
                "The sender's port is reported closed: no program there would receive an ACK."
            ),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "unreachable_received",
            State.DALLYING,
            None,
            unless=("is_hard",),
            after=("note_ignored",),
            why=mark("A link that is down may come back, and the sender may still need the ACK."),
            rfc="RFC 1122 section 3.2.2.1",
        ),
        Row(
            "storage_failed",
            State.DALLYING,
            State.ERROR,
            after=("send_storage_error", "fail_storage"),
            why=mark("The file cannot be kept: send ERROR, and no more ACKs."),
            rfc="RFC 1350 section 7",
        ),
    )

"""Rows of the side that receives the file: READ_CLIENT and WRITE_SERVER."""

from __future__ import annotations

from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.protocol.tables.common import (
    give_up,
    illegal,
    local_failures,
    peer_failures,
    strays,
    unreachable,
)


def first_data() -> tuple[Row, ...]:
    """The RRQ is answered by DATA: the server uses no options."""
    return (
        Row(
            "data_received",
            State.REQUESTING,
            State.RECEIVING,
            conditions=("is_next_run",),
            unless=("holds_last_block",),
            after=("fix_tid", "send_due_acks", "deliver_run"),
            why="DATA 1 answers the RRQ: the server takes no options, its port is its TID.",
            rfc="RFC 1350 section 4",
        ),
        Row(
            "data_received",
            State.REQUESTING,
            State.DALLYING,
            conditions=("is_next_run", "holds_last_block"),
            after=("fix_tid", "deliver_run", "commit", "send_ack", "dally"),
            why="The whole file fits in DATA 1. It is safe on disk before the sender hears so.",
            rfc="RFC 1350 section 6",
        ),
        Row(
            "data_received",
            State.REQUESTING,
            State.ERROR,
            conditions=("is_oversized",),
            after=("fix_tid", "refuse_packet"),
            why="More octets than a block has been agreed to hold cannot be stored safely.",
            rfc="RFC 1350 section 5",
        ),
        Row(
            "data_received",
            State.REQUESTING,
            None,
            unless=("is_next_run", "is_oversized"),
            after=("note_ignored",),
            why="Block numbers start at 1; another one is left over from an earlier transfer.",
            rfc="RFC 1350 section 5",
        ),
    )


def receiving(unless: tuple[str, ...] = ()) -> tuple[Row, ...]:
    """The rows of a receiver. If a guard in `unless` holds, a time-out has none of these meanings,
    and a request while it dallies is not ignored.
    """
    return (
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_next_run",),
            unless=("holds_last_block",),
            after=("send_due_acks", "deliver_run"),
            why="The next blocks in order: acknowledge where a window is full, keep them.",
            rfc="RFC 7440 section 4",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            State.DALLYING,
            conditions=("is_next_run", "holds_last_block"),
            after=("deliver_run", "commit", "send_ack", "dally"),
            why="The short block ends the file. It is safe on disk before the sender hears so.",
            rfc="RFC 1350 section 6",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_repeat",),
            after=("note_duplicate", "repeat_answer"),
            why="The sender has not heard our last ACK: say it again, deliver nothing twice.",
            rfc="RFC 1350 section 2",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_burst",),
            after=("note_duplicate",),
            why="A copy right behind our ACK: a second one could make the sender send twice.",
            rfc="RFC 1123 section 4.2.3.1",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_old",),
            after=("note_duplicate",),
            why="A copy of an earlier block; its window will be acknowledged as a whole.",
            rfc="RFC 7440 section 4",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("opens_gap",),
            after=("note_gap", "send_ack"),
            why="A block is missing: acknowledge the last in order, the sender goes on from there.",
            rfc="RFC 7440 section 4",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            None,
            conditions=("is_ahead",),
            after=("note_ignored",),
            why="Still beyond the gap, or beyond the window: one ACK for it was enough.",
            rfc="RFC 7440 section 4",
        ),
        Row(
            "data_received",
            State.RECEIVING,
            State.ERROR,
            conditions=("is_oversized",),
            after=("refuse_packet",),
            why="More octets than a block has been agreed to hold cannot be stored safely.",
            rfc="RFC 2348",
        ),
        *illegal((State.RECEIVING,), "ack_received"),
        *peer_failures((State.RECEIVING,)),
        *strays((State.RECEIVING, State.DALLYING)),
        Row(
            "timeout_expired",
            State.RECEIVING,
            None,
            conditions=("may_retry",),
            unless=unless,
            after=("back_off", "repeat_answer"),
            why="Our last answer or the data after it was lost: say it again.",
            rfc="RFC 1350 section 2",
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
            why="The final ACK was lost: that is what dallying is for.",
            rfc="RFC 1350 section 6",
        ),
        Row(
            "data_received",
            State.DALLYING,
            None,
            unless=("is_repeat",),
            after=("note_ignored",),
            why="A late copy of an earlier block, or one right behind the final ACK.",
            rfc="RFC 1350 section 6",
        ),
        Row(
            "timeout_expired",
            State.DALLYING,
            State.DONE,
            after=(),
            why="The sender has been quiet long enough: it has heard the final ACK.",
            rfc="RFC 1350 section 6",
        ),
        *(
            Row(
                trigger,
                State.DALLYING,
                None,
                after=("note_ignored",),
                why="The file is whole; this changes nothing.",
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
            why="The file is whole; this changes nothing.",
            rfc="RFC 1350 section 6",
        ),
        Row(
            "malformed_received",
            State.DALLYING,
            None,
            after=("note_ignored",),
            why="The file is whole; what cannot be read changes nothing.",
            rfc="RFC 1350 section 6",
        ),
        *(
            Row(
                trigger,
                State.DALLYING,
                State.DONE,
                why="The sender has ended: nobody is left to repeat the ACK to.",
                rfc="RFC 1350 section 6",
            )
            for trigger in ("error_received", "aborted")
        ),
        Row(
            "unreachable_received",
            State.DALLYING,
            State.DONE,
            conditions=("is_hard",),
            why="The sender has ended: nobody is left to repeat the ACK to.",
            rfc="RFC 1350 section 6",
        ),
        Row(
            "unreachable_received",
            State.DALLYING,
            None,
            unless=("is_hard",),
            after=("note_ignored",),
            why="A link that is down may come back, and the sender may still need the ACK.",
            rfc="RFC 1122 section 3.2.2.1",
        ),
        Row(
            "storage_failed",
            State.DALLYING,
            State.ERROR,
            after=("send_storage_error", "fail_storage"),
            why="The last block could not be kept: an ERROR goes out in place of the final ACK.",
            rfc="RFC 1350 section 7",
        ),
    )

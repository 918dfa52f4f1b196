"""Rows of the side that sends the file: WRITE_CLIENT and READ_SERVER."""

from __future__ import annotations

from tftp_fsm.language.sentences import mark
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.protocol.tables.common import (
    LIMIT_REACHED,
    illegal,
    local_failures,
    noise,
    strays,
    unreachable,
)


def sending(unless: tuple[str, ...] = ()) -> tuple[Row, ...]:
    """Return the rows of a sender. They do not apply to a time-out if a guard in `unless` holds."""
    return (
        Row(
            "ack_received",
            State.AWAITING_ACK,
            State.DONE,
            conditions=("acknowledges_file",),
            after=("advance", "succeed"),
            why=mark("The ACK names the last block: the receiver says that it has the file."),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "ack_received",
            State.AWAITING_ACK,
            None,
            conditions=("acknowledges_window",),
            after=("advance", "speed_up", "send_window"),
            why=mark("All that was sent is acknowledged: the next block goes out."),
            rfc="RFC 1350 section 2",
            why_window=mark("All that was sent is acknowledged: the next window goes out."),
            rfc_window="RFC 7440 section 4",
        ),
        Row(
            "ack_received",
            State.AWAITING_ACK,
            None,
            conditions=("reports_gap",),
            after=("advance", "note_gap", "slow_down", "send_window"),
            why=mark(
                "The ACK names an earlier block than was sent last, as if the next was lost: "
                "go on there."
            ),
            rfc="RFC 7440 section 4",
        ),
        Row(
            "ack_received",
            State.AWAITING_ACK,
            None,
            conditions=("acknowledges_part",),
            after=("advance", "slow_down", "send_window"),
            why=mark(
                "All that was sent of this window is acknowledged: send more of it, still in parts."
            ),
            rfc="RFC 8085 section 3.1",
        ),
        Row(
            "ack_received",
            State.AWAITING_ACK,
            None,
            conditions=("is_stale_ack",),
            after=("note_duplicate",),
            why=mark(
                "This ACK says nothing new. To answer it with DATA is the Sorcerer's "
                "Apprentice Syndrome."
            ),
            rfc="RFC 1123 section 4.2.3.1",
        ),
        Row(
            "ack_received",
            State.AWAITING_ACK,
            None,
            conditions=("is_ack_of_unsent",),
            after=("note_ignored",),
            why=mark("An ACK of a block that was never sent acknowledges nothing."),
            rfc="RFC 1350 section 5",
        ),
        *illegal((State.AWAITING_ACK,), "data_received"),
        Row(
            "malformed_received",
            State.AWAITING_ACK,
            State.ERROR,
            after=("refuse_packet",),
            why=mark("No delay or duplication makes a packet malformed: send ERROR and stop."),
            rfc="RFC 1350 section 2",
        ),
        *strays((State.AWAITING_ACK,)),
        *noise((State.AWAITING_ACK,)),
        Row(
            "timeout_expired",
            State.AWAITING_ACK,
            None,
            conditions=("is_pacing",),
            unless=unless,
            after=("send_rest_of_window",),
            why=mark(
                "It looked as if a block was lost, so the window goes out in parts: this is "
                "the next."
            ),
            rfc="RFC 8085 section 3.1",
        ),
        Row(
            "timeout_expired",
            State.AWAITING_ACK,
            None,
            conditions=("may_retry",),
            unless=("is_pacing", *unless),
            after=("back_off", "slow_down", "send_window"),
            why=mark(
                "No new ACK came in time, as if what was sent or its ACK was lost: send it again."
            ),
            rfc="RFC 1350 section 2",
            why_window=mark(
                "No new ACK came in time, as if a block or its ACK was lost: send "
                "again what is not acknowledged."
            ),
            rfc_window="RFC 7440 section 4",
        ),
        Row(
            "timeout_expired",
            State.AWAITING_ACK,
            State.ERROR,
            conditions=("has_sent_all",),
            unless=("is_pacing", "may_retry", *unless),
            after=("fail_unknown",),
            why=mark(
                "All was sent, and no ACK of the last block came: the receiver may have the "
                "file, or not."
            ),
            rfc="RFC 1350 section 6",
        ),
        Row(
            "timeout_expired",
            State.AWAITING_ACK,
            State.ERROR,
            unless=("is_pacing", "may_retry", "has_sent_all", *unless),
            after=("fail_timed_out",),
            why=LIMIT_REACHED,
            rfc="RFC 1123 section 4.2.3.2",
        ),
        *unreachable(State.AWAITING_ACK),
        *local_failures((State.AWAITING_ACK,)),
    )

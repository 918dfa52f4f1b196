"""Names for people of the values that guards compare: `next_block` is shown as `next block`."""

from __future__ import annotations

from tftp_fsm.language.sentences import mark_p

_NAMES = {
    "acked": mark_p("compared", "acked"),
    "asked_again": mark_p("compared", "asked again"),
    "asked_plainly": mark_p("compared", "asked plainly"),
    "blksize": mark_p("compared", "blksize"),
    "block": mark_p("compared", "block"),
    "blocks": mark_p("compared", "blocks"),
    "burst_left": mark_p("compared", "burst left"),
    "code": mark_p("compared", "code"),
    "copy_left": mark_p("compared", "copy left"),
    "excess_octets": mark_p("compared", "excess octets"),
    "final_octets": mark_p("compared", "final octets"),
    "gap_reported": mark_p("compared", "gap reported"),
    "heard_ack": mark_p("compared", "heard ack"),
    "heeded_refusal": mark_p("compared", "heeded refusal"),
    "is_error": mark_p("compared", "is error"),
    "is_next_run": mark_p("compared", "is next run"),
    "is_proven": mark_p("compared", "is proven"),
    "last_block": mark_p("compared", "last block"),
    "longest": mark_p("compared", "longest"),
    "mode": mark_p("compared", "mode"),
    "next_block": mark_p("compared", "next block"),
    "next_to_send": mark_p("compared", "next to send"),
    "options_accepted": mark_p("compared", "options accepted"),
    "options_offered": mark_p("compared", "options offered"),
    "overtaken_by": mark_p("compared", "overtaken by"),
    "patience_left": mark_p("compared", "patience left"),
    "received": mark_p("compared", "received"),
    "refusal": mark_p("compared", "refusal"),
    "report": mark_p("compared", "report"),
    "resent": mark_p("compared", "resent"),
    "retransmissions_left": mark_p("compared", "retransmissions left"),
    "retries": mark_p("compared", "retries"),
    "retries_left": mark_p("compared", "retries left"),
    "run": mark_p("compared", "run"),
    "sent": mark_p("compared", "sent"),
    "stray_answer_in": mark_p("compared", "stray answer in"),
    "timeouts_since_report": mark_p("compared", "timeouts since report"),
    "tsize": mark_p("compared", "tsize"),
    "unacknowledged": mark_p("compared", "unacknowledged"),
    "unanswered_patience": mark_p("compared", "unanswered patience"),
    "waited": mark_p("compared", "waited"),
    "wanted": mark_p("compared", "wanted"),
    "window_end": mark_p("compared", "window end"),
    "windowsize": mark_p("compared", "windowsize"),
}


def operand_name(name: str) -> str:
    """Return the name in words. An unknown name of a user's guard is split into words."""
    return _NAMES.get(name) or name.replace("_", " ")

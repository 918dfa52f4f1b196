"""The rows for failures, which every table has."""

from __future__ import annotations

from tftp_fsm.language.sentences import mark
from tftp_fsm.protocol.rows import Row, State, in_each

WRONG_WAY = mark("No delay or duplication explains this packet: send ERROR and stop.")
LIMIT_REACHED = mark("The limit of the silence or of the retransmissions is reached: give up.")


def illegal(states: tuple[State, ...], *triggers: str) -> tuple[Row, ...]:
    return tuple(
        row
        for trigger in triggers
        for row in in_each(
            states,
            trigger,
            State.ERROR,
            after=("refuse_packet",),
            why=WRONG_WAY,
            rfc="RFC 1350 section 2",
        )
    )


def strays(states: tuple[State, ...]) -> tuple[Row, ...]:
    return (
        *in_each(
            states,
            "stray_received",
            None,
            conditions=("may_answer_stray",),
            after=("answer_stray",),
            why=mark("Another TID's packet gets ERROR 5 and leaves this transfer undisturbed."),
            rfc="RFC 1350 section 4",
        ),
        *in_each(
            states,
            "stray_received",
            None,
            unless=("may_answer_stray",),
            after=("note_stray",),
            why=mark(
                "An ERROR of a stranger gets no answer, and a flood of strangers gets "
                "only a few answers."
            ),
            rfc="RFC 1350 section 7",
        ),
    )


def noise(states: tuple[State, ...]) -> tuple[Row, ...]:
    return in_each(
        states,
        "empty_received",
        None,
        after=("note_ignored",),
        why=mark("An empty datagram says nothing: it changes nothing, and gets no answer."),
        rfc="RFC 1350 section 5",
    )


def local_failures(states: tuple[State, ...]) -> tuple[Row, ...]:
    return (
        *in_each(
            states,
            "storage_failed",
            State.ERROR,
            after=("send_storage_error", "fail_storage"),
            why=mark("Our storage cannot go on: an ERROR goes out, and the transfer ends."),
            rfc="RFC 1350 section 7",
        ),
        *in_each(
            states,
            "aborted",
            State.ERROR,
            after=("send_abort", "fail_aborted"),
            why=mark("This side gives up: an ERROR goes out, so that the peer need not wait."),
            rfc="RFC 1350 section 7",
        ),
    )


def peer_failures(states: tuple[State, ...]) -> tuple[Row, ...]:
    return (
        *in_each(
            states,
            "error_received",
            State.ERROR,
            after=("fail_by_peer",),
            why=mark("The peer's ERROR ends the transfer; it is not acknowledged."),
            rfc="RFC 1350 section 7",
        ),
        *in_each(
            states,
            "malformed_received",
            State.ERROR,
            after=("refuse_packet",),
            why=mark("No delay or duplication makes a packet malformed: send ERROR and stop."),
            rfc="RFC 1350 section 2",
        ),
    )


def give_up(state: State, unless: tuple[str, ...] = ()) -> Row:
    return Row(
        "timeout_expired",
        state,
        State.ERROR,
        unless=("may_retry", *unless),
        after=("fail_timed_out",),
        why=LIMIT_REACHED,
        rfc="RFC 1123 section 4.2.3.2",
    )


def unreachable(state: State) -> tuple[Row, ...]:
    """Return the rows for ICMP errors. In the middle of a transfer only a second one ends it."""
    hint = Row(
        "unreachable_received",
        state,
        None,
        unless=("is_hard",),
        after=("note_network_error",),
        why=mark("A route or a link may come back: this is a hint, and the timer decides."),
        rfc="RFC 1122 section 3.2.2.1",
    )
    lost = Row(
        "unreachable_received",
        state,
        None,
        conditions=("is_hard",),
        unless=("is_hard_again",),
        after=("note_unreachable",),
        why=mark(
            "One report of a closed port in mid-transfer may be a passing fault: the timer decides."
        ),
        rfc="RFC 1122 section 4.1.3.3",
    )
    if state is not State.AWAITING_ACK:
        return hint, lost, _closed(state)
    return (
        hint,
        lost,
        Row(
            "unreachable_received",
            state,
            State.ERROR,
            conditions=("is_hard_again", "has_sent_all"),
            after=("fail_unknown",),
            why=mark(
                "All was sent, and the port is reported closed: the receiver may have the "
                "file, or not."
            ),
            rfc="RFC 1350 section 6",
        ),
        _closed(state, unless=("has_sent_all",)),
    )


def _closed(state: State, unless: tuple[str, ...] = ()) -> Row:
    return Row(
        "unreachable_received",
        state,
        State.ERROR,
        conditions=("is_hard_again",),
        unless=unless,
        after=("fail_unreachable",),
        why=mark("The peer's port is reported closed once more after a time-out: give up."),
        rfc="RFC 1122 section 4.1.3.3",
    )

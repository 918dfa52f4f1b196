"""Tables with one classical mistake each, and the programs that really had this mistake.

A mutant changes rows, a guard or an action. `verify --mutant NAME` finds the shortest run in which
the mistake does harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import Sentence, mark, sentence
from tftp_fsm.protocol.changes import OPTIONAL, Change, changed_kinds, replaced, where
from tftp_fsm.protocol.events import AckReceived, Event
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.roles import OURS, Sessions
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.protocol.sender import AckMeaning, Sender


@frozen
class Mutant:
    """One mistake. `who` names the programs that had it, as far as is known."""

    name: str
    what: str
    who: str
    changes: tuple[Change, ...] = ()
    methods: Mapping[str, object] | None = None

    @property
    def sessions(self) -> Sessions:
        """The classes of the four sessions with this mistake."""
        name = self.name.upper().replace("-", "_")
        changes = (*self.changes, self._said)
        return Sessions.of(changed_kinds(OURS.kinds, name, changes, self.methods))

    @property
    def _said(self) -> Change:
        """Return the change of the rows. The `why` of each changed row names the mistake."""
        why = sentence("WRONG ON PURPOSE: {what}", what=_within(self.what))
        ours = {row for kind in OURS.kinds for row in kind.table.rows}

        def say(row: Row) -> Row:
            return row if row in ours else replace(row, why=why, why_window="", rfc_window="")

        return Change(OPTIONAL, lambda table: tuple(map(say, table.rows)))


def _within(what: str) -> Sentence:
    """Return the sentence with a small first letter, for use at the end of another sentence.

    Its translation is that of the sentence itself.
    """
    made = Sentence(what[0].lower() + what[1:])
    made.template = what
    return made


def _without(action: str) -> Callable[[Row], tuple[str, ...]]:
    return lambda row: tuple(a for a in row.after if a != action)


def _instead(action: str, *others: str) -> Callable[[Row], tuple[str, ...]]:
    return lambda row: tuple(new for a in row.after for new in (others if a == action else (a,)))


def _last_first(row: Row) -> tuple[str, ...]:
    """Return the row's actions with the ACK before the file is saved."""
    others = tuple(a for a in row.after if a not in ("commit", "send_ack"))
    at = others.index("dally") if "dally" in others else len(others)
    return (*others[:at], "send_ack", "commit", *others[at:])


def _repeated_loss(session: Any) -> bool:
    return bool(session.windowsize > 1 and session.sent > session.acked)


def _blocks_without_an_empty_one(session: Any) -> int:
    return int(max(1, -(-session.size // session.blksize)))


def _take_any(session: Any, event: AckReceived) -> None:
    """Take the ACK as if it named the last block that was sent."""
    session.advance(AckReceived(session.sent & 0xFFFF, source=event.source))


def _is_any_of_the_file(session: Any, event: AckReceived) -> bool:
    return bool(session.sent == session.blocks)


def _wait_anew(session: Any, event: Event) -> None:
    """Set the deadline as if something had been sent."""
    session._arm()


def _literal_place(session: Any, event: Any) -> object:
    """Compare the number of an ACK with the count of blocks, as if numbers never rolled over."""
    if not isinstance(session, Sender):
        return Receiver._place(session, event)
    if session.acked < event.block <= session.sent:
        return session._progress(event.block, event.block)
    return AckMeaning.STALE if 0 <= event.block <= session.acked else AckMeaning.UNSENT


STALE = where("ack_received", State.AWAITING_ACK, guard="is_stale_ack")
LAST = where("data_received", guard="holds_last_block")

_ALL = (
    Mutant(
        "sorcerer",
        mark("A repeated ACK is answered with the same DATA once more."),
        mark("RFC 783 demanded it; RFC 1123 forbade it in 1989. curl and atftp still do it."),
        (replaced(STALE, after=("note_duplicate", "send_window")),),
    ),
    Mutant(
        "no-dally",
        mark("The receiver leaves at once when it has sent the final ACK."),
        mark("Every client that was tried (tftp-hpa, curl, BusyBox, atftp), and most servers."),
        (replaced(LAST, dest=State.DONE, after=_instead("dally", "succeed")),),
    ),
    Mutant(
        "gap-taken",
        mark("A block after a gap is taken as if no block were missing."),
        mark(
            "Servers with windowsize that write each block that comes: node-tftp and others never "
            "recover."
        ),
        (
            replaced(
                where("data_received", State.RECEIVING, guard="opens_gap"),
                after=("send_due_acks", "deliver_run"),
            ),
        ),
    ),
    Mutant(
        "no-tid-check",
        mark("A packet from another TID is taken as a packet of the peer."),
        mark(
            "tftpy, partftpy, curl and tftp-hpa stored a stranger's DATA, and said that all went "
            "well."
        ),
        methods={"_is_peer": lambda session, source: True},
    ),
    Mutant(
        "any-ack",
        mark("Any ACK is taken as the expected one."),
        mark("Small boot ROMs and teaching programs that do not look at the block number."),
        (
            replaced(
                STALE,
                unless=("sends_the_last",),
                after=("take_any", "speed_up", "send_window"),
            ),
            Change(
                "the ACK of the file",
                lambda table: tuple(
                    new
                    for row in table.rows
                    for new in (
                        (
                            row,
                            Row(
                                row.trigger,
                                row.source,
                                State.DONE,
                                ("is_stale_ack", "sends_the_last"),
                                (),
                                ("take_any", "succeed"),
                                rfc=row.rfc,
                            ),
                        )
                        if STALE(row)
                        else (row,)
                    )
                ),
            ),
        ),
        {"take_any": _take_any, "sends_the_last": _is_any_of_the_file},
    ),
    Mutant(
        "window-again",
        mark("Each repeated ACK sends the whole window again."),
        mark("Servers with windowsize that take every repeated ACK as the report of a gap."),
        methods={"_reports_loss": _repeated_loss},
    ),
    Mutant(
        "ack-first",
        mark("The final ACK is sent before the file is saved."),
        mark("Most programs: they write or flush the file after the last ACK."),
        (
            replaced(
                where("data_received", guard="holds_last_block", does="commit"), after=_last_first
            ),
        ),
    ),
    Mutant(
        "oack-restarts",
        mark("A second OACK begins a put again, from block 1."),
        mark("curl: the uploaded file is damaged, and the exit status is 0."),
        (
            replaced(
                where("oack_received", State.AWAITING_ACK, does="note_duplicate"),
                after=("note_duplicate", "advance_to_start", "send_window"),
            ),
        ),
    ),
    Mutant(
        "short-not-last",
        mark("A short block does not end the file; only an empty one does."),
        mark("Teaching programs that end only at an empty DATA."),
        methods={"holds_last_block": lambda session, event: event.final_octets == 0},
    ),
    Mutant(
        "no-empty-block",
        mark("A file whose size is a multiple of blksize ends with a full block."),
        mark("py3tftp, and many teaching programs."),
        methods={"blocks": property(_blocks_without_an_empty_one)},
    ),
    Mutant(
        "written-twice",
        mark("A repeated block is written a second time."),
        mark("Programs that append every DATA that comes."),
        (
            replaced(
                where("data_received", State.RECEIVING, guard="is_repeat"),
                after=("send_due_acks", "deliver_run"),
            ),
        ),
    ),
    Mutant(
        "repeat-unanswered",
        mark("A repeated block is not acknowledged again."),
        mark("Programs that drop every packet that they received before."),
        (
            replaced(
                where("data_received", guard="is_repeat"),
                after=("note_duplicate",),
            ),
            replaced(
                where("timeout_expired", State.RECEIVING, guard="may_retry"),
                after=("back_off",),
            ),
        ),
    ),
    Mutant(
        "never-again",
        mark("The sender does not retransmit: it waits for the receiver to ask."),
        mark("Programs that leave time-outs to the other side."),
        (
            replaced(
                where("timeout_expired", State.AWAITING_ACK, guard="may_retry"),
                after=("back_off",),
            ),
        ),
    ),
    Mutant(
        "no-roll-over",
        mark("The sender waits for ACK 65536, which comes as ACK 0."),
        mark("Many programs before about 2005: they could not move a file of more than 32 MB."),
        methods={"_place": _literal_place},
    ),
    Mutant(
        "wrong-way",
        mark("An opening reply of the other direction is accepted."),
        mark(
            "curl (CVE-2026-92389): a put that is answered by DATA 1 succeeds, but has sent "
            "nothing."
        ),
        (
            replaced(
                where("data_received", State.REQUESTING, does="refuse_packet"),
                dest=State.DONE,
                after=("fix_tid", "succeed"),
            ),
        ),
    ),
    Mutant(
        "error-answered",
        mark("An ERROR is answered with an ERROR."),
        mark(
            "tftpy, curl and tftp-hpa 5.2. Two such programs answer each other for ever "
            "(CVE-2024-2169)."
        ),
        (
            replaced(
                where("error_received", does="fail_by_peer"),
                after=("refuse_packet",),
            ),
        ),
    ),
    Mutant(
        "oversized-taken",
        mark("A DATA that is longer than blksize is accepted."),
        mark("tftpy, partftpy, curl, tftp-hpa, atftp, BusyBox, rs-tftpd stored or truncated it."),
        methods={"excess_octets": lambda session, event: None},
    ),
    Mutant(
        "timer-restarts",
        mark("Each packet of the peer, also an old one, begins the wait again."),
        mark(
            "aiotftp and scapy: they wait as long as anything comes, so a transfer may never end."
        ),
        (
            replaced(
                where("data_received", State.RECEIVING, guard="is_old"),
                after=("note_duplicate", "wait_anew"),
            ),
            replaced(STALE, after=("note_duplicate", "wait_anew")),
        ),
        {"wait_anew": _wait_anew},
    ),
)

MUTANTS = {mutant.name: mutant for mutant in _ALL}


@cache
def sessions_of(mutant: str | None) -> Sessions:
    """Return our four session classes, or a mutant's. Raises LocalError for an unknown mutant."""
    if mutant is None:
        return OURS
    if mutant not in MUTANTS:
        raise LocalError(
            sentence("there is no mutant {mutant!r}; --list-mutants names them", mutant=mutant)
        )
    return MUTANTS[mutant].sessions

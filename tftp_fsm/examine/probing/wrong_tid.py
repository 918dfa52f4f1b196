"""Check how a server treats a packet from a wrong TID, and explain each answer."""

from __future__ import annotations

from tftp_fsm.examine.checks import Check, Finding, departed, kept, not_examined
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.stranger import Stranger
from tftp_fsm.examine.probing.talk import Talk
from tftp_fsm.examine.probing.tap import Seen
from tftp_fsm.examine.probing.untested import without
from tftp_fsm.examine.script import lose
from tftp_fsm.frozen import frozen
from tftp_fsm.language import joined, mark, sentence, sentence_p
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Ack, ErrorCode

SPOILS = mark(
    "whoever finds the port can acknowledge a block that the client has not got: it gets a file"
    " with a hole, or none"
)
FORGES = mark("whoever finds the port can put octets into a file that somebody else writes")
_ENDS = mark(
    "one packet of a stranger ends the transfer: the client gets an ERROR, and no whole file"
)
_STOPS = mark("one packet of a stranger ends the transfer: the client waits until it gives up")
# The transfer is not disturbed. What the stranger, who may be a client with a wrong port, learns:
_ICMP = mark(
    "the transfer is not disturbed; a client with a wrong port is told by its own system, if no"
    " firewall stops ICMP and the client asks for it, and else waits until it gives up"
)
_SILENCE = mark(
    "the transfer is not disturbed; a client with a wrong port is not told, and waits until it"
    " gives up"
)
_OTHER_CODE = mark(
    "the transfer is not disturbed; a client with a wrong port ends at once, but names a wrong"
    " reason"
)
_NO_ERROR = mark(
    "the transfer is not disturbed; a client with a wrong port is not told, and gets packets that"
    " are not for it"
)


def ended_means(talk: Talk) -> str:
    """Return the meaning of the end of this talk after a packet of a stranger."""
    return _STOPS if talk.error() is None else _ENDS


@frozen
class Told:
    """The answer to a stranger in words, and its meaning. For ERROR 5 `means` is empty."""

    words: str
    means: str


def told_stranger(desk: Desk, stranger: Stranger) -> Told:
    """Wait for the answer to a stranger, and return it."""
    answers = stranger.hear(desk.quiet)
    if answers:
        words = joined("; ", [seen.words for seen in answers[:2]])
        return Told(words, _meaning(answers))
    if stranger.is_refused:
        return Told(sentence("the system's port unreachable (ICMP)"), _ICMP)
    desk.doubt()
    return Told(sentence_p("an answer", "nothing"), _SILENCE)


def _meaning(answers: list[Seen]) -> str:
    if any(seen.opcode is not Opcode.ERROR for seen in answers):
        return _NO_ERROR
    return "" if any(seen.number == ErrorCode.UNKNOWN_TID for seen in answers) else _OTHER_CODE


def wrong_tid(desk: Desk) -> Finding:
    """Let a stranger acknowledge DATA 1 before us."""
    cut = desk.cut(2)
    if cut is None:
        return not_examined(desk.too_short(2))
    with desk.stranger() as stranger, desk.read(cut, lose(Opcode.ACK, 1)) as talk:
        talk.listen(desk.answer, until=lambda: talk.ended or talk.heard(Opcode.DATA, 1))
        if not talk.heard(Opcode.DATA, 1):
            return without(talk, "DATA 1")
        stranger.say(Ack(1), talk.heard(Opcode.DATA, 1)[0].peer)
        talk.run(desk.quiet, until=lambda: talk.sent(Opcode.ACK, 1) or talk.heard(Opcode.DATA, 2))
        if talk.heard(Opcode.DATA, 2) and not talk.sent(Opcode.ACK, 1):
            return departed(mark("the ACK of a stranger moved the transfer"), means=SPOILS)
        told = told_stranger(desk, stranger)
        talk.run(desk.resumed, until=lambda: talk.ended or talk.heard(Opcode.DATA, 2))
        if talk.heard(Opcode.DATA, 2):
            return _undisturbed(told)
        if talk.succeeded:
            return without(talk, "DATA 2")
        words = sentence(
            "no {packet} came: {how}; the stranger got {answer}",
            packet="DATA 2",
            how=talk.outcome,
            answer=told.words,
        )
        return departed(words, means=ended_means(talk))


def _undisturbed(told: Told) -> Finding:
    if not told.means:
        return kept(
            sentence("the transfer goes on, and the stranger got {answer}", answer=told.words)
        )
    return departed(
        sentence("the transfer goes on, but the stranger got {answer}", answer=told.words),
        means=told.means,
    )


WRONG_TID = Examination(
    Check(
        "wrong-tid",
        mark("An ACK from another port is refused and moves nothing"),
        mark("ACK 1 from another port than that of the request"),
        mark("ERROR 5 to the stranger; the transfer is not disturbed"),
        "RFC 1350 section 4",
        mark("a stranger can spoil a transfer, or a client with a wrong port is not told"),
    ),
    wrong_tid,
    seconds=4.0,
)

"""Checks of a server with packets that come twice, too early, or from a stranger."""

from __future__ import annotations

from itertools import pairwise

from tftp_fsm.examine.checks import Check, Finding, departed, kept, not_examined
from tftp_fsm.examine.probing.desk import Desk, is_of_session
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.stranger_answers import SPOILS, Told, ended_means, told_stranger
from tftp_fsm.examine.probing.untested import without
from tftp_fsm.examine.script import instead, lose, twice
from tftp_fsm.language import mark, sentence, sentence_n
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Ack, Error, ErrorCode, build
from tftp_fsm.wire.words import packet_words

AHEAD = 3  # the block of an ACK whose DATA was not sent
COPIES = 0.1  # seconds between the answers to two ACKs; retransmissions come later
ANSWERED = mark("two ends that answer each ERROR with another one never stop")
NOT_RESUMED = mark("one damaged or forged packet ends the transfer, and the client is not told")
BY_CHANCE = 1  # equal ports in about forty pairs of random ports; there are 28,000 ports


def repeated_request(desk: Desk) -> Finding:
    """Send the request twice. The first ACK is lost, so that the session still exists."""
    cut = desk.cut(2)
    if cut is None:
        return not_examined(desk.too_short(2))
    with desk.read(cut, twice(Opcode.RRQ), lose(Opcode.ACK)) as talk:
        talk.listen(desk.answer, until=lambda: talk.ended or talk.heard(Opcode.DATA, 2))
        talk.run(desk.quiet)
        sessions = {seen.peer for seen in talk.heard() if is_of_session(seen)}
        goes_on = talk.heard(Opcode.DATA, 2)
    if not goes_on and not talk.heard(Opcode.DATA):
        return without(talk, "DATA 1")
    if not goes_on and (talk.succeeded or talk.misnumbered):
        return without(talk, "DATA 2")
    if not goes_on:
        return departed(sentence("the first session does not go on: {how}", how=talk.outcome))
    words = sentence_n(
        "one session; the first goes on",
        "{count} sessions, each with its port; the first goes on",
        len(sessions),
    )
    return kept(words, ("sessions", len(sessions)))


def sorcerer(desk: Desk) -> Finding:
    """Send ACK 1 twice. Do not acknowledge DATA 2 meanwhile."""
    cut = desk.cut(2)
    if cut is None:
        return not_examined(desk.too_short(2))
    with desk.read(cut, twice(Opcode.ACK, 1), lose(Opcode.ACK, 2, times=None)) as talk:
        talk.listen(desk.answer, until=lambda: talk.ended or talk.heard(Opcode.DATA, 2))
        talk.run(COPIES)
        came = len(talk.heard(Opcode.DATA, 2))
    if not came:
        return without(talk, "DATA 2")
    if came > 1:
        return departed(sentence("DATA 2 came {times} times", times=came), ("times", came))
    return kept(mark("DATA 2 came once"), ("times", came))


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
            return departed(mark("the ACK of a stranger was accepted"), means=SPOILS)
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


def future_ack(desk: Desk) -> Finding:
    """Acknowledge a block that was not sent yet."""
    cut = desk.cut(AHEAD + 1)
    if cut is None:
        return not_examined(desk.too_short(AHEAD + 1))
    with desk.read(cut, instead(Opcode.ACK, build(Ack(AHEAD)), 1)) as talk:
        talk.run(desk.answer, until=lambda: talk.ended or talk.sent(Opcode.ACK, AHEAD))
        if not talk.sent(Opcode.ACK, AHEAD):
            return without(talk, "DATA 1")
        talk.run(desk.quiet, until=lambda: talk.sent(Opcode.ACK, 1))
        ours = next((seen.at for seen in talk.sent(Opcode.ACK, 1)), talk.now)
        later = [seen for seen in talk.heard(Opcode.DATA) if (seen.number or 0) > 1]
        early = [seen for seen in later if seen.at <= ours]
        if early:
            return departed(
                sentence(
                    "ACK {number} was answered with {packet}", number=AHEAD, packet=early[0].words
                )
            )
        error = talk.error()
        if error is not None:
            return kept(sentence("{packet}, and the transfer ends", packet=packet_words(error)))
        talk.run(desk.resumed, until=lambda: talk.ended or talk.heard(Opcode.DATA, 2))
        if talk.heard(Opcode.DATA, 2):
            return kept(mark("it is ignored, and ACK 1 brings DATA 2"))
        if talk.succeeded:
            return without(talk, "DATA 2")
        return departed(
            sentence("ACK 1 brings no DATA 2: {how}", how=talk.outcome), means=NOT_RESUMED
        )


def error_ends(desk: Desk) -> Finding:
    """Send ERROR in place of ACK 1, and ACK 1 after it."""
    cut = desk.cut(2)
    if cut is None:
        return not_examined(desk.too_short(2))
    error = build(Error(ErrorCode.UNDEFINED, "this transfer ends here"))
    with desk.read(cut, instead(Opcode.ACK, error, 1)) as talk:
        talk.run(desk.answer, until=lambda: talk.ended or talk.sent(Opcode.ERROR))
        talk.run(desk.quiet, until=lambda: talk.sent(Opcode.ACK, 1))
        told = talk.sent(Opcode.ERROR)
        if not told or not talk.heard(Opcode.DATA):
            return without(talk, "DATA 1")
        answers = [seen for seen in talk.heard() if desk.can_answer(seen, told[0])]
        if answers and not talk.sent(Opcode.ACK, 1):
            words = sentence("ERROR was answered with {packet}", packet=answers[0].words)
            return departed(words, means=ANSWERED if answers[0].opcode is Opcode.ERROR else "")
        talk.run(desk.resumed, until=lambda: talk.ended or talk.heard(Opcode.DATA, 2))
        if talk.heard(Opcode.DATA, 2):
            return departed(mark("ACK 1 still brings DATA 2"))
    return kept(mark("it sends no answer, and the transfer has ended"))


def ports(desk: Desk) -> Finding:
    """Tell the ports of all answers so far."""
    found = desk.ports()
    if not found:
        return not_examined(mark("no session began"))
    numbers = len(found), len(set(found)), min(found), max(found)
    facts = tuple(zip(("sessions", "ports", "least", "most"), numbers, strict=True))
    listening = desk.address[1]
    if listening in found:
        return departed(
            sentence("it answers from port {port}, the port of the request", port=listening), *facts
        )
    again = sum(one == other for one, other in pairwise(found))
    if again > BY_CHANCE or again == len(found) - 1 > 0:
        words = sentence(
            "{again} of {sessions} sessions had the port of the session before",
            again=again,
            sessions=len(found),
        )
        return departed(words, *facts)
    words = sentence_n(
        "{count} session had {ports} port",
        "{count} sessions had {ports} ports",
        len(found),
        ports=len(set(found)),
    )
    return kept(words, *facts)


ANSWER_CHECKS = (
    Examination(
        Check(
            "repeated-request",
            mark("A request that comes twice does not disturb the transfer"),
            mark("RRQ twice from the same port"),
            mark("one session, or two: with two, the client refuses one and uses the other"),
            "RFC 1350 section 4",
            mark("a client whose network repeats a packet gets no file"),
        ),
        repeated_request,
        requests=2,
        seconds=1.0,
    ),
    Examination(
        Check(
            "sorcerer",
            mark("An ACK that comes twice does not bring DATA twice"),
            mark("ACK 1 twice"),
            mark("the second ACK 1 is ignored: DATA 2 comes once"),
            "RFC 1123 section 4.2.3.1",
            mark(
                "after one repeated packet, every block until the end is sent twice or more often"
            ),
        ),
        sorcerer,
        seconds=1.0,
    ),
    Examination(
        Check(
            "wrong-tid",
            mark("An ACK from another port is refused and changes nothing"),
            mark("ACK 1 from another port than that of the request"),
            mark("ERROR 5 to the stranger; the transfer is not disturbed"),
            "RFC 1350 section 4",
            mark("a stranger can disturb a transfer, or a client with a wrong port gets no ERROR"),
        ),
        wrong_tid,
        seconds=4.0,
    ),
    Examination(
        Check(
            "future-ack",
            mark("An ACK of a block that was not sent changes nothing"),
            sentence("ACK {number} in answer to DATA 1, and ACK 1 after it", number=AHEAD),
            mark("each DATA is acknowledged before the next one is sent"),
            "RFC 1350 section 2",
            mark("one damaged or forged packet leaves a hole in the file"),
        ),
        future_ack,
        seconds=3.0,
    ),
    Examination(
        Check(
            "error-ends",
            mark("An ERROR ends the transfer and is not answered"),
            mark("ERROR 0 in answer to DATA 1, and ACK 1 after it"),
            mark("ERROR is not acknowledged, and the session is over"),
            "RFC 1350 sections 2 and 7",
            mark("a server goes on sending to a client that has left"),
        ),
        error_ends,
        seconds=3.0,
    ),
)
PORTS = Examination(
    Check(
        "port",
        mark("Each session has a port of its own"),
        mark("nothing more"),
        mark("the server chooses a new TID for each transfer"),
        "RFC 1350 section 4",
        mark(
            "if a client uses its port again, a late packet of one transfer is taken for one of the"
            " next"
        ),
    ),
    ports,
    requests=0,
)

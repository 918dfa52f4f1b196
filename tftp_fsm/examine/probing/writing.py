"""Checks of writing the file that the user has named for this. The last one leaves a short text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tftp_fsm.examine.checks import Check, Finding, Verdict, departed, kept, not_examined, told
from tftp_fsm.examine.probing.desk import READING, Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.option_answers import NO_FAULT, value_of
from tftp_fsm.examine.probing.shelf import SIZE
from tftp_fsm.examine.probing.storing import COMPARING, READINGS, compared, read_now
from tftp_fsm.examine.probing.stranger_answers import FORGES, ended_means, told_stranger
from tftp_fsm.examine.probing.talk import NoAnswer, Talk
from tftp_fsm.examine.probing.untested import refused_write, why_refused
from tftp_fsm.examine.script import Rule, lose, twice
from tftp_fsm.language import layout, mark, marked, sentence
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Data, Oack, Pairs
from tftp_fsm.wire.words import octets_words, packet_words

FORGED = b"!" * 512
LAST = SIZE // 512 + 1
_MAY_LEAVE = mark(
    "the server may leave after its last ACK, and this is no fault; if that ACK is lost, the client"
    " cannot know that its file has arrived"
)
NOT_WRITTEN = mark("the first file was not written: see the check write")


def write(desk: Desk) -> Finding:
    """Write the file as RFC 1350 has it, and read it before and after that."""
    shelf = desk.known.shelf
    shelf.before, shelf.unread = read_now(desk, SIZE), ""
    content = shelf.content()
    with desk.write(content) as talk:
        talk.run(desk.answer, until=talk.heard)
        error = talk.error()
        if error is not None:
            shelf.obstacle = why_refused(error)
            why = marked(shelf.obstacle)
            return not_examined(layout("{why}: {answer}", why=why, answer=packet_words(error)))
        talk.run(READING, until=lambda: talk.ended)
        if not talk.succeeded:
            how = talk.outcome if talk.heard() else NoAnswer.SILENCE.value
            shelf.obstacle = NOT_WRITTEN
            return refused_write(talk) or departed(how)
    shelf.obstacle = ""
    words = sentence("{size} in {count} DATA", size=octets_words(SIZE), count=LAST)
    return compared(desk, content, kept(words), is_enough=True)


def if_writable(examine: Callable[[Desk], Finding]) -> Callable[[Desk], Finding]:
    """The check, made only if the first file was written."""

    def examined(desk: Desk) -> Finding:
        obstacle = desk.known.shelf.obstacle
        return not_examined(obstacle) if obstacle else examine(desk)

    return examined


@if_writable
def options(desk: Desk) -> Finding:
    """Write with options."""
    asked: Pairs = (("blksize", "1024"), ("tsize", str(SIZE)))
    content = desk.known.shelf.content()
    with desk.write(content, asked) as talk:
        talk.run(READING, until=lambda: talk.ended)
        answer = talk.answer()
        if not talk.succeeded:
            means = "" if talk.has_refused else mark("a file cannot be written with options")
            return refused_write(talk) or departed(talk.outcome, means=means)
    if not isinstance(answer, Oack):
        return told(mark("it accepts no options of WRQ"), means=NO_FAULT)
    words = packet_words(answer)
    if value_of(answer, "tsize") not in (None, str(SIZE)):
        return departed(sentence("tsize {value} was announced: {answer}", value=SIZE, answer=words))
    return compared(desk, content, kept(words), blksize=talk.session.blksize, is_enough=True)


@if_writable
def repeated_data(desk: Desk) -> Finding:
    """Send DATA 1 twice."""
    means = mark("a network that repeats a packet ends the transfer")
    return _moved(desk, twice(Opcode.DATA, 1), mark("DATA 1 twice"), means)


@if_writable
def lost_ack(desk: Desk) -> Finding:
    """Lose ACK 1, so that DATA 1 is sent again."""
    means = mark("one lost ACK ends the transfer")
    rule = lose(Opcode.ACK, 1, "received")
    return _moved(desk, rule, mark("DATA 1 again after a time-out"), means)


def _moved(desk: Desk, rule: Rule, words: str, means: str) -> Finding:
    """Write the file under this rule. `means` says what it means if the transfer fails."""
    content = desk.known.shelf.content()
    with desk.write(content, (), rule) as talk:
        talk.run(READING, until=lambda: talk.ended)
        if not talk.succeeded:
            how = layout("{words}: {how}", words=marked(words), how=talk.outcome)
            return refused_write(talk) or departed(how, means=means)
    return compared(desk, content, kept(words))


@if_writable
def lost_final_ack(desk: Desk) -> Finding:
    """Lose the ACK of the last DATA. A server should dally for this, but need not."""
    content = desk.known.shelf.content()
    with desk.write(content, (), lose(Opcode.ACK, LAST, "received")) as talk:
        talk.run(READING, until=lambda: talk.ended or len(talk.sent(Opcode.DATA, LAST)) > 1)
        talk.run(desk.answer, until=lambda: talk.ended)
        found = _stayed(talk, desk.known.round_trip)
    if found.verdict is Verdict.NOT_EXAMINED:
        return found
    return compared(desk, content, found, is_enough=True)


def _stayed(talk: Talk, round_trip: float) -> Finding:
    """Return the finding about the last DATA, whose first ACK was lost."""
    if talk.succeeded:
        return _acknowledged([seen.at for seen in talk.sent(Opcode.DATA, LAST)])
    if len(talk.sent(Opcode.DATA, LAST)) < 2:
        why = sentence("DATA {block} was not sent again: {how}", block=LAST, how=talk.outcome)
        return refused_write(talk) or not_examined(why)
    return _left(talk, round_trip)


def _left(talk: Talk, round_trip: float) -> Finding:
    """Return the finding about a server that had left when the last DATA came again.

    RFC 1350 lets it leave at once, so this is told. How long it stayed is known only as a limit:
    from its ACK, which was half a `round_trip` on its way, until our DATA has come to it.
    """
    first, again = talk.sent(Opcode.DATA, LAST)[:2]
    acked = talk.heard(Opcode.ACK, LAST)
    seconds = again.at - acked[0].at + round_trip if acked else again.at - first.at
    words = sentence(
        "it left within {seconds:.1f} s after its last ACK: DATA {block} came again, and {answer}",
        seconds=seconds,
        block=LAST,
        answer=_of_a_closed_session(talk),
    )
    return told(words, ("seconds", round(seconds, 1)), means=_MAY_LEAVE)


def _of_a_closed_session(talk: Talk) -> str:
    error = talk.error()
    if error is not None:
        return sentence("the answer is {packet}", packet=packet_words(error))
    if talk.is_unreachable:
        return sentence("the port is closed")
    return sentence("no answer came")


def _acknowledged(times: list[float]) -> Finding:
    """Return the finding for a last DATA, sent at these `times`, that was acknowledged again."""
    if len(times) < 2:
        return not_examined(
            sentence(
                "its ACK came more than once, so DATA {block} was acknowledged although one"
                " was lost",
                block=LAST,
            )
        )
    return kept(
        sentence(
            "DATA {block} came again {seconds:.1f} s later, and was acknowledged again",
            block=LAST,
            seconds=times[1] - times[0],
        )
    )


@if_writable
def wrong_tid(desk: Desk) -> Finding:
    """Let a stranger send DATA 1 before us."""
    content = desk.known.shelf.content()
    late = lose(Opcode.DATA, 1)
    with desk.stranger() as stranger, desk.write(content, (), late) as talk:
        talk.run(desk.answer, until=talk.heard)
        if not talk.heard(Opcode.ACK, 0):
            return refused_write(talk) or departed(
                sentence("no {packet} came: {how}", packet="ACK 0", how=talk.outcome)
            )
        stranger.say(Data(1, FORGED), talk.heard(Opcode.ACK, 0)[0].peer)
        talk.run(desk.resumed, until=lambda: talk.sent(Opcode.DATA, 1) or talk.heard(Opcode.ACK, 1))
        if talk.heard(Opcode.ACK, 1) and not talk.sent(Opcode.DATA, 1):
            return departed(mark("the DATA of a stranger was acknowledged"), means=FORGES)
        told_it = told_stranger(desk, stranger)
        talk.run(READING, until=lambda: talk.ended)
        if not talk.succeeded:
            words = sentence(
                "{how}; the stranger got {answer}", how=talk.outcome, answer=told_it.words
            )
            return refused_write(talk) or departed(words, means=ended_means(talk))
    words = sentence("the stranger got {answer}", answer=told_it.words)
    found = departed(words, means=told_it.means) if told_it.means else kept(words)
    found = compared(desk, content, found, is_apart=True)
    has_forged = FORGED in (desk.known.shelf.before.octets or b"")
    return replace(found, means=FORGES, fault="") if has_forged else found


@if_writable
def empty(desk: Desk) -> Finding:
    """Write an empty file, and read it."""
    with desk.write(b"") as talk:
        talk.run(READING, until=lambda: talk.ended)
        if not talk.succeeded:
            return refused_write(talk) or departed(talk.outcome)
    return compared(desk, b"", kept(mark("one DATA without octets was acknowledged")))


WRITING_CHECKS = (
    Examination(
        Check(
            "write",
            mark("A file is written without options"),
            mark("WRQ in mode octet, and DATA after each ACK"),
            mark("ACK 0, and an ACK for each DATA"),
            "RFC 1350 section 2",
            mark("no client can write a file"),
        ),
        write,
        requests=2 + READINGS,
        seconds=2 * READING + COMPARING,
    ),
    Examination(
        Check(
            "write-empty",
            mark("An empty file is written, and read as one"),
            mark("WRQ, and one DATA without octets"),
            mark("an ACK for it, and one empty DATA when it is read"),
            "RFC 1350 section 6",
            mark("empty files are lost, or a client waits"),
        ),
        empty,
        requests=1 + READINGS,
        seconds=READING + COMPARING,
    ),
    Examination(
        Check(
            "write-repeated-data",
            mark("DATA that comes twice is written once"),
            mark("DATA 1 twice"),
            # One ACK may answer two copies that arrive together, so it is not counted here.
            mark(
                "the copy is not written; the check write-lost-ack shows whether it is acknowledged"
            ),
            "RFC 1350 section 2",
            mark("a network that repeats a packet damages the file"),
        ),
        repeated_data,
        requests=1 + READINGS,
        seconds=READING + COMPARING,
    ),
    Examination(
        Check(
            "write-lost-ack",
            mark("DATA that comes again is acknowledged again"),
            mark("DATA 1, and once more as if its ACK was lost"),
            mark("ACK 1 again; the block is written once"),
            "RFC 1350 section 2",
            mark("one lost ACK ends the transfer"),
        ),
        lost_ack,
        requests=1 + READINGS,
        seconds=READING + COMPARING,
    ),
    Examination(
        Check(
            "write-lost-final-ack",
            mark("The server dallies to repeat its last ACK"),
            mark("the last DATA, and once more as if its ACK was lost"),
            mark("the server may leave after its last ACK; to stay for a while is encouraged"),
            "RFC 1350 section 6",
            mark("a client cannot know that its file has arrived"),
        ),
        lost_final_ack,
        requests=1 + READINGS,
        seconds=READING + COMPARING,
    ),
    Examination(
        Check(
            "write-wrong-tid",
            mark("DATA from another port is not written"),
            mark("DATA 1 from another port than that of the request, before ours"),
            mark("it is refused with ERROR 5, and the transfer is not disturbed"),
            "RFC 1350 section 4",
            mark(
                "a stranger can damage a file, or a client with a wrong port gets no ERROR "
                "and waits"
            ),
        ),
        wrong_tid,
        requests=1 + READINGS,
        seconds=READING + COMPARING,
    ),
    Examination(
        Check(
            "write-options",
            mark("Options of WRQ are agreed"),
            sentence("WRQ with blksize 1024 and tsize {value}", value=SIZE),
            mark("OACK with blksize 1024 or less, and the same tsize"),
            "RFC 2348, RFC 2349",
            mark("a client refuses the OACK"),
        ),
        options,
        requests=1 + READINGS,
        seconds=READING + COMPARING,
    ),
)

"""Writing a file whose name the user has given for that. The last check leaves a short text."""

from __future__ import annotations

from tftp_fsm.examine.checks import Check, Finding, Verdict, departed, kept, not_examined, told
from tftp_fsm.examine.probing.desk import READING, Desk
from tftp_fsm.examine.probing.early import REFUSED, refused_write
from tftp_fsm.examine.probing.endings import read_empty
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.options import value_of
from tftp_fsm.examine.probing.strangers import FORGES, ended_means, told_stranger
from tftp_fsm.examine.probing.talk import NoAnswer
from tftp_fsm.examine.script import Rule, lose, twice
from tftp_fsm.language import layout, mark, marked, sentence
from tftp_fsm.trace.describe import octets_words, packet_words
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Data, Oack, Pairs

LINE = b"Written by tftp-fsm probe, which examines TFTP servers. This file may be removed.\n"
CONTENT = LINE * 15  # octets; three blocks, of which the last is short
FORGED = b"!" * 512
LAST = len(CONTENT) // 512 + 1
WAITING = 4.0  # seconds for our own retransmission, and for its answer


def write(desk: Desk) -> Finding:
    """Write the file as RFC 1350 has it, and read it again."""
    with desk.write(CONTENT) as talk:
        talk.run(desk.answer, until=talk.heard)
        error = talk.error()
        if error is not None:
            return not_examined(
                layout("{refused}: {answer}", refused=marked(REFUSED), answer=packet_words(error))
            )
        talk.run(READING, until=lambda: talk.ended)
        if not talk.succeeded:
            return departed(talk.outcome if talk.heard() else NoAnswer.SILENCE.value)
    desk.known.is_writable = True
    size = octets_words(len(CONTENT))
    return _compared(desk, sentence("{size} in {count} DATA", size=size, count=LAST))


def _compared(desk: Desk, words: str) -> Finding:
    """Whether the file that was written is the one that can be read."""
    found = _read_again(desk)
    if found is None:
        return kept(
            sentence(
                "{words}; the file cannot be read, so it was not compared", words=marked(words)
            )
        )
    if found != CONTENT:
        return departed(
            sentence(
                "{words}; the file has {size} and differs",
                words=marked(words),
                size=octets_words(len(found)),
            )
        )
    return kept(sentence("{words}; the file is the same", words=marked(words)))


def _read_again(desk: Desk) -> bytes | None:
    with desk.read(name=desk.wishes.write) as talk:
        talk.run(READING, until=lambda: talk.ended)
        return talk.octets


def options(desk: Desk) -> Finding:
    """Write with options."""
    if not desk.known.is_writable:
        return not_examined(REFUSED)
    size = len(CONTENT)
    asked: Pairs = (("blksize", "1024"), ("tsize", str(size)))
    with desk.write(CONTENT, asked) as talk:
        talk.run(READING, until=lambda: talk.ended)
        answer = talk.answer()
        if not talk.succeeded:
            return refused_write(talk) or departed(talk.outcome)
    if not isinstance(answer, Oack):
        return told(mark("it takes no options of WRQ"))
    words = packet_words(answer)
    if value_of(answer, "tsize") not in (None, str(size)):
        return departed(sentence("tsize {value} was told: {answer}", value=size, answer=words))
    return kept(words)


def repeated_data(desk: Desk) -> Finding:
    """Send DATA 1 twice."""
    return _moved(desk, (twice(Opcode.DATA, 1),), mark("DATA 1 twice"))


def lost_ack(desk: Desk) -> Finding:
    """Lose ACK 1, so that DATA 1 is sent again."""
    return _moved(desk, (lose(Opcode.ACK, 1, "received"),), mark("DATA 1 again after a time-out"))


def _moved(desk: Desk, rules: tuple[Rule, ...], words: str) -> Finding:
    if not desk.known.is_writable:
        return not_examined(REFUSED)
    with desk.write(CONTENT, (), *rules) as talk:
        talk.run(READING, until=lambda: talk.ended)
        if not talk.succeeded:
            failed = departed(layout("{words}: {how}", words=marked(words), how=talk.outcome))
            return refused_write(talk) or failed
    return _compared(desk, words)


def lost_final_ack(desk: Desk) -> Finding:
    """Lose the ACK of the last DATA. No server has to stay for that, but it should."""
    if not desk.known.is_writable:
        return not_examined(REFUSED)
    with desk.write(CONTENT, (), lose(Opcode.ACK, LAST, "received")) as talk:
        talk.run(WAITING, until=lambda: talk.ended)
        if talk.succeeded:
            return _acknowledged([seen.at for seen in talk.sent(Opcode.DATA, LAST)])
        if len(talk.sent(Opcode.DATA, LAST)) < 2:
            why = sentence("DATA {block} was not sent again: {how}", block=LAST, how=talk.outcome)
            return refused_write(talk) or not_examined(why)
        error = talk.error()
        if error is not None:
            return told(
                sentence(
                    "it does not stay: DATA {block} comes again, and the answer is {packet}",
                    block=LAST,
                    packet=packet_words(error),
                )
            )
        if talk.is_unreachable:
            return told(
                sentence(
                    "it does not stay: DATA {block} comes again, and its port is closed", block=LAST
                )
            )
    return told(
        sentence("it does not stay: DATA {block} comes again, and it says nothing", block=LAST)
    )


def _acknowledged(times: list[float]) -> Finding:
    """The last DATA, sent at these `times`, was acknowledged in spite of the loss."""
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


def wrong_tid(desk: Desk) -> Finding:
    """A stranger sends DATA 1, before we do."""
    if not desk.known.is_writable:
        return not_examined(REFUSED)
    with desk.stranger() as stranger, desk.write(CONTENT, (), lose(Opcode.DATA, 1)) as talk:
        talk.run(desk.answer, until=talk.heard)
        if not talk.heard(Opcode.ACK, 0):
            return refused_write(talk) or departed(
                sentence("no {packet} came: {how}", packet="ACK 0", how=talk.outcome)
            )
        stranger.say(Data(1, FORGED), talk.heard(Opcode.ACK, 0)[0].peer)
        talk.run(WAITING, until=lambda: talk.sent(Opcode.DATA, 1) or talk.heard(Opcode.ACK, 1))
        if talk.heard(Opcode.ACK, 1) and not talk.sent(Opcode.DATA, 1):
            return departed(mark("the DATA of a stranger was acknowledged"), means=FORGES)
        told_it = told_stranger(desk, stranger)
        talk.run(READING, until=lambda: talk.ended)
        if not talk.succeeded:
            words = sentence(
                "{how}; the stranger got {answer}", how=talk.outcome, answer=told_it.words
            )
            return departed(words, means=ended_means(talk))
    found = _compared(desk, sentence("the stranger got {answer}", answer=told_it.words))
    if found.verdict is Verdict.DEPARTED:
        return departed(found.seen, means=FORGES)
    return departed(found.seen, means=told_it.means) if told_it.means else found


def empty(desk: Desk) -> Finding:
    """Write an empty file, and read it."""
    if not desk.known.is_writable:
        return not_examined(REFUSED)
    with desk.write(b"") as talk:
        talk.run(READING, until=lambda: talk.ended)
        if not talk.succeeded:
            return refused_write(talk) or departed(talk.outcome)
    assert desk.wishes.write is not None, "it was written"
    return read_empty(desk, desk.wishes.write)


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
        requests=2,
        seconds=2 * READING,
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
        requests=2,
        seconds=READING,
    ),
    Examination(
        Check(
            "write-repeated-data",
            mark("DATA that comes twice is written once"),
            mark("DATA 1 twice"),
            mark("the copy is acknowledged and not written"),
            "RFC 1350 section 2",
            mark("a network that repeats a packet damages the file"),
        ),
        repeated_data,
        requests=2,
        seconds=2 * READING,
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
        requests=2,
        seconds=2 * READING,
    ),
    Examination(
        Check(
            "write-lost-final-ack",
            mark("The server stays to repeat its last ACK"),
            mark("the last DATA, and once more as if its ACK was lost"),
            mark("to stay is encouraged, and nobody has to"),
            "RFC 1350 section 6",
            mark("a client cannot know that its file has arrived"),
        ),
        lost_final_ack,
        seconds=WAITING,
    ),
    Examination(
        Check(
            "write-wrong-tid",
            mark("DATA from another port is not written"),
            mark("DATA 1 from another port than that of the request, before ours"),
            mark("it is refused with ERROR 5, and the transfer is not disturbed"),
            "RFC 1350 section 4",
            mark(
                "a stranger can spoil a file, or a client with a wrong port is not told and waits"
            ),
        ),
        wrong_tid,
        requests=2,
        seconds=2 * READING,
    ),
    Examination(
        Check(
            "write-options",
            mark("Options of WRQ are agreed"),
            sentence("WRQ with blksize 1024 and tsize {value}", value=len(CONTENT)),
            mark("OACK with blksize 1024 or less, and the same tsize"),
            "RFC 2348, RFC 2349",
            mark("a client refuses the OACK"),
        ),
        options,
        seconds=READING,
    ),
)

"""Checks of a server's retransmissions, and of its answer to the loss of the last ACK."""

from __future__ import annotations

from math import ceil

from tftp_fsm.examine.checks import Check, Finding, departed, kept, not_examined, told
from tftp_fsm.examine.probing.desk import MOST_BLOCKS, READING, Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.option_answers import LISTENING, USUAL_BLKSIZE, number_of
from tftp_fsm.examine.probing.untested import without
from tftp_fsm.examine.script import lose
from tftp_fsm.language import mark, sentence, sentence_n
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.options import PLAIN_BLKSIZE
from tftp_fsm.wire.packets import Error, Pairs
from tftp_fsm.wire.words import octets_words, packet_words

GROWS = 1.4  # a wait longer than the one before by this factor shows a back-off
# Seconds of silence that prove that the server sends no more. The known servers wait at most 5 s
# before they send again (atftpd, and tftpd of BSD).
LONG_ENOUGH = 30.0
NEVER = mark(
    "DATA that was lost comes again only if the client repeats its ACK and the server answers that;"
    " otherwise the transfer ends"
)
_ONE_LOSS = mark("one loss ends the transfer")
_SAME_PACE = mark("on a busy network all servers send again at the same pace, and it stays busy")


def retransmission(desk: Desk) -> Finding:
    """Leave DATA 1 without an ACK, and listen."""
    patience = desk.wishes.patience
    cut = desk.cut(2)
    if cut is None:
        return not_examined(desk.too_short(2))
    with desk.read(cut, lose(Opcode.ACK, 1, times=None)) as talk:
        talk.listen(desk.answer, until=lambda: talk.ended or talk.heard(Opcode.DATA))
        talk.run(patience, until=lambda: talk.ended or talk.error())
        came, all_heard = talk.heard_from_peer(Opcode.DATA, 1), talk.heard()
        error, is_over = talk.error(), talk.ended
        listened = round(talk.now - came[0].at, 1) if came and is_over else patience
    if not came or talk.succeeded:
        return without(talk, "DATA 2" if came else "DATA 1")
    later = all_heard[all_heard.index(came[0]) :]
    broken = next((seen for seen in later if seen.packet is None), None)
    if broken is not None:
        after = broken.at - came[0].at
        size = octets_words(broken.size)
        return departed(
            sentence("after {after:.1f} s came {size} that are no packet", after=after, size=size)
        )
    times = [round(seen.at - came[0].at, 1) for seen in came[1:]]
    if not times and is_over:
        seen = sentence("DATA 1 did not come again: {how}", how=talk.outcome)
        return departed(seen, means=_ONE_LOSS)
    if not times:
        return not_again(1, patience, NEVER)
    words = _again(times, error, listened)
    facts = ("times", " ".join(f"{time:g}" for time in times)), ("count", len(times))
    waits = [after - before for before, after in zip([0.0, *times], times, strict=False)]
    enough = times[0] + max(LONG_ENOUGH, 4 * times[0])
    if len(waits) < 2 and (is_over or patience >= enough):
        return told(words, *facts)
    if len(waits) < 2:
        return not_examined(
            sentence(
                "{words}: give --patience {enough} to know whether it comes a second time",
                words=words,
                enough=ceil(enough),
            )
        )
    if max(waits) < GROWS * waits[0]:
        desk.doubt()
        seen = sentence("{words}; the wait does not grow", words=words)
        return departed(seen, *facts, means=_SAME_PACE)
    return kept(words, *facts)


def _again(times: list[float], error: Error | None, patience: float) -> str:
    seconds = ", ".join(f"{time:g}" for time in times)
    if error is None:
        return sentence_n(
            "sent again once, after {seconds} s, in {patience:g} s of listening",
            "sent again {count} times, after {seconds} s, in {patience:g} s of listening",
            len(times),
            seconds=seconds,
            patience=patience,
        )
    return sentence_n(
        "sent again once, after {seconds} s; then {packet}",
        "sent again {count} times, after {seconds} s; then {packet}",
        len(times),
        seconds=seconds,
        packet=packet_words(error),
    )


def not_again(block: int, patience: float, means: str = "") -> Finding:
    """Judge a server that sent nothing for `patience` seconds, if that is long enough."""
    words = sentence(
        "DATA {block} did not come again within {seconds:g} s", block=block, seconds=patience
    )
    if patience >= LONG_ENOUGH:
        return departed(words, means=means)
    return not_examined(
        sentence(
            "{words}: give --patience {enough:g} to know whether it ever does",
            words=words,
            enough=LONG_ENOUGH,
        )
    )


def lost_final_ack(desk: Desk) -> Finding:
    """Lose the ACK of the last DATA."""
    size = desk.known.size
    if size is None:
        return not_examined(mark("the size of the file is not known: name a shorter one"))
    options, blksize = _few_blocks(desk, size)
    last = size // blksize + 1
    if last > MOST_BLOCKS:
        return not_examined(
            sentence(
                "the file has {blocks:,} blocks: name one of {most} or fewer",
                blocks=last,
                most=MOST_BLOCKS,
            )
        )
    with desk.read(options, lose(Opcode.ACK, last)) as talk:
        talk.run(READING, until=lambda: talk.ended)
        if not talk.succeeded:
            return not_examined(sentence("the file could not be read: {how}", how=talk.outcome))
        if talk.session.blksize != blksize:
            return not_examined(
                sentence("blksize {value} was asked for, and not agreed to", value=blksize)
            )
        is_agreed = number_of(talk.answer(), "timeout") is not None
        patience = max(desk.wishes.patience, LISTENING) if is_agreed else desk.wishes.patience
        talk.run(patience, until=lambda: len(talk.heard(Opcode.DATA, last)) > 1)
        came = talk.heard(Opcode.DATA, last)
        talk.run(desk.quiet)
        acks, later = talk.sent(Opcode.ACK, last), talk.heard(Opcode.DATA, last)[2:]
        is_again = any(desk.can_answer(seen, acks[0]) for seen in later if acks)
    if not came:
        awaited = f"DATA {last}"
        return not_examined(sentence("the file ended before {packet}", packet=awaited))
    if len(came) < 2:
        if not is_agreed:
            return not_again(last, patience)
        return departed(
            sentence(
                "DATA {block} did not come again within {seconds:g} s, and 1 s was agreed",
                block=last,
                seconds=patience,
            )
        )
    after = came[1].at - came[0].at
    if is_again:
        return departed(sentence("DATA {block} came again after its ACK had come, too", block=last))
    words = sentence("DATA {block} came again after {seconds:.1f} s", block=last, seconds=after)
    return kept(words, ("seconds", round(after, 1)))


def _few_blocks(desk: Desk, size: int) -> tuple[Pairs, int]:
    """Return options for few blocks and a short time-out, and their blksize."""
    timeout: Pairs = (("timeout", "1"),) if desk.known.has_timeout else ()
    most = desk.known.most_blksize or 0
    if size >= PLAIN_BLKSIZE and most >= USUAL_BLKSIZE:
        return (*timeout, ("blksize", str(USUAL_BLKSIZE))), USUAL_BLKSIZE
    return timeout, PLAIN_BLKSIZE


TIMING_CHECKS = (
    Examination(
        Check(
            "lost-final-ack",
            mark("The last DATA comes again if its ACK is lost"),
            mark("no ACK for the last DATA, until it comes again"),
            mark("the last DATA is sent again until it is acknowledged"),
            "RFC 1350 section 6",
            mark("the server never knows whether the file has arrived"),
        ),
        lost_final_ack,
        seconds=READING + LISTENING + 1.0,
        silences=1,
    ),
    Examination(
        Check(
            "retransmission",
            mark("DATA without an ACK comes again, each time after a longer wait"),
            mark("no ACK for DATA 1"),
            mark("DATA comes again, and the wait grows"),
            "RFC 1123 section 4.2.3.2",
            mark(
                "one loss ends the transfer, or on a busy network all send again at the same pace"
            ),
        ),
        retransmission,
        silences=1,
    ),
)

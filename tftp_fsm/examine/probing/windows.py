"""Checks of windows: several blocks before an ACK (RFC 7440)."""

from __future__ import annotations

from tftp_fsm.examine.checks import Check, Finding, departed, kept, not_examined, told
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.option_answers import left_out, number_of
from tftp_fsm.examine.probing.talk import words_of
from tftp_fsm.examine.probing.untested import refused_oack
from tftp_fsm.examine.script import lose
from tftp_fsm.language import mark, sentence, sentence_n
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.ranges import OPTIONS
from tftp_fsm.wire.words import pairs_words

WINDOW = 4  # blocks
AT_ONCE = 0.1  # seconds; a packet that comes sooner is an answer, not a retransmission

_NOT_ASKED = mark("a client refuses the OACK, or its buffer has no room for so many blocks")
_NO_BLOCKS = mark("a client refuses the OACK, or waits for a window of no blocks")
_FEWER = mark("the client waits for the rest of each window until it asks again")
_MORE = mark("blocks that the client has no room for are lost, and have to come again")
_NO_OPTION = mark("a client that asks for this window gets one block before each ACK, or no file")
_NO_WINDOW = mark("a client that asks for windowsize gets no file")


def windowsize(desk: Desk) -> Finding:
    """Ask for a window, and count the blocks before an ACK."""
    most = OPTIONS["windowsize"].most
    answer = desk.first_answer((("windowsize", str(most)),))
    largest = number_of(answer, "windowsize")
    if largest is None:
        return left_out(answer, "windowsize")
    desk.known.taken.add("windowsize")
    if not 1 <= largest <= most:
        return departed(
            sentence("{value} was asked for: {answer}", value=most, answer=words_of(answer)),
            means=_NOT_ASKED if largest else _NO_BLOCKS,
        )
    desk.known.windowsize = largest
    cut = desk.cut(WINDOW + 1)
    if cut is None:
        short = desk.too_short(WINDOW + 1)
        return told(
            sentence(
                "it accepts up to {most}; no window was seen: {short}", most=largest, short=short
            )
        )
    asked = (*cut, ("windowsize", str(WINDOW)))
    # ACK 0 is the first ACK. The blocks until the next ACK would arrive are the window.
    with desk.read(asked, lose(Opcode.ACK, first=2, times=None)) as talk:
        talk.listen(desk.answer, until=lambda: talk.ended or talk.heard(Opcode.DATA, WINDOW))
        talk.run(desk.quiet)
        came = {seen.number for seen in talk.heard(Opcode.DATA)}
        agreed = number_of(talk.answer(), "windowsize")
    if agreed is None and cut:
        return told(
            sentence(
                "it accepts up to {most}, but not with {options}: {answer}",
                most=largest,
                options=pairs_words(cut),
                answer=words_of(talk.answer()),
            )
        )
    if agreed is None or agreed > WINDOW:
        return departed(
            sentence(
                "windowsize {value} was asked for: {answer}",
                value=WINDOW,
                answer=words_of(talk.answer()),
            ),
            means=_NOT_ASKED if agreed else _NO_OPTION,
        )
    if talk.has_refused and not came:
        return refused_oack(talk)
    words = sentence_n(
        "windowsize {agreed} was agreed, and {count} block came before an ACK",
        "windowsize {agreed} was agreed, and {count} blocks came before an ACK",
        len(came),
        agreed=agreed,
    )
    if len(came) != agreed:
        return departed(words, means=_MORE if len(came) > agreed else _FEWER)
    words = sentence("{words}; it accepts up to {most}", words=words, most=largest)
    return kept(words, ("most", largest))


def window_gap(desk: Desk) -> Finding:
    """Lose the second block of a window."""
    if desk.known.windowsize is None and "windowsize" in desk.known.taken:
        return not_examined(mark("no windowsize was agreed to that can be used"))
    if desk.known.windowsize is None:
        return not_examined(mark("the server does not accept windowsize"))
    cut = desk.cut(WINDOW + 1)
    if cut is None:
        return not_examined(desk.too_short(WINDOW + 1))
    asked = (*cut, ("windowsize", str(WINDOW)))
    with desk.read(asked, lose(Opcode.DATA, 2, "received")) as talk:
        talk.listen(desk.answer, until=lambda: talk.ended or talk.session.counters.blocks >= WINDOW)
        came = talk.session.counters.blocks
        again = talk.heard(Opcode.DATA, 2)
        acked = talk.sent(Opcode.ACK, 1)
        agreed = number_of(talk.answer(), "windowsize")
    if agreed is None:
        return not_examined(
            sentence("windowsize was not agreed to: {answer}", answer=words_of(talk.answer()))
        )
    if talk.has_refused and not acked:
        return refused_oack(talk)
    if not acked:
        return departed(
            sentence("no {packet} came: {how}", packet="DATA", how=talk.outcome), means=_NO_WINDOW
        )
    if len(again) < 2 or came < WINDOW:
        return departed(sentence("DATA 2 did not come again after ACK 1: {how}", how=talk.outcome))
    after = max(0.0, again[1].at - acked[0].at)
    words = sentence("ACK 1 brings DATA 2 again")
    if after > AT_ONCE:
        words = sentence("ACK 1 brings DATA 2 again {seconds:.1f} s later", seconds=after)
    return kept(words, ("seconds", round(after, 3)))


WINDOW_CHECKS = (
    Examination(
        Check(
            "windowsize",
            mark("A window of several blocks is sent before an ACK"),
            sentence(
                "RRQ with windowsize 65535 and {value}; no ACK for the first window", value=WINDOW
            ),
            mark("OACK with the value that was asked for or less, and as many DATA"),
            "RFC 7440 sections 3 and 4",
            mark("both sides wait, or the client's buffer overflows"),
        ),
        windowsize,
        requests=2,
        seconds=1.0,
    ),
    Examination(
        Check(
            "window-gap",
            mark("A window goes on from the block that was lost"),
            sentence(
                "RRQ with windowsize {value}; DATA 2 is lost, and ACK 1 says so", value=WINDOW
            ),
            mark("DATA 2 and those after it come again"),
            "RFC 7440 section 4",
            mark("one lost block costs a time-out, or the transfer"),
        ),
        window_gap,
    ),
)

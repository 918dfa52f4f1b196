"""Judges for several trials. Each reads a story and returns a finding about the client.

The words have no exact times, so the same client gets the same card again.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import dropwhile, pairwise
from math import fsum

from tftp_fsm.examine.checks import Finding, departed, kept, not_examined, told
from tftp_fsm.examine.grading import meanings
from tftp_fsm.examine.grading.story import Seen, Story
from tftp_fsm.language import mark, marked, sentence
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.wire.headers import Opcode

GROWS = 1.5  # times the mean of the first waits; a busy computer changes single waits
CROSSED = 0.2  # seconds; after an ERROR a client does not repeat its request this soon
Judge = Callable[[Story], Finding]


# -- The end of a transfer ------------------------------------------------------------------------


def completes(story: Story) -> Finding:
    """Find whether the whole file was transferred."""
    if is_complete(story):
        if story.is_read:
            return kept(mark("acknowledged the whole file"))
        return kept(mark("sent the whole file, unharmed"))
    return departed(how_it_ended(story))


def is_complete(story: Story) -> bool:
    """Return whether the client has acknowledged or sent the whole right file."""
    ended = story.ended
    return ended is not None and ended.outcome is Outcome.SUCCEEDED and not story.fault


def completes_or_refuses(story: Story) -> Finding:
    """Find whether the whole file was transferred, or an ERROR ended the transfer.

    In RFC 1350 section 2 a packet that delay and duplication cannot explain is an error.
    """
    ended = refused(story)
    return ended if ended and not story.fault else completes(story)


def refused(story: Story) -> Finding | None:
    """Find whether an ERROR ended the transfer. Return None without an ERROR."""
    errors = story.errors()
    if not errors:
        return None
    return kept(sentence("ended the transfer with {packet}", packet=errors[0].words))


def is_not_misled(story: Story) -> Finding:
    """Find whether the client accepted no wrong packet as the first answer."""
    misled = story.heard(Opcode.DATA if story.is_read else Opcode.ACK)
    if misled and story.is_read:
        return departed(sentence("sent {packet}, though it asked to read", packet=misled[0].words))
    if misled:
        return departed(sentence("sent {packet}, though it asked to write", packet=misled[0].words))
    if ended := refused(story):
        return ended
    if is_complete(story):
        return kept(mark("did not accept it as an answer, and waited"))
    if story.peer_left is not None:
        return departed(mark("ended without an ERROR"))
    return told(mark("accepted neither it nor the right answer"))


def how_it_ended(story: Story) -> str:
    """Return in words why the transfer is not complete."""
    if story.fault:
        return sentence("the received file is wrong: {fault}", fault=story.fault)
    errors = story.errors()
    if errors:
        return sentence("gave up with {packet}", packet=errors[0].words)
    wrong = to_the_old_port(story)
    if wrong is not None:
        return sentence(
            "sent {packet} to the well-known port, not to the port of the answer",
            packet=wrong.words,
        )
    if not story.asked_again:
        return _left(story)
    return sentence("{left}; then asked again from another port", left=_left(story))


def to_the_old_port(story: Story) -> Seen | None:
    """Return the first DATA or ACK that went to the port of the request, or None."""
    kinds = (Opcode.DATA, Opcode.ACK)
    return next((one for one in story.heard(port="listening") if one.kind in kinds), None)


def _left(story: Story) -> str:
    last = story.last_heard()
    closed = story.peer_left is not None
    if last is None or last.kind in (Opcode.RRQ, Opcode.WRQ):
        if closed:
            return sentence("sent only its {verb}, and closed its port", verb=story.verb)
        return sentence("sent only its {verb}", verb=story.verb)
    if story.is_read and _awaits_final(story):
        if closed:
            return sentence("never acknowledged the last DATA, and closed its port")
        return sentence("never acknowledged the last DATA")
    return _said_no_more(story, last)


def _said_no_more(story: Story, last: Seen) -> str:
    """Return how we know that it sent no more: a closed port, or a long enough watch."""
    words = last.words
    if story.peer_left is not None:
        return sentence("sent nothing more after {packet}, and closed its port", packet=words)
    if story.was_sending:
        return sentence("was still sending when the trial was over: {packet}", packet=words)
    if story.was_silent:
        return sentence(
            "sent nothing more after {packet} for {seconds:g} s",
            packet=words,
            seconds=story.watched,
        )
    return sentence("sent nothing more after {packet}", packet=words)


def _awaits_final(story: Story) -> bool:
    sent = story.sent(Opcode.DATA)
    return bool(sent) and sent[-1].octets < 4 + (story.agreed.blksize or 512)


# -- Before a judgement ---------------------------------------------------------------------------


def with_options(judge: Judge) -> Judge:
    """Return the judge for clients that offer options."""

    def judged(story: Story) -> Finding:
        if not story.request.options:
            return not_examined(mark("it offers no options"))
        return judge(story)

    return judged


def if_reached(judge: Judge, reached: Callable[[Story], bool]) -> Judge:
    """Return the judge for stories in which the script took effect. Others ended too early."""

    def judged(story: Story) -> Finding:
        if not reached(story):
            return departed(_before_the_test(story), means=meanings.BEFORE)
        return judge(story)

    return judged


def was_sent(kind: Opcode, number: int | None = None, port: str = "tid") -> Callable[[Story], bool]:
    """Return a test whether such a datagram was sent to the client, lost or not."""

    def reached(story: Story) -> bool:
        return any(
            one.way == "sent"
            and one.port == port
            and one.kind is kind
            and number in (None, one.number)
            for one in story
        )

    return reached


# -- Strangers ------------------------------------------------------------------------------------


def answers_stranger(story: Story) -> Finding:
    """Find whether ERROR 5 went to the stranger, and the transfer went on."""
    answers = story.heard(port="stranger")
    if any(one.kind is Opcode.ERROR and one.number == 5 for one in answers):
        return kept(mark("answered the stranger with ERROR 5"))
    if answers:
        return departed(sentence("answered the stranger with {packet}", packet=answers[0].words))
    if story.stranger_was_refused:
        return departed(
            mark("sent no ERROR 5: its socket is connected, so the system refuses strangers")
        )
    return departed(mark("did not answer the stranger"))


def is_undisturbed(story: Story) -> Finding:
    """Find whether the transfer went on undisturbed."""
    found = completes(story)
    if story.errors() and not is_complete(story):
        error = story.errors()[0].words
        return departed(sentence("ended the transfer with {packet} to the server", packet=error))
    return found


# -- Errors ---------------------------------------------------------------------------------------


def is_silent_after_error(story: Story) -> Finding:
    """Find whether the client sent nothing after ERROR."""
    errors = story.sent(Opcode.ERROR)
    if not errors:
        words = sentence("the transfer ended before the ERROR: {how}", how=how_it_ended(story))
        return departed(words, means=meanings.BEFORE)
    after = _heard_behind(story, errors[0])
    if after:
        words = sentence("sent {packet} after the ERROR", packet=after[0].words)
        return departed(words, means=meanings.of_answer_to_error(after[0].kind))
    if story.asked_again:
        again = mark("sent the same request again after the ERROR")
        return departed(again, means=meanings.ASKED_AGAIN)
    return kept(mark("sent nothing after the ERROR"))


def _heard_behind(story: Story, one: Seen) -> list[Seen]:
    """Return the client's later packets. Only its repeated request may have been under way."""
    behind = dropwhile(lambda other: other is not one, story)
    return [other for other in behind if other.way == "heard" and not _has_crossed(other, one)]


def _has_crossed(request: Seen, answer: Seen) -> bool:
    """Return whether the request was repeated while our slow answer was under way."""
    is_request = request.kind in (Opcode.RRQ, Opcode.WRQ)
    return is_request and request.at - answer.at < CROSSED


def refuses(what: str, code: int | None = None) -> Judge:
    """Find whether the client answered with ERROR `code`, or with any ERROR if None."""

    def judged(story: Story) -> Finding:
        errors = story.errors()
        taken = accepted(story)
        if errors and taken is not None:
            return departed(
                sentence(
                    "accepted {what} with {packet}, and sent {error} later",
                    what=marked(what),
                    packet=taken.words,
                    error=errors[0].words,
                )
            )
        if any(code in (None, one.number) for one in errors):
            number = errors[0].number if code is None else code
            return kept(sentence("refused it with ERROR {number}", number=number))
        if errors:
            wrong_code = _refused_otherwise(what, errors[0], code)
            return departed(wrong_code, means=meanings.OTHER_CODE)
        if is_complete(story):
            return departed(
                sentence("accepted {what}, and transferred the file", what=marked(what))
            )
        words = sentence("sent no ERROR; {how}", how=how_it_ended(story))
        return departed(words, means="" if taken else meanings.UNHEARD)

    return judged


def accepted(story: Story) -> Seen | None:
    """Return the client's packet that accepted the OACK before any ERROR, or None."""
    kind = Opcode.ACK if story.is_read else Opcode.DATA
    first = next((one for one in story.heard() if one.kind in (kind, Opcode.ERROR)), None)
    return first if first is not None and first.kind is kind else None


def _refused_otherwise(what: str, error: Seen, code: int | None) -> str:
    return sentence(
        "refused {what} with {packet}, not with ERROR {number}",
        what=marked(what),
        packet=error.words,
        number=code,
    )


# -- Time -----------------------------------------------------------------------------------------


def waits(times: list[float]) -> list[float]:
    """Return the seconds between consecutive times."""
    return [later - earlier for earlier, later in pairwise(times)]


def repeats(what: str, times: Callable[[Story], list[float]], *, anew: bool = False) -> Judge:
    """Find whether an unanswered packet was repeated, with `anew` also from another TID."""

    def judged(story: Story) -> Finding:
        if not times(story):
            return departed(_before_the_test(story), means=meanings.BEFORE)
        if len(times(story)) > 1 or (anew and story.asked_again):
            return kept(sentence("sent {what} again", what=marked(what)))
        return departed(_not_again(what, story))

    return judged


def backs_off(what: str, times: Callable[[Story], list[float]]) -> Judge:
    """Find whether each wait was longer than the one before."""

    def judged(story: Story) -> Finding:
        gaps = waits(times(story))
        if len(gaps) < 2:
            return not_examined(
                sentence("sent {what} again less than twice during the trial", what=marked(what))
            )
        seconds = ", ".join(f"{gap:.0f}" if gap >= 1 else f"{gap:.1f}" for gap in gaps[:8])
        early = gaps[: len(gaps) // 2]
        if gaps[-1] >= GROWS * fsum(early) / len(early):
            return kept(sentence("waited longer and longer: {seconds} s", seconds=seconds))
        return departed(sentence("waited {seconds} s", seconds=seconds))

    return judged


def _not_again(what: str, story: Story) -> str:
    """Return how we know that it sent no more: a closed port, or a long enough watch."""
    sent = marked(what)
    if story.peer_left is not None:
        return sentence("did not send {what} again, and closed its port", what=sent)
    if story.was_silent:
        return sentence(
            "did not send {what} again for {seconds:g} s", what=sent, seconds=story.watched
        )
    return sentence("did not send {what} again", what=sent)


def _before_the_test(story: Story) -> str:
    return sentence("the transfer ended before the test: {how}", how=how_it_ended(story))

"""Transfers that ended before the test: nothing was seen, so there is no verdict on the rule."""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, departed, not_examined
from tftp_fsm.examine.probing.repeated import NUMBERS
from tftp_fsm.examine.probing.shelf import REFUSED
from tftp_fsm.examine.probing.talk import Talk, words_of
from tftp_fsm.language import layout, mark, marked, sentence
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Error, ErrorCode
from tftp_fsm.wire.words import octets_words, packet_words

NOT_TAKEN = mark("the server did not take the file")
FULL = mark("the server has no room for the file")
REPLACED = mark("the server does not replace a file that is there")
_REASONS: dict[int, str] = {
    ErrorCode.UNDEFINED: NOT_TAKEN,
    ErrorCode.DISK_FULL: FULL,
    ErrorCode.FILE_EXISTS: REPLACED,
}
OACK_REFUSED = mark(
    "a client that checks the OACK refuses it and gets no file; other clients go on with "
    "other rules than the server"
)
NOTHING_CAME = mark("a client waits for the next packet until it gives up, and has no whole file")


def refused_oack(talk: Talk) -> Finding:
    """The OACK is one that our client refuses, so nothing follows it."""
    words = layout("{answer}: {how}", answer=words_of(talk.answer()), how=talk.outcome)
    return departed(words, means=OACK_REFUSED)


def refused_write(talk: Talk) -> Finding | None:
    """Return the finding if the WRQ was refused, although the file was written before.

    A full disk is no departure, whenever the ERROR comes.
    """
    answer, error = talk.answer(), talk.error()
    if error is not None and error.code == ErrorCode.DISK_FULL:
        return not_examined(layout("{why}: {answer}", why=marked(FULL), answer=packet_words(error)))
    if not isinstance(answer, Error) or answer.code == ErrorCode.REFUSED_OPTIONS:
        return None
    if answer.code == ErrorCode.UNDEFINED:
        return refused_again(answer)
    why = marked(why_refused(answer))
    return not_examined(layout("{why}: {answer}", why=why, answer=packet_words(answer)))


def why_refused(error: Error) -> str:
    """Why a WRQ was refused with this ERROR, as far as its code says."""
    return _REASONS.get(error.code, REFUSED)


def refused_again(error: Error) -> Finding:
    """Return the finding if a request was refused that was answered before."""
    return not_examined(sentence("the request was refused: {answer}", answer=packet_words(error)))


def still_coming(talk: Talk, seconds: float) -> Finding | None:
    """Return the finding if the file came too slowly to reach its end in so many seconds."""
    if talk.ended or not talk.is_moving(seconds / 2):
        return None
    return not_examined(
        sentence(
            "{size} came in {seconds:g} s, and more is coming: name a shorter file",
            size=octets_words(talk.came),
            seconds=seconds,
        )
    )


def without(talk: Talk, packet: str) -> Finding:
    """Return the finding if `packet`, with which the test begins, never came.

    The server has answered this request before, when the file was read. So an ERROR or an early end
    of the file tells nothing about the rule of the check.
    """
    answer = talk.answer()
    if isinstance(answer, Error):
        return refused_again(answer)
    if talk.succeeded:
        return not_examined(sentence("the file ended before {packet}", packet=packet))
    if talk.has_refused and not talk.heard(Opcode.DATA):
        return refused_oack(talk)
    return departed(
        sentence("no {packet} came: {how}", packet=packet, how=talk.outcome),
        means=NOTHING_CAME,
        fault=NUMBERS if talk.misnumbered else "",
    )

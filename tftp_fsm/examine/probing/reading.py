"""Checks of reading: without options, in other modes, and a missing file."""

from __future__ import annotations

from tftp_fsm.borders import brief
from tftp_fsm.examine.checks import Check, Finding, departed, kept, not_examined, told
from tftp_fsm.examine.probing.desk import READ_MOST, READING, Desk
from tftp_fsm.examine.probing.examination import CannotExamine, Examination
from tftp_fsm.examine.probing.netascii import netascii
from tftp_fsm.examine.probing.repeated import NO_END, NUMBERS
from tftp_fsm.examine.probing.talk import Answer, NoAnswer, Talk, words_of
from tftp_fsm.examine.probing.untested import still_coming
from tftp_fsm.language import joined, mark, sentence
from tftp_fsm.wire.options import PLAIN_BLKSIZE
from tftp_fsm.wire.packets import Data, Error, ErrorCode, Oack
from tftp_fsm.wire.words import octets_words, packet_words

MISSING = b"tftp-fsm-probe-asks-for-a-file-that-is-not-there"
_BROKEN_OFF = mark("a client has a part of the file, and reports the ERROR")
_CHECKED = mark("a client that checks what comes refuses this, and gets no file")
_OTHER_NUMBER = mark(
    "a client takes blocks only in their order: it waits for the right number until it gives up,"
    " and gets no whole file"
)
_NO_BEGINNING = mark("a client waits for DATA 1 until it gives up, and gets no file")
_NO_END = mark(
    "a client waits until it gives up, and reports a failure; if this was the whole file, only the"
    " empty last DATA is missing, and the client has all octets and does not know it"
)
_WAITS = mark("a client waits until it gives up, and does not learn why")
_WRONG_REASON = mark("a client reports a wrong reason")
_NO_REASON = mark("a client ends, and nobody learns why")
_NO_SUCH_FILE = mark("a client gets something that is not the file it asked for")


def read(desk: Desk) -> Finding:
    """Read the file without options (RFC 1350). All other checks use these facts."""
    known = desk.known
    with desk.read(most=3 * READ_MOST) as talk:
        _await_first(desk, talk)
        _check_answered(desk, talk)
        first = talk.heard()[0]
        known.first, known.delay = first.peer, first.at - talk.began
        reading = desk.answer if desk.is_answered_elsewhere else READING
        talk.run(reading, until=lambda: talk.ended or talk.came >= READ_MOST)
        known.round_trip = talk.round_trip or known.delay
        known.came = talk.came
        known.is_longer = not talk.ended and known.came >= READ_MOST
        blocks, octets = talk.session.counters.blocks, octets_words(talk.came)
        if talk.succeeded:
            known.content = talk.octets
            known.size = talk.came
            words = sentence("{size} in DATA 1 to {last}", size=octets, last=blocks)
            if blocks == 1:
                words = sentence("{size} in DATA 1, the only block", size=octets)
            return kept(words, ("octets", talk.came))
        if desk.is_answered_elsewhere:
            return not_examined(
                mark(
                    "the answer came from another address: curl, atftp and busybox accept "
                    "it, and tftp-hpa and tftp-fsm do not"
                )
            )
        if known.is_longer:
            return kept(
                sentence("the first {size}; the file is longer", size=octets),
                ("octets", talk.came),
            )
        slow = still_coming(talk, READING)
        if slow is not None:
            return slow
        error = talk.error()
        if error is not None and talk.was_refused_for_now:
            return not_examined(
                sentence(
                    "{size} came, then {packet}: the file could not be read to its end",
                    size=octets,
                    packet=packet_words(error),
                )
            )
        words = sentence("{size} came, then: {how}", size=octets, how=talk.outcome)
        return departed(words, means=read_means(talk), fault=_fault(talk))


def _fault(talk: Talk) -> str:
    """Return the fault that later checks would meet again, or ""."""
    if talk.error() is not None or talk.has_refused:
        return ""
    if talk.misnumbered:
        return NUMBERS
    is_full = talk.came == talk.session.counters.blocks * PLAIN_BLKSIZE
    return NO_END if talk.came and is_full else ""


def read_means(talk: Talk) -> str:
    """Return what it means for a client that a file was not read to its end."""
    if talk.error() is not None:
        return _BROKEN_OFF
    if talk.has_refused:
        return _CHECKED
    if talk.misnumbered:
        return _OTHER_NUMBER
    return _NO_END if talk.came else _NO_BEGINNING


def _await_first(desk: Desk, talk: Talk) -> None:
    """Wait for the first answer. Without an ICMP error, wait as long as the user allows."""
    talk.run(desk.answer, until=talk.heard)
    if not talk.is_unreachable:
        rest = desk.wishes.patience - desk.answer
        talk.run(rest, until=lambda: talk.heard() or talk.is_unreachable)


def _check_answered(desk: Desk, talk: Talk) -> None:
    host, port = desk.address[:2]
    error = talk.error()
    if error is not None:
        name = brief(desk.wishes.name)
        raise CannotExamine(
            sentence(
                "the server does not send {name!r}: {answer}; name a file that it sends",
                name=name,
                answer=packet_words(error),
            )
        )
    if not talk.heard():
        if talk.is_unreachable:
            nobody = sentence("no program listens at {host} port {port}", host=host, port=port)
            raise CannotExamine(_with_other(desk, nobody))
        if talk.failure:
            raise CannotExamine(talk.failure)
        nobody = sentence("nobody answers at {host} port {port}", host=host, port=port)
        raise CannotExamine(_with_other(desk, nobody))


def _with_other(desk: Desk, words: str) -> str:
    """The words, and another address of the same name if it has one."""
    family = len(desk.address)
    others = sorted(desk.others, key=lambda other: len(other) == family)
    if not others:
        return words
    other = brief(others[0][0])
    if len(others[0]) == family:
        advice = sentence("the name has the address {other}, too: give this one", other=other)
    else:
        option = "-4" if len(others[0]) == 2 else "-6"
        advice = sentence(
            "the name has the address {other}, too: try {option}", other=other, option=option
        )
    return joined("; ", [words, advice])


def address(desk: Desk) -> Finding:
    """Check the address of the first answer."""
    first = desk.known.first
    if first is None:
        return not_examined(mark("no readable answer"))
    asked, answered = desk.address[0], first[0]
    facts = ("address", answered)
    if answered != asked:
        return departed(
            sentence(
                "the request went to {asked}, and the answer came from {answered}",
                asked=asked,
                answered=answered,
            ),
            facts,
        )
    return kept(mark("it is the address of the request"), facts)


def missing(desk: Desk) -> Finding:
    """Ask for a file that does not exist."""
    with desk.read(name=MISSING) as talk:
        talk.run(desk.answer, until=talk.heard)
        return missing_told(talk.answer())


def missing_told(answer: Answer) -> Finding:
    """Judge this answer to a request for a missing file."""
    match answer:
        case Error():
            return _error_told(answer)
        case NoAnswer() as nothing:
            return departed(nothing.value, means=_WAITS)
        case packet:
            words = sentence("{packet}, as if there were such a file", packet=packet_words(packet))
            return departed(words, means=_NO_SUCH_FILE)


def _error_told(error: Error) -> Finding:
    """RFC 1350 has a code for this. A server may hide it, or leave the reason to a text."""
    words = packet_words(error)
    match error.code:
        case ErrorCode.FILE_NOT_FOUND:
            return kept(words)
        case ErrorCode.ACCESS_VIOLATION:
            return told(
                sentence("{packet}: it does not say whether there is such a file", packet=words)
            )
        case ErrorCode.UNDEFINED if error.message.strip():
            return told(
                sentence("{packet}: the text says why, but the code does not", packet=words)
            )
        case ErrorCode.UNDEFINED:
            return departed(sentence("{packet} without a text", packet=words), means=_NO_REASON)
    return departed(sentence("{packet}, which is another code", packet=words), means=_WRONG_REASON)


def unknown_mode(desk: Desk) -> Finding:
    """Ask in an unknown mode."""
    with desk.read(mode="x-no-such-mode") as talk:
        talk.run(desk.answer, until=talk.heard)
        match talk.answer():
            case Error() as error:
                return kept(packet_words(error))
            case NoAnswer() as nothing:
                return departed(nothing.value, means=_WAITS)
            case packet:
                return departed(
                    sentence(
                        "{packet}, as if the mode were a known one", packet=packet_words(packet)
                    )
                )


def mode_case(desk: Desk) -> Finding:
    """Ask in mode OcTeT."""
    with desk.read(mode="OcTeT") as talk:
        talk.run(desk.answer, until=talk.heard)
        match talk.answer():
            case Data():
                return kept(mark("it is taken as octet"))
            case Oack() as oack:
                why = sentence("{answer} came: see the check unasked-option", answer=words_of(oack))
                return not_examined(why)
            case NoAnswer() as nothing:
                return departed(nothing.value)
            case packet:
                return departed(packet_words(packet))


READING_CHECKS = (
    Examination(
        Check(
            "read",
            mark("A file is read without options"),
            mark("RRQ in mode octet, and an ACK for each DATA"),
            mark("DATA from block 1 on, each of 512 octets, until a shorter one ends the file"),
            "RFC 1350 section 2",
            _NO_BEGINNING,
        ),
        read,
        seconds=READING,
        silences=1,
    ),
    Examination(
        Check(
            "answer-address",
            mark("The answer comes from the address of the request"),
            mark("nothing more"),
            mark("the source of an answer is the address that the request was sent to"),
            "RFC 1122 section 4.1.3.5",
            mark(
                "some clients (tftp-hpa, tftp-fsm) and firewalls reject the answer because "
                "of its address; others (curl, atftp, busybox) accept it"
            ),
        ),
        address,
        requests=0,
    ),
    Examination(
        Check(
            "missing-file",
            mark("A file that is not there is refused"),
            mark("RRQ for a name that no server has"),
            sentence(
                "ERROR {code}; ERROR {hides}, or ERROR {unnamed} with a text, is noted and "
                "is no departure",
                code=ErrorCode.FILE_NOT_FOUND.value,
                hides=ErrorCode.ACCESS_VIOLATION.value,
                unnamed=ErrorCode.UNDEFINED.value,
            ),
            "RFC 1350 sections 5 and 7",
            _WRONG_REASON,
        ),
        missing,
    ),
    Examination(
        Check(
            "netascii",
            mark("Text is translated in mode netascii"),
            mark("RRQ in mode netascii"),
            mark("every server has the mode; a line ends in CR LF, and a lone CR is CR NUL"),
            "RFC 1123 section 4.2.4, RFC 1350 section 1, RFC 764",
            mark("a text has wrong line ends"),
        ),
        netascii,
        seconds=READING,
    ),
    Examination(
        Check(
            "unknown-mode",
            mark("A mode that nobody knows is refused"),
            mark("RRQ in mode x-no-such-mode"),
            mark("ERROR"),
            "RFC 1350 sections 5 and 7",
            mark("a client gets a file in another form than it asked for"),
        ),
        unknown_mode,
    ),
    Examination(
        Check(
            "mode-case",
            mark("Upper and lower case of a mode do not matter"),
            mark("RRQ in mode OcTeT"),
            mark("the mode is octet"),
            "RFC 1350 section 5",
            mark("clients that write OCTET get nothing"),
        ),
        mode_case,
    ),
)

"""Trials of options: a server that ignores, refuses, repeats or changes them, for both verbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tftp_fsm.examine.checks import Finding, departed, kept, not_examined, told
from tftp_fsm.examine.grading.copies import answers_no_copy
from tftp_fsm.examine.grading.judges import (
    Judge,
    completes,
    how_it_ended,
    is_complete,
    refuses,
    with_options,
)
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import (
    FIVE,
    NONE,
    QUIET,
    Facts,
    Question,
    Trial,
    Twist,
    Verb,
    asks,
    trial,
)
from tftp_fsm.examine.script import instead, late, twice
from tftp_fsm.language import mark, sentence
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import ErrorCode, Oack, Pairs, build

REFUSED = ErrorCode.REFUSED_OPTIONS
LATE = 1.5  # seconds
_OTHERS = (("blksize", "1024"), ("windowsize", "4"), ("timeout", "9"))
_AGREED = ("blksize", "windowsize", "timeout")
R2347 = "RFC 2347"


def _trial(verb: Verb, question: Question, **more: Any) -> Trial:
    name = question.check.name if verb == "get" else f"put-{question.check.name}"
    check = replace(question.check, name=name)
    return trial(verb, Question(check, with_options(question.judge)), **more)


# -- Actions of the server ------------------------------------------------------------------------


def _answers(pairs: Callable[[Facts], Pairs]) -> Callable[[Facts], Twist]:
    """Return a network with these options in the OACK. Without any, the trial has no effect."""

    def twist(facts: Facts) -> Twist:
        if not facts.request.options or not pairs(facts):
            return NONE
        octets = build(Oack(pairs(facts)))
        kinds = (Opcode.OACK, Opcode.DATA, Opcode.ACK)
        return Twist(tuple(instead(kind, octets, times=None) for kind in kinds))

    return twist


def _unasked(facts: Facts) -> Pairs:
    asked = {name.lower() for name, _ in facts.request.options}
    other = next((pair for pair in _OTHERS if pair[0] not in asked), ("multicast", ",,1"))
    return (*facts.agreed.pairs(), other)


def _larger(facts: Facts) -> Pairs:
    asked = {name.lower(): value for name, value in facts.request.options}
    size = asked.get("blksize", "")
    if not size:
        return ()
    number = int(size) if size.isascii() and size.isdigit() and len(size) < 6 else 512
    return (("blksize", str(number + 8)),)


def _no_number(facts: Facts) -> Pairs:
    """Return a value without a number, for an option that needs agreement (not tsize)."""
    names = [name for name, _ in facts.request.options if name.lower() in _AGREED]
    return ((names[0], "abc"),) if names else ()


def _again(facts: Facts) -> Twist:
    octets = build(Oack(facts.agreed.pairs()))
    beside = (instead(Opcode.DATA, octets, 2), instead(Opcode.ACK, octets, 2))
    return Twist((twice(Opcode.OACK),), beside if facts.agreed.pairs() else ())


def _half(options: Options) -> Options:
    return replace(options, tsize=None if options.tsize is None else options.tsize // 2)


def _zero(facts: Facts) -> Twist:
    """Return an OACK with tsize 0. Most servers leave it out, because some clients fail here."""
    asked = any(name.lower() == "tsize" for name, _ in facts.request.options)
    octets = build(Oack(replace(facts.agreed, tsize=0).pairs()))
    kind = Opcode.OACK if facts.agreed.pairs() else Opcode.DATA
    return (
        Twist((instead(kind, octets, times=None if kind is Opcode.OACK else 1),)) if asked else NONE
    )


# -- Judges ---------------------------------------------------------------------------------------


def _asks_plainly(story: Story) -> Finding:
    if any(not request.options for request in story.asked_again):
        return told(mark("asked again without options"))
    return told(mark("did not ask again without options"))


def _if(offers: Callable[[Story], bool], otherwise: str, judge: Judge) -> Judge:
    def judged(story: Story) -> Finding:
        return judge(story) if offers(story) else not_examined(otherwise)

    return judged


def _with_blksize(judge: Judge) -> Judge:
    missing = mark("it offers no blksize")
    return _if(lambda story: story.offered.blksize is not None, missing, judge)


def _with_agreed(judge: Judge) -> Judge:
    missing = sentence("it offers none of {options}", options=", ".join(_AGREED))
    return _if(
        lambda story: any(name.lower() in _AGREED for name, _ in story.request.options),
        missing,
        judge,
    )


def _with_tsize(judge: Judge) -> Judge:
    missing = mark("it offers no tsize")
    return _if(lambda story: story.offered.tsize is not None, missing, judge)


def _survives_tsize(story: Story) -> Finding:
    if is_complete(story):
        return kept(mark("read the whole file"))
    if story.errors():
        return kept(sentence("refused the file with {packet}", packet=story.errors()[0].words))
    return departed(
        sentence("did not read the file and did not send an ERROR; {how}", how=how_it_ended(story))
    )


def _tells_size(story: Story) -> Finding:
    size = story.offered.tsize
    if size == FIVE:
        return kept(sentence("announced the size {octets}", octets=FIVE))
    return departed(
        sentence("announced {told} octets for a file of {octets}", told=size, octets=FIVE)
    )


# -- The trials -----------------------------------------------------------------------------------


def _for(verb: Verb) -> tuple[Trial, ...]:
    second = "DATA 2" if verb == "get" else "ACK 2"
    first = "DATA 1" if verb == "get" else "ACK 0"
    return (
        _trial(
            verb,
            asks(
                completes,
                "no-oack",
                mark("The server ignores options"),
                sentence("{first} in answer to a request with options", first=first),
                mark("without an OACK no option is in use, and a block has 512 octets"),
                R2347,
                mark("the client does not work with servers that know no options"),
                1,
            ),
            negotiates=lambda options: Options(),
        ),
        _trial(
            verb,
            asks(
                completes,
                "late-oack",
                mark("The OACK is late"),
                sentence(
                    "OACK after {seconds} s, and copies if the request comes again", seconds=LATE
                ),
                mark("one request makes one transfer, even if it was repeated"),
                R2347,
                mark("a slow network makes the transfer fail"),
                1,
            ),
            twist=lambda facts: Twist((late(Opcode.OACK, after=LATE),)),
            waits=QUIET,
        ),
        _trial(
            verb,
            asks(
                completes if verb == "get" else answers_no_copy(0, 2),
                "repeated-oack",
                mark("The OACK comes again"),
                sentence("OACK twice, and once more after {packet}", packet=second),
                mark("a copy of the OACK does not begin the transfer again"),
                R2347 if verb == "get" else "RFC 1123 section 4.2.3.1",
                mark("a network that copies a packet ends the transfer or damages the file"),
                1,
            ),
            twist=_again,
            waits=QUIET,
        ),
        _trial(
            verb,
            asks(
                refuses(mark("an option that it did not ask for"), REFUSED),
                "unasked-option",
                mark("The OACK has an option that was not asked for"),
                mark("OACK with one option more than the request has"),
                mark("a client that did not ask for an option refuses it with ERROR 8"),
                R2347,
                mark("the two ends follow different rules, and the file is damaged"),
                1,
            ),
            twist=_answers(_unasked),
            ends="badly",
        ),
        _trial(
            verb,
            asks(
                _with_blksize(refuses(mark("a larger blksize"), REFUSED)),
                "larger-blksize",
                mark("The OACK has a larger blksize"),
                mark("OACK with 8 octets more than the client asked for"),
                mark("the server's blksize is at most that of the client; otherwise ERROR 8"),
                "RFC 2348",
                mark("blocks are longer than the client's buffer"),
                1,
            ),
            twist=_answers(_larger),
            ends="badly",
        ),
        _trial(
            verb,
            asks(
                _with_agreed(refuses(mark("the value abc"))),
                "broken-value",
                mark("The OACK has a value that is no number"),
                sentence(
                    "OACK with the value abc for {options} or {last}",
                    options=", ".join(_AGREED[:-1]),
                    last=_AGREED[-1],
                ),
                mark("a client that cannot accept an option's value ends with an ERROR"),
                R2347,
                mark("the client crashes, or goes on with a value that the server did not send"),
                1,
            ),
            twist=_answers(_no_number),
            ends="badly",
        ),
        _trial(
            verb,
            asks(
                _asks_plainly,
                "refused-options",
                mark("The server refuses the options"),
                mark("ERROR 8 to a request with options"),
                mark("the client may ask again without options"),
                R2347,
                mark("the client does not work with servers that refuse an option"),
            ),
            refuses=lambda request: REFUSED if request.options else None,
            ends="either",
            linger=2.0,
        ),
    )


_WRONG_TSIZE = _trial(
    "get",
    asks(
        _with_tsize(_survives_tsize),
        "wrong-tsize",
        mark("The tsize is half of the file"),
        mark("OACK with half of the true size, and then the whole file"),
        mark("a short DATA ends the file; the tsize does not"),
        "RFC 2349",
        mark(
            "the end of a file that grows during the transfer is missing, and no error is reported"
        ),
        1,
    ),
    negotiates=_half,
    ends="either",
)
_TSIZE = _trial(
    "put",
    asks(
        _with_tsize(_tells_size),
        "tsize",
        mark("The size that the client announces"),
        mark("ACKs"),
        mark("the tsize of a WRQ is the size of the file"),
        "RFC 2349",
        mark("a server refuses the file, or makes room for another size"),
        1,
    ),
)
_ZERO_TSIZE = _trial(
    "get",
    asks(
        _with_tsize(completes),
        "zero-tsize",
        mark("The tsize of an empty file is 0"),
        mark("OACK with tsize 0, and then an empty DATA"),
        mark("0 is a valid size"),
        "RFC 2349",
        mark("an empty file is taken for an error"),
        1,
    ),
    twist=_zero,
    size=0,
)
GETS = (*_for("get"), _WRONG_TSIZE, _ZERO_TSIZE)
PUTS = (*_for("put"), _TSIZE)

"""Trials with files of all important sizes, over a network without faults."""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, departed, kept
from tftp_fsm.examine.grading.judges import (
    completes,
    how_it_ended,
    is_complete,
    to_the_old_port,
)
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import HEARD, Facts, Trial, Twist, Verb, asks, no_twist, trial
from tftp_fsm.examine.grading.turns import in_turn
from tftp_fsm.examine.script import late
from tftp_fsm.language import mark, marked, sentence
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Rrq

MANY = 35900  # octets; 71 blocks
_LENGTHS = {
    0: (mark("an empty file"), mark("one DATA without octets is the whole file")),
    1: (mark("a file of 1 octet"), mark("one short DATA is the whole file")),
    511: (mark("a file of 511 octets"), mark("a DATA of 511 octets is short, so it is the last")),
    512: (
        mark("a file of 512 octets"),
        mark("a full block is never the last: an empty DATA follows"),
    ),
    513: (mark("a file of 513 octets"), mark("a second DATA has the last octet")),
    MANY: (
        mark("a file of 71 blocks"),
        mark("each DATA is acknowledged before the next one is sent"),
    ),
}
_MEANS = mark("files of this length cannot be moved")


def _named(size: int) -> str:
    return "many" if size == MANY else str(size)


def _section(size: int) -> str:
    """Return the RFC section about the end of a file, or about the order of blocks."""
    return "RFC 1350 section 2" if _named(size) == "many" else "RFC 1350 section 6"


def _sends(verb: Verb, size: int) -> str:
    what = _LENGTHS[size][0] if verb == "get" else mark("ACKs; the file that arrives is compared")
    if size != MANY:
        return what
    late_one = "DATA 3" if verb == "get" else "ACK 3"
    return sentence("{what}; {packet} is late", what=marked(what), packet=late_one)


def _pausing(facts: Facts) -> Twist:
    """Delay our third packet."""
    kind = Opcode.DATA if isinstance(facts.request, Rrq) else Opcode.ACK
    return Twist((late(kind, 3, after=HEARD),))


def _plain(verb: Verb, size: int) -> Trial:
    what, rule = _LENGTHS[size]
    words = marked(what)
    is_get = verb == "get"
    is_many = size == MANY
    return trial(
        verb,
        asks(
            in_turn(completes, 3) if is_many else completes,
            f"{verb}-{_named(size)}",
            sentence("Get {what}", what=words) if is_get else sentence("Put {what}", what=words),
            _sends(verb, size),
            rule,
            _section(size),
            _MEANS,
            1,
        ),
        size=size,
        twist=_pausing if is_many else no_twist,
    )


def _goes_to_new_port(story: Story) -> Finding:
    wrong = to_the_old_port(story)
    if wrong is not None:
        return departed(sentence("sent {packet} to the well-known port", packet=wrong.words))
    if not is_complete(story):
        return departed(how_it_ended(story))
    return kept(mark("sent everything after its request to the new port"))


def _new_port(verb: Verb) -> Trial:
    prefix = "" if verb == "get" else "put-"
    return trial(
        verb,
        asks(
            _goes_to_new_port,
            f"{prefix}new-port",
            sentence("The server answers a {verb} from a new port", verb=verb),
            mark("its answers from a new port, as every server does"),
            mark("the client takes the port of the first answer for the rest of the transfer"),
            "RFC 1350 section 4",
            mark("the transfer works only with servers that use a single port"),
            2,
        ),
    )


def _asked_in_netascii(story: Story) -> Finding:
    mode = story.request.mode.lower()
    if mode == "netascii":
        return completes(story)
    return departed(sentence("asked in the mode {mode!r}", mode=mode))


def _text(verb: Verb) -> Trial:
    is_get = verb == "get"
    return trial(
        verb,
        asks(
            _asked_in_netascii,
            "netascii" if is_get else "put-netascii",
            mark("Get a text in netascii") if is_get else mark("Put a text in netascii"),
            mark("a text with CR LF at the end of each line") if is_get else mark("ACKs"),
            mark("the mode is netascii, and a line ends with CR LF on the wire"),
            "RFC 1123 section 4.2.4",
            mark("a text has wrong line ends on other systems"),
            1,
        ),
        size=1000,
        mode="netascii",
        optional=True,
    )


def _for(verb: Verb) -> tuple[Trial, ...]:
    return (*(_plain(verb, size) for size in _LENGTHS), _new_port(verb), _text(verb))


GETS = _for("get")
PUTS = _for("put")

"""The answers of a server to a packet from a wrong TID, and what each of them means."""

from __future__ import annotations

from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.stranger import Stranger
from tftp_fsm.examine.probing.talk import Talk
from tftp_fsm.examine.probing.tap import Seen
from tftp_fsm.frozen import frozen
from tftp_fsm.language import joined, mark, sentence, sentence_p
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import ErrorCode

SPOILS = mark(
    "any host that finds the port can acknowledge a block that the client does not have: the "
    "client gets a file with a hole, or no file"
)
FORGES = mark("any host that finds the port can put octets into a file that another client writes")
_ENDS = mark(
    "one packet of a stranger ends the transfer: the client gets an ERROR, and no whole file"
)
_STOPS = mark("one packet of a stranger ends the transfer: the client waits until it gives up")
# The transfer is not disturbed. What the stranger, who may be a client with a wrong port, learns:
_ICMP = mark(
    "the transfer is not disturbed; a client with a wrong port learns it from its own "
    "system, if ICMP is not blocked and the client asks for it; otherwise it waits until it "
    "gives up"
)
_SILENCE = mark(
    "the transfer is not disturbed; a client with a wrong port gets no ERROR, and waits "
    "until it gives up"
)
_OTHER_CODE = mark(
    "the transfer is not disturbed; a client with a wrong port ends at once, but reports a "
    "wrong reason"
)
_NO_ERROR = mark(
    "the transfer is not disturbed; a client with a wrong port gets no ERROR, but packets "
    "that are not for it"
)


def ended_means(talk: Talk) -> str:
    """Return the meaning of the end of this talk after a packet of a stranger."""
    return _STOPS if talk.error() is None else _ENDS


@frozen
class Told:
    """The answer to a stranger in words, and its meaning. For ERROR 5 `means` is empty."""

    words: str
    means: str


def told_stranger(desk: Desk, stranger: Stranger) -> Told:
    """Wait for the answer to a stranger, and return it."""
    answers = stranger.hear(desk.quiet)
    if answers:
        words = joined("; ", [seen.words for seen in answers[:2]])
        return Told(words, _meaning(answers))
    if stranger.is_refused:
        return Told(sentence("the system's port unreachable (ICMP)"), _ICMP)
    desk.doubt()
    return Told(sentence_p("an answer", "nothing"), _SILENCE)


def _meaning(answers: list[Seen]) -> str:
    if any(seen.opcode is not Opcode.ERROR for seen in answers):
        return _NO_ERROR
    return "" if any(seen.number == ErrorCode.UNKNOWN_TID for seen in answers) else _OTHER_CODE

"""Files of every length that matters, over a network that does nothing."""

from __future__ import annotations

from tftp_fsm.examine.checks import Check, Finding, departed, kept
from tftp_fsm.examine.grading.judges import (
    completes,
    how_it_ended,
    is_complete,
    to_the_old_port,
)
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import Question, Trial
from tftp_fsm.language import mark, marked, sentence

_LENGTHS = {
    0: (mark("an empty file"), mark("one DATA without octets is the whole file")),
    1: (mark("a file of 1 octet"), mark("one short DATA is the whole file")),
    511: (mark("a file of 511 octets"), mark("a DATA of 511 octets is short, so it is the last")),
    512: (
        mark("a file of 512 octets"),
        mark("a full block is never the last: an empty DATA follows"),
    ),
    513: (mark("a file of 513 octets"), mark("a second DATA has the last octet")),
    35900: (
        mark("a file of 71 blocks"),
        mark("each DATA is acknowledged before the next one is sent"),
    ),
}
_MEANS = mark("files of this length cannot be moved")


def _named(size: int) -> str:
    return "many" if size > 1024 else str(size)


def _section(size: int) -> str:
    """Where it is said how a file ends, or how blocks follow each other."""
    return "RFC 1350 section 2" if _named(size) == "many" else "RFC 1350 section 6"


def _get(size: int) -> Trial:
    what, rule = _LENGTHS[size]
    name = f"get-{_named(size)}"
    title = sentence("Get {what}", what=marked(what))
    check = Check(name, title, what, rule, _section(size), _MEANS, 1)
    return Trial(name, "get", (Question(check, completes),), size)


def _put(size: int) -> Trial:
    what, rule = _LENGTHS[size]
    name = f"put-{_named(size)}"
    sends = mark("ACKs, and compares the file that comes")
    check = Check(
        name,
        sentence("Put {what}", what=marked(what)),
        sends,
        rule,
        _section(size),
        _MEANS,
        1,
    )
    return Trial(name, "put", (Question(check, completes),), size)


def _goes_to_new_port(story: Story) -> Finding:
    wrong = to_the_old_port(story)
    if wrong is not None:
        return departed(sentence("sent {packet} to the well-known port", packet=wrong.words))
    if not is_complete(story):
        return departed(how_it_ended(story))
    return kept(mark("sent everything after its request to the new port"))


def _new_port(verb: str) -> Question:
    prefix = "" if verb == "get" else "put-"
    return Question(
        Check(
            f"{prefix}new-port",
            sentence("The server answers a {verb} from a new port", verb=verb),
            mark("its answers from a port of their own, as every server does"),
            mark("the client takes the port of the first answer for the rest of the transfer"),
            "RFC 1350 section 4",
            mark("the transfer works with no server but one that uses a single port"),
            2,
        ),
        _goes_to_new_port,
    )


def _text(verb: str) -> Trial:
    name = "netascii" if verb == "get" else "put-netascii"
    check = Check(
        name,
        mark("Get a text in netascii") if verb == "get" else mark("Put a text in netascii"),
        mark("a text with CR LF at the end of each line") if verb == "get" else mark("ACKs"),
        mark("the mode is netascii, and a line ends with CR LF on the wire"),
        "RFC 1123 section 4.2.4",
        mark("texts come to other systems with wrong ends of lines"),
        1,
    )

    def judge(story: Story) -> Finding:
        mode = story.request.mode.lower()
        if mode == "netascii":
            return completes(story)
        return departed(sentence("asked in the mode {mode!r}", mode=mode))

    verbs = "get" if verb == "get" else "put"
    question = Question(check, judge)
    return Trial(name, verbs, (question,), 1000, mode="netascii", optional=True)  # type: ignore[arg-type]


GETS = (
    *(_get(size) for size in _LENGTHS),
    Trial("new-port", "get", (_new_port("get"),)),
    _text("get"),
)
PUTS = (
    *(_put(size) for size in _LENGTHS),
    Trial("put-new-port", "put", (_new_port("put"),)),
    _text("put"),
)

"""The rules that are checked in every reachable state, each with its section of an RFC."""

from __future__ import annotations

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import layout, mark, sentence
from tftp_fsm.protocol.events import Event


@frozen
class Rule:
    """One rule. `sentence` says what is true while the rule is kept."""

    name: str
    sentence: str
    rfc: str


PREFIX = Rule(
    "prefix",
    mark("The delivered octets are always a prefix of the file."),
    "RFC 1350 section 2",
)
WHOLE = Rule(
    "whole",
    mark("A side says succeeded only when the receiver has saved the whole file."),
    "RFC 1350 section 6",
)
SAVED_FIRST = Rule(
    "saved-first",
    mark("The final ACK is sent only when the file is saved."),
    "RFC 1350 section 6",
)
BELIEFS = Rule(
    "beliefs",
    mark(
        "Both sides end with the same result. Only if the final ACK is lost, the sender may "
        "not know the result."
    ),
    "RFC 1350 section 6",
)
ONE_FAULT = Rule(
    "one-fault",
    mark(
        "One fault alone makes no transfer fail: a lost packet is sent again, and the last ACK "
        "is repeated."
    ),
    "RFC 1350 sections 2 and 6",
)
NO_DEADLOCK = Rule(
    "no-deadlock",
    mark("While a side has not ended, something can still happen."),
    "RFC 1123 section 4.2.3.2",
)
ENDS = Rule(
    "ends",
    mark("No run comes back to an earlier place: each run ends."),
    "RFC 1123 section 4.2.3.2",
)
BOUNDED = Rule(
    "bounded",
    mark(
        "A fault costs at most one more window of DATA, and an overtaken block at most two: no "
        "Sorcerer's Apprentice."
    ),
    "RFC 1123 section 4.2.3.1",
)
STRANGER = Rule(
    "stranger",
    mark("A packet from another TID changes nothing."),
    "RFC 1350 section 4",
)
GUARDS = Rule(
    "guards",
    mark("Exactly one row of a state and an event can be taken."),
    mark("the tables themselves"),
)
NO_EXCEPTION = Rule(
    "no-exception",
    mark("Nothing that arrives raises an exception."),
    "RFC 1350 section 7",
)

ERROR_UNANSWERED = Rule(
    "error-unanswered",
    mark("An ERROR is never answered with an ERROR."),
    "RFC 1350 section 7",
)

RULES = (
    *(PREFIX, WHOLE, SAVED_FIRST, BELIEFS, ONE_FAULT, NO_DEADLOCK, ENDS, BOUNDED),
    *(STRANGER, GUARDS, NO_EXCEPTION, ERROR_UNANSWERED),
)


class Breach(Exception):
    """A rule is broken, and `how` says how. `event` is set if the event is not part of a move."""

    def __init__(self, rule: Rule, how: str, event: Event | None = None) -> None:
        super().__init__(layout("{name}: {how}", name=rule.name, how=how))
        self.rule = rule
        self.how = how
        self.event = event
        self.note = sentence("breaks the rule {name}: {how}", name=rule.name, how=how)


class TooLarge(LocalError):
    """The case has more positions or networks than a state has numbers for."""

    def __init__(self) -> None:
        super().__init__(
            sentence("this case is too large to explore: take fewer blocks, or fewer faults")
        )

"""Find the claims in a reason, and check whether they are true in a step of a simulated transfer.

A reason may use a word of CLAIM_WORDS only inside a phrase of CLAIMS, HEDGES or RULES. Each phrase
of CLAIMS has a predicate over what this end knows (its own frames) and what really happened (the
story of all datagrams). Hedges infer (`as if the ACK was lost`) and claim nothing. Rules are the
standard's own sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tests.support.claim_case import Case, does_in
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.protocol.events import (
    AckReceived,
    BeginAnew,
    Commit,
    DataReceived,
    Deliver,
    ErrorReceived,
    OackReceived,
    RequestReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import BURST, COPY_LIFETIME
from tftp_fsm.wire.packets import ErrorCode

CLAIM_WORDS = re.compile(
    r"\b(heard|hears?|lost|loss|again|once more|repeat\w*|duplicat\w*|cop(y|ies)|silen\w+|quiet"
    r"|first|last|final|whole|nothing|nobody|missing|arriv\w+|reach\w+|c[ao]mes?|(?<!-)known|late"
    r"|earlier|later|never|already|yet|before|sent|acknowledged|reported|all|beyond|short\w*"
    r"|reset|begun|new|next|here|kept|not known|seen|saw)\b",
    re.IGNORECASE,
)
HEDGES = (
    r"\bas if [^:;.,]*",
    r"\bmay\b[^:;.,]*",
    r"\bcould make [^:;.]*",
    r"\bno program there would receive an ACK",
    r"We do not know what the sender received",
)
RULES = (
    "No delay or duplication explains this packet",
    "No delay or duplication makes a packet malformed",
    "stop before data moves",
    "what comes next decides",
)


def _is_whole(case: Case) -> bool:
    """If the block is as the sender sent it, the sender has no other block after it."""
    sizes = [f.variables.get("blocks") for f in case.others]
    return case.is_misled or not sizes or case.after["block"] == sizes[-1]


def _has_file(case: Case) -> bool:
    return case.is_misled or any(does_in(frame, Commit) for frame in case.others)


def _acknowledged(case: Case) -> bool:
    knows = case.after["block"] == case.before["sent"]
    blind = case.is_misled or case.was_renumbered
    return knows and (blind or case.peer_received >= case.after["block"])


def _silent(case: Case) -> bool:
    heard = [f.step.now for f in case.came(AckReceived, DataReceived)]
    return case.frame.step.now - (heard[-1] if heard else 0.0) >= COPY_LIFETIME


def _none_since_request(case: Case) -> bool:
    asked = case.came(RequestReceived)[-1].number
    return not any(f.number > asked for f in case.came(AckReceived, DataReceived))


def _dally_time(case: Case) -> bool:
    """If the time was none, this end has counted nothing unusual (or was told not to dally)."""
    counts = ("retransmissions", "duplicates", "timeouts", "gaps")
    waited = case.frame.step.now - case.last_ack[1]
    return waited > 0 or not any(case.after[name] for name in counts)


def _is_repeat(case: Case) -> bool:
    return bool(case.event.block in case.delivered())


def _directly_after(case: Case) -> bool:
    number, at = case.last_ack
    return bool(case.event.block == number and case.frame.step.now < at + BURST)


def _is_last(case: Case) -> bool:
    """The DATA is the same as the one that ended the file."""
    last = [f.step.event for f in case.came(DataReceived) if does_in(f, Commit)]
    return bool(last) and case.event == last[-1]


def _hard_reports(case: Case) -> list[Frame]:
    return [f for f in case.came(UnreachableReceived) if f.step.event.is_hard]  # type: ignore[union-attr]


def _beyond(case: Case) -> bool:
    ahead = (case.event.block - case.before["block"] - 1) & 0xFFFF
    return bool(case.before["gap_reported"] or ahead >= case.before["windowsize"])


def _refused_before(case: Case) -> bool:
    codes = [f.step.event.code for f in case.came(ErrorReceived)]  # type: ignore[union-attr]
    return ErrorCode.REFUSED_OPTIONS in codes


def _orders_commit(case: Case) -> bool:
    names = [type(effect).__name__ for effect in case.frame.step.effects]
    return names.index("Commit") < names.index("Send")


# No end can know these: the predicates ask for the real events. No row may say them.
UNKNOWABLE: dict[str, Callable[[Case], bool]] = {
    r"\b(has|have) not heard\b[^:;.,]*": lambda c: not c.peer_heard,
    r"\b(has|have) heard\b[^:;.,]*": lambda c: c.peer_heard,
    r"\b(was|were) lost\b": lambda c: c.is_something_lost,
    r"\bhas arrived\b[^:;.,]*": lambda c: c.peer_received >= c.after["block"],
    r"^A (late )?copy\b[^:;.,]*": lambda c: c.passage is None or len(c.passage.heard_in) > 1,
    r"\b(was|is|has been) (reset|silent|quiet)\b": lambda c: False,
}
CLAIMS: dict[str, Callable[[Case], bool]] = {
    **UNKNOWABLE,
    # The opening.
    r"No request was sent yet": lambda c: not c.sent_before("RRQ", "WRQ"),
    r"TID is not known yet": lambda c: c.frame.step.before in (State.IDLE, State.REQUESTING),
    r"no ERROR is sent": lambda c: not c.sends("ERROR"),
    r"the request before\b": lambda c: len(c.sent_before("RRQ", "WRQ")) > 1,
    r"ask once more without them": lambda c: c.sends("RRQ", "WRQ"),
    r"ERROR 8 once more": _refused_before,
    r"is not acknowledged\b": lambda c: not c.sends("ACK"),
    r"No answer came in time": lambda c: c.is_due and not c.came(DataReceived, AckReceived),
    r"ask again": lambda c: c.sends("RRQ", "WRQ") and c.sends_again,
    r"No block was sent yet": lambda c: not c.sent_before("DATA"),
    r"The transfer has begun already": lambda c: c.frame.step.before is State.AWAITING_ACK,
    r"A short DATA 1 is the whole file": _is_whole,
    r"first commit (it|the file), then acknowledge": _orders_commit,
    # Receiving.
    r"The next block in order came": lambda c: (
        c.after["block"] == c.before["block"] + c.event.count
    ),
    r"each block is acknowledged and kept": lambda c: c.does(Deliver) and c.sends("ACK"),
    r"each block is kept, and an ACK is sent when a window is full": lambda c: c.does(Deliver),
    r"A block shorter than blksize is the last": _is_whole,
    r"cannot be kept\b": lambda c: not c.does(Deliver),
    r"The block of our last ACK came again": lambda c: (
        _is_repeat(c) and c.event.block == c.last_ack[0]
    ),
    r"repeat (it|the answer)\b": lambda c: c.sends_again,
    r"deliver nothing": lambda c: not c.does(Deliver),
    r"The same block came directly after our ACK of it": lambda c: (
        _is_repeat(c) and _directly_after(c)
    ),
    r"An earlier block came again": _is_repeat,
    r"it is kept (and acknowledged )?already": _is_repeat,
    r"A later block came before the next one": lambda c: (
        c.event.block not in c.delivered() and c.event.block != (c.before["block"] + 1) & 0xFFFF
    ),
    r"the ACK names the last block in order": lambda c: c.last_answer == c.before["block"] & 0xFFFF,
    r"This block is later than the next one": lambda c: (
        c.event.block not in c.delivered() and c.event.block != (c.before["block"] + 1) & 0xFFFF
    ),
    r"This block is beyond a reported gap, or beyond the window": _beyond,
    r"No new block came in time": lambda c: c.is_due,
    r"The OACK came again before DATA 1": lambda c: (
        bool(c.came(OackReceived)) and not c.delivered()
    ),
    r"DATA 1 has come already": lambda c: bool(c.delivered()),
    # Dallying.
    r"The last block came again": lambda c: _is_repeat(c),
    r"It is not a copy of the last block": lambda c: not _is_last(c) or _directly_after(c),
    r"it came directly after the final ACK": lambda c: not _is_last(c) or _directly_after(c),
    r"it is zero if we saw no loss": _dally_time,
    r"All blocks are here": lambda c: any(does_in(f, Commit) for f in c.own),
    r"changes nothing\b": lambda c: c.changes_nothing,
    r"no more ACKs": lambda c: not c.sends("ACK"),
    # Sending.
    r"The ACK names the last block": lambda c: c.event.block == c.before["blocks"] & 0xFFFF,
    r"the receiver says that it has the file": _has_file,
    r"All that was sent( of this window)? is acknowledged": _acknowledged,
    r"the next (block|window) goes out": lambda c: c.sends("DATA"),
    r"an earlier block than was sent last": lambda c: c.after["block"] < c.before["sent"],
    r"says nothing new": lambda c: c.after["block"] == c.before["block"],
    r"moves nothing\b( now)?": lambda c: c.is_still,
    r"An empty datagram says nothing": lambda c: c.is_still,
    r"An ACK of a block that was never sent": lambda c: c.event.block not in c.sent_before("DATA"),
    r"acknowledges nothing": lambda c: c.after["block"] == c.before["block"],
    r"this is the next\b": lambda c: c.sends("DATA"),
    r"No new ACK came in time": lambda c: c.is_due,
    r"send it again": lambda c: c.sends_again,
    r"send again what is not acknowledged": lambda c: c.sends_again,
    r"All was sent": lambda c: c.before["sent"] == c.before["blocks"],
    r"no ACK of the last block came": lambda c: c.before["block"] != c.before["blocks"],
    r"no data acknowledged": lambda c: c.before["block"] <= 0,
    r"its last block is known": lambda c: True,
    # Requests that come again.
    r"This request came before the last packet of the client, and waited at our port": lambda c: (
        c.event.waited > 0
    ),
    r"The request came again before any progress": lambda c: (
        bool(c.came(RequestReceived)) and c.before["block"] <= 0
    ),
    r"The request came after a silence that is too long for a copy": _silent,
    r"No ACK or DATA since the request came again": _none_since_request,
    # The network's reports, and limits.
    r"A report says that no program listens there": lambda c: isinstance(
        c.event, UnreachableReceived
    ),
    r"port is reported closed": lambda c: c.event.is_hard,
    r"once more after a time-out": lambda c: (
        bool(_hard_reports(c)) and bool(c.came(TimeoutExpired))
    ),
    r"a new transfer takes it": lambda c: c.does(BeginAnew),
    r"acknowledge the last in order": lambda c: (
        c.sends("OACK") or c.last_answer == c.before["block"] & 0xFFFF
    ),
    r"The limit of the silence or of the retransmissions is reached": lambda c: c.is_due,
}

# Claims that no simulated transfer makes, and why.
NEVER_HELD: dict[str, str] = {
    r"its last block is known": "Only a server counts a netascii file while it sends it.",
    r"This request came before the last packet of the client, and waited at our port": (
        "Only a busy server hears a request late. In a simulation each is heard when it arrives."
    ),
}


def phrases(text: str) -> Iterator[tuple[re.Match[str], Callable[[Case], bool]]]:
    """Return the claims of a text, each with its predicate. Hedges and rules are removed first.

    The pattern of a match is its key in CLAIMS.
    """
    rest = _without(text, (*HEDGES, *map(re.escape, RULES)))
    for pattern, holds in sorted(CLAIMS.items(), key=_longest_first):
        found = re.search(pattern, rest)
        if found:
            rest = rest[: found.start()] + "#" + rest[found.end() :]
            yield found, holds


def uncovered(text: str) -> list[str]:
    """Return the claim words of a text that are in no phrase."""
    claims = [pattern for pattern, _ in sorted(CLAIMS.items(), key=_longest_first)]
    rest = _without(text, (*HEDGES, *map(re.escape, RULES), *claims))
    return [found[0] for found in CLAIM_WORDS.finditer(rest)]


def _longest_first(claim: tuple[str, object]) -> int:
    return -len(claim[0])


def _without(text: str, patterns: tuple[str, ...]) -> str:
    for pattern in patterns:
        text = re.sub(pattern, "#", text)
    return text

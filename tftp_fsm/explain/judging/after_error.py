"""Judge the packets of an end whose machine has ended after an ERROR or a refused packet."""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.explain.packets.numbers import full_number
from tftp_fsm.explain.packets.seen import REQUESTS, Seen, error_of
from tftp_fsm.explain.transfer.endpoint import Endpoint
from tftp_fsm.explain.transfer.side import Side
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.protocol.rows import State


def judge(transfer: Transfer, speaker: Endpoint, seen: Seen, at: int) -> bool:
    """Judge a packet of an end whose machine has ended. Return False to go on as usual."""
    outcome = speaker.session.outcome
    if speaker.session.state is not State.ERROR or outcome is None:
        return False
    if outcome.outcome is Outcome.PEER_ERROR:
        _after_error(transfer, speaker, seen, at)
        return True
    if outcome.outcome is Outcome.REFUSED:
        return _goes_on(transfer, speaker, seen)
    return False


def _after_error(transfer: Transfer, speaker: Endpoint, seen: Seen, at: int) -> None:
    """Judge a packet after an ERROR to this end, which asks for silence and may be late."""
    side = transfer.sides[speaker.name]
    prompt = at - transfer.error_at <= side.prompt
    if prompt and _was_under_way(transfer, speaker, seen):
        return
    words = sentence(
        "{error} was sent to the {end}, and after that the {end} sent {packet}",
        end=end_word(speaker.name),
        packet=seen.words,
        error=_error_words(transfer),
    )
    expected = sentence("silence")
    if seen.kind == "ERROR":
        transfer.find("error-answered", speaker.who, seen, words, expected=expected)
    elif side.is_copy(seen, at):  # the network or the end may have made the copy
        transfer.find("error-answered", speaker.who, seen, words, expected=expected, is_guess=True)
    elif not prompt or _may_be_timer(side, seen, at):
        transfer.suspect("error-unheeded", speaker.who, seen, words, expected=expected)
    elif speaker.due.take(seen.kind, seen.block) is None:
        transfer.find("error-answered", speaker.who, seen, words, expected=expected)


def note_once(transfer: Transfer) -> None:
    """At the end, note a single packet after an ERROR, which may be chance."""
    for (slug, who), first in transfer.doubts.suspects.items():
        if slug == "error-unheeded" and not transfer.findings.count(slug, who):
            transfer.findings.add(replace(first, slug="error-unheeded-once", expected=""))


def _may_be_timer(side: Side, seen: Seen, at: int) -> bool:
    """Return whether a timer may have sent it: it is late, or in the window of such a packet."""
    return side.precedes(seen) or at - side.last_at >= side.no_timer


def _error_words(transfer: Transfer) -> str:
    return sentence("an ERROR") if transfer.error is None else f"ERROR {transfer.error[1].code}"


def _was_under_way(transfer: Transfer, speaker: Endpoint, seen: Seen) -> bool:
    """Return whether it seems that the packet was sent before the ERROR arrived.

    Such a packet is a new DATA, or a new ACK of DATA that was captured.
    """
    if seen.block < 0:
        return False
    top = transfer.top[speaker.name]
    block = full_number(top, seen.block)
    if seen.kind == "DATA":
        return block > top or block in transfer.doubts.absent
    return top < block <= transfer.top[transfer.sender]


def _goes_on(transfer: Transfer, speaker: Endpoint, seen: Seen) -> bool:
    """Return whether the end has taken a packet that its machine has refused."""
    if error_of(seen) is not None:
        return False
    if seen.kind in REQUESTS:  # it has not taken the packet, and asks again
        speaker.revive()
        return False
    event = speaker.step.event if speaker.step is not None else None
    heard = type(event).__name__
    due = speaker.due.words
    if heard == "DataReceived" and transfer.findings.count("oversized"):
        words = sentence(
            "{end} answered the longer block with {packet}",
            end=end_word(speaker.name),
            packet=seen.words,
        )
        transfer.find("oversized-taken", speaker.who, seen, words, expected=due)
    elif transfer.findings.count("wrong-reply"):
        words = sentence(
            "{end} answered with {packet}", end=end_word(speaker.name), packet=seen.words
        )
        transfer.find("wrong-reply-taken", speaker.who, seen, words, expected=due)
    transfer.take_it(speaker)
    return False

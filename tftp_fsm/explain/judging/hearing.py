"""Let the machine of an end hear a packet, and find out whether the packet breaks a rule."""

from __future__ import annotations

from tftp_fsm.explain.judging.keeping import keep
from tftp_fsm.explain.packets.seen import UNREADABLE, Seen
from tftp_fsm.explain.packets.words import first_answer
from tftp_fsm.explain.transfer.endpoint import Endpoint, receiver_of, sender_of
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    DataReceived,
    Deliver,
    Finished,
    Outcome,
    Step,
    StrayReceived,
)
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.protocol.rows import State


def hear(transfer: Transfer, listener: Endpoint, seen: Seen, at: int) -> Step:
    """Let `listener` hear the packet. Return the step of its machine."""
    event = listener.event_of(seen, seen.datagram.source)
    before = listener.session.state
    step = listener.hear(event, transfer.seconds(at))
    sender = "server" if listener.name == "client" else "client"
    transfer.log.heard(listener.last_entry, sender, seen)
    if listener.due.items and not before.is_final:
        side = transfer.sides[listener.name]
        side.asked_at = at if _asks(listener, step) else side.asked_at
    _note(transfer, listener, step, seen, at)
    _keep(transfer, step, seen)
    if step.row is not None:
        _judge(transfer, listener, step, seen)
    return step


def _asks(listener: Endpoint, step: Step) -> bool:
    """Return whether something new came that needs an answer at once."""
    return any(not isinstance(effect, Finished | Deliver) for effect in step.effects)


def _note(transfer: Transfer, listener: Endpoint, step: Step, seen: Seen, at: int) -> None:
    """Note facts that may explain the next packets of this end."""
    guards = () if step.row is None else step.row.conditions
    doubts = transfer.doubts
    if sender_of(listener) is None:
        if "opens_gap" in guards:
            doubts.gap = seen
        return
    if "is_stale_ack" in guards:
        doubts.stale(at, seen.block)
        return
    if seen.kind == "OACK" and step.before is State.AWAITING_ACK:
        doubts.late_oack_at = at
    elif seen.kind == "ACK":
        doubts.stale_here = doubts.prompted_times = 0


def _keep(transfer: Transfer, step: Step, seen: Seen) -> None:
    """Hand on the octets of the file if the machine keeps them."""
    if not isinstance(step.event, DataReceived):
        return
    for effect in step.effects:
        if isinstance(effect, Deliver):
            keep(transfer, effect.first, seen)


def _judge(transfer: Transfer, listener: Endpoint, step: Step, seen: Seen) -> None:
    """Note a packet that breaks a rule: the machine refuses it and ends."""
    who = transfer.other(listener.name)
    ends = [effect for effect in step.effects if isinstance(effect, Finished)]
    refused = ends and ends[0].outcome is Outcome.REFUSED
    if isinstance(step.event, StrayReceived):
        listener.stray = seen
        return
    slug = UNREADABLE.get(seen.kind)
    if slug is not None and step.before is not State.DALLYING:
        if not seen.datagram.is_cut:  # the content of a cut packet is not known
            transfer.find(slug, who, seen, _sent(who, seen))
    elif refused:
        _refused(transfer, listener, step, seen, ends[0])


def _refused(transfer: Transfer, listener: Endpoint, step: Step, seen: Seen, end: Finished) -> None:
    who = transfer.other(listener.name)
    why = step.reason[0]
    receiver = receiver_of(listener)
    is_oack = seen.kind == "OACK" and step.before is State.REQUESTING
    if is_oack and transfer.findings.count("option-invalid"):
        return  # the answer to such a request is not a fault of the server
    if is_oack:
        words = sentence(
            "the server answered {packet}, and the client had offered {offered}: {why}",
            packet=seen.words,
            offered=transfer.offered_words,
            why=end.message,
        )
        expected = sentence("an OACK with only what was offered")
        transfer.find("option-unasked", who, seen, words, expected=expected, why=why)
    elif seen.kind == "DATA" and receiver is not None and seen.size > receiver.blksize:
        words = sentence(
            "DATA {block} has {size:,} octets, agreed are {blksize:,}",
            block=seen.block,
            size=seen.size,
            blksize=receiver.blksize,
        )
        expected = sentence("not more octets than were agreed")
        transfer.find("oversized", who, seen, words, expected=expected, why=why)
    elif step.before is State.REQUESTING:
        request = "RRQ" if transfer.verb == "get" else "WRQ"
        words = sentence(
            "the {request} was answered by {packet}", request=request, packet=seen.words
        )
        expected = sentence("{packet}, OACK or ERROR", packet=first_answer(transfer.verb))
        transfer.find("wrong-reply", who, seen, words, expected=expected, why=why)
    elif not transfer.findings.is_told("unexpected", who, seen.number):
        transfer.find("unexpected", who, seen, _sent(who, seen), why=why)


def _sent(who: str, seen: Seen) -> str:
    return sentence("{end} sent {packet}", end=end_word(who), packet=seen.words)

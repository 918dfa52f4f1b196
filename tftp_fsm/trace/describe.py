"""Steps, events, effects and packets in words, for `-v` and for ladders.

    0.0010 <  DATA 3 (512 octets)                receiving
    0.0010    deliver 512 octets
    0.0010  > ACK 3
           -- The next block in order came: each block is acknowledged and kept.
              (RFC 1350 section 2)

`<` marks a received packet, and `>` a sent packet. Times count from the start. Names go through
`borders.brief`, so that no control character of a peer reaches a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import brief, terminal
from tftp_fsm.borders.columns import left
from tftp_fsm.errors import MalformedPacket
from tftp_fsm.language import joined, layout, mark_p, marked, sentence, shown
from tftp_fsm.protocol.events import (
    Aborted,
    AckReceived,
    BeginAnew,
    Commit,
    DataReceived,
    Deliver,
    Effect,
    EmptyReceived,
    EndFound,
    ErrorReceived,
    Event,
    Finished,
    MalformedReceived,
    OackReceived,
    Opened,
    Outcome,
    RequestReceived,
    Send,
    SendAcks,
    SendBlocks,
    Step,
    StorageFailed,
    StrayReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.gloss import outcome_gloss, rfc_words, state_gloss
from tftp_fsm.wire.kinds import Data
from tftp_fsm.wire.packets import read
from tftp_fsm.wire.words import (
    bounded,
    data_words,
    error_words,
    malformed_words,
    oack_words,
    octets_words,
    packet_words,
    reading_words,
    with_flaws,
)

IN, OUT, INSIDE = "< ", " >", "  "
WIDTH = 44  # columns of the words, before the states


def describe(step: Step, start: float = 0.0) -> str:
    """Return the step as lines: the event, each effect, and the row's reason."""
    return "\n".join(_lines(step, start))


def _lines(step: Step, start: float) -> Iterator[str]:
    now = f"{step.now - start:9.4f}"
    moved = "" if step.before is step.after else f" -> {step.after.value}"
    sign = IN if came_from_wire(step.event) else INSIDE
    words = left(_clean(event_words(step.event)), WIDTH)
    yield f"{now} {sign} {words} {step.before.value}{moved}"
    for effect in step.effects:
        sign = OUT if goes_to_wire(effect) else INSIDE
        yield f"{now} {sign} {_clean(effect_words(effect))}"
    yield f"{'':9} -- {shown(reason(step))}"


def _clean(words: str) -> str:
    return terminal(shown(words))


def reason(step: Step) -> str:
    """Return the reason and the RFC section of the step's row, or a note that it has no row."""
    if step.row is None:
        return sentence("No row of {state} answers this.", state=state_gloss(step.before))
    why, rfc = step.reason
    return layout("{why} ({rfc})", why=marked(why), rfc=rfc_words(rfc)) if rfc else marked(why)


def came_from_wire(event: Event) -> bool:
    """Whether the event is a packet, or the network's report of one."""
    return not isinstance(event, Opened | TimeoutExpired | EndFound | StorageFailed | Aborted)


def goes_to_wire(effect: Effect) -> bool:
    """Whether the effect sends packets."""
    return isinstance(effect, Send | SendAcks | SendBlocks)


def event_words(event: Event) -> str:
    """Return words: `DATA 3 (512 octets)`, `ACK 3 (25 octets of padding ignored)`, `timeout`."""
    return bounded(with_flaws(_plain_words(event), getattr(event, "tolerated", "")))


def _plain_words(event: Event) -> str:
    match event:
        case Opened():
            return _OPENED
        case RequestReceived():
            return _REQUEST
        case DataReceived():
            return _data(event)
        case AckReceived():
            return _ack(event)
        case OackReceived(options):
            return oack_words(options)
        case ErrorReceived(code, message):
            return error_words(code, message)
        case MalformedReceived(where):
            return sentence("malformed: {where}", where=brief(where))
        case EmptyReceived():
            return _EMPTY
        case StrayReceived():
            return _stray(event)
        case UnreachableReceived(is_hard, why):
            return _UNREACHABLE if is_hard else sentence("network error: {why}", why=brief(why))
        case TimeoutExpired():
            return _TIMEOUT
        case EndFound(size):
            return sentence("end of the file found after {size}", size=octets_words(size))
        case StorageFailed(_, message):
            return sentence("storage failed: {why}", why=brief(message))
        case Aborted(message):
            return sentence("aborted: {why}", why=brief(marked(message)))


_OPENED = mark_p("event", "the user asks")
_REQUEST = mark_p("event", "request")
_EMPTY = mark_p("event", "an empty datagram")
_UNREACHABLE = mark_p("event", "port unreachable")
_TIMEOUT = mark_p("event", "timeout")


def _data(event: DataReceived) -> str:
    block, size, again = event.block, octets_words(event.total), event.repeats
    if event.count == 1 and not again:
        return layout("DATA {block} ({size})", block=block, size=size)
    if event.count == 1:
        return sentence(
            "DATA {block} ({size}, {again} repeated)", block=block, size=size, again=again
        )
    last = (block + event.count - 1) & 0xFFFF
    fields = {"block": block, "last": last, "number": event.count, "size": size}
    if not again:
        return sentence("DATA {block}..{last} ({number} blocks, {size})", **fields)
    return sentence(
        "DATA {block}..{last} ({number} blocks, {size}, {again} repeated)", **fields, again=again
    )


def _ack(event: AckReceived) -> str:
    block, number, again = event.block, event.count, event.repeats
    if number == 1 and not again:
        return f"ACK {block}"
    if number == 1:
        return sentence("ACK {block}, {again} repeated", block=block, again=again)
    if not again:
        return sentence("{number} ACKs from {block}", number=number, block=block)
    return sentence(
        "{number} ACKs from {block}, {again} repeated", number=number, block=block, again=again
    )


def _stray(event: StrayReceived) -> str:
    if event.source is None:
        return _STRAY_ERROR if event.is_error else _STRAY
    if event.is_error:
        return sentence("an ERROR from another TID {tid}", tid=event.source[1])
    return sentence("a packet from another TID {tid}", tid=event.source[1])


_STRAY_ERROR = mark_p("event", "an ERROR from another TID")
_STRAY = mark_p("event", "a packet from another TID")


def effect_words(effect: Effect) -> str:
    """Return words: `ACK 3`, `DATA 4..7`, `deliver 512 octets`, ..."""
    match effect:
        case Send(packet, to):
            words = packet_words(packet)
            return (
                words if to is None else sentence("{packet} to TID {tid}", packet=words, tid=to[1])
            )
        case SendAcks(first, stride, number):
            last = (first + (number - 1) * stride) & 0xFFFF
            block = first & 0xFFFF
            return sentence(
                "ACK {block}..{last} ({number} ACKs)", block=block, last=last, number=number
            )
        case SendBlocks(first, 1):
            return f"DATA {first & 0xFFFF}"
        case SendBlocks(first, count):
            return f"DATA {first & 0xFFFF}..{(first + count - 1) & 0xFFFF}"
        case Deliver(_, _, octets):
            return sentence("deliver {size}", size=octets_words(octets))
        case Commit():
            return _COMMIT
        case BeginAnew():
            return _ANEW
        case Finished():
            return _finished(effect)


_COMMIT = mark_p("effect", "commit the file")
_ANEW = mark_p("effect", "begin anew, in another session")


def _finished(effect: Finished) -> str:
    """Return words: `finished: peer-error 1 File not found`."""
    is_ours = effect.outcome is Outcome.ABORTED  # words of a peer are not translated
    outcome = outcome_gloss(effect.outcome)
    why = brief(marked(effect.message) if is_ours else effect.message)
    why = why if why == why.rstrip() else why.rstrip()
    parts = [*([] if effect.code is None else [str(effect.code)]), *([why] if why else [])]
    return sentence("finished: {outcome}", outcome=joined(" ", [outcome, *parts]))


def datagram_words(head: bytes, size: int) -> str:
    """Describe a datagram of `size` octets. `head` is the header of DATA, or all octets."""
    try:
        reading = read(head)
    except MalformedPacket:
        return malformed_words(size)
    if isinstance(reading.packet, Data):
        return data_words(reading.packet.block, size - 4)
    return reading_words(reading)

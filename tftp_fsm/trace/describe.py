"""Steps, events, effects and packets in words, for `-v` and for ladders.

    0.0010 <  DATA 3 (512 octets)                receiving
    0.0010    deliver 512 octets
    0.0010  > ACK 3
           -- The next in order: each block is acknowledged and kept. (RFC 1350 section 2)

`<` marks a packet that came, and `>` a packet that was sent. Times count from the start. Names go
through `borders.brief`, so that no control character of a peer reaches a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import brief, terminal
from tftp_fsm.errors import MalformedPacket
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
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Pairs, Reading, Rrq, Wrq, read

IN, OUT, INSIDE = "< ", " >", "  "
WIDTH = 44  # columns of the words, before the states


def describe(step: Step, start: float = 0.0) -> str:
    """The step as lines: the event, each effect, and the row's reason. Times count from `start`."""
    return "\n".join(_lines(step, start))


def _lines(step: Step, start: float) -> Iterator[str]:
    now = f"{step.now - start:9.4f}"
    moved = "" if step.before is step.after else f" -> {step.after.value}"
    mark = IN if came_from_wire(step.event) else INSIDE
    yield f"{now} {mark} {event_words(step.event):<{WIDTH}} {step.before.value}{moved}"
    for effect in step.effects:
        mark = OUT if goes_to_wire(effect) else INSIDE
        yield f"{now} {mark} {effect_words(effect)}"
    yield f"{'':9} -- {reason(step)}"


def reason(step: Step) -> str:
    """The reason and the section of the step's row, or that there is no row for this event."""
    if step.row is None:
        return f"Nothing in {step.before.value} hears this."
    why, rfc = step.reason
    return f"{why} ({rfc})" if rfc else why


def came_from_wire(event: Event) -> bool:
    """Whether the event is a packet, or the network's report of one."""
    return not isinstance(event, Opened | TimeoutExpired | EndFound | StorageFailed | Aborted)


def goes_to_wire(effect: Effect) -> bool:
    """Whether the effect sends packets."""
    return isinstance(effect, Send | SendAcks | SendBlocks)


def event_words(event: Event) -> str:
    """`DATA 3 (512 octets)`, `ACK 3 (25 octets of padding ignored)`, `timeout`, ..."""
    return terminal(_plain_words(event) + _tolerated(getattr(event, "tolerated", "")))


def _plain_words(event: Event) -> str:
    match event:
        case Opened():
            return "the user asks"
        case RequestReceived():
            return "request"
        case DataReceived():
            return _data(event)
        case AckReceived(block, count, repeats=repeats):
            words = f"ACK {block}" if count == 1 else f"{count} ACKs from {block}"
            return words + _again(repeats)
        case OackReceived(options):
            return f"OACK {pairs_words(options)}".rstrip()
        case ErrorReceived(code, message):
            return _error(code, message)
        case MalformedReceived(where):
            return f"malformed: {brief(where)}"
        case EmptyReceived():
            return "an empty datagram"
        case StrayReceived(source, is_error):
            kind = "an ERROR" if is_error else "a packet"
            return f"{kind} from another TID{f' {source[1]}' if source else ''}"
        case UnreachableReceived(is_hard, reason):
            return "port unreachable" if is_hard else f"network error: {brief(reason)}"
        case TimeoutExpired():
            return "timeout"
        case EndFound(size):
            return f"end of the file found after {octets_words(size)}"
        case StorageFailed(_, message):
            return f"storage failed: {brief(message)}"
        case Aborted(message):
            return f"aborted: {brief(message)}"


def _data(event: DataReceived) -> str:
    again = _again(event.repeats)
    if event.count == 1:
        return f"DATA {event.block} ({octets_words(event.final_octets)}{again})"
    last = (event.block + event.count - 1) & 0xFFFF
    size = f"{event.count} blocks, {octets_words(event.total)}"
    return f"DATA {event.block}..{last} ({size}{again})"


def _again(repeats: int) -> str:
    return f", {repeats} repeated" if repeats else ""


def effect_words(effect: Effect) -> str:
    """`ACK 3`, `DATA 4..7`, `deliver 512 octets`, ..."""
    match effect:
        case Send(packet, to):
            return packet_words(packet) + (f" to TID {to[1]}" if to else "")
        case SendAcks(first, stride, count):
            last = (first + (count - 1) * stride) & 0xFFFF
            return f"ACK {first & 0xFFFF}..{last} ({count} ACKs)"
        case SendBlocks(first, 1):
            return f"DATA {first & 0xFFFF}"
        case SendBlocks(first, count):
            return f"DATA {first & 0xFFFF}..{(first + count - 1) & 0xFFFF}"
        case Deliver(_, _, octets):
            return f"deliver {octets_words(octets)}"
        case Commit():
            return "commit the file"
        case BeginAnew():
            return "begin anew, in another session"
        case Finished(outcome, message, code):
            number = "" if code is None else f" {code}"
            return f"finished: {outcome.value}{number} {brief(message)}".rstrip()


def datagram_words(head: bytes, size: int) -> str:
    """A datagram of `size` octets, of which `head` is known: the header of DATA, or the whole."""
    try:
        reading = read(head)
    except MalformedPacket:
        return f"malformed ({octets_words(size)})"
    if isinstance(reading.packet, Data):
        return f"DATA {reading.packet.block} ({octets_words(size - 4)})"
    return reading_words(reading)


def reading_words(reading: Reading) -> str:
    """`ACK 3 (25 octets of padding ignored)`."""
    return packet_words(reading.packet) + _tolerated(reading.tolerated)


def _tolerated(words: str) -> str:
    return f" ({brief(words)})" if words else ""


def packet_words(packet: Packet) -> str:
    """`RRQ boot.img octet blksize=1428`, `ACK 3`, ..."""
    return terminal(_packet_words(packet))


def _packet_words(packet: Packet) -> str:
    match packet:
        case Rrq(filename, mode, options) | Wrq(filename, mode, options):
            kind = type(packet).__name__.upper()
            words = f"{kind} {brief(filename)} {brief(mode)} {pairs_words(options)}"
            return words.rstrip()
        case Data(block, payload):
            return f"DATA {block} ({octets_words(len(payload))})"
        case Ack(block):
            return f"ACK {block}"
        case Error(code, message):
            return _error(code, message)
        case Oack(options):
            return f"OACK {pairs_words(options)}".rstrip()


def _error(code: int, message: str) -> str:
    return f"ERROR {code} {brief(message)}".rstrip()


def pairs_words(options: Pairs) -> str:
    """`blksize=1428 windowsize=16`."""
    return " ".join(f"{brief(name)}={brief(value)}" for name, value in options)


def octets_words(count: int) -> str:
    """`1 octet`, `512 octets`."""
    return "1 octet" if count == 1 else f"{count:,} octets"

"""Commands that change the run: on the wire, at the ends, and in their variables."""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.breakpoints import ENDS
from tftp_fsm.debugger.commands.language import Debugger, Reply, command, usage
from tftp_fsm.debugger.datagrams import Held, edited, hexadecimal, is_whole, octets_of
from tftp_fsm.debugger.refusals import not_under_way
from tftp_fsm.errors import LocalError
from tftp_fsm.language import mark, sentence
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, build

GROUP = "tamper"


def _packet_command(name: str, help: str, move: Callable[[int], m.Move]) -> None:
    command(name, "[N]", help, GROUP)(
        lambda debugger, words: _on_packet(debugger, name, words, move)
    )


def _end_command(name: str, help: str, move: Callable[[str], m.Move]) -> None:
    command(name, "[END]", help, GROUP)(
        lambda debugger, words: _on_end(debugger, name, words, move)
    )


_packet_command(
    "pass",
    mark("let packet N arrive, or without N the next one; `wire` lists the numbers"),
    m.Arrive,
)
_packet_command("drop", mark("lose a packet"), m.Drop)
_packet_command("duplicate", mark("let a packet arrive twice"), m.Duplicate)
_packet_command("swap", mark("let the next packet of the same direction overtake a packet"), m.Swap)


@command("delay", "[N] SECONDS", mark("let a packet arrive SECONDS later"), GROUP)
def delay(debugger: Debugger, words: list[str]) -> Reply:
    if not words:
        raise usage("delay")
    try:
        seconds = float(words[-1])
    except ValueError:
        raise usage("delay") from None
    if not 0 <= seconds < float("inf"):
        raise LocalError(sentence("a packet can only come later: give 0 seconds or more"))
    return _on_packet(debugger, "delay", words[:-1], lambda number: m.Delay(number, seconds))


@command(
    "edit",
    "[N] FIELD=VALUE ...",
    mark(
        "change fields: block, payload, code, message, filename, mode, options (NAME=- removes one)"
    ),
    GROUP,
)
def edit(debugger: Debugger, words: list[str]) -> Reply:
    held, rest = _held(debugger, words)
    if not rest or any("=" not in word for word in rest):
        raise usage("edit")
    changes = {name: value for name, _, value in (word.partition("=") for word in rest)}
    return _do(debugger, m.Replace(held.number, edited(held.octets, changes)))


@command("raw", "[N] HEX", mark("replace a packet by any octets, in hexadecimal"), GROUP)
def raw(debugger: Debugger, words: list[str]) -> Reply:
    if not words:
        raise usage("raw")
    held, rest = _held(debugger, words if len(words) > 1 else ["", *words])
    return _do(debugger, m.Replace(held.number, hexadecimal("".join(rest))))


@command(
    "inject",
    "END KIND [VALUE ...] [stranger]",
    mark("send a new packet, such as DATA 3 text, ACK 3, ERROR 1 text, OACK blksize=512, raw HEX"),
    GROUP,
)
def inject(debugger: Debugger, words: list[str]) -> Reply:
    if len(words) < 3:
        raise usage("inject")
    end, kind, *values = words
    stranger = values[-1] == "stranger"
    octets = _made(kind.upper(), values[:-1] if stranger else values)
    return _do(debugger, m.Inject(end, octets, stranger))


@command(
    "set",
    "END VARIABLE VALUE [both]",
    mark(
        "set a variable; `both` sets it at both ends. If you set `block` at both ends, the "
        "packets under way and the file get the new numbers, too: set client block 65533 both"
    ),
    GROUP,
)
def set_(debugger: Debugger, words: list[str]) -> Reply:
    match words:
        case [end, name, value]:
            return _do(debugger, m.SetVariable(end, name, value))
        case [end, name, value, "both"]:
            return _do(debugger, m.SetVariable(end, name, value, both=True))
    raise usage("set")


_end_command(
    "timeout", mark("let this end time out: nothing arrives before its deadline"), m.Expire
)
_end_command("abort", mark("let the user of this end give up"), m.Abort)
_end_command(
    "unreachable",
    mark("let the network report that no program listens at the port of the peer"),
    m.ReportUnreachable,
)
_end_command("diskfull", mark("let the disk of this end be full"), m.FailStorage)


@command("wait", "[SECONDS]", mark("wait until a packet comes from a real peer"), GROUP)
def wait(debugger: Debugger, words: list[str]) -> Reply:
    if len(words) > 1 or (words and not is_whole(words[0].replace(".", "", 1))):
        raise usage("wait")
    return _do(debugger, m.Wait(float(words[0]) if words else None))


def _on_packet(
    debugger: Debugger, name: str, words: list[str], move: Callable[[int], m.Move]
) -> Reply:
    held, rest = _held(debugger, words)
    if rest:
        raise usage(name)
    return _do(debugger, move(held.number))


def _held(debugger: Debugger, words: list[str]) -> tuple[Held, list[str]]:
    """Return the packet of this number, or the next to arrive, and the remaining words."""
    wire = debugger.stepper.world.wire
    if words and is_whole(words[0]):
        for held in wire:
            if held.number == int(words[0]):
                return held, words[1:]
        raise not_under_way(words[0], [held.number for held in wire])
    if not wire:
        raise LocalError(sentence("no packet is under way: step until there is one"))
    first = min(wire, key=lambda held: (held.due, held.number))
    return first, words[1:] if words[:1] == [""] else words


def _on_end(
    debugger: Debugger, name: str, words: list[str], move: Callable[[str], m.Move]
) -> Reply:
    ends = [end for end, s in debugger.stepper.world.sessions.items() if not s.state.is_final]
    match words:
        case [end]:
            return _do(debugger, move(end))
        case [] if len(ends) == 1:
            return _do(debugger, move(ends[0]))
    first, *more = ends or ENDS
    if not more:
        raise LocalError(sentence("which end? {name} {end}", name=name, end=first))
    raise LocalError(
        sentence("which end? {name} {end} or {other}", name=name, end=first, other=more[0])
    )


def _do(debugger: Debugger, move: m.Move) -> Reply:
    frames = debugger.stepper.perform(move)
    return debugger.shown(list(frames), "" if frames else _DONE)


_DONE = mark("done; `step` continues")


def _made(kind: str, values: list[str]) -> bytes:
    packet: Packet
    match kind, values:
        case "RAW", [*octets]:
            return hexadecimal("".join(octets))
        case "ACK", [block] if is_whole(block):
            packet = Ack(int(block))
        case "DATA", [block, *text] if is_whole(block):
            packet = Data(int(block), octets_of(" ".join(text)))
        case "ERROR", [code, *text] if is_whole(code):
            packet = Error(int(code), " ".join(text))
        case "OACK", [*options]:
            packet = Oack(tuple((n, v) for n, _, v in (o.partition("=") for o in options)))
        case "RRQ", [name]:
            packet = Rrq(name.encode("utf-8", "surrogateescape"))
        case _:
            raise usage("inject")
    return build(packet)

"""Commands that lay hands on the wire, on the ends and on their variables."""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.breakpoints import ENDS
from tftp_fsm.debugger.commands.language import Desk, Reply, command, usage
from tftp_fsm.debugger.commands.navigate import shown
from tftp_fsm.debugger.datagrams import Held, edited, hexadecimal
from tftp_fsm.errors import LocalError
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, build

GROUP = "meddling"
NUMBER = "N is a packet's number (wire lists them), without it the next to arrive"


@command("pass", "[N]", f"let a packet arrive; {NUMBER}", GROUP)
def pass_(desk: Desk, words: list[str]) -> Reply:
    return _one(desk, "pass", words, m.Arrive)


@command("drop", "[N]", "a packet is lost", GROUP)
def drop(desk: Desk, words: list[str]) -> Reply:
    return _one(desk, "drop", words, m.Lose)


@command("duplicate", "[N]", "a packet comes twice", GROUP)
def duplicate(desk: Desk, words: list[str]) -> Reply:
    return _one(desk, "duplicate", words, m.Duplicate)


@command("swap", "[N]", "the next packet of its direction overtakes it", GROUP)
def swap(desk: Desk, words: list[str]) -> Reply:
    return _one(desk, "swap", words, m.Swap)


@command("delay", "[N] SECONDS", "a packet comes so much later", GROUP)
def delay(desk: Desk, words: list[str]) -> Reply:
    if not words:
        raise usage("delay")
    try:
        seconds = float(words[-1])
    except ValueError:
        raise usage("delay") from None
    if not 0 <= seconds < float("inf"):
        raise LocalError("a packet can only come later: seconds from 0 up")
    return _one(desk, "delay", words[:-1], lambda number: m.Delay(number, seconds))


@command(
    "edit",
    "[N] FIELD=VALUE ...",
    "change fields: block, payload, code, message, filename, mode, options (NAME=- removes one)",
    GROUP,
)
def edit(desk: Desk, words: list[str]) -> Reply:
    held, rest = _held(desk, words)
    if not rest or any("=" not in word for word in rest):
        raise usage("edit")
    changes = {name: value for name, _, value in (word.partition("=") for word in rest)}
    return _do(desk, m.Replace(held.number, edited(held.octets, changes)))


@command("raw", "[N] HEX", "any octets in its place, in hexadecimal", GROUP)
def raw(desk: Desk, words: list[str]) -> Reply:
    held, rest = _held(desk, words if len(words) > 1 else ["", *words])
    return _do(desk, m.Replace(held.number, hexadecimal("".join(rest))))


@command(
    "inject",
    "END KIND [VALUE ...] [stranger]",
    "a packet that nobody sent: DATA 3 text, ACK 3, ERROR 1 text, OACK blksize=512, raw HEX",
    GROUP,
)
def inject(desk: Desk, words: list[str]) -> Reply:
    if len(words) < 3:
        raise usage("inject")
    end, kind, *values = words
    stranger = values[-1] == "stranger"
    octets = _made(kind.upper(), values[:-1] if stranger else values)
    return _do(desk, m.Inject(end, octets, stranger))


@command(
    "set",
    "END VARIABLE VALUE [both]",
    "a variable is this from now on. With `both`, the other end too; for block also the wire and "
    "the file, so that only the numbers change: set client block 65533 both",
    GROUP,
)
def set_(desk: Desk, words: list[str]) -> Reply:
    match words:
        case [end, name, value]:
            return _do(desk, m.SetVariable(end, name, value))
        case [end, name, value, "both"]:
            return _do(desk, m.SetVariable(end, name, value, both=True))
    raise usage("set")


@command("timeout", "[END]", "nothing comes until this end's deadline", GROUP)
def timeout(desk: Desk, words: list[str]) -> Reply:
    return _end(desk, "timeout", words, m.Expire)


@command("abort", "[END]", "this end's user gives up", GROUP)
def abort(desk: Desk, words: list[str]) -> Reply:
    return _end(desk, "abort", words, m.Abort)


@command("unreachable", "[END]", "the network says that nobody listens at its peer's port", GROUP)
def unreachable(desk: Desk, words: list[str]) -> Reply:
    return _end(desk, "unreachable", words, m.Unreach)


@command("diskfull", "[END]", "this end's disk is full", GROUP)
def diskfull(desk: Desk, words: list[str]) -> Reply:
    return _end(desk, "diskfull", words, m.FailStorage)


@command("wait", "[SECONDS]", "a real peer: let time run until something comes", GROUP)
def wait(desk: Desk, words: list[str]) -> Reply:
    if len(words) > 1 or (words and not words[0].replace(".", "", 1).isdigit()):
        raise usage("wait")
    return _do(desk, m.Wait(float(words[0]) if words else None))


def _one(desk: Desk, name: str, words: list[str], move: Callable[[int], m.Move]) -> Reply:
    held, rest = _held(desk, words)
    if rest:
        raise usage(name)
    return _do(desk, move(held.number))


def _held(desk: Desk, words: list[str]) -> tuple[Held, list[str]]:
    """The packet that is meant, and the words after its number."""
    wire = desk.stepper.world.wire
    if words and words[0].isdigit():
        for held in wire:
            if held.number == int(words[0]):
                return held, words[1:]
        here = ", ".join(str(held.number) for held in wire) or "none"
        raise LocalError(f"no packet {words[0]} is under way; these are: {here}")
    if not wire:
        raise LocalError("no packet is under way: step until one is")
    first = min(wire, key=lambda held: (held.due, held.number))
    return first, words[1:] if words[:1] == [""] else words


def _end(desk: Desk, name: str, words: list[str], move: Callable[[str], m.Move]) -> Reply:
    ends = [end for end, s in desk.stepper.world.sessions.items() if not s.state.is_final]
    match words:
        case [end]:
            return _do(desk, move(end))
        case [] if len(ends) == 1:
            return _do(desk, move(ends[0]))
    raise LocalError(f"which end? {name} {' or '.join(ends or ENDS)}")


def _do(desk: Desk, move: m.Move) -> Reply:
    frames = desk.stepper.perform(move)
    return shown(desk, list(frames), "" if frames else "done: step goes on")


def _made(kind: str, values: list[str]) -> bytes:
    packet: Packet
    match kind, values:
        case "RAW", [*octets]:
            return hexadecimal("".join(octets))
        case "ACK", [block] if block.isdigit():
            packet = Ack(int(block))
        case "DATA", [block, *text] if block.isdigit():
            packet = Data(int(block), " ".join(text).encode())
        case "ERROR", [code, *text] if code.isdigit():
            packet = Error(int(code), " ".join(text))
        case "OACK", [*options]:
            packet = Oack(tuple((n, v) for n, _, v in (o.partition("=") for o in options)))
        case "RRQ", [name]:
            packet = Rrq(name.encode("utf-8", "surrogateescape"))
        case _:
            raise usage("inject")
    return build(packet)

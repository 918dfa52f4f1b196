"""Conditions over a run, and what a question can ask of it.

    Check("DATA 2 came twice", heard("client", "DATA 2", 2))
    Question(..., truth=sends("server"))

All of them look at what the machines did, never at what a page says of itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.breakpoints import PacketLike, read_packet
from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.frames import Frame, variables_of
from tftp_fsm.lab.lessons.lesson import Check, Run
from tftp_fsm.language import mark
from tftp_fsm.protocol.events import (
    Deliver,
    Event,
    StorageFailed,
    StrayReceived,
    TimeoutExpired,
)
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.records import WireEvent
from tftp_fsm.transports.faults import LOST

Holds = Callable[[Run], bool]
Truth = Callable[[Run], str]
NOTHING = "nothing"


# -- Packets --------------------------------------------------------------------------------------


def heard(end: str, what: str, times: int = 1) -> Holds:
    """The end heard such a packet so often or more."""
    like = read_packet(what.split())
    return lambda run: sum(1 for frame in _of(run, end) if _fits(like, frame.packet)) >= times


def never_heard(end: str, what: str) -> Holds:
    """The end heard no such packet."""
    some = heard(end, what)
    return lambda run: not some(run)


def sent(end: str, what: str, times: int = 1) -> Holds:
    """The end sent such a packet so often or more."""
    like = read_packet(what.split())
    return lambda run: _sent(run, end, like) >= times


def sent_exactly(end: str, what: str, times: int) -> Holds:
    """The end sent such a packet so often, no more and no less."""
    like = read_packet(what.split())
    return lambda run: _sent(run, end, like) == times


def lost(what: str, times: int = 1) -> Holds:
    """So many such packets were lost, or more."""
    like = read_packet(what.split())
    return lambda run: sum(like.fits(held) for held in _lost(run)) >= times


def nothing_lost(run: Run) -> bool:
    """No packet was lost."""
    return not any(True for _ in _lost(run))


def untouched(run: Run) -> bool:
    """Nothing was done by hand but to let packets and time-outs come, and the wire was good."""
    usual = (m.Begin, m.Arrive, m.Expire)
    by_hand = (move for _, move in run.stepper.moves if move not in run.opening)
    events = (entry for entry in run.stepper.entries() if isinstance(entry, WireEvent))
    return all(isinstance(move, usual) for move in by_hand) and not any(True for _ in events)


def ignored_copy(end: str, kind: str) -> Holds:
    """A packet of this kind came twice with the same content, and the second changed nothing."""
    like = read_packet([kind])

    def holds(run: Run) -> bool:
        seen: set[bytes] = set()
        for frame in _of(run, end):
            if frame.packet is None or not like.fits(frame.packet):
                continue
            octets = frame.packet.octets
            if octets in seen and not _progresses(frame):
                return True
            seen.add(octets)
        return False

    return holds


def _progresses(frame: Frame) -> bool:
    """It kept octets of the file, or sent DATA."""
    delivers = any(isinstance(effect, Deliver) for effect in frame.step.effects)
    return delivers or any(held.kind == "DATA" for held in frame.sent)


def each_twice(end: str, kind: str, blocks: int) -> Holds:
    """The end sent so many different blocks of this kind twice or more."""
    like = read_packet([kind])

    def holds(run: Run) -> bool:
        packets = (held for frame in _of(run, end) for held in frame.sent if like.fits(held))
        counted = Counter(held.block for held in packets)
        return sum(1 for times in counted.values() if times > 1) >= blocks

    return holds


# -- Events and ends ------------------------------------------------------------------------------


def timed_out(end: str, times: int = 1) -> Holds:
    """The end's time was up so often or more, while it waited for an answer."""

    def waited(frame: Frame) -> bool:
        return (
            isinstance(frame.step.event, TimeoutExpired) and frame.step.before is not State.DALLYING
        )

    return lambda run: sum(map(waited, _of(run, end))) >= times


def met_stranger(end: str) -> Holds:
    """The end heard a packet of another TID."""
    return _had(end, StrayReceived)


def disk_failed(end: str) -> Holds:
    """The end could not write the file."""
    return _had(end, StorageFailed)


def _had(end: str, kind: type[Event]) -> Holds:
    return lambda run: any(isinstance(frame.step.event, kind) for frame in _of(run, end))


def ended(end: str, *outcomes: str) -> Holds:
    """The end has ended, in one of these ways."""
    return lambda run: _outcome(run, end) in outcomes


def both_succeeded(run: Run) -> bool:
    """Both ends say that the transfer succeeded."""
    return all(_outcome(run, end) == "succeeded" for end in ("client", "server"))


def not_both_succeeded(run: Run) -> bool:
    """Nothing more can happen, and an end did not succeed."""
    return over(run) and not both_succeeded(run)


def over(run: Run) -> bool:
    """Nothing more can happen."""
    return run.stepper.at_head and bool(run.stepper.frames) and not run.stepper.choices()


def whole(run: Run) -> bool:
    """The receiver has the file, octet for octet."""
    return run.stepper.world.intact is True


def no_file(run: Run) -> bool:
    """The receiver has no whole file."""
    return run.stepper.world.intact is not True


def believes_in_vain(run: Run) -> bool:
    """Somebody says *succeeded*, and the receiver has not the file."""
    told = any(_outcome(run, end) == "succeeded" for end in run.stepper.world.sessions)
    return told and no_file(run)


def equals(end: str, name: str, value: int) -> Holds:
    """A variable of the end has this value."""
    return lambda run: _number(run, end, name) == value


def at_least(end: str, name: str, value: int) -> Holds:
    """A variable of the end has this value, or more."""
    return lambda run: (_number(run, end, name) or 0) >= value


# -- What was opened ------------------------------------------------------------------------------


def was_found(run: Run) -> bool:
    """The transfer is one in which a search has found a run."""
    return run.opened.get("scenario") == "found"


def has_mistake(*names: str) -> Holds:
    """The tables have one of these mistakes."""

    def holds(run: Run) -> bool:
        match run.opened.get("tables"):
            case {"mutant": name}:
                return name in names
        return False

    return holds


def one_row_is_off(run: Run) -> bool:
    """One row is switched off, and no other is changed."""
    match run.opened.get("tables"):
        case {"rows": [{"off": True}]}:
            return True
    return False


# -- What a question can ask ----------------------------------------------------------------------


def sends(run: Run) -> str:
    """The packet that the last step sent: `ACK 2`, `ERROR 5`, or `nothing`."""
    frame = run.stepper.frame
    if frame is None or not frame.sent:
        return NOTHING
    held = frame.sent[0]
    return " ".join(held.words.split()[:2]) if held.kind in ("DATA", "ACK", "ERROR") else held.kind


def state_of(end: str) -> Truth:
    """The state of the end."""
    return lambda run: run.stepper.states[end].value


def outcome_of(end: str) -> Truth:
    """How the transfer ended for this end."""
    return lambda run: _outcome(run, end)


def variable(end: str, name: str) -> Truth:
    """A variable of the end."""
    return lambda run: f"{variables_of(run.stepper.world.sessions[end])[name]}"


def acts(run: Run) -> str:
    """The end that made the last step."""
    return run.stepper.frame.end if run.stepper.frame is not None else NOTHING


# -- Parts ----------------------------------------------------------------------------------------


def _of(run: Run, end: str) -> Iterator[Frame]:
    return (frame for frame in run.stepper.past if frame.end == end)


def _fits(like: PacketLike, held: Held | None) -> bool:
    return held is not None and like.fits(held)


def _sent(run: Run, end: str, like: PacketLike) -> int:
    return sum(like.fits(held) for frame in _of(run, end) for held in frame.sent)


def _lost(run: Run) -> Iterator[Held]:
    """The packets that were lost, as they were sent."""
    known = {held.number: held for frame in run.stepper.past for held in frame.sent}
    for entry in run.stepper.entries():
        if isinstance(entry, WireEvent) and set(LOST.mishaps) & set(entry.fate):
            yield from (known[number] for number in (entry.packet,) if number in known)


def _outcome(run: Run, end: str) -> str:
    session = run.stepper.world.sessions.get(end)
    return NOTHING if session is None or session.outcome is None else session.outcome.outcome.value


def _number(run: Run, end: str, name: str) -> int | None:
    session = run.stepper.world.sessions.get(end)
    value = None if session is None else variables_of(session).get(name)
    return value if isinstance(value, int) else None


# -- Checks that many exercises have --------------------------------------------------------------

WHOLE = Check(mark("The client has the whole file, octet for octet."), whole)
BOTH = Check(mark("Both ends say that the transfer succeeded."), both_succeeded)
UNTOUCHED = Check(mark("No packet was lost or changed."), untouched)

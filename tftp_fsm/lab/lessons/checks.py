"""Conditions on a run, and the values that a question can ask for.

    Check("DATA 2 came twice", heard("client", "DATA 2", 2))
    Question(..., truth=sends("server"))

All of them judge the actions of the machines, and never the claims of a page.
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
    """Hold if the end heard such a packet at least `times` times."""
    like = read_packet(what.split())
    return lambda run: sum(1 for frame in _of(run, end) if _fits(like, frame.packet)) >= times


def never_heard(end: str, what: str) -> Holds:
    """Hold if the end heard no such packet."""
    some = heard(end, what)
    return lambda run: not some(run)


def sent(end: str, what: str, times: int = 1) -> Holds:
    """Hold if the end sent such a packet at least `times` times."""
    like = read_packet(what.split())
    return lambda run: _sent(run, end, like) >= times


def sent_exactly(end: str, what: str, times: int) -> Holds:
    """Hold if the end sent such a packet exactly `times` times."""
    like = read_packet(what.split())
    return lambda run: _sent(run, end, like) == times


def lost(what: str, times: int = 1) -> Holds:
    """Hold if at least `times` such packets were lost."""
    like = read_packet(what.split())
    return lambda run: sum(like.fits(held) for held in _lost(run)) >= times


def nothing_lost(run: Run) -> bool:
    """Return whether no packet was lost."""
    return not any(True for _ in _lost(run))


def untouched(run: Run) -> bool:
    """Return whether the wire was good and all moves were plain arrivals and time-outs."""
    usual = (m.Begin, m.Arrive, m.Expire)
    by_hand = (move for _, move in run.stepper.moves if move not in run.opening)
    events = (entry for entry in run.stepper.entries() if isinstance(entry, WireEvent))
    return all(isinstance(move, usual) for move in by_hand) and not any(True for _ in events)


def ignored_copy(end: str, kind: str) -> Holds:
    """Hold if an equal packet of this kind came twice, and the second changed nothing."""
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
    """Return whether the step kept octets of the file, or sent DATA."""
    delivers = any(isinstance(effect, Deliver) for effect in frame.step.effects)
    return delivers or any(held.kind == "DATA" for held in frame.sent)


def each_twice(end: str, kind: str, blocks: int) -> Holds:
    """Hold if the end sent at least `blocks` different blocks of this kind twice or more."""
    like = read_packet([kind])

    def holds(run: Run) -> bool:
        packets = (held for frame in _of(run, end) for held in frame.sent if like.fits(held))
        counted = Counter(held.block for held in packets)
        return sum(1 for times in counted.values() if times > 1) >= blocks

    return holds


# -- Events and ends ------------------------------------------------------------------------------


def timed_out(end: str, times: int = 1) -> Holds:
    """Hold if the end timed out at least `times` times while it waited for an answer."""

    def waited(frame: Frame) -> bool:
        return (
            isinstance(frame.step.event, TimeoutExpired) and frame.step.before is not State.DALLYING
        )

    return lambda run: sum(map(waited, _of(run, end))) >= times


def met_stranger(end: str) -> Holds:
    """Hold if the end heard a packet of another TID."""
    return _had(end, StrayReceived)


def disk_failed(end: str) -> Holds:
    """Hold if the end could not write the file."""
    return _had(end, StorageFailed)


def _had(end: str, kind: type[Event]) -> Holds:
    return lambda run: any(isinstance(frame.step.event, kind) for frame in _of(run, end))


def ended(end: str, *outcomes: str) -> Holds:
    """Hold if the end has ended with one of these outcomes."""
    return lambda run: _outcome(run, end) in outcomes


def both_succeeded(run: Run) -> bool:
    """Return whether both ends say that the transfer succeeded."""
    return all(_outcome(run, end) == "succeeded" for end in ("client", "server"))


def not_both_succeeded(run: Run) -> bool:
    """Return whether nothing more can happen, and an end did not succeed."""
    return over(run) and not both_succeeded(run)


def over(run: Run) -> bool:
    """Return whether nothing more can happen."""
    return run.stepper.at_head and bool(run.stepper.frames) and not run.stepper.choices()


def whole(run: Run) -> bool:
    """Return whether the receiver has the file, octet for octet."""
    return run.stepper.world.intact is True


def no_file(run: Run) -> bool:
    """Return whether the receiver has no whole file."""
    return run.stepper.world.intact is not True


def believes_in_vain(run: Run) -> bool:
    """Return whether an end says *succeeded* although the receiver does not have the file."""
    told = any(_outcome(run, end) == "succeeded" for end in run.stepper.world.sessions)
    return told and no_file(run)


def equals(end: str, name: str, value: int) -> Holds:
    """Hold if a variable of the end has this value."""
    return lambda run: _number(run, end, name) == value


def at_least(end: str, name: str, value: int) -> Holds:
    """Hold if a variable of the end has at least this value."""
    return lambda run: (_number(run, end, name) or 0) >= value


# -- What was opened ------------------------------------------------------------------------------


def was_found(run: Run) -> bool:
    """Return whether the run is one that a search has found."""
    return run.opened.get("scenario") == "found"


def has_mistake(*names: str) -> Holds:
    """Hold if the tables have one of these mistakes."""

    def holds(run: Run) -> bool:
        match run.opened.get("tables"):
            case {"mutant": name}:
                return name in names
        return False

    return holds


def one_row_is_off(run: Run) -> bool:
    """Return whether one row is switched off, and no other row is changed."""
    match run.opened.get("tables"):
        case {"rows": [{"off": True}]}:
            return True
    return False


# -- Values that a question can ask for -----------------------------------------------------------


def sends(run: Run) -> str:
    """Return the packet that the last step sent, such as `ACK 2` or `ERROR 5`, or `nothing`."""
    frame = run.stepper.frame
    if frame is None or not frame.sent:
        return NOTHING
    held = frame.sent[0]
    return " ".join(held.words.split()[:2]) if held.kind in ("DATA", "ACK", "ERROR") else held.kind


def state_of(end: str) -> Truth:
    """Ask for the state of the end."""
    return lambda run: run.stepper.states[end].value


def outcome_of(end: str) -> Truth:
    """Ask for the outcome of this end."""
    return lambda run: _outcome(run, end)


def variable(end: str, name: str) -> Truth:
    """Ask for a variable of the end."""
    return lambda run: f"{variables_of(run.stepper.world.sessions[end])[name]}"


def acts(run: Run) -> str:
    """Return the end that made the last step."""
    return run.stepper.frame.end if run.stepper.frame is not None else NOTHING


# -- Parts ----------------------------------------------------------------------------------------


def _of(run: Run, end: str) -> Iterator[Frame]:
    return (frame for frame in run.stepper.past if frame.end == end)


def _fits(like: PacketLike, held: Held | None) -> bool:
    return held is not None and like.fits(held)


def _sent(run: Run, end: str, like: PacketLike) -> int:
    return sum(like.fits(held) for frame in _of(run, end) for held in frame.sent)


def _lost(run: Run) -> Iterator[Held]:
    """Yield the packets that were lost, in the form in which they were sent."""
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


# -- Checks of many exercises ---------------------------------------------------------------------

WHOLE = Check(mark("The client has the whole file, octet for octet."), whole)
BOTH = Check(mark("Both ends say that the transfer succeeded."), both_succeeded)
UNTOUCHED = Check(mark("No packet was lost or changed."), untouched)

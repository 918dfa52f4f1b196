"""The possible next events: arrivals and losses of datagrams, time-outs, failures of the ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import Held, whose
from tftp_fsm.debugger.guards import row_for
from tftp_fsm.debugger.worlds.held import HeldWorld
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    Aborted,
    Event,
    Opened,
    StorageFailed,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.protocol.session import Session


def choices_of(
    world: HeldWorld, first: m.Move | None, *, begun: bool = True
) -> tuple[m.Choice, ...]:
    """Everything that can happen in `world`. The choice whose move is `first` comes first."""
    found = list(_choices(world, begun))
    after = [c for c in found if c.move != first]
    return tuple([replace(c, likely="next") for c in found if c.move == first] + after)


def _choices(world: HeldWorld, begun: bool) -> Iterator[m.Choice]:
    if not begun:
        session = world.sessions["client"]
        yield _hears(
            session,
            Opened(),
            sentence("the user asks for the file"),
            m.Begin(),
            world.now,
            "client",
        )
        return
    yield from (_arrival(world, held) for held in world.wire)
    for end, session in _running(world):
        if session.deadline is not None:
            words = sentence("nothing comes: {end} times out", end=end_word(end))
            yield _hears(session, TimeoutExpired(), words, m.Expire(end), session.deadline, end)
    for held in world.wire:
        words = sentence("{packet} is lost", packet=whose(held))
        yield m.Choice(words, m.Drop(held.number), held.due)
    for end, session in _running(world):
        yield from (replace(c, likely="rare") for c in _misfortunes(world, end, session))


def _running(world: HeldWorld) -> Iterator[tuple[str, Session]]:
    return ((end, s) for end, s in world.sessions.items() if not s.state.is_final)


def _arrival(world: HeldWorld, held: Held) -> m.Choice:
    when = max(world.now, held.due)
    words = world.arrives(held)
    session = world.sessions.get(held.receiver)
    if session is None or session.state.is_final:
        return m.Choice(words, m.Arrive(held.number), when)
    event = world.event_of(held, session)
    return _hears(session, event, words, m.Arrive(held.number), when, held.receiver)


def _misfortunes(world: HeldWorld, end: str, session: Session) -> Iterator[m.Choice]:
    now, name = world.now, end_word(end)
    words = sentence("{end}'s user gives up", end=name)
    yield _hears(session, Aborted(), words, m.Abort(end), now, end)
    words = sentence("the network tells {end} that the port of its peer is closed", end=name)
    yield _hears(session, UnreachableReceived(), words, m.ReportUnreachable(end), now, end)
    failed = StorageFailed(0, "")
    words = sentence("{end}'s disk is full", end=name)
    yield _hears(session, failed, words, m.FailStorage(end), now, end)


def _hears(
    session: Session, event: Event, words: str, move: m.Move, when: float, end: str
) -> m.Choice:
    row = row_for(session, event, when)
    leads_to = None if row is None else row.dest or row.source
    return m.Choice(words, move, when, end, row, leads_to)

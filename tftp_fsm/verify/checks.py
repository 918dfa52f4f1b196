"""Check a single session in each position that it can reach."""

from __future__ import annotations

from functools import cache

from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Event, Send, trigger_of
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.untimed import AT_ONCE, at_rest, key_of
from tftp_fsm.verify.rules import GUARDS, STRANGER, Breach
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, build

FOREIGN: Address = ("stranger", 4711)
_SAID: tuple[Packet, ...] = (
    *(Data(block, b"foreign") for block in range(5)),
    *(Ack(block) for block in range(5)),
    *(Error(0, "foreign"), Oack(()), Rrq(b"foreign")),
)
FOREIGN_DATAGRAMS = tuple(map(build, _SAID))


def check_guards(session: Session, event: Event) -> None:
    """Raise `Breach` unless exactly one row can be taken.

    `session` is about to hear the event. A state without rows for this trigger breaks no rule.
    """
    trigger = trigger_of(event)
    rows = _rows_of(session.table).get((session.state, trigger))
    if not rows:
        return
    taken = [row for row in rows if _holds(session, row, event)]
    if len(taken) != 1:
        where = {"trigger": trigger, "state": session.state.value}
        how = sentence("{trigger} in state {state}: no row can be taken", **where)
        if taken:
            how = sentence(
                "{trigger} in state {state}: all these rows can be taken: {rows}",
                rows="; ".join(map(str, taken)),
                **where,
            )
        raise Breach(GUARDS, how)


def check_stranger(session: Session) -> None:
    """Raise `Breach` if a packet of another TID changes the session or gets a wrong answer."""
    if session.state.is_final or session.state is State.IDLE:
        return
    for datagram in FOREIGN_DATAGRAMS:
        after = session.copy()
        event = after.interpret(datagram, FOREIGN)
        step = after.handle(event, AT_ONCE)
        moved = key_of(at_rest(after, AT_ONCE)) != key_of(session)
        if moved or not all(_is_refusal(effect) for effect in step.effects):
            how = sentence(
                "a packet from another TID changes {table} in state {state}",
                table=session.table.name,
                state=session.state.value,
            )
            raise Breach(STRANGER, how, event)


def _is_refusal(effect: object) -> bool:
    """Return whether the effect sends an ERROR to the stranger."""
    match effect:
        case Send(Error(), to):
            return to == FOREIGN
        case _:
            return False


@cache
def _rows_of(table: Table) -> dict[tuple[State, str], list[Row]]:
    found: dict[tuple[State, str], list[Row]] = {}
    for row in table.rows:
        found.setdefault((row.source, row.trigger), []).append(row)
    return found


def _holds(asked: Session, row: Row, event: Event) -> bool:
    return all(getattr(asked, name)(event) for name in row.conditions) and not any(
        getattr(asked, name)(event) for name in row.unless
    )

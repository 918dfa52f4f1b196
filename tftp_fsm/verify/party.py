"""A machine that is not TFTP: a table of rows, and a class with its guards and actions.

    class Receiver(Party):
        table = Table("RECEIVER", "delivers what comes", (
            Row("data_received", Is.LISTENING, None, after=("deliver_item", "send_ack")),
        ))
        rests = (Is.LISTENING,)                  # in these states it may stay for ever

        def deliver_item(self, message):
            self.deliver(message[1])

        def send_ack(self, message):
            self.send("ack")

You define the states as an Enum. A message is a tuple that begins with its name: ("data", "A") has
the trigger `data_received`. There are two other triggers: `started` comes first, and
`timeout_expired` may come while `waits` is true. A state without rows is an end: a party hears
nothing there. Guards and actions take the message, or None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, ClassVar, TypeAlias

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.machine import machine_for
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.whole import mistakes_of, rows_of

__all__ = ["Party"]

Message: TypeAlias = tuple[Any, ...]
Fields: TypeAlias = tuple[tuple[str, Any], ...]

STARTED, TIMEOUT = "started", "timeout_expired"
_NOT_KEPT = ("row", "sent", "delivered")


class Party:
    """One of two ends. Its fields are its whole state: numbers, texts and tuples."""

    table: ClassVar[Table]
    rests: ClassVar[tuple[Any, ...]] = ()

    def __init__(self, items: Message = ()) -> None:
        self.state: Any = self.table.rows[0].source
        self.row: Row | None = None
        self.items = items
        self.waits: bool = False
        self.sent: list[Message] = []
        self.delivered: list[Any] = []
        self.begin()

    def begin(self) -> None:
        """Set the first values of your fields. A subclass overrides this."""

    def send(self, *message: Any) -> None:
        """Send a message to the other party. Its first part is its name."""
        self.sent.append(message)

    def deliver(self, item: Any) -> None:
        """Hand the next item to the user of this party."""
        self.delivered.append(item)

    @property
    def has_ended(self) -> bool:
        """Whether this party hears nothing more."""
        return all(row.source is not self.state for row in self.table.rows)


class RuleBroken(Exception):
    """A rule is broken. `rule` is its name, and `how` says what happened."""

    def __init__(self, rule: str, how: str) -> None:
        super().__init__(how)
        self.rule = rule
        self.how = how


@frozen
class PartyStep:
    """The result of one event: the fields after it, and the messages sent and items delivered."""

    fields: Fields
    row: Row | None
    sent: tuple[Message, ...] = ()
    delivered: Message = ()


def fields_of(party: Party) -> Fields:
    """Return all fields of a party. Raises LocalError if a field is mutable, as a list is."""
    fields = tuple((k, v) for k, v in sorted(vars(party).items()) if k not in _NOT_KEPT)
    for name, value in fields:
        _expect_fixed(f"{type(party).__name__}.{name}", value)
    return fields


def _expect_fixed(what: str, *values: Any) -> None:
    for value in values:
        try:
            hash(value)
        except TypeError:
            kind = type(value).__name__
            raise LocalError(
                sentence("{what} is a {kind}: use a tuple", what=what, kind=kind)
            ) from None


def party_of(kind: type[Party], fields: Fields) -> Party:
    """Return a party with these fields."""
    party = kind.__new__(kind)
    vars(party).update(fields, row=None, sent=[], delivered=[])
    return party


def stepped(kind: type[Party], fields: Fields, trigger: str, message: Message | None) -> PartyStep:
    """Give a party one event. Raises RuleBroken unless exactly one row answers it."""
    party = party_of(kind, fields)
    if party.has_ended:
        return PartyStep(fields, None)
    _expect_one_row(party, trigger, message)
    row = machine_for(kind.table).fire(party, message, trigger)
    for sent in party.sent:
        if not sent or not isinstance(sent[0], str):
            raise LocalError(
                sentence(
                    "{party} sends {sent!r}: a message begins with its name",
                    party=kind.__name__,
                    sent=sent,
                )
            )
        _expect_fixed(sentence("a part of what {party} sends", party=kind.__name__), *sent)
    _expect_fixed(sentence("what {party} delivers", party=kind.__name__), *party.delivered)
    return PartyStep(fields_of(party), row, tuple(party.sent), tuple(party.delivered))


def _expect_one_row(party: Party, trigger: str, message: Message | None) -> None:
    rows = rows_of(party.table, party.state, trigger)
    taken = [row for row in rows if _holds(party, row, message)]
    if len(taken) == 1:
        return
    where = {"table": party.table.name, "state": party.state.value}
    if taken:
        how = sentence(
            "{table} in {state}: both can be taken: {rows}",
            rows="; ".join(map(str, taken)),
            **where,
        )
        raise RuleBroken("guards", how)
    event = f"{trigger} {message or ''}".rstrip()
    how = sentence("{table} in {state}: no row answers {event}", event=event, **where)
    raise RuleBroken("answered", how)


def _holds(party: Party, row: Row, message: Message | None) -> bool:
    def ask(name: str) -> bool:
        return bool(getattr(party, name)(message))

    return all(map(ask, row.conditions)) and not any(map(ask, row.unless))


# -- Mistakes in a table --------------------------------------------------------------------------


def party_mistakes(kind: type[Party]) -> Iterator[str]:
    """Yield the mistakes in the table of a party, each as one line."""
    table = getattr(kind, "table", None)
    if not isinstance(table, Table) or not table.rows:
        yield sentence("{party} has no table with rows", party=kind.__name__)
        return
    if not all(isinstance(row, Row) for row in table.rows):
        yield sentence("{table}: rows are Row(trigger, source, dest, ...)", table=table.name)
        return
    if not isinstance(table.rows[0].source, Enum):
        yield sentence(
            "{table}: the states are an Enum, not {source!r}",
            table=table.name,
            source=table.rows[0].source,
        )
        return
    known = frozenset({STARTED, TIMEOUT, *_messages(table.rows)})
    yield from mistakes_of(kind, table, type(table.rows[0].source), known, _hears)


def _hears(table: Table, state: State) -> tuple[str, ...]:
    """Return the triggers for `state`: each message, and a time-out if it has a row."""
    rows = [row for row in table.rows if row.source is state]
    if not rows:
        return ()
    if state is table.rows[0].source and any(row.trigger == STARTED for row in rows):
        return (STARTED,)
    timeouts = (TIMEOUT,) if any(row.trigger == TIMEOUT for row in rows) else ()
    return (*_messages(table.rows), *timeouts)


def _messages(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.trigger for r in rows if r.trigger.endswith("_received")))

"""The script of a network: one datagram is lost, another comes twice, another comes late.

    script = Script(lose(Opcode.ACK, 3), twice(Opcode.ACK, 1))

`scripted` has the transport over such a network.
"""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.frozen import frozen
from tftp_fsm.transports.faults import LOST, UNHARMED, Direction, Fate
from tftp_fsm.wire.headers import Opcode, number_of, opcode_of

SENT: Direction = "sent"


@frozen
class Rule:
    """A rule: of the datagrams with `kind` and `direction`, `times` meet `fate` from `first` on.

    Without `kind` all datagrams are meant. `number` is the block of DATA and ACK as on the wire, or
    the code of ERROR. With `unlike` those with these octets are left out. Without `times` the rule
    has no end. With `change` other octets may arrive, and `fate` is not used.
    """

    kind: Opcode | None
    fate: Fate
    number: int | None = None
    direction: Direction = SENT
    first: int = 1
    times: int | None = 1
    unlike: bytes | None = None
    change: Callable[[bytes], bytes] | None = None

    def matches(self, direction: Direction, datagram: bytes) -> bool:
        """Whether the rule counts this datagram."""
        if direction != self.direction:
            return False
        if self.kind is not None and opcode_of(datagram) is not self.kind:
            return False
        if self.unlike is not None and datagram == self.unlike:
            return False
        return self.number is None or number_of(datagram) == self.number

    def fate_of(self, datagram: bytes) -> Fate:
        """Return the fate of a datagram to which the rule applies."""
        if self.change is None:
            return self.fate
        octets = self.change(datagram)
        return UNHARMED if octets == datagram else _replaced(octets)

    def holds(self, count: int) -> bool:
        """Return whether it applies to the `count`th datagram that it counts."""
        return count >= self.first and (self.times is None or count < self.first + self.times)


class Script:
    """Rules, with the number of datagrams that each has counted. The first that applies decides."""

    def __init__(self, *rules: Rule) -> None:
        self.rules: tuple[Rule, ...] = rules
        self._counts = [0] * len(rules)

    def fate_of(self, direction: Direction, datagram: bytes) -> Fate:
        """The fate of the next datagram of a direction."""
        decided = None
        for index, rule in enumerate(self.rules):
            if rule.matches(direction, datagram):
                self._counts[index] += 1
                if decided is None and rule.holds(self._counts[index]):
                    decided = rule.fate_of(datagram)
        return decided or UNHARMED


def lose(
    kind: Opcode | None,
    number: int | None = None,
    direction: Direction = SENT,
    *,
    first: int = 1,
    times: int | None = 1,
) -> Rule:
    """Return a rule: the datagram does not arrive."""
    return Rule(kind, LOST, number, direction, first, times)


def twice(
    kind: Opcode, number: int | None = None, direction: Direction = SENT, *, after: float = 0.0
) -> Rule:
    """Return a rule: the datagram arrives, and arrives again `after` seconds later."""
    return Rule(kind, Fate((0.0, after), mishaps=("duplicated",)), number, direction)


def late(
    kind: Opcode, number: int | None = None, direction: Direction = SENT, *, after: float
) -> Rule:
    """Return a rule: the datagram arrives `after` seconds late."""
    return Rule(kind, Fate((after,), mishaps=("delayed",)), number, direction)


def instead(
    kind: Opcode,
    octets: bytes,
    number: int | None = None,
    direction: Direction = SENT,
    *,
    times: int | None = 1,
) -> Rule:
    """Return a rule: these octets arrive in place of the datagram."""
    return Rule(kind, _replaced(octets), number, direction, times=times)


def changed(kind: Opcode, change: Callable[[bytes], bytes], direction: Direction = SENT) -> Rule:
    """Return a rule: `change` changes each datagram. An unchanged datagram is not a mishap."""
    return Rule(kind, UNHARMED, direction=direction, times=None, change=change)


def _replaced(octets: bytes) -> Fate:
    return Fate(mishaps=("replaced",), octets=octets)

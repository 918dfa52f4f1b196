"""What the wire does by itself: the rules of a scenario, or a seeded bad network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Literal, TypeAlias

from tftp_fsm.debugger.datagrams import STRANGER, Held
from tftp_fsm.debugger.worlds.line import Line, fate_of
from tftp_fsm.frozen import frozen
from tftp_fsm.simulation.ends import SERVER
from tftp_fsm.trace.trace import WireEvent
from tftp_fsm.transports.faults import Faults, decide
from tftp_fsm.wire.address import Address

FOREIGN: Address = ("server", 4711)  # somebody else's TID, at the server's host
ALWAYS = 0

Deed: TypeAlias = Literal["lose", "duplicate", "delay", "replace", "stranger", "answer"]


@frozen
class Rule:
    """On the `nth` datagram of this kind, block and sender (0: on each), `deed` is done.

    `delay`: it comes `seconds` later; `duplicate`: a copy does. `replace`: `octets` arrive
    instead; `stranger`: they arrive as well, from another TID; `answer`: they come back from the
    server's TID, and it goes no further. `why` tells a person.
    """

    deed: Deed
    kind: str
    why: str
    block: int | None = None
    sender: str | None = None
    nth: int = 1
    seconds: float = 0.0
    octets: bytes = b""

    def is_about(self, held: Held) -> bool:
        """Whichever of them it is."""
        same_block = self.block in (None, held.block)
        return held.kind == self.kind and same_block and self.sender in (None, held.sender)


@frozen
class Notice:
    """What became of a datagram: itself, in words for a person, and as the trace says it."""

    held: Held
    words: str = ""
    record: WireEvent | None = None


class ScriptedFaults:
    """Decides the fate of each datagram once, when it is sent."""

    def __init__(self, rules: Sequence[Rule], faults: Faults) -> None:
        self._rules = tuple(rules)
        self._seen = [0] * len(self._rules)
        self._faults = faults

    def apply(self, line: Line, held: Held) -> Notice:
        """`held` has just been put on the line."""
        rule = self._rule_for(held)
        if rule is not None:
            return _strike(line, held, rule)
        return self._mistreat(line, held) if self._faults else Notice(held)

    def _rule_for(self, held: Held) -> Rule | None:
        found = None
        for index, rule in enumerate(self._rules):
            if rule.is_about(held):
                self._seen[index] += 1
                if rule.nth in (ALWAYS, self._seen[index]):
                    found = found or rule
        return found

    def _mistreat(self, line: Line, held: Held) -> Notice:
        """Its fate hangs on its number alone, so that a step back and another way change none."""
        fate = decide(self._faults, Random(f"{self._faults.seed} packet {held.number}"), held.size)
        if not fate.mishaps:
            return Notice(held)
        words = f"{held.words} of {held.sender}: {', '.join(fate.mishaps)} on the way"
        record = fate_of(held, fate.mishaps, fate.delays, fate.flipped)
        if not fate.delays:
            return Notice(line.take(held.number).marked(*fate.mishaps), words, record)
        late = replace(held, octets=fate.applied_to(held.octets), due=held.due + fate.delays[0])
        now = line.exchange(held, late.marked(*fate.mishaps))
        for delay in fate.delays[1:]:
            line.copy(now, held.due + delay)
        return Notice(now, words, record)

    def __deepcopy__(self, memo: dict[int, object]) -> ScriptedFaults:
        other = ScriptedFaults(self._rules, self._faults)
        other._seen = list(self._seen)
        return other


def _strike(line: Line, held: Held, rule: Rule) -> Notice:
    words = f"{held.words} of {held.sender}: {rule.why}"
    match rule.deed:
        case "lose":
            lost = line.take(held.number).marked("lost")
            return Notice(lost, words, fate_of(held, ("lost",), ()))
        case "answer":
            lost = line.take(held.number).marked("answered")
            _extra(line, held, "server", SERVER, held.sender, held.source, rule.octets)
            return Notice(lost, words, fate_of(held, ("lost",), ()))
        case "duplicate":
            line.copy(held, held.due + rule.seconds)
            record = fate_of(held, ("duplicated",), (0.0, rule.seconds))
            return Notice(held.marked("duplicated"), words, record)
        case "delay":
            late = replace(held, due=held.due + rule.seconds).marked("delayed")
            record = fate_of(held, ("delayed",), (rule.seconds,))
            return Notice(line.exchange(held, late), words, record)
        case "replace":
            other = replace(held, octets=rule.octets, size=len(rule.octets)).marked("replaced")
            return Notice(line.exchange(held, other), words, fate_of(held, ("replaced",), (0.0,)))
        case "stranger":
            _extra(line, held, STRANGER, FOREIGN, held.receiver, held.to, rule.octets)
            return Notice(held, words)


def _extra(
    line: Line, held: Held, sender: str, source: Address, receiver: str, to: Address, octets: bytes
) -> None:
    """A datagram that comes at the same time as `held`, or would have."""
    line.put((sender, receiver), (source, to), octets, (held.sent, held.due))

"""The faults of the wire: the rules of a scenario, or seeded faults."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Literal, TypeAlias

from tftp_fsm.debugger.datagrams import STRANGER, Held, whose
from tftp_fsm.debugger.worlds.line import Line, fate_record
from tftp_fsm.frozen import frozen
from tftp_fsm.language import layout, marked, sentence
from tftp_fsm.protocol.gloss import fate_gloss
from tftp_fsm.simulation.addresses import SERVER
from tftp_fsm.trace.records import WireEvent
from tftp_fsm.transports.faults import LOST, UNHARMED, Fate, Faults, decide
from tftp_fsm.wire.address import Address

FOREIGN: Address = ("server", 4711)  # a stranger's TID at the server's host
ALWAYS = 0

Deed: TypeAlias = Literal["lose", "duplicate", "delay", "replace", "stranger", "answer"]


@frozen
class Rule:
    """A fault of the `nth` datagram of this kind, block and sender, or of each if `nth` is 0.

    lose       it never arrives
    duplicate  a copy arrives `seconds` later
    delay      it arrives `seconds` later
    replace    `octets` arrive instead
    stranger   `octets` arrive too, from another TID
    answer     it is lost, and the server's TID sends `octets` back

    `why` is the reason in words.
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
        """Return whether the datagram has this kind, block and sender."""
        same_block = self.block in (None, held.block)
        return held.kind == self.kind and same_block and self.sender in (None, held.sender)

    @property
    def fate(self) -> Fate:
        """Return the fate of the datagram itself."""
        match self.deed:
            case "lose" | "answer":
                return LOST
            case "duplicate":
                return Fate((0.0, self.seconds), mishaps=("duplicated",))
            case "delay":
                return Fate((self.seconds,), mishaps=("delayed",))
            case "replace":
                return Fate(mishaps=("replaced",), octets=self.octets)
            case "stranger":
                return UNHARMED


@frozen
class Notice:
    """A datagram after its fault, with the fault in words and as a record of a trace."""

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
        """Apply the faults to `held`, which has just been put on the line."""
        rule = self._rule_for(held)
        if rule is None:
            fate = self._fate_of(held)
            why: str = sentence("{fate} on the way", fate=fate_gloss(fate.mishaps))
        else:
            fate, why = rule.fate, marked(rule.why)
            _add_packets(line, held, rule)
        if rule is None and not fate.mishaps:
            return Notice(held)
        words = layout("{packet}: {why}", packet=whose(held), why=why)
        if not fate.mishaps:
            return Notice(held, words)
        return Notice(line.apply(held, fate), words, fate_record(held, fate))

    def _rule_for(self, held: Held) -> Rule | None:
        found = None
        for index, rule in enumerate(self._rules):
            if rule.is_about(held):
                self._seen[index] += 1
                if rule.nth in (ALWAYS, self._seen[index]):
                    found = found or rule
        return found

    def _fate_of(self, held: Held) -> Fate:
        """The fate depends on the datagram's number alone, so going back does not change it."""
        random = Random(f"{self._faults.seed} packet {held.number}")
        return decide(self._faults, random, held.size)

    def __deepcopy__(self, memo: dict[int, object]) -> ScriptedFaults:
        other = ScriptedFaults(self._rules, self._faults)
        other._seen = list(self._seen)
        return other


def _add_packets(line: Line, held: Held, rule: Rule) -> None:
    """Add the rule's own datagrams. They arrive when `held` arrives, or would have arrived."""
    times = held.sent, held.due
    match rule.deed:
        case "answer":
            ends, way = ("server", held.sender), (SERVER, held.source)
            line.put(ends, way, rule.octets, times)
        case "stranger":
            ends, way = (STRANGER, held.receiver), (FOREIGN, held.to)
            line.put(ends, way, rule.octets, times)

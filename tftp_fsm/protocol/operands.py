"""The values that a guard compares, so that a debugger can show more than yes or no.

    @compares("block", "next_block")
    def is_next_run(self, event: DataReceived) -> bool: ...

    operands_of(session, "is_next_run", event)      # {"block": 2, "next_block": 3}

A name is a field or property of the event or of the session, or a method of the session that is
called with the event. The values of all operands decide the answer: with equal values the answer is
equal. An operand with the value None has no influence this time, and is left out.
"""

from __future__ import annotations

from math import inf

from tftp_fsm.borders import brief
from tftp_fsm.language.sentences import joined, layout, sentence, sentence_p
from tftp_fsm.protocol.counters import Counters
from tftp_fsm.protocol.timing import STRAY_INTERVAL, RetryPolicy
from tftp_fsm.wire.kinds import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    Guard = TypeVar("Guard", bound=Callable[..., bool])


def compares(*names: str) -> Callable[[Guard], Guard]:
    """Declare the operands of a guard."""

    def declare(guard: Guard) -> Guard:
        guard.operands = names  # type: ignore[attr-defined]
        return guard

    return declare


def names_of(session: object, guard: str) -> tuple[str, ...]:
    """Return the declared operands of `guard`, a method of this session or class."""
    return tuple(getattr(getattr(session, guard), "operands", ()))


def operands_of(session: object, guard: str, event: object) -> Mapping[str, object]:
    """Return the operands of `guard` with their values, in the order of declaration."""
    found = {name: _value(session, name, event) for name in names_of(session, guard)}
    return {name: value for name, value in found.items() if value is not None}


def operands_words(operands: Mapping[str, object]) -> str:
    """Return words such as `block 2, next block 3`. Fractional numbers are times in seconds."""
    from tftp_fsm.protocol.operand_names import operand_name

    return joined(
        ", ",
        [
            layout("{name} {value}", name=operand_name(name), value=operand_words(value))
            for name, value in operands.items()
        ],
    )


def _value(session: object, name: str, event: object) -> object:
    if hasattr(event, name):
        return getattr(event, name)
    value: Any = getattr(session, name)
    return value(event) if callable(value) else value


def operand_words(value: object) -> str:
    """Return one value in words: `yes`, `0.0300 s`, `3`."""
    match value:
        case bool():
            return sentence_p("an answer", "yes") if value else sentence_p("an answer", "no")
        case int():
            return str(value)
        case float():
            return sentence("{seconds:.4f} s", seconds=value)
        case _:
            return brief(str(value))


class Operands:
    """The operands for guards of all four sessions. `Session` sets the fields that they read."""

    request: Request
    retry_policy: RetryPolicy
    counters: Counters
    windowsize: int
    retries: int
    _now: float
    _closed_after: int | None
    _stray_answered_at: float | None

    @property
    def gives_up_at(self) -> float:
        raise NotImplementedError

    def _retry_limit(self) -> float:
        raise NotImplementedError

    @property
    def mode(self) -> str:
        """The mode of the request."""
        return self.request.mode

    @property
    def patience_left(self) -> float | None:
        """Seconds until this silence has lasted too long, or None if only the retries count."""
        left = self.gives_up_at - self._now
        return left if left < inf else None

    @property
    def retries_left(self) -> int | None:
        """The retransmissions that this silence still allows, or None if they are not counted."""
        left = self._retry_limit() - self.retries
        return int(left) if left < inf else None

    @property
    def retransmissions_left(self) -> int:
        """The number of packets that the whole transfer may still retransmit."""
        total = self.retry_policy.total(self.counters.blocks) * self.windowsize
        return total - self.counters.retransmissions

    @property
    def stray_answer_in(self) -> float | None:
        """Seconds until a stranger gets an answer again, or None."""
        last = self._stray_answered_at
        left = 0.0 if last is None else last + STRAY_INTERVAL - self._now
        return left if left > 0 else None

    @property
    def timeouts_since_report(self) -> int | None:
        """The number of time-outs since a closed port was reported, or None."""
        after = self._closed_after
        return None if after is None else self.counters.timeouts - after

    @property
    def unanswered_patience(self) -> float | None:
        """Seconds to wait for the first answer, if another address can be asked."""
        return self.retry_policy.unanswered_patience

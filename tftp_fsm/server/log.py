"""The log of a server: a line for each ended session, the counters, and a few other events.

`Journal` hands each line to a function. A server without a journal logs nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from tftp_fsm.borders import brief, log, terminal
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.server.rate_limit import LINES_DEPTH, LINES_RATE, TokenBucket
from tftp_fsm.transports.burst import Buffer
from tftp_fsm.transports.zones import host_text
from tftp_fsm.wire.address import Address, bracketed
from tftp_fsm.wire.headers import request_words

Format: TypeAlias = Literal["text", "json"]
FAILURES = frozenset(Outcome) - {Outcome.SUCCEEDED, Outcome.PROBED}


@frozen
class Report:
    """How one session ended.

    `verb` is RRQ or WRQ. `options` are the agreed options. `octets` is the number of octets of file
    data on the wire, each counted once. `seconds` is the time since the request. `message` says why
    the session did not succeed. `steps` is the path of its last steps, if they were kept. If
    `is_answered` is false, the client has never answered, and the request may be forged.
    """

    peer: Address
    verb: str
    name: bytes
    mode: str
    outcome: Outcome
    octets: int
    seconds: float
    options: dict[str, int]
    retransmissions: int
    message: str = ""
    code: int | None = None
    steps: str = ""
    is_answered: bool = True

    @property
    def rate(self) -> float:
        """Octets per second, or 0 if no time has passed."""
        return self.octets / self.seconds if self.seconds > 0 else 0.0

    @property
    def failed(self) -> bool:
        """Whether the session failed. A request for the size alone is not a failure."""
        return self.outcome in FAILURES

    def __str__(self) -> str:
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        why = log(self.message)
        return (
            f'{_place(self.peer)} {self.verb} "{log(self.name)}" {self.outcome.value}: '
            + (f"{why}; " if why else "")
            + f"{_counted(self.octets, 'octet')} in {self.seconds:.3f} s ({_rate(self.rate)}), "
            + (f"{options}, " if options else "no options, ")
            + _counted(self.retransmissions, "retransmission")
            + (f"; {log(self.steps)}" if self.steps else "")
        )

    def fields(self) -> dict[str, Any]:
        """The fields of the JSON line."""
        return {
            **_asked(self),
            "mode": brief(self.mode),
            "outcome": self.outcome.value,
            "octets": self.octets,
            "seconds": round(self.seconds, 6),
            "rate": round(self.rate),
            "options": self.options,
            "retransmissions": self.retransmissions,
            "message": brief(self.message),
            "code": self.code,
            **({"steps": brief(self.steps)} if self.steps else {}),
        }


@frozen
class Refused:
    """A request of `peer` that got no session, or a datagram of `peer` that cannot be read.

    `verb` is RRQ or WRQ, or empty if the datagram is not a request. `name` is the file name, as far
    as it can be read. `unlogged` is the number of earlier such datagrams that got no line in the
    log, because there were too many.
    """

    peer: Address
    verb: str
    name: bytes
    why: str
    unlogged: int = 0

    def __str__(self) -> str:
        asked = f'{self.verb} "{log(self.name)}"' if self.verb else "a datagram"
        more = f"; {self.unlogged} more before it are not in this log" if self.unlogged else ""
        return f"{_place(self.peer)} {asked} refused: {log(self.why)}{more}"

    def fields(self) -> dict[str, Any]:
        """The fields of the JSON line."""
        return {**_asked(self), "message": brief(self.why), "unlogged": self.unlogged}


def _asked(line: Report | Refused) -> dict[str, Any]:
    return {
        "peer": host_text(line.peer),
        "port": line.peer[1],
        "verb": line.verb,
        "file": brief(line.name),
    }


class RefusalLog:
    """Hands each `Refused` to `note`, at a limited rate, so that a flood does not fill the disk."""

    def __init__(self, note: Callable[[Refused], object] | None) -> None:
        self._note = note
        self._lines = TokenBucket(LINES_RATE, LINES_DEPTH)
        self._unlogged = 0

    def add(self, peer: Address, octets: Buffer, why: str, now: float) -> None:
        """Log the datagram `octets` of `peer`, or count it. `now` is in seconds."""
        if self._note is None:
            return
        if not self._lines.take(now):
            self._unlogged += 1
            return
        verb, name = request_words(octets)
        refused = Refused(peer, verb, name, why, self._unlogged)
        self._unlogged = 0
        self._note(refused)


@dataclass(slots=True)
class Totals:
    """Counters since the start. `ended` counts sessions by outcome. Octets are file data."""

    requests: int = 0
    repeated: int = 0
    busy: int = 0
    silent: int = 0
    malformed: int = 0
    strays: int = 0
    bugs: int = 0
    octets_read: int = 0
    octets_written: int = 0
    retransmissions: int = 0
    ended: Counter[str] = field(default_factory=Counter)

    def add(self, report: Report) -> None:
        """Count a session that has ended."""
        self.ended[report.outcome.value] += 1
        self.retransmissions += report.retransmissions
        if report.verb == "RRQ":
            self.octets_read += report.octets
        else:
            self.octets_written += report.octets

    def fields(self, running: int) -> dict[str, Any]:
        """The fields of the line of counters. `running` is the number of sessions now."""
        return {"running": running, **asdict(self), "ended": dict(self.ended)}


class Journal:
    """Writes lines as text or as JSON. Each line has its time (UTC)."""

    def __init__(self, write: Callable[[str], object], form: Format = "text") -> None:
        self._write = write
        self._form = form

    def report(self, report: Report) -> None:
        """Write the line of a session that has ended."""
        self._line("transfer", str(report), report.fields())

    def refused(self, refused: Refused) -> None:
        """Write the line of a request without a session, or of a datagram that cannot be read."""
        self._line("refused", str(refused), refused.fields())

    def counters(self, fields: dict[str, Any]) -> None:
        """Write all counters."""
        self._line("counters", _counters_text(fields), fields)

    def event(self, event: str, message: str, **fields: Any) -> None:
        """Write a line about the server itself."""
        self._line(event, message, {"message": message, **fields})

    def _line(self, event: str, text: str, fields: dict[str, Any]) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self._form == "json":
            self._write(json.dumps({"time": now, "event": event, **fields}))
        else:
            self._write(terminal(f"{now} {text}"))


def _counters_text(fields: dict[str, Any]) -> str:
    ended = fields["ended"]
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in ended.items()) or "none"
    rest = (f"{name} {value}" for name, value in fields.items() if name != "ended")
    return f"counters: sessions ended: {outcomes}; " + ", ".join(rest)


def _place(peer: Address) -> str:
    return f"{bracketed(log(host_text(peer)))}:{peer[1]}"


def _rate(rate: float) -> str:
    for unit in ("B/s", "kB/s", "MB/s"):
        if rate < 1000 or unit == "MB/s":
            break
        rate /= 1000
    return f"{rate:.0f} {unit}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")

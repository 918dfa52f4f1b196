"""`-v` and `--trace`: each step of a transfer, for people and for programs."""

from __future__ import annotations

import sys
from contextlib import contextmanager

from tftp_fsm.language import shown, tr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from tftp_fsm.client.keywords import Keywords
    from tftp_fsm.protocol.events import Step
    from tftp_fsm.protocol.session import Session
    from tftp_fsm.transports.carried import Carried
    from tftp_fsm.transports.faults import Impairment

    _Told = TypeVar("_Told")


def verbose(keywords: Keywords) -> Printer:
    """Print each step on stderr, with its time since the first. Return the printer."""
    printer = Printer()
    add_observer(keywords, printer.step)
    add_mishap(keywords, printer.mishap)
    return printer


class Printer:
    """Prints lines on stderr, each with its time in seconds since the first step."""

    def __init__(self) -> None:
        self._start: float | None = None

    def step(self, step: Step) -> None:
        """Print a step of a session."""
        from tftp_fsm.trace.describe import describe

        if self._start is None:
            self._start = step.now
        print(describe(step, self._start), file=sys.stderr)

    def mishap(self, met: Impairment) -> None:
        """Print a datagram that was changed on purpose."""
        self._print(met.now, "~ ", _done_to(met))

    def beside(self, carried: Carried, why: str) -> None:
        """Print a datagram that no session has sent or heard. `why` is the reason for it."""
        from tftp_fsm.trace.describe import IN, OUT

        sign = OUT if carried.direction == "sent" else IN
        self._print(carried.now, sign, f"{_words(carried.octets)}: {shown(why)}")

    def remark(self, now: float, words: str) -> None:
        """Print something else that came, at `now` on the clock of the steps."""
        self._print(now, "~ ", shown(words))

    def _print(self, now: float, sign: str, words: str) -> None:
        since = 0.0 if self._start is None else now - self._start
        print(f"{since:9.4f} {sign} {words}", file=sys.stderr)


def _words(octets: bytes) -> str:
    from tftp_fsm.trace.describe import datagram_words
    from tftp_fsm.wire.headers import without_payload

    return shown(datagram_words(without_payload(octets), len(octets)))


def _done_to(met: Impairment) -> str:
    """Return words about a datagram that was changed on purpose, and about its fate."""
    from tftp_fsm.protocol.gloss import fate_gloss

    packet, is_sent = _words(met.datagram), met.direction == "sent"
    if met.fate.octets is not None:
        other = _words(met.fate.octets)
        if is_sent:
            return tr(
                "fault on purpose: {other} is sent instead of {packet}", other=other, packet=packet
            )
        return tr(
            "fault on purpose: {other} arrives instead of {packet}", other=other, packet=packet
        )
    what = fate_gloss(met.fate.mishaps)
    if is_sent:
        return tr("fault on purpose: outgoing {packet} is {what}", packet=packet, what=what)
    return tr("fault on purpose: incoming {packet} is {what}", packet=packet, what=what)


@contextmanager
def tracing(path: str, keywords: Keywords) -> Iterator[None]:
    """Write each step to a file, as lines of JSON."""
    from tftp_fsm.storage.named import writing
    from tftp_fsm.trace.records import wire_event
    from tftp_fsm.trace.trace import TraceWriter

    with writing(path):
        stream = sys.stderr if path == "-" else open(path, "w", encoding="ascii")  # noqa: SIM115
    writers: list[TraceWriter] = []
    ends: list[str] = []

    def join(session: Session) -> None:
        ends.append("client" if not ends else f"client-{len(ends) + 1}")
        with writing(path):
            if writers:
                writers[0].join(ends[-1], session)
            else:
                writers.append(TraceWriter(stream, {ends[-1]: session}))

    def write(step: Step) -> None:
        with writing(path):
            writers[0](ends[-1], step)

    def mishap(fate: Impairment) -> None:
        way = ("client", "server") if fate.direction == "sent" else ("server", "client")
        if writers:
            with writing(path):
                writers[0].wire(wire_event(fate.now, *way, fate.datagram, fate.fate))

    keywords["on_session"] = join
    add_observer(keywords, write)
    add_mishap(keywords, mishap)
    try:
        yield
    finally:
        if stream is not sys.stderr:
            with writing(path):
                stream.close()


def add_mishap(keywords: Keywords, watch: Callable[[Impairment], None]) -> None:
    """Call `watch`, too, with each datagram that meets a fault."""
    keywords["on_mishap"] = _both(keywords.get("on_mishap"), watch)


def add_observer(keywords: Keywords, watch: Callable[[Step], None]) -> None:
    """Call `watch`, too, with each step."""
    keywords["observer"] = _both(keywords.get("observer"), watch)


def _both(
    before: Callable[[_Told], object] | None, watch: Callable[[_Told], None]
) -> Callable[[_Told], None]:
    if before is None:
        return watch

    def both(told: _Told) -> None:
        before(told)
        watch(told)

    return both

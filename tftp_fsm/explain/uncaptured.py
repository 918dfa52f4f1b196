"""Mark packets that a machine would have sent, but that are not in the capture.

Such a packet was never seen, so it is unknown whether it was sent or lost. A trace of a capture has
a record for each. So a ladder, a page and the debugger can distinguish it from a lost packet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from tftp_fsm.capture.rebuilt_packets import Blocks, Datagram
from tftp_fsm.explain.transfer.transfer import OTHER
from tftp_fsm.ladder import build
from tftp_fsm.ladder.model import Arrow
from tftp_fsm.protocol.gloss import UNCAPTURED
from tftp_fsm.trace.records import Recorded, WireEvent
from tftp_fsm.trace.trace import Trace


def with_uncaptured(trace: Trace) -> Trace:
    """Return the trace of a capture, with a record after each step that would have sent one."""
    return replace(trace, entries=tuple(_entries(trace)))


def _entries(trace: Trace) -> Iterator[Recorded | WireEvent]:
    sent: defaultdict[int, list[Arrow]] = defaultdict(list)
    for arrow in build(trace).arrows:
        if arrow.sent is not None:
            sent[arrow.sent.step].append(arrow)
    blocks, step = Blocks(trace, None), 0
    for entry in trace.entries:
        yield entry
        if isinstance(entry, Recorded):
            datagrams = blocks.sent(entry.end, entry.step)
            for datagram, arrow in zip(datagrams, sent[step], strict=True):
                if _is_nowhere(arrow):
                    yield _record(entry, datagram)
            step += 1


def _is_nowhere(arrow: Arrow) -> bool:
    """Return whether it was not captured: neither received, nor lost, nor sent to a stranger."""
    return not arrow.arrived and not {"lost", "elsewhere"} & set(arrow.fate)


def _record(entry: Recorded, datagram: Datagram) -> WireEvent:
    end = entry.end
    ways = end, OTHER[end], datagram.octets, datagram.size
    return WireEvent(entry.step.now, *ways, (UNCAPTURED,), ())

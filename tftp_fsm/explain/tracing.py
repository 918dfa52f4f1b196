"""Transfers of a capture as traces: for ladders, pages, diagrams and the debugger.

    trace, chosen = trace_of(Capture(stream))       # the first that is not clean, else the first

The steps are those of the machines that follow the two ends. Times are those of the capture: an end
hears a packet when it was captured, and what it sends then is heard when that was captured.
"""

from __future__ import annotations

from tftp_fsm.capture.reading import Capture
from tftp_fsm.capture.reading.octets import OctetsIn
from tftp_fsm.explain.reader import PORTS, Datagrams, explain
from tftp_fsm.explain.watchers import Chosen
from tftp_fsm.explain.words import begins_in_middle
from tftp_fsm.language import sentence
from tftp_fsm.trace.trace import Trace


def trace_of(
    capture: Datagrams, number: int | None = None, ports: frozenset[int] = PORTS
) -> tuple[Trace, Chosen]:
    """The trace of one transfer, and which one it is. LocalError: there is none, or no capture."""
    chosen = Chosen(number)
    explain(capture, [chosen], ports, is_logged=True)
    return chosen.trace(), chosen


def told_trace_of(stream: OctetsIn, number: int | None = None) -> tuple[Trace, list[str]]:
    """The same of an open file. In words: which transfer it is of several, and if the file is cut.

    Also if it begins in the middle: then nobody has captured its first steps. A sentence each. Of
    a transfer that was asked for by its number it is not said which it is.
    """
    capture = Capture(stream)
    trace, chosen = trace_of(capture, number)
    facts = chosen.facts
    said: list[str] = []
    if number is None and chosen.count > 1 and facts is not None:
        which = sentence(
            "transfer {number} of {count}: {verb} {name} (--transfer N chooses another)",
            number=facts.number,
            count=chosen.count,
            verb=facts.verb,
            name=facts.name,
        )
        said.append(which)
    if facts is not None and facts.begins_in_middle:
        said.append(begins_in_middle())
    return trace, said + capture.remarks[: capture.is_cut]

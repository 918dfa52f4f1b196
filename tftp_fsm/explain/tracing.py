"""Make traces from transfers of a capture, for ladders, pages, diagrams and the debugger.

    trace, said = capture_as_trace(stream)       # the first that is not clean, else the first

The steps are those of the machines that follow the two ends. The times are those of the capture: a
packet is sent and heard at the time when it was captured.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.capture import Capture
from tftp_fsm.capture.reading.octets import OctetsIn
from tftp_fsm.explain.reader import PORTS, explain
from tftp_fsm.explain.watchers import Chosen
from tftp_fsm.explain.words import begins_in_middle
from tftp_fsm.language import sentence
from tftp_fsm.trace.trace import Trace


def capture_as_trace(stream: OctetsIn, number: int | None = None) -> tuple[Trace, list[str]]:
    """Return the trace of one transfer, and sentences. Raises LocalError without a transfer.

    The sentences say which transfer of several it is (unless `number` is given), whether the file
    is cut, and whether the transfer began before the capture, so that its first steps are missing.
    """
    capture, chosen = Capture(stream), Chosen(number)
    explain(capture, [chosen], PORTS, is_logged=True)
    trace, facts = chosen.trace(), chosen.facts
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

"""Load a recorded transfer: a trace, or a capture of any program."""

from __future__ import annotations

import sys
from io import BufferedReader, TextIOWrapper
from typing import TYPE_CHECKING

from tftp_fsm.cli.captures import is_capture
from tftp_fsm.cli.common import say
from tftp_fsm.errors import LocalError
from tftp_fsm.language import layout, sentence
from tftp_fsm.storage.named import reading
from tftp_fsm.trace.trace import Trace

if TYPE_CHECKING:
    from tftp_fsm.capture.reading.octets import OctetsIn


def load_trace(path: str, number: int | None = None) -> Trace:
    """Load a trace from a file, or from stdin if the path is `-`. It may be of a mutant's table.

    A capture is read as a trace of its transfer `number`, or else of the first one that went wrong,
    with the steps that `explain` finds. Raises LocalError if the file cannot be read, is neither a
    trace nor a capture, or has no such transfer.
    """
    from tftp_fsm.verify.known import known_trace

    with reading(path):
        if path == "-":
            return _of_stdin(number)
        with open(path, "rb") as octets:
            if is_capture(octets.peek(4)):
                return _of_capture(octets, path, number)
            _refuse_others(octets, path)
            _refuse_number(path, number)
            # A trace is ASCII. Other octets are replaced, so that the error names their line.
            with TextIOWrapper(octets, encoding="ascii", errors="replace") as lines:
                return known_trace(lines, path)


def _refuse_others(octets: BufferedReader, path: str) -> None:
    """Raise LocalError unless this begins like a trace. The caller knows it is not a capture."""
    if octets.peek(4).lstrip()[:1] not in (b"", b"{"):
        why = sentence(
            "this is neither a trace nor a capture: --trace makes a trace, and --pcap makes a "
            "capture"
        )
        raise LocalError(layout("{path}: {why}", path=path, why=why))


def _refuse_number(path: str, number: int | None) -> None:
    if number is not None:
        why = sentence("--transfer needs a capture, and this file is not a capture")
        raise LocalError(layout("{path}: {why}", path=path, why=why))


def _of_stdin(number: int | None) -> Trace:
    from tftp_fsm.verify.known import known_trace

    octets = getattr(sys.stdin, "buffer", None)
    if isinstance(octets, BufferedReader):
        if is_capture(octets.peek(4)):
            return _of_capture(octets, "stdin", number)
        _refuse_others(octets, "stdin")
    _refuse_number("stdin", number)
    return known_trace(sys.stdin, "-")


def _of_capture(octets: BufferedReader, path: str, number: int | None) -> Trace:
    """Return the transfer of a capture as a trace, and print what is said about it."""
    try:
        trace, said = capture_as_trace(octets, number)
    except LocalError as wrong:
        raise LocalError(layout("{path}: {why}", path=path, why=str(wrong))) from None
    for line in said:
        say(layout("{path}: {which}", path=path, which=line))
    return trace


def capture_as_trace(stream: OctetsIn, number: int | None = None) -> tuple[Trace, list[str]]:
    """Return the trace of one transfer, and sentences. Raises LocalError without a transfer.

    Without `number` it is the first transfer that is not clean, or else the first. The steps are
    those of the machines that follow the two ends, and a packet is sent and heard at the time when
    it was captured. The sentences say which transfer of several it is (unless `number` is given),
    whether the file is cut, and whether the transfer began before the capture, so that its first
    steps are missing.
    """
    from tftp_fsm.capture.reading.capture import Capture  # slow to import, and only for a capture
    from tftp_fsm.explain.packets.words import begins_in_middle
    from tftp_fsm.explain.reader import PORTS, explain
    from tftp_fsm.explain.watchers import Chosen

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

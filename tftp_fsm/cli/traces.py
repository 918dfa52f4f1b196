"""Load a recorded transfer: a trace, or a capture of any program."""

from __future__ import annotations

import sys
from io import BufferedReader, TextIOWrapper

from tftp_fsm.cli.captures import is_capture
from tftp_fsm.cli.common import say
from tftp_fsm.errors import LocalError
from tftp_fsm.language import layout, sentence
from tftp_fsm.storage.named import reading
from tftp_fsm.trace.trace import Trace


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
        why = sentence("neither a trace nor a capture: --trace makes a trace, and --pcap a capture")
        raise LocalError(layout("{path}: {why}", path=path, why=why))


def _refuse_number(path: str, number: int | None) -> None:
    if number is not None:
        why = sentence("--transfer is for captures, and this is none")
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
    """Return the transfer `number`, or the first that is not clean, or else the first.

    Print which one it is if there are several and `number` is None.
    """
    from tftp_fsm.explain.tracing import capture_as_trace  # slow to import, and only for a capture

    try:
        trace, said = capture_as_trace(octets, number)
    except LocalError as wrong:
        raise LocalError(layout("{path}: {why}", path=path, why=str(wrong))) from None
    for line in said:
        say(layout("{path}: {which}", path=path, which=line))
    return trace

"""`tftp-fsm explain CAPTURE...`: tell what happened in a capture, and which rules were broken."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from tftp_fsm.capture.reading.capture import Capture
from tftp_fsm.capture.reading.datagram import Frame
from tftp_fsm.cli.captures import Waiting, open_capture, spooled
from tftp_fsm.cli.common import (
    DONE,
    FAILED,
    USAGE,
    ended_by_signals,
    examples,
    integer,
    interrupted_once,
    port,
    say,
)
from tftp_fsm.cli.explain_output import AsJson, AsText, Lasting, Outputs
from tftp_fsm.cli.parser import Parser, make_parser, refuse_overwriting
from tftp_fsm.errors import LocalError
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.language import layout, mark, reason, sentence, shown, tr
from tftp_fsm.wire.packets import WELL_KNOWN_PORT

IDLE = 1.0  # seconds without a packet; then the ended transfers of a pipe are reported
DESCRIPTION = mark(
    "Explain what happened in a capture. For each transfer, say how it went, which side was "
    "slow, and which rules were broken, with the usual cause. The capture may be pcap or "
    "pcapng, also compressed by gzip."
)
EXAMPLES = """\
  tftp-fsm explain boot.pcapng
  tftp-fsm explain boot.pcap --json
  tftp-fsm explain day.pcap --hide-clean
  tftp-fsm explain boot.pcap --ladder boot.svg --extract files/
  tcpdump -U -w - udp | tftp-fsm explain --follow -"""
EPILOG = mark(
    "If CAPTURE is -, stdin is read. The exit status is 0 if all transfers are clean, 1 if a "
    "rule was broken or a transfer went wrong, and 2 if a capture cannot be read or a file "
    "cannot be written. With --follow, Ctrl-C or a signal such as SIGTERM ends the reading. "
    "Then the transfers so far are reported, and the exit status is 130, or that of the "
    "signal. If a capture is damaged, the packets before the damage are explained. If a "
    "capture ends in the middle of a packet, the packets before it are explained, and the "
    "report says so; this does not change the exit status."
)


def main(argv: list[str]) -> int:
    """Return the exit status: 0 clean, 1 with findings, 2 if a capture cannot be read."""
    parser = command_parser()
    args = parser.parse_intermixed_args(argv)
    _check(parser, args)
    if args.pcap == "-":
        return _each(args, sys.stderr)
    if args.follow or not (args.pcap or args.ladder or args.html or args.extract):
        return _each(args, sys.stdout)
    out = Lasting(sys.stdout)
    status = _each(args, out)
    out.end()
    return status


def _each(args: argparse.Namespace, out: TextIO | Lasting) -> int:
    return max([_one(args, path, out) for path in args.captures])


def command_parser() -> Parser:
    """The parser of `explain`."""
    epilog = f"{examples(EXAMPLES)}\n\n{shown(EPILOG)}"
    parser = make_parser("tftp-fsm explain", shown(DESCRIPTION), epilog)
    add = parser.add_argument
    add("captures", nargs="+", metavar="CAPTURE", help=tr("a pcap or pcapng file (-: from stdin)"))
    what = tr(
        "a port for requests, besides 69; a request to any other port is recognized by its content"
    )
    add(
        "-p", "--port", dest="ports", type=port, action="append", default=[], metavar="N", help=what
    )
    add("--json", action="store_true", help=tr("print one JSON object for each capture"))
    what = tr("do not show clean transfers; the last line counts them")
    add("--hide-clean", action="store_true", help=what)
    what = tr("report each transfer soon after its end; use this with a pipe")
    add("--follow", action="store_true", help=what)
    out = parser.add_argument_group(tr("output"))
    add = out.add_argument
    what = tr(
        "write a copy of the capture, with a comment for each packet of TFTP, for Wireshark"
        " (-: to stdout, and the report to stderr)"
    )
    add("--pcap", metavar="OUT", help=what)
    add("--extract", metavar="DIR", type=Path, help=tr("write the files that were moved into DIR"))
    what = tr("draw a transfer (.svg, .png, .txt, .mmd)")
    add("--ladder", metavar="OUT.svg", type=Path, help=what)
    add("--html", metavar="OUT", help=tr("write a page that steps through a transfer"))
    what = tr(
        "which transfer --ladder and --html show (default: the first that went wrong, or else 1)"
    )
    add("--transfer", metavar="N", type=integer(1, 10**9), help=what)
    return parser


def _check(parser: Parser, args: argparse.Namespace) -> None:
    from tftp_fsm.cli.ladder_output import RENDERERS, known_suffixes

    files = [name for name in ("pcap", "ladder", "html") if getattr(args, name) is not None]
    if files and len(args.captures) > 1:
        parser.error(tr("--{option} writes one file: name one capture", option=files[0]))
    if args.ladder is not None and args.ladder.suffix not in RENDERERS:
        wrong = tr(
            "--ladder {path} must end with one of {suffixes}",
            path=args.ladder,
            suffixes=known_suffixes(),
        )
        parser.error(wrong)
    if args.html == "-":
        parser.error(tr("--html needs the name of a file, such as page.html"))
    if args.follow and files:
        wrong = tr(
            "--follow cannot be used with --{option}: save the capture to a file first",
            option=files[0],
        )
        parser.error(wrong)
    if args.transfer is not None and args.ladder is None and args.html is None:
        parser.error(tr("--transfer is for --ladder and --html"))
    if args.captures.count("-") > 1:
        parser.error(tr("stdin can be read only once"))
    refuse_overwriting(parser, {f"--{name}": getattr(args, name) for name in files}, *args.captures)


def _one(args: argparse.Namespace, path: str, out: TextIO | Lasting) -> int:
    """Explain one capture. Before a damaged place everything is explained."""
    several = len(args.captures) > 1
    hides, at_once = args.hide_clean, args.follow
    printer: AsText | AsJson = AsText(
        path, out, several=several, at_once=at_once, hides_clean=hides
    )
    if args.json:
        printer = AsJson(path, out, at_once=at_once, hides_clean=hides)
    try:
        outputs = Outputs(args)
        with open_capture(path) as stream, outputs.open():
            failed = _explain(args, path, stream, printer, outputs)
    except LocalError as wrong:
        say(str(wrong))
        return USAGE
    if failed or outputs.has_failed:
        return USAGE
    return DONE if printer.is_clean else FAILED


def _explain(
    args: argparse.Namespace,
    path: str,
    stream: BinaryIO,
    printer: AsText | AsJson,
    outputs: Outputs,
) -> str:
    """Read the stream and write the output. Return why it cannot be read to its end, or "".

    This reason is printed before the output. Raises LocalError if a file cannot be written.
    """
    with spooled(stream) if outputs.reads_twice else nullcontext(stream) as octets:
        explaining = Explaining(
            [printer, *outputs.watchers],
            frozenset({WELL_KNOWN_PORT, *args.ports}),
            is_logged=outputs.is_logged,
        )
        if args.follow:
            explaining.be_live()
        pipe = Waiting(stream, explaining.idle, IDLE) if args.follow else None
        capture = Capture(octets if pipe is None else pipe)
        with _ended(pipe):
            failed = _read(capture, explaining, pipe)
            remarks = [*capture.remarks, *explaining.remarks]
            printer.end(remarks, failed, is_cut=capture.is_cut)
            if pipe is not None and pipe.ended_by is not None:
                raise pipe.ended_by  # after the results so far were printed
        if failed:
            say(layout("{path}: {why}", path=path, why=failed))
        outputs.draw(has_failed=bool(failed))
        if outputs.reads_twice:
            octets.seek(0)
            packets = Capture(octets).packets()
            outputs.copy(_up_to_damage(packets) if failed else packets)
    return failed


def _up_to_damage(packets: Iterator[Frame]) -> Iterator[Frame]:
    """Yield the packets before the place that cannot be read."""
    with suppress(LocalError, OSError):
        yield from packets


@contextmanager
def _ended(pipe: Waiting | None) -> Iterator[None]:
    """Within this context, signals end the program, or only the reading of a pipe."""
    if pipe is None:
        with ended_by_signals():
            yield
        return
    with interrupted_once(lambda: pipe.end(KeyboardInterrupt())), ended_by_signals(end_by=pipe.end):
        yield


def _read(capture: Capture, explaining: Explaining, pipe: Waiting | None) -> str:
    """Read everything. Return why it cannot be read to its end, or ""."""
    failed = ""
    capture.on_undelivered = explaining.undelivered
    datagrams = iter(capture)
    while True:
        try:
            datagram = next(datagrams, None)
        except LocalError as damaged:
            failed = str(damaged)
            break
        except OSError as damaged:
            failed = sentence("cannot be read: {why}", why=reason(damaged))
            break
        if datagram is None:
            break
        explaining.take(datagram)
        if pipe is not None:
            pipe.heard()
    explaining.close(capture.torn)
    return failed

"""`tftp-fsm ladder TRACE`: draw a recorded transfer, packet by packet."""

from __future__ import annotations

from pathlib import Path

from tftp_fsm.cli.common import DONE, add_transfer, examples
from tftp_fsm.cli.ladder_output import (
    RENDERERS,
    add_size,
    known_suffixes,
    print_ladder,
    save_ladder,
)
from tftp_fsm.cli.parser import Parser, make_parser, refuse_overwriting
from tftp_fsm.cli.traces import load_trace
from tftp_fsm.ladder.build import build
from tftp_fsm.language import mark, shown, tr

CAPTURE = ".pcapng"
EXAMPLES = """\
  tftp-fsm get tftp://192.0.2.1/boot.img --trace boot.jsonl
  tftp-fsm ladder boot.jsonl
  tftp-fsm ladder boot.jsonl --output boot.svg
  tftp-fsm ladder boot.pcapng --transfer 2"""
NOTES = mark("`tftp-fsm simulate --trace FILE` also writes a trace. If TRACE is -, stdin is read.")


def command_parser() -> Parser:
    """The parser of `ladder`."""
    epilog = f"{examples(EXAMPLES)}\n\n{shown(NOTES)}"
    does = tr("Draw a recorded transfer, packet by packet.")
    parser = make_parser("tftp-fsm ladder", does, epilog)
    what = tr("the recorded transfer: a trace, or a pcap or pcapng capture (-: from stdin)")
    parser.add_argument("trace", metavar="TRACE", help=what)
    add_transfer(parser.add_argument)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help=tr(
            "write the transfer to FILE; the suffix is the format: .svg, .png, .txt, .mmd for "
            "Mermaid, or {capture} for Wireshark",
            capture=CAPTURE,
        ),
    )
    add_size(parser.add_argument)
    return parser


def main(argv: list[str]) -> int:
    """Return the exit status. Raises LocalError if a file cannot be read or written."""
    parser = command_parser()
    args = parser.parse_args(argv)
    if args.output is not None and args.output.suffix not in (*RENDERERS, CAPTURE):
        known = f"{known_suffixes()}, {CAPTURE}"
        told = tr("--output {path} must end with one of {known}", path=args.output, known=known)
        parser.error(told)
    refuse_overwriting(parser, {"--output": args.output}, args.trace)
    trace = load_trace(args.trace, args.transfer)
    if args.output is not None and args.output.suffix == CAPTURE:
        from tftp_fsm.cli.capture import save_capture

        save_capture(trace, str(args.output))
        return DONE
    ladder = build(trace)
    if args.output is None:
        print_ladder(ladder, args.limit, args.width)
    else:
        save_ladder(ladder, args.output, args.limit)
    return DONE

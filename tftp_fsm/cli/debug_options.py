"""The command line of `tftp-fsm debug`."""

from __future__ import annotations

import argparse

from tftp_fsm.cli.common import add_reorder, add_table, add_transfer, examples, kind
from tftp_fsm.cli.faults import add_faults, add_link
from tftp_fsm.cli.parser import Parser, make_parser, refuse_overwriting
from tftp_fsm.cli.task import VERBS
from tftp_fsm.language import mark, shown, tr
from tftp_fsm.wire.ranges import (
    BLKSIZE,
    LISTENING_PORT,
    OFFERED_TIMEOUT,
    SIMULATED_SIZE,
    WINDOWSIZE,
)

SIZE = 3000  # octets of the simulated file
USAGE = "tftp-fsm debug [get|put HOST NAME | TRACE | --serve ROOT] [options]"
EXAMPLES = mark("""\
  tftp-fsm debug                                   both ends, over a simulated network
  tftp-fsm debug --scenario lost-ack               a prepared lesson (see --list-scenarios)
  tftp-fsm debug get 192.0.2.1 boot.img --port 69  our client and a real server
  tftp-fsm debug --serve . --port 6969             our server and a real client
  tftp-fsm debug failed.jsonl                      the steps that a trace recorded
  tftp-fsm debug boot.pcapng --transfer 2          a transfer of a capture (pcap, pcapng)
  tftp-fsm debug --scenario sorcerer --quiz        which state comes next?
  tftp-fsm debug --script check.txt --json         exit status 1 if an `expect` fails""")
PROMPT = mark("At the prompt, `help` lists the commands, and an empty line makes one step.")


def command_parser() -> Parser:
    """The parser of `debug`."""
    parser = make_parser(
        "tftp-fsm debug",
        tr("Step a transfer forwards and backwards, and see the reason for each step."),
        f"{examples(shown(EXAMPLES))}\n\n{shown(PROMPT)}",
    )
    parser.usage = USAGE
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    _add_simulation(parser)
    _add_peers(parser)
    _add_output(parser)
    return parser


def parse(argv: list[str]) -> tuple[Parser, argparse.Namespace]:
    """Return the parser, which also reports later mistakes, and the options."""
    parser = command_parser()
    args = parser.parse_intermixed_args(argv)
    _check(parser, args)
    return parser, args


def says_nothing(args: argparse.Namespace) -> bool:
    """Return whether the command line names neither a transfer nor a network."""
    _, bare = parse([])
    return {**vars(args), "quiz": False} == vars(bare)


def _check(parser: Parser, args: argparse.Namespace) -> None:
    if args.pcap == "-":
        parser.error(tr("--pcap needs the name of a file: the debugger itself writes to stdout"))
    if args.html == "-":
        parser.error(tr("--html needs the name of a file, such as page.html"))
    writes = {"--html": args.html, "--pcap": args.pcap}
    refuse_overwriting(parser, writes, *args.words, args.script, args.table)
    given = [bool(args.words), args.serve is not None, args.scenario is not None]
    if sum(given) > 1:
        parser.error(tr("give only one of these: a transfer, a trace, --serve, --scenario"))
    if args.transfer is not None and len(args.words) != 1:
        parser.error(tr("--transfer needs a capture"))
    is_live = len(args.words) > 1 or args.serve is not None
    if args.table is not None and (is_live or args.scenario is not None):
        parser.error(tr("--table needs a simulated transfer, or a trace of its tables"))
    if len(args.words) == 1 and args.words[0] in VERBS:
        verb = args.words[0]
        parser.error(
            tr(
                "{verb} needs a host and a name; to simulate a {verb}, use --verb {verb}",
                verb=verb,
            )
        )


def _add_simulation(parser: Parser) -> None:
    from tftp_fsm.debugger.scenarios import SCENARIOS

    add = parser.add_argument_group(tr("simulation")).add_argument
    add("--scenario", choices=SCENARIOS, metavar="NAME", help=tr("run a prepared lesson"))
    add("--list-scenarios", action="store_true", help=tr("list the scenarios and exit"))
    add("--verb", choices=VERBS, default="get", help=tr("what the client does (default: get)"))
    add(
        "--size",
        type=kind(SIMULATED_SIZE),
        default=SIZE,
        metavar="N",
        help=tr("size of the file in octets (default: {size})", size=SIZE),
    )
    add_link(add)
    add_faults(add)
    add_table(add)
    add_reorder(add)


def _add_peers(parser: Parser) -> None:
    add = parser.add_argument_group(tr("client and server")).add_argument
    for name, metavar, allowed, what in (
        ("blksize", "N", BLKSIZE, tr("octets in a block (default: 512, not offered)")),
        ("windowsize", "N", WINDOWSIZE, tr("blocks in a window (default: 1, not offered)")),
        ("timeout", "S", OFFERED_TIMEOUT, tr("offer this timeout, in seconds")),
    ):
        add(f"--{name}", type=kind(allowed), metavar=metavar, help=what)
    add("--no-options", action="store_true", help=tr("use plain RFC 1350, without options"))
    add("--serve", metavar="ROOT", help=tr("serve ROOT and debug the first client that asks"))
    add(
        "-p",
        "--port",
        type=kind(LISTENING_PORT),
        metavar="N",
        help=tr("the server's port (default: 69; with --serve, 0 takes any free port)"),
    )
    add(
        "--bind",
        action="append",
        default=[],
        metavar="ADDRESS",
        help=tr("serve at ADDRESS; may be repeated"),
    )
    add("--writable", action="store_true", help=tr("let the client write files, too"))


def _add_output(parser: Parser) -> None:
    add = parser.add_argument_group(tr("input and output")).add_argument
    add("--plain", action="store_true", help=tr("use the prompt, not the full-screen program"))
    add_transfer(add)
    add("--script", metavar="FILE", help=tr("run the commands in FILE, one a line (-: from stdin)"))
    add("--json", action="store_true", help=tr("print each step as a line of JSON"))
    add(
        "--list-keys",
        action="store_true",
        help=tr("print the keys of the full screen, in the format of keys.toml"),
    )
    add("--html", metavar="FILE", help=tr("write the run to FILE, as a page for a browser"))
    add("--pcap", metavar="FILE", help=tr("write the packets and reasons to FILE, for Wireshark"))
    add(
        "--quiz", action="store_true", help=tr("begin a quiz: hide each next state, and ask for it")
    )

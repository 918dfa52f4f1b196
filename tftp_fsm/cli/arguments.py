"""The options of a transfer's command line."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tftp_fsm.cli.common import Parser, integer, kind, make_parser, port_range, program
from tftp_fsm.cli.faults import add_faults, faults_of
from tftp_fsm.cli.task import Task, Wrong
from tftp_fsm.wire.ranges import BLKSIZE, CLIENT, WINDOWSIZE

if TYPE_CHECKING:
    from tftp_fsm.client.settings import Keywords

MODES = ("octet", "netascii")  # session.MODES, without the imports that it takes
USAGE = """tftp-fsm HOST [-p PORT] get REMOTE [LOCAL] | get REMOTE ... --into DIR
       tftp-fsm HOST [-p PORT] put LOCAL [REMOTE]
       tftp-fsm get tftp://HOST[:PORT]/NAME[;mode=netascii] [LOCAL]
       tftp-fsm put LOCAL tftp://HOST[:PORT]/NAME ..."""
EXAMPLES = """examples:
  tftp-fsm 192.0.2.1 get boot.img
  tftp-fsm 192.0.2.1 -p 6969 put config.txt
  tftp-fsm get tftp://[2001:db8::1]/motd - --mode netascii"""


def transfer_parser(commands: dict[str, str]) -> Parser:
    """The parser. `commands` are named in the help."""
    named = f"\n\nother commands (each has --help):\n  {' '.join(commands)}" if commands else ""
    parser = make_parser("tftp-fsm", "Move a file by TFTP. LOCAL - is stdout or stdin.")
    parser.usage = USAGE
    parser.epilog = EXAMPLES + named
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    _add_transfer(parser.add_argument)
    _add_network(parser.add_argument)
    add_faults(parser.add_argument, corrupt=False)
    _add_output(parser.add_argument)
    _add_several(parser.add_argument)
    parser.add_argument("--version", action="version", version=program())
    return parser


def _add_transfer(add: Callable[..., object]) -> None:
    does = "the server's port (default: 69)"
    add("-p", "--port", type=kind(CLIENT["port"]), metavar="N", help=does)
    add("--mode", choices=MODES, help="octet, or netascii to convert text", metavar="MODE")
    for name, metavar, does in _NUMBERS:
        read = kind(CLIENT[name])
        default, read = ("auto", _or_auto(read)) if name in _AUTO else (None, read)
        option = f"--{name.replace('_', '-')}"
        add(option, type=read, default=default, metavar=metavar, help=does)
    add("--no-options", action="store_true", help="use plain RFC 1350, without options")
    add("--strict-size", action="store_true", help="fail if a get is not as long as announced")


_NUMBERS = (
    ("blksize", "N", f"octets in a block, {BLKSIZE.least} to {BLKSIZE.most} (default: what fits)"),
    ("windowsize", "N", f"blocks before an ACK, 1 to {WINDOWSIZE.most} (default: 16)"),
    ("timeout", "S", "least seconds before a retransmission"),
    ("retries", "N", "retransmissions in one silence"),
    ("patience", "S", "seconds of silence before giving up (default: 30)"),
    ("max_time", "S", "seconds for the whole transfer (default: no limit)"),
    ("dally", "S", "seconds to stay after a get, to repeat the final ACK"),
    ("max_size", "OCTETS", "stop a larger get (default: about twice as announced)"),
)
_AUTO = ("blksize", "windowsize")


def _add_network(add: Callable[..., object]) -> None:
    add("--host", metavar="HOST", help="the server, if its name is that of a command")
    add("--bind", metavar="ADDRESS", help="send from this address")
    add(
        "--port-range",
        type=port_range,
        metavar="A-B",
        help="send from one of these ports, such as 50000-50100",
    )
    add("-4", dest="family", action="store_const", const=socket.AF_INET, help="use IPv4 only")
    add("-6", dest="family", action="store_const", const=socket.AF_INET6, help="use IPv6 only")
    add(
        "--no-offload",
        dest="offload",
        action="store_false",
        help="send each block as a frame, for captures here",
    )


def _add_output(add: Callable[..., object]) -> None:
    add("-q", "--quiet", action="store_true", help="print only errors")
    add("-v", "--verbose", action="store_true", help="print each step, and the reason for it")
    add("--trace", metavar="FILE", help="write each step to FILE, as a line of JSON")
    add("--pcap", metavar="FILE", help="write the packets and reasons to FILE, for Wireshark")
    add("--json", action="store_true", help="print the result as JSON")
    add(
        "--keep-failures",
        default="auto",
        metavar="DIR",
        help="folder for the last steps of a failure, or none",
    )


def _add_several(add: Callable[..., object]) -> None:
    add("--into", metavar="DIR", help="get several files into this directory")
    add("--hosts", metavar="LIST", help="transfer with each host or URL in the lines of LIST")
    add("--failures", metavar="LIST", help="write what failed to LIST, for --hosts")
    does = "transfers under way at a time (default: 100)"
    add("--parallel", type=integer(1, 10_000), metavar="N", help=does)


def _or_auto(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: text if text == "auto" else read(text)


def keywords_of(args: argparse.Namespace, task: Task) -> Keywords:
    """The options, as `get` and `put` take them. An option overrides the same in a URL."""
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    if args.no_options and (args.blksize, args.windowsize) != ("auto", "auto"):
        raise Wrong("--blksize and --windowsize are options: leave them out, or --no-options")
    keywords: Keywords = {
        "port": args.port or task.port or WELL_KNOWN_PORT,
        "mode": args.mode or task.mode or "octet",
        "blksize": args.blksize,
        "windowsize": args.windowsize,
        "timeout": args.timeout,
        "retries": args.retries,
        "patience": args.patience,
        "max_time": args.max_time,
        "dally": args.dally,
        "options": not args.no_options,
        "bind": args.bind,
        "ports": args.port_range,
        "family": args.family,
        "offload": args.offload,
        "strict_size": args.strict_size,
        "max_size": args.max_size,
        "sha256": args.json,
    }
    if args.loss or args.duplicate or args.reorder or args.delay:
        keywords["faults"] = faults_of(args)
    return keywords

"""The options of a transfer's command line."""

from __future__ import annotations

from tftp_fsm.cli.common import examples, integer, kind, port_range, program
from tftp_fsm.cli.faults import add_faults, faults_of
from tftp_fsm.cli.task import Wrong
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, sentence, shown, tr
from tftp_fsm.wire.deferred import deferred
from tftp_fsm.wire.ranges import BLKSIZE, CLIENT, WINDOWSIZE

with deferred("socket", "array", "selectors"):  # a transfer does not use them
    import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from tftp_fsm.cli.parser import Parser
    from tftp_fsm.cli.task import Task
    from tftp_fsm.client.keywords import Keywords

MODES = ("octet", "netascii")  # session.MODES, without the imports that it takes
USAGE = """tftp-fsm HOST [-p PORT] get REMOTE [LOCAL] | get REMOTE ... --into DIR
       tftp-fsm HOST [-p PORT] put LOCAL [REMOTE]
       tftp-fsm get tftp://HOST[:PORT]/NAME[;mode=netascii] [LOCAL]
       tftp-fsm put LOCAL tftp://HOST[:PORT]/NAME ...
       tftp-fsm HOST [-p PORT]"""
EXAMPLES = """\
  tftp-fsm 192.0.2.1 get boot.img
  tftp-fsm 192.0.2.1 -p 6969 put config.txt
  tftp-fsm get tftp://[2001:db8::1]/motd - --mode netascii"""


# The commands by their use. Commands that are in no line are listed at the end.
USES = {
    mark("serve"): ("serve",),
    mark("see a transfer"): ("lab", "debug", "ladder", "simulate"),
    mark("find what is wrong"): ("explain", "probe", "grade"),
    mark("draw and verify the state machines"): ("diagram", "verify"),
    mark("try it"): ("demo", "bench"),
    mark("set up the shell"): ("completion",),
}


def transfer_parser(commands: Mapping[str, str]) -> Parser:
    """Return the parser. Its help lists the `commands` with descriptions, by their use."""
    from tftp_fsm.cli.lean_argparse import argparse  # imported late: see `quick`
    from tftp_fsm.cli.parser import make_parser

    does = tr("Move files by TFTP. LOCAL - means stdout or stdin. HOST alone opens a prompt.")
    parser = make_parser("tftp-fsm", does)
    parser.usage = USAGE
    parser.epilog = "\n\n".join([examples(EXAMPLES), *_by_use(commands)])
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    add_options(lambda title: parser.add_argument_group(title).add_argument)
    parser.add_argument(
        "--version",
        action="version",
        version=program(),
        help=tr("show program's version number and exit"),
    )
    return parser


def add_options(group: Callable[[str], Callable[..., object]]) -> None:
    """Add all options except those that print and exit. `group` returns `add_argument`."""
    _add_transfer(group(tr("the transfer")))
    _add_several(group(tr("several transfers")))
    _add_output(group(tr("output and files")))
    _add_network(group(tr("the network")))
    add_faults(group(tr("imitation of a bad network")), corrupt=False)


def _by_use(commands: Mapping[str, str]) -> list[str]:
    """Return the paragraph of the commands, or [] without commands."""
    if not commands:
        return []
    used = {name for names in USES.values() for name in names}
    uses = {**USES, mark("other"): tuple(name for name in commands if name not in used)}
    lines = [tr("other commands (each has --help):")]
    for use, names in uses.items():
        listed = [f"    {name:<12}{shown(commands[name])}" for name in names if name in commands]
        lines += [f"  {shown(use)}", *listed] if listed else []
    return ["\n".join(lines)]


def _add_transfer(add: Callable[..., object]) -> None:
    does = tr("the server's port (default: 69)")
    add("-p", "--port", type=kind(CLIENT["port"]), metavar="N", help=does)
    add(
        "--mode",
        choices=MODES,
        help=tr("octet or netascii; netascii converts line ends"),
        metavar="MODE",
    )
    kinds = number_kinds()
    for name, metavar, does in _numbers():
        option, read = f"--{name.replace('_', '-')}", kinds[name]
        add(option, type=read.read, default=read.default, metavar=metavar, help=does)
    add("--no-options", action="store_true", help=tr("use plain RFC 1350, without options"))
    add(
        "--strict-size",
        action="store_true",
        help=tr("fail if the server sends another size than it announced"),
    )


def _numbers() -> Iterator[tuple[str, str, str]]:
    """Yield the numeric options: the name, the kind of value, and the description."""
    least, most = BLKSIZE.least, BLKSIZE.most
    does = tr(
        "octets in a block, {least} to {most} (default: fits the path)", least=least, most=most
    )
    yield "blksize", "N", does
    most = WINDOWSIZE.most
    yield "windowsize", "N", tr("blocks in a window, 1 to {most} (default: 16)", most=most)
    yield "timeout", "S", tr("shortest wait in seconds before a retransmission")
    yield "retries", "N", tr("retransmissions without an answer before giving up")
    yield "patience", "S", tr("seconds of silence before giving up (default: 30)")
    yield "max_time", "S", tr("seconds for the whole transfer (default: no limit)")
    yield "dally", "S", tr("seconds to stay after a get and repeat a lost final ACK")
    yield (
        "max_size",
        "OCTETS",
        tr("stop if the file is larger (default: about twice the announced size)"),
    )


_NUMBERS = tuple("blksize windowsize timeout retries patience max_time dally max_size".split())
_AUTO = ("blksize", "windowsize")


@frozen
class NumberKind:
    """The reader of a numeric option's text, and its default in words."""

    read: Callable[[str], Any]
    default: str | None


def number_kinds() -> dict[str, NumberKind]:
    """The numeric options of a transfer, by their names: `blksize`, `max_time`."""
    reads = {name: kind(CLIENT[name]) for name in _NUMBERS}
    return {
        name: NumberKind(_or_auto(read), "auto") if name in _AUTO else NumberKind(read, None)
        for name, read in reads.items()
    }


def _add_network(add: Callable[..., object]) -> None:
    add("--host", metavar="HOST", help=tr("the server, if it has the name of a command"))
    add("--bind", metavar="ADDRESS", help=tr("send from this address"))
    add(
        "--port-range",
        type=port_range,
        metavar="A-B",
        help=tr("send from one of these ports, such as 50000-50100"),
    )
    add("-4", dest="family", action="store_const", const=socket.AF_INET, help=tr("use IPv4 only"))
    add("-6", dest="family", action="store_const", const=socket.AF_INET6, help=tr("use IPv6 only"))
    add(
        "--no-offload",
        dest="offload",
        action="store_false",
        help=tr("send one block in each frame, for captures on this host"),
    )


def _add_output(add: Callable[..., object]) -> None:
    add("-q", "--quiet", action="store_true", help=tr("print only errors"))
    add("-v", "--verbose", action="store_true", help=tr("print each step, and the reason for it"))
    add("--trace", metavar="FILE", help=tr("write each step to FILE, as a line of JSON"))
    add("--pcap", metavar="FILE", help=tr("write the packets and reasons to FILE, for Wireshark"))
    add("--json", action="store_true", help=tr("print the result as JSON"))
    add(
        "--keep-failures",
        default="auto",
        metavar="DIR",
        help=tr("keep the last steps of failures in DIR (none: do not)"),
    )


def _add_several(add: Callable[..., object]) -> None:
    add("--into", metavar="DIR", help=tr("get several files into this directory"))
    add(
        "--hosts",
        metavar="LIST",
        help=tr("transfer with each host or URL in the file LIST"),
    )
    add(
        "--failures",
        metavar="LIST",
        help=tr("write the failed transfers to LIST, for --hosts"),
    )
    does = tr("transfers at the same time (default: 100)")
    add("--parallel", type=integer(1, 10_000), metavar="N", help=does)


def _or_auto(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: text if text == "auto" else read(text)


def keywords_of(args: Namespace, task: Task) -> Keywords:
    """Return the keywords for `get` and `put`. An option overrides the same one in a URL."""
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    if args.no_options and (args.blksize, args.windowsize) != ("auto", "auto"):
        why = sentence(
            "--blksize and --windowsize are TFTP options: leave them out, or leave out --no-options"
        )
        raise Wrong(why)
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

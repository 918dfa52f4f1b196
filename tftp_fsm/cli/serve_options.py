"""The options of `tftp-fsm serve`."""

from __future__ import annotations

import argparse

from tftp_fsm.cli.common import either, examples, integer, kind, port_range
from tftp_fsm.cli.parser import Parser, make_parser
from tftp_fsm.cli.provided_options import add_access, add_provided
from tftp_fsm.cli.serve_config import add_opposites
from tftp_fsm.language import mark, shown, tr
from tftp_fsm.protocol.timing import PATIENCE
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.rights import UNPRIVILEGED
from tftp_fsm.wire.ranges import MAX_TIME, SERVER

DESCRIPTION = mark("Serve the files of a directory by TFTP. No file outside it is read or written.")
EXAMPLES = mark("""\
  tftp-fsm serve /srv/tftp                            read-only, port 69
  tftp-fsm serve . --port 6969                        without the rights of root
  tftp-fsm serve /srv/tftp --writable --user tftp     allow uploads, run as user tftp
  tftp-fsm serve . --port 6969 --single-port          behind NAT, or in a container
  tftp-fsm serve . --port 0 --log-format json         any free port; the first line names it
  tftp-fsm serve /srv/tftp --map tftp.map             change names by rules
  tftp-fsm serve --map tftp.map --try NAME            show what the rules do with NAME""")
NOTES = mark("""\
It is easy to forge the address of a request. So the server sends little to an address that has not
acknowledged anything yet: one datagram for each request, and at most three retransmissions. This is
four datagrams, 2064 octets, within seven seconds. A timeout that a request asks for does not change
this. If all sessions are in use and another request comes, the server ends a session that has no
ACK yet. If there is none, it ends a session to which nothing new has come for three seconds.

For all requests of one address (or IPv6 /64) together, the server sends at most four datagrams for
each session that the address may have, and then 8 a second, until the address answers. It sends at
most 100 ERRORs, and then 20 a second.

A forger may also send an ACK to each port that a session may have. So a window has at most 8 octets
for each of these ports: 131,072 octets, or less with --port-range. A forger must send more than
this.

With --single-port, or if --port-range has fewer than 179 ports, a forger can guess the port of a
session. So the defaults are windowsize 1, blksize 1428 and 3 retries. Then each forged datagram
causes one datagram of at most 1432 octets, and the last one causes three more. One address (or /64)
gets at most 64 MiB of DATA at once, and then --network-rate octets a second. Do not use this on the
open Internet.

A session takes about 6 KB of memory. An upload takes up to 50 KB, and a download up to 60 KB, or up
to 280 KB with windows.

After SIGTERM the server takes no new requests and waits for the running transfers. SIGUSR1 makes it
write its counters to the log. SIGHUP makes it read the files of --config and --map again, and no
session is lost.
""")


def command_parser() -> Parser:
    """The parser of `tftp-fsm serve`."""
    epilog = f"{examples(shown(EXAMPLES))}\n\n{shown(NOTES)}"
    parser = make_parser("tftp-fsm serve", shown(DESCRIPTION), epilog)
    does = tr("the directory to serve (or write it as root in the --config file)")
    parser.add_argument("root", nargs="?", metavar="ROOT", help=does)
    _add_network(parser)
    _add_files(parser)
    add_provided(parser)
    add_access(parser)
    _add_limits(parser)
    _add_operations(parser)
    _add_process(parser)
    add_opposites(parser)
    return parser


def _add_network(parser: Parser) -> None:
    group = parser.add_argument_group(tr("network"))
    add = group.add_argument
    add(
        "--bind",
        action="append",
        default=[],
        metavar="ADDRESS",
        help=tr("listen on this address; may be repeated (default: all, IPv4 and IPv6)"),
    )
    add(
        "-p",
        "--port",
        type=kind(SERVER["port"]),
        default=69,
        metavar="N",
        help=tr("listen on this port; 0 takes any free port (default: 69)"),
    )
    add(
        "--port-range",
        type=port_range,
        metavar="FIRST-LAST",
        help=tr("ports for the sessions (if fewer than 179: see below)"),
    )
    add(
        "--no-offload",
        dest="offload",
        action="store_false",
        help=tr("send one block in each frame, for captures on this host"),
    )
    add("--single-port", action="store_true", help=tr("answer from the listening port, for NAT"))


def _add_files(parser: Parser) -> None:
    add = parser.add_argument_group(tr("files")).add_argument
    add("--writable", action="store_true", help=tr("let clients create files"))
    add("--overwrite", action="store_true", help=tr("let clients replace files, too"))
    add(
        "--max-size",
        type=kind(SERVER["max_size"]),
        metavar="OCTETS",
        help=tr(
            "refuse an upload that is larger (default: twice the announced size; a twentieth "
            "of the free space stays free)"
        ),
    )
    add(
        "--public-only",
        action="store_true",
        help=tr(
            "send only files that everybody may read, and replace only files that everybody "
            "may write"
        ),
    )
    add("--fold-case", action="store_true", help=tr("ignore case in the names of files"))


def _add_limits(parser: Parser) -> None:
    default, single = ServerConfig("."), ServerConfig(".", single_port=True)
    add = parser.add_argument_group(tr("limits")).add_argument

    for name, what in (
        ("max_sessions", tr("sessions at the same time in each worker")),
        ("max_sessions_per_address", tr("sessions at the same time for one address")),
        ("max_blksize", tr("octets in a block")),
        ("max_windowsize", tr("blocks in a window")),
        ("retries", tr("retransmissions without an answer before giving up")),
        (
            "network_rate",
            tr(
                "octets of DATA a second to one network, with --single-port or few ports: see below"
            ),
        ),
    ):
        add(
            f"--{name.replace('_', '-')}",
            type=kind(SERVER[name]),
            default=getattr(default, name),
            metavar="N",
            help=_with_default(what, _value(default, name), _value(single, name)),
        )
    for name, what in (
        ("timeout", tr("shortest wait before a retransmission")),
        ("patience", tr("longest silence of a client before giving up")),
        ("dally", tr("time to stay after an upload and repeat a lost final ACK")),
        ("grace", tr("time that running transfers have after SIGTERM")),
    ):
        value = getattr(default, name)
        does = _with_default(what, _usual(name) or format(value, "g"))
        add(f"--{name}", type=kind(SERVER[name]), default=value, metavar="SECONDS", help=does)


def _usual(name: str) -> str:
    if name == "timeout":
        return tr("1, then from the measured round trip")
    if name == "patience":
        return tr("{patience:g}, if no retries are given", patience=PATIENCE)
    return ""


def _with_default(what: str, value: int | str, alone: int | str | None = None) -> str:
    """Return an option's description with its default, also that with --single-port."""
    if alone in (None, value):
        return tr("{what} (default: {value})", what=what, value=value)
    return tr(
        "{what} (default: {value}; with --single-port: {alone})",
        what=what,
        value=value,
        alone=alone,
    )


def _value(config: ServerConfig, name: str) -> int | str:
    """Return a limit of this configuration. Three of them depend on other settings."""
    match name:
        case "max_blksize":
            return config.limits.blksize
        case "max_windowsize":
            return config.limits.windowsize
        case "retries":
            retries = config.retry_policy.retries
            return tr("as many as the patience allows") if retries is None else retries
    return int(getattr(config, name))


def _add_operations(parser: Parser) -> None:
    add = parser.add_argument_group(tr("operations")).add_argument
    add(
        "--on-done",
        type=_command,
        metavar="COMMAND",
        help=tr("run this command, without a shell, when a session ends; it gets JSON on stdin"),
    )
    add(
        "--on-done-limit",
        type=integer(1, 1000),
        default=4,
        metavar="N",
        help=tr("commands of --on-done at the same time (default: 4)"),
    )
    add(
        "--on-done-time",
        type=kind(MAX_TIME),
        default=60.0,
        metavar="SECONDS",
        help=tr("kill a command of --on-done after this time (default: 60)"),
    )
    add(
        "--metrics",
        type=_address,
        metavar="ADDRESS",
        help=tr("serve metrics for Prometheus over HTTP, at PORT of the loopback or at HOST:PORT"),
    )
    add("--metrics-anywhere", action="store_true", help=tr("let other hosts read the metrics, too"))


def _command(text: str) -> str:
    """Return the command if it can be split into words."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as wrong:
        why = tr("{text!r} is not a command: {why}", text=text, why=wrong)
        raise argparse.ArgumentTypeError(why) from None
    if not words:
        raise argparse.ArgumentTypeError(tr("the command is empty"))
    return text


def _address(text: str) -> str:
    """Return the address of the metrics if it is valid."""
    from tftp_fsm.server.operations.settings import address_of

    try:
        address_of(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(shown(wrong)) from None
    return text


def _add_process(parser: Parser) -> None:
    add = parser.add_argument_group(tr("process")).add_argument
    add(
        "--user",
        metavar="NAME",
        help=tr(
            "become this user after the port is bound (default if root starts the server: "
            "{users}); root keeps the rights of root",
            users=shown(either(UNPRIVILEGED)),
        ),
    )
    add(
        "--config",
        metavar="FILE",
        help=tr("read options from this TOML file; the command line overrides it"),
    )
    add(
        "--print-config", action="store_true", help=tr("print all options as a TOML file, and exit")
    )
    add("--pcap", metavar="FILE", help=tr("write the packets and reasons to FILE, for Wireshark"))
    add(
        "--keep-failures",
        metavar="DIR",
        help=tr("keep the last steps of failures in DIR (default: none)"),
    )
    add(
        "--workers",
        type=integer(1, 256),
        default=1,
        metavar="N",
        help=tr("number of processes (default: 1)"),
    )
    add(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help=tr("format of the log (default: text)"),
    )

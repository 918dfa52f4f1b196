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
  tftp-fsm serve . --port 6969                        needs no rights of root
  tftp-fsm serve /srv/tftp --writable --user tftp     uploads, as the user tftp
  tftp-fsm serve . --port 6969 --single-port          behind NAT, or in a container
  tftp-fsm serve . --port 0 --log-format json         any free port; the first line names it
  tftp-fsm serve /srv/tftp --map tftp.map             names changed by rules
  tftp-fsm serve --map tftp.map --try NAME            which rule does what with NAME""")
NOTES = mark("""\
It is easy to forge the address of a request. Until an address has acknowledged something, the
server sends it one datagram for each request, and at most three retransmissions. That is
four datagrams, 2064 octets, within seven seconds, whatever timeout was asked for. If all sessions
are in use, an unacknowledged one ends when the next request comes, and then one to which nothing
new has come for three seconds.

All requests of one address (or IPv6 /64) together are sent at most four datagrams for each session
that it may have, and then 8 a second, until it answers; and 100 ERRORs, and then 20 a second.

A forger may also send an ACK to each port that a session may have. So a window has at most 8
octets for each such port: 131,072, or less with --port-range. That is less than the forger sends.

With --single-port, or with --port-range of fewer than 179 ports, a forged ACK looks like a real
one. So the defaults are windowsize 1, blksize 1428 and 3 retries: each datagram of a forger brings
one of at most 1432 octets, and the last one three more. One address (or /64) is sent at most 64 MiB
of DATA at once there, and then --network-rate a second. Do not use it on the open Internet.

A session takes about 6 KB of memory, an upload up to 50 KB, a download up to 60 KB, or up to
280 KB with windows.

After SIGTERM the server takes no new requests, and running transfers may end. SIGUSR1 makes it
log its counters. SIGHUP makes it read the files of --config and --map again; no session is lost.
""")


def command_parser() -> Parser:
    """The parser of `tftp-fsm serve`."""
    epilog = f"{examples(shown(EXAMPLES))}\n\n{shown(NOTES)}"
    parser = make_parser("tftp-fsm serve", shown(DESCRIPTION), epilog)
    does = tr("the directory to serve (it may stand in --config instead)")
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
        help=tr("listen on this port; 0: any free one (default: 69)"),
    )
    add(
        "--port-range",
        type=port_range,
        metavar="FIRST-LAST",
        help=tr("ports of sessions (if few: see below)"),
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
            "refuse a larger upload (default: twice what was announced, and a twentieth of the free"
            " room stays free)"
        ),
    )
    add(
        "--public-only",
        action="store_true",
        help=tr(
            "send only files that everybody may read, replace only those that everybody may write"
        ),
    )
    add("--fold-case", action="store_true", help=tr("ignore case in the names of files"))


def _add_limits(parser: Parser) -> None:
    default, single = ServerConfig("."), ServerConfig(".", single_port=True)
    add = parser.add_argument_group(tr("limits")).add_argument

    for name, what in (
        ("max_sessions", tr("sessions at a time, in each worker")),
        ("max_sessions_per_address", tr("sessions at a time, for one address")),
        ("max_blksize", tr("octets in a block")),
        ("max_windowsize", tr("blocks in a window")),
        ("retries", tr("retransmissions without an answer before giving up")),
        (
            "network_rate",
            tr("octets of DATA a second to one network, if ports can be guessed: see below"),
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
        ("timeout", tr("least wait for an answer")),
        ("patience", tr("longest silence of a client")),
        ("dally", tr("time to repeat the final ACK after an upload")),
        ("grace", tr("time for running transfers after SIGTERM")),
    ):
        value = getattr(default, name)
        does = _with_default(what, _usual(name) or format(value, "g"))
        add(f"--{name}", type=kind(SERVER[name]), default=value, metavar="SECONDS", help=does)


def _usual(name: str) -> str:
    if name == "timeout":
        return tr("1, then as measured")
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
            return tr("what the patience allows") if retries is None else retries
    return int(getattr(config, name))


def _add_operations(parser: Parser) -> None:
    add = parser.add_argument_group(tr("operations")).add_argument
    add(
        "--on-done",
        type=_command,
        metavar="COMMAND",
        help=tr(
            "run this, without a shell, when a session ends; it reads JSON on its standard input"
        ),
    )
    add(
        "--on-done-limit",
        type=integer(1, 1000),
        default=4,
        metavar="N",
        help=tr("commands that run at a time (default: 4)"),
    )
    add(
        "--on-done-time",
        type=kind(MAX_TIME),
        default=60.0,
        metavar="SECONDS",
        help=tr("kill a command after this time (default: 60)"),
    )
    add(
        "--metrics",
        type=_address,
        metavar="ADDRESS",
        help=tr("metrics for Prometheus over HTTP, at PORT of the loopback or at HOST:PORT"),
    )
    add("--metrics-anywhere", action="store_true", help=tr("other hosts may read the metrics, too"))


def _command(text: str) -> str:
    """Return the command if it can be split into words."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as wrong:
        why = tr("{text!r} is not a command: {why}", text=text, why=wrong)
        raise argparse.ArgumentTypeError(why) from None
    if not words:
        raise argparse.ArgumentTypeError(tr("the command has no words"))
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
            "become this user after the port is bound (default, if root starts it: {users}; root:"
            " keep the rights of root)",
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
        "--keep-failures", metavar="DIR", help=tr("keep the last steps of failures (default: none)")
    )
    add(
        "--workers", type=integer(1, 256), default=1, metavar="N", help=tr("processes (default: 1)")
    )
    add(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help=tr("form of the log (default: text)"),
    )

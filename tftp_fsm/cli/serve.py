"""`tftp-fsm serve ROOT`: a TFTP server, read-only unless --writable is given."""

from __future__ import annotations

import argparse
import select
import sys
from contextlib import ExitStack
from typing import Any, TextIO

from tftp_fsm.cli.common import Parser, integer, kind, make_parser, port_range, say
from tftp_fsm.cli.hints import as_options
from tftp_fsm.protocol.timing import PATIENCE
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.log import Journal
from tftp_fsm.server.rights import UNPRIVILEGED
from tftp_fsm.server.service import Service, serve
from tftp_fsm.wire.ranges import SERVER

DESCRIPTION = "Serve the files of a directory by TFTP. No file outside it is read or written."
EPILOG = """\
examples:
  tftp-fsm serve /srv/tftp                            read-only, port 69
  tftp-fsm serve . --port 6969                        needs no rights of root
  tftp-fsm serve /srv/tftp --writable --user tftp     uploads, as the user tftp
  tftp-fsm serve . --port 6969 --single-port          behind NAT, or in a container
  tftp-fsm serve . --port 0 --log-format json         any free port; the first line names it

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
one of at most 1432 octets, and the last one three more. Do not use it on the open Internet.
A session takes about 6 KB of memory, an upload up to 50 KB, a download up to 280 KB.
After SIGTERM the server takes no new requests, and running transfers may end. SIGUSR1 makes it
log its counters.
"""


def main(argv: list[str]) -> int:
    """Serve until a signal comes; the exit status."""
    parser = serve_parser()
    args = parser.parse_args(argv)
    if args.pcap is not None and args.workers > 1:
        parser.error("--pcap has the packets of one process: leave out --workers")
    journal = Journal(_Log(sys.stderr if args.pcap == "-" else sys.stdout).write, args.log_format)
    with ExitStack() as watching:
        try:
            config = _config(args)
        except ValueError as wrong:
            parser.error(as_options(str(wrong), vars(args)))
        if args.pcap is not None:
            from tftp_fsm.cli.capture import capturing_server

            config = watching.enter_context(capturing_server(args.pcap, config))
        return serve(config, Service(journal, args.user, args.workers))


class _Log:
    """Lines on `stream`. Clients are served even if they cannot be written.

    If it fails, one line on stderr says so. If its reader is too slow, lines are dropped and
    counted: waiting for the reader would make all clients wait.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._refused = False
        self._lost = 0

    def write(self, line: str) -> None:
        """Write a line at once: other workers write to the same stream."""
        try:
            if not _has_room(self._stream):
                self._lost += 1
                return
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except OSError as refused:
            if not self._refused:
                say(f"cannot write the log: {refused.strerror}; the server goes on without a log")
            self._refused = True
        else:
            self._tell_lost()

    def _tell_lost(self) -> None:
        lost, self._lost = self._lost, 0
        if lost:
            say(f"{lost} lines of the log were dropped, because its reader was too slow")


def _has_room(stream: TextIO) -> bool:
    """Whether a line can be written without waiting. A pipe is ready if PIPE_BUF octets fit."""
    if not hasattr(select, "poll"):
        return True
    try:
        poll = select.poll()
        poll.register(stream, select.POLLOUT)
    except (OSError, ValueError):  # it is no file, for example in a test
        return True
    return bool(poll.poll(0))


def _config(args: argparse.Namespace) -> ServerConfig:
    options: dict[str, Any] = {**vars(args), "bind": tuple(args.bind)}
    for name in ("user", "workers", "log_format", "pcap"):
        del options[name]
    if options["keep_failures"] == "none":  # as for a transfer
        options["keep_failures"] = None
    return ServerConfig(**options)


def serve_parser() -> Parser:
    """The parser of `tftp-fsm serve`."""
    parser = make_parser("tftp-fsm serve", DESCRIPTION, EPILOG)
    parser.add_argument("root", metavar="ROOT", help="the directory to serve")
    _add_network(parser)
    _add_files(parser)
    _add_limits(parser)
    _add_process(parser)
    return parser


def _add_network(parser: Parser) -> None:
    group = parser.add_argument_group("network")
    add = group.add_argument
    add(
        "--bind",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="listen on this address; may be repeated (default: all, IPv4 and IPv6)",
    )
    add(
        "-p",
        "--port",
        type=kind(SERVER["port"]),
        default=69,
        metavar="N",
        help="listen on this port; 0: any free one (default: 69)",
    )
    add(
        "--port-range",
        type=port_range,
        metavar="FIRST-LAST",
        help="ports of sessions (if few: see below)",
    )
    add(
        "--no-offload",
        dest="offload",
        action="store_false",
        help="send each block as a frame, for captures on this machine",
    )
    add("--single-port", action="store_true", help="answer from the listening port, for NAT")


def _add_files(parser: Parser) -> None:
    add = parser.add_argument_group("files").add_argument
    add("--writable", action="store_true", help="let clients create files")
    add("--overwrite", action="store_true", help="let clients replace files, too")
    add(
        "--max-size",
        type=kind(SERVER["max_size"]),
        metavar="OCTETS",
        help="refuse a larger upload "
        "(default: twice what was announced, and a twentieth of the free room stays free)",
    )
    add(
        "--public-only",
        action="store_true",
        help="send only files that everybody may read, replace only those that everybody may write",
    )
    add("--fold-case", action="store_true", help="ignore case in the names of files")


def _add_limits(parser: Parser) -> None:
    default, single = ServerConfig("."), ServerConfig(".", single_port=True)
    add = parser.add_argument_group("limits").add_argument

    def usual(name: str) -> str:
        value, alone = _value(default, name), _value(single, name)
        return f"default: {value}" + (f"; with --single-port: {alone}" if alone != value else "")

    for name, what in (
        ("max_sessions", "sessions at a time, in each worker"),
        ("max_sessions_per_address", "sessions at a time, for one address"),
        ("max_blksize", "octets in a block"),
        ("max_windowsize", "blocks in a window"),
        ("retries", "retransmissions in one silence"),
    ):
        add(
            f"--{name.replace('_', '-')}",
            type=kind(SERVER[name]),
            default=getattr(default, name),
            metavar="N",
            help=f"{what} ({usual(name)})",
        )
    for name, what in (
        ("timeout", "least wait for an answer"),
        ("patience", "longest silence of a client"),
        ("dally", "time to repeat the final ACK after an upload"),
        ("grace", "time for running transfers after SIGTERM"),
    ):
        value = getattr(default, name)
        does = f"{what} (default: {_USUAL.get(name) or format(value, 'g')})"
        add(f"--{name}", type=kind(SERVER[name]), default=value, metavar="SECONDS", help=does)


_USUAL = {"timeout": "1, then as measured", "patience": f"{PATIENCE:g}, if no retries are given"}


def _value(config: ServerConfig, name: str) -> int | str:
    """A limit of this configuration; the three that depend on others are given by those."""
    match name:
        case "max_blksize":
            return config.limits.blksize
        case "max_windowsize":
            return config.limits.windowsize
        case "retries":
            retries = config.retry_policy.retries
            return "what the patience allows" if retries is None else retries
    return int(getattr(config, name))


def _add_process(parser: Parser) -> None:
    add = parser.add_argument_group("process").add_argument
    add(
        "--user",
        metavar="NAME",
        help="become this user after the port is bound (default, if root starts it: "
        f"{' or '.join(UNPRIVILEGED)}; root: keep the rights of root)",
    )
    add("--pcap", metavar="FILE", help="write the packets and reasons to FILE, for Wireshark")
    add("--keep-failures", metavar="DIR", help="keep the last steps of failures (default: none)")
    add("--workers", type=integer(1, 256), default=1, metavar="N", help="processes (default: 1)")
    add(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="form of the log (default: text)",
    )

"""`tftp-fsm serve ROOT`: a TFTP server, read-only until told otherwise."""

from __future__ import annotations

import argparse
import select
import sys
from typing import Any

from tftp_fsm.cli.common import Parser, integer, make_parser, number, port_range, say, seconds
from tftp_fsm.cli.hints import as_options
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.log import Journal
from tftp_fsm.server.service import Service, serve
from tftp_fsm.wire.options import BLKSIZE_RANGE, WINDOWSIZE_TOLD_APART

DESCRIPTION = "Serve the files of a directory by TFTP. Nothing outside it is read or written."
EPILOG = """\
examples:
  tftp-fsm serve /srv/tftp                            read-only, port 69
  tftp-fsm serve . --port 6969                        without rights
  tftp-fsm serve /srv/tftp --writable --user tftp     uploads, root given up once bound
  tftp-fsm serve . --port 6969 --single-port          behind NAT, in a container
  tftp-fsm serve . --port 0 --log-format json         any free port; the first line says which

Requests are easily forged, so until an address has acknowledged something it is sent one
datagram for each request and at most three retransmissions: four datagrams, 2064 octets. That
takes 15 seconds at the most, whatever timeout was asked, and when all sessions are taken the
oldest of these gives way to the next request.
With --single-port a forged ACK cannot be told from a real one: there windows are 1, blocks 1428
octets and retries 3 unless you say otherwise, so that each datagram brings one of 1432 octets at
most, and the last three more. Do not use it on the open Internet.
A session takes some 6 KB of memory, an upload up to 50 KB, a download up to 280 KB.
SIGTERM takes no new requests and lets running transfers end; SIGUSR1 writes the counters.
"""


def main(argv: list[str]) -> int:
    """Serve until a signal comes; the exit status."""
    parser = _parser()
    told = parser.parse_args(argv)
    journal = Journal(_Log().write, told.log_format)
    try:
        config = _config(told)
    except ValueError as wrong:
        parser.error(as_options(str(wrong), vars(told)))
    return serve(config, Service(journal, told.user, told.workers))


class _Log:
    """Lines on stdout. Whatever becomes of them, clients are served on.

    Where stdout takes no more, that is said once. Lines that a reader has left no room for are
    lost and counted: to wait for it would keep all clients waiting.
    """

    def __init__(self) -> None:
        self._refused = False
        self._lost = 0

    def write(self, line: str) -> None:
        """In one piece, for workers write to the same place."""
        try:
            if not _has_room():
                self._lost += 1
                return
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except OSError as refused:
            if not self._refused:
                say(f"cannot write the log: {refused.strerror}; serving goes on without")
            self._refused = True
        else:
            self._tell_lost()

    def _tell_lost(self) -> None:
        lost, self._lost = self._lost, 0
        if lost:
            say(f"lines of the log that were lost, since nobody read it for a while: {lost}")


def _has_room() -> bool:
    """A line can be written without waiting: a pipe is ready once PIPE_BUF octets fit into it."""
    if not hasattr(select, "poll"):
        return True
    try:
        poll = select.poll()
        poll.register(sys.stdout, select.POLLOUT)
    except (OSError, ValueError):  # no descriptor, as where another program catches the output
        return True
    return bool(poll.poll(0))


def _config(told: argparse.Namespace) -> ServerConfig:
    options: dict[str, Any] = {**vars(told), "bind": tuple(told.bind)}
    for name in ("user", "workers", "log_format"):
        del options[name]
    if options["keep_failures"] == "none":  # as for a transfer
        options["keep_failures"] = None
    return ServerConfig(**options)


def _parser() -> Parser:
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
        help="listen on this address only; may be given again (all, IPv4 and IPv6)",
    )
    add("-p", "--port", type=integer(0, 65535), default=69, help="listen here; 0: any free (69)")
    add(
        "--port-range", type=port_range, metavar="FIRST-LAST", help="take sessions' ports from here"
    )
    add(
        "--no-offload",
        dest="offload",
        action="store_false",
        help="a frame for each block also in captures on this machine",
    )
    add("--single-port", action="store_true", help="answer from the listening port (NAT)")


def _add_files(parser: Parser) -> None:
    add = parser.add_argument_group("files").add_argument
    add("--writable", action="store_true", help="clients may create files")
    add("--overwrite", action="store_true", help="and replace those that exist")
    add("--max-size", type=integer(0, 2**63 - 1), metavar="OCTETS", help="of one upload")
    add("--fold-case", action="store_true", help="find a file by a name that differs in case only")


def _add_limits(parser: Parser) -> None:
    blksizes, windowsizes = BLKSIZE_RANGE, WINDOWSIZE_TOLD_APART
    default, single = ServerConfig("."), ServerConfig(".", single_port=True)
    add = parser.add_argument_group("limits").add_argument
    alone = "with --single-port"
    for option, values, what in (
        ("--max-sessions", range(1, 1_000_000), "at a time, in each worker (1000)"),
        ("--max-sessions-per-address", range(1, 1_000_000), "at a time, for one host (100)"),
        (
            "--max-blksize",
            blksizes,
            f"octets in a block ({default.limits.blksize}; {alone} {single.limits.blksize})",
        ),
        (
            "--max-windowsize",
            windowsizes,
            f"blocks in a window ({default.limits.windowsize}; {alone} {single.limits.windowsize})",
        ),
        (
            "--retries",
            range(1000),
            f"of one wait ({default.retry_policy.retries}; {alone} {single.retry_policy.retries})",
        ),
    ):
        value = getattr(default, option[2:].replace("-", "_"))
        read = integer(values[0], values[-1])
        add(option, type=read, default=value, metavar="N", help=what)
    add(
        "--timeout",
        type=number(0.001, 60, " of seconds"),
        default=default.timeout,
        metavar="SECONDS",
        help=f"first wait; it adapts, unless the client asks for a timeout ({default.timeout:g})",
    )
    add(
        "--dally",
        type=seconds,
        default=default.dally,
        metavar="SECONDS",
        help=f"to stay after an upload and repeat the final ACK ({default.dally:g})",
    )
    add(
        "--grace",
        type=seconds,
        default=default.grace,
        metavar="SECONDS",
        help=f"for running transfers on SIGTERM ({default.grace:g})",
    )


def _add_process(parser: Parser) -> None:
    add = parser.add_argument_group("process").add_argument
    add("--user", metavar="NAME", help="be this user once the port is bound")
    add("--keep-failures", metavar="DIR", help="where the last steps of failures go (none)")
    add("--workers", type=integer(1, 256), default=1, metavar="N", help="processes (1)")
    add("--log-format", choices=("text", "json"), default="text", help="of the lines on stdout")

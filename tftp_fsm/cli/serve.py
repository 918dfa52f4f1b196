"""`tftp-fsm serve ROOT`: a TFTP server, read-only unless --writable is given."""

from __future__ import annotations

import argparse
import select
import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, TextIO

from tftp_fsm.cli.common import DONE, say
from tftp_fsm.cli.hints import as_options
from tftp_fsm.cli.parser import Parser, refuse_overwriting
from tftp_fsm.cli.provided_options import check_tried, take_parts
from tftp_fsm.cli.serve_config import ConfigError, parse
from tftp_fsm.cli.serve_options import command_parser
from tftp_fsm.errors import LocalError
from tftp_fsm.language import reason, sentence, sentence_n, shown, tr
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.log import Journal
from tftp_fsm.server.reload import Reread
from tftp_fsm.server.service import Service, serve

if TYPE_CHECKING:
    from tftp_fsm.server.operations.settings import Operations

OF_PROCESS = (
    *("user", "workers", "log_format", "pcap", "config", "print_config"),
    *("on_done", "on_done_limit", "on_done_time", "metrics", "metrics_anywhere"),
)


def main(argv: list[str]) -> int:
    """Serve until a signal comes. Return the exit status."""
    parser = command_parser()
    args = _arguments(parser, argv)
    if args.print_config:
        print(_printed(parser, args), end="")
        return DONE
    check_tried(parser, args)
    if args.tried is not None:
        return _try(parser, args)
    if args.root is None:
        parser.error(
            tr("ROOT is missing: name the directory to serve, or set root in a file (--config)")
        )
    if args.pcap is not None and args.workers > 1:
        parser.error(tr("--pcap can record the packets of one process only: leave out --workers"))
    refuse_overwriting(parser, {"--pcap": args.pcap}, args.config, args.map)
    journal = Journal(_Log(sys.stderr if args.pcap == "-" else sys.stdout).write, args.log_format)
    with ExitStack() as watching:
        try:
            config = _config(args)
        except ValueError as wrong:
            parser.error(as_options(shown(wrong), vars(args)))
        except LocalError as wrong:
            parser.error(shown(wrong))
        if args.pcap is not None:
            from tftp_fsm.cli.capture import capturing_server

            config = watching.enter_context(capturing_server(args.pcap, config))
        reads = args.config is not None or args.map is not None
        reread = partial(_reread, parser, argv, args) if reads else None
        return serve(config, Service(journal, args.user, args.workers, reread, _operations(args)))


def _operations(args: argparse.Namespace) -> Operations | None:
    """Return the settings of the command and the metrics, or None without both."""
    if args.on_done is None and args.metrics is None:
        return None
    import shlex

    from tftp_fsm.server.operations.settings import Operations, address_of

    command = () if args.on_done is None else tuple(shlex.split(args.on_done))
    metrics = None if args.metrics is None else address_of(args.metrics)
    limits = (args.on_done_limit, args.on_done_time)
    return Operations(command, *limits, metrics, args.metrics_anywhere)


def _reread(parser: Parser, argv: list[str], before: argparse.Namespace) -> Reread:
    """Read the file and the command line again. Raises ValueError."""
    args = parse(parser, argv)
    if args.root is None:
        raise ConfigError(sentence("root is missing"))
    changed = (name for name in OF_PROCESS if getattr(args, name) != getattr(before, name))
    try:
        return Reread(_config(args), tuple(changed))
    except LocalError as wrong:
        raise ConfigError(str(wrong)) from None


def _arguments(parser: Parser, argv: list[str]) -> argparse.Namespace:
    try:
        return parse(parser, argv)
    except ConfigError as wrong:
        parser.error(shown(wrong))


def _printed(parser: Parser, args: argparse.Namespace) -> str:
    from tftp_fsm.cli.serve_print import as_toml

    try:
        return as_toml(parser, args)
    except ValueError as wrong:
        parser.error(shown(wrong))


def _try(parser: Parser, args: argparse.Namespace) -> int:
    from tftp_fsm.cli.try_map import try_map

    try:
        return try_map(args.map, args.tried, args.tried_from, args.root)
    except LocalError as wrong:
        parser.error(shown(wrong))


class _Log:
    """Writes lines to `stream`. Clients are served even if lines cannot be written.

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
                why = reason(refused)
                say(
                    sentence(
                        "cannot write the log: {why}; the server goes on without a log", why=why
                    )
                )
            self._refused = True
        else:
            self._tell_lost()

    def _tell_lost(self) -> None:
        lost, self._lost = self._lost, 0
        if lost:
            say(
                sentence_n(
                    "{count:,} line of the log was dropped, because its reader was too slow",
                    "{count:,} lines of the log were dropped, because its reader was too slow",
                    lost,
                )
            )


def _has_room(stream: TextIO) -> bool:
    """Return whether a line can be written at once. A pipe is ready if PIPE_BUF octets fit."""
    if not hasattr(select, "poll"):
        return True
    try:
        poll = select.poll()
        poll.register(stream, select.POLLOUT)
    except (OSError, ValueError):  # it is not a file, for example in a test
        return True
    return bool(poll.poll(0))


def _config(args: argparse.Namespace) -> ServerConfig:
    """The configuration of the server. Raises ValueError and LocalError."""
    options = {name: value for name, value in vars(args).items() if name not in OF_PROCESS}
    options["bind"] = tuple(args.bind)
    take_parts(options)
    if options["keep_failures"] == "none":  # as for a transfer
        options["keep_failures"] = None
    return ServerConfig(**options)

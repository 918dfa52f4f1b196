"""Make the world for `tftp-fsm debug` from the command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tftp_fsm.cli.common import say
from tftp_fsm.cli.faults import faults_of
from tftp_fsm.cli.parser import Parser, refuse_others
from tftp_fsm.cli.task import VERBS, Task, check_records, task_of
from tftp_fsm.language import joined, layout, sentence, tr

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from tftp_fsm.client.settings import Settings
    from tftp_fsm.debugger.commands.language import Debugger
    from tftp_fsm.debugger.worlds.world import World
    from tftp_fsm.trace.trace import Trace
    from tftp_fsm.verify.parties import Pair

    LoadTrace: TypeAlias = Callable[[str, int | None], Trace]

ITEMS = 3  # the number of items for the first of two parties


def debugger_of(args: argparse.Namespace, load_trace: LoadTrace) -> Debugger:
    """Return the debugger before its first step. ValueError: options that do not fit together.

    `load_trace` reads a recorded transfer from a file, by its number if it is a capture.
    """
    from tftp_fsm.debugger.commands.all import Debugger, opened
    from tftp_fsm.debugger.scenarios import SCENARIOS
    from tftp_fsm.debugger.stepper import Stepper
    from tftp_fsm.verify.table_file import load_sessions

    if args.table is not None:
        load_sessions(args.table)  # so that traces of its tables are known, too
    if args.scenario is not None:
        return opened(SCENARIOS[args.scenario], quiz=args.quiz)
    return Debugger(Stepper(_world(args, load_trace)), quiz=args.quiz)


def party_pair(parser: Parser, args: argparse.Namespace) -> Pair | None:
    """Return two machines that are not TFTP if the file of --table has them, or None."""
    from tftp_fsm.verify.parties import pair_of
    from tftp_fsm.verify.table_file import load_parties

    parties = None if args.table is None else load_parties(args.table)
    if parties is None:
        if args.reorders:
            parser.error(tr("--any-order needs a --table of parties that are not TFTP"))
        return None
    refuse_others(parser, args, frozenset({"table", "reorders", "script", "json", "plain"}))
    return pair_of(parties, ITEMS, reorders=args.reorders)


def _world(args: argparse.Namespace, load_trace: LoadTrace) -> World:
    if args.serve is not None:
        return _live_server(args)
    if len(args.words) == 1 and args.words[0] not in VERBS:
        return _recorded(load_trace(args.words[0], args.transfer), args.words[0])
    return _live_client(args) if args.words else _simulated(args)


def _simulated(args: argparse.Namespace) -> World:
    from tftp_fsm.debugger.worlds.files import pattern
    from tftp_fsm.debugger.worlds.setup import WorldSetup
    from tftp_fsm.debugger.worlds.simulated import SimulatedWorld
    from tftp_fsm.protocol.roles import OURS
    from tftp_fsm.verify.table_file import load_sessions
    from tftp_fsm.wire.options import offer

    sessions = OURS if args.table is None else load_sessions(args.table)
    options = offer(blksize=args.blksize, windowsize=args.windowsize, timeout=args.timeout)
    setup = WorldSetup(
        args.verb,
        pattern(args.size),
        faults_of(args),
        args.latency,
        options,
        rate=args.rate,
        sessions=sessions,
    )
    return SimulatedWorld(setup)


def _live_client(args: argparse.Namespace) -> World:
    from tftp_fsm.debugger.worlds.live_client import dial_get, dial_put

    words = args.words
    if words[0] in VERBS and len(words) > 2 and not any("://" in word for word in words):
        words = [words[1], words[0], *words[2:]]  # `get HOST NAME` is `HOST get NAME`, too
    task = task_of(words, None)
    check_records(task, {"--html": args.html, "--pcap": args.pcap})
    settings = _settings(args, task)
    if task.verb == "get":
        assert task.remote is not None
        return dial_get(task.host, task.remote, task.local, settings)
    if task.local is None:
        raise ValueError(sentence("put needs the name of a local file: put LOCAL URL"))
    return dial_put(task.host, task.local, task.remote, settings)


def _settings(args: argparse.Namespace, task: Task) -> Settings:
    from tftp_fsm.client.settings import Settings
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    return Settings(
        port=args.port if args.port is not None else task.port or WELL_KNOWN_PORT,
        mode=task.mode or "octet",
        blksize=args.blksize,
        windowsize=args.windowsize,
        timeout=args.timeout,
        options=not args.no_options,
    )


def _live_server(args: argparse.Namespace) -> World:
    """Wait for a request of a client. Return the world."""
    from tftp_fsm.debugger.worlds.live_server import Served
    from tftp_fsm.server.config import ServerConfig
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    port = WELL_KNOWN_PORT if args.port is None else args.port
    served = Served(
        ServerConfig(args.serve, bind=tuple(args.bind), port=port, writable=args.writable)
    )
    places = [
        sentence("{host} port {port}", host=address[0], port=address[1])
        for address in served.addresses
    ]
    say(sentence("waiting for a client at {places}", places=joined(", ", [*places])))
    try:
        world = served.wait()
    except BaseException:
        served.close()
        raise
    assert world is not None, "without a limit, waiting ends with a client"
    return world


def _recorded(trace: Trace, path: str) -> World:
    from tftp_fsm.debugger.worlds.recorded import RecordedWorld
    from tftp_fsm.errors import LocalError
    from tftp_fsm.verify.known import known_sessions

    try:
        return RecordedWorld(trace, trace.sessions or known_sessions())
    except LocalError as wrong:
        why = str(wrong)
        raise LocalError(layout("{path}: {why}", path=path, why=why)) from None

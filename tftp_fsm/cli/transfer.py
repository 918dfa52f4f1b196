"""`tftp-fsm HOST get FILE` and `tftp-fsm HOST put FILE`.

The result is printed on stdout. If the file itself goes to stdout, the result is printed on stderr.
All other messages go to stderr.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, suppress

from tftp_fsm.borders import brief, terminal
from tftp_fsm.cli import streams
from tftp_fsm.cli.arguments import keywords_of, transfer_parser
from tftp_fsm.cli.common import DONE, FAILED, ended_by_signals, interrupted_once, say
from tftp_fsm.cli.quick import quickly_read
from tftp_fsm.cli.task import Wrong, asks_for_several, check_records, is_stdout, task_of
from tftp_fsm.errors import LocalError, PeerError, TftpError
from tftp_fsm.language import sentence, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping
    from typing import Any, TextIO

    from tftp_fsm.cli.parser import Parser
    from tftp_fsm.cli.task import Task
    from tftp_fsm.client.keywords import Keywords
    from tftp_fsm.client.result import Transfer

SHORT_STAY = 0.5  # seconds; a shorter stay after the last ACK needs no message


def main(argv: list[str], others: Callable[[], Mapping[str, str]] = dict) -> int:
    """Move one file or several, and return the exit status. The help lists the `others`."""
    args = quickly_read(argv) or _parser(argv, others).parse_intermixed_args(argv)
    try:
        start = _interactive(args) or _several(args) or _one(args)
    except ValueError as wrong:
        from tftp_fsm.cli.hints import as_options

        why = as_options(shown(wrong), (name for name in vars(args) if "_" in name))
        _parser(argv, others).error(why)
    return start()


def _parser(argv: list[str], others: Callable[[], Mapping[str, str]]) -> Parser:
    asks_for_help = "-h" in argv or "--help" in argv
    parser = transfer_parser(others() if asks_for_help else {})  # searching for them takes time
    parser.meant = lambda: _meant(argv, parser)
    return parser


def _meant(argv: list[str], parser: Parser) -> str | None:
    from tftp_fsm.cli.habits import meant

    return meant(argv, parser)


def _interactive(args: Namespace) -> Callable[[], int] | None:
    """Return the interactive client's function if there is only a host, and stdin has commands."""
    if len(args.words) != (args.host is None) or args.words[:1] in (["get"], ["put"]):
        return None
    from tftp_fsm.cli.interactive.client import client_for

    client = client_for(args, lambda each: _one(each)())
    return None if client is None else client.run


def _one(args: Namespace) -> Callable[[], int]:
    task = task_of(args.words, args.host)
    keywords = keywords_of(args, task)
    _check(task, keywords, args)
    return _Run(args, task, keywords).run


def _several(args: Namespace) -> Callable[[], int] | None:
    """Return the function that moves several files, or None if the words name only one."""
    if not asks_for_several(args):
        return None
    from tftp_fsm.cli import transfers

    plan = transfers.planned(args)
    return lambda: transfers.run(args, plan)


def _check(task: Task, keywords: Keywords, args: Namespace) -> None:
    from tftp_fsm.client.settings import Settings

    Settings(**keywords)
    if task.verb == "get" and task.local is None:
        _name_of(task.remote or b"")
    if task.verb == "put" and task.local is None:
        raise Wrong(sentence("put needs the name of a local file: put LOCAL URL"))
    if task.verb == "put" and task.local is not None and not os.path.basename(task.local):
        raise Wrong(sentence("{path!r} is a directory: name a file in it", path=task.local))
    if task.verb == "put" and task.local == "-" and _is_folder(task.remote or b""):
        raise Wrong(sentence("data from stdin has no name: give a remote name, put - REMOTE"))
    if task.verb == "get" and is_stdout(task.local) and is_stdout(args.pcap):
        raise Wrong(
            sentence("the file and --pcap cannot both go to stdout: name a file for one of them")
        )
    check_records(task, {"--trace": args.trace, "--pcap": args.pcap})


def _name_of(remote: bytes) -> None:
    """Raise Wrong if the remote name gives no local name."""
    from tftp_fsm.client.names import base_name

    try:
        base_name(remote)
    except LocalError as nameless:
        raise Wrong(str(nameless)) from None


def _is_folder(remote: bytes) -> bool:
    """Return whether the local file's name must be added."""
    return not remote or remote.endswith(b"/")


class _Run:
    """One transfer, and the messages about it."""

    def __init__(self, args: Namespace, task: Task, keywords: Keywords) -> None:
        self._args = args
        self._task = task
        self._keywords = keywords
        self._bar: Any = None
        self._finished = False
        self._unreported: OSError | None = None
        self._out: TextIO = sys.stdout
        if (task.verb == "get" and is_stdout(task.local)) or is_stdout(args.pcap):
            self._out = sys.stderr

    def run(self) -> int:
        try:
            with interrupted_once(), ExitStack() as watching:
                watching.enter_context(ended_by_signals(self._standing))
                self._watch(watching)
                self._transfer()
        except TftpError as failed:
            self._close_bar()
            self._tell(failed)
            streams.let_go()  # Python 3.14 keeps the rest of a file that stdout has refused
            return FAILED
        except (KeyboardInterrupt, SystemExit):
            self._close_bar()
            if not self._finished:
                self._tell_interrupted()
                raise
            # The file is safe, and the user knows it. Only the dallying was interrupted.
        if self._unreported is not None:
            raise self._unreported
        return DONE

    def _transfer(self) -> None:
        from tftp_fsm.client.api import get, put
        from tftp_fsm.client.names import base_name

        task = self._task
        self._keywords["on_finished"] = self._report
        if task.verb == "get":
            remote = task.remote or b""
            local = task.local if task.local is not None else base_name(remote)
            get(task.host, remote, sys.stdout.buffer if local == "-" else local, **self._keywords)
        else:
            assert task.local is not None
            local_or_stdin = sys.stdin.buffer if task.local == "-" else task.local
            put(task.host, local_or_stdin, task.remote, **self._keywords)

    # -- Before -----------------------------------------------------------------------------------

    def _watch(self, watching: ExitStack) -> None:
        """Set up the progress: a bar or lines. Both together would overwrite each other."""
        args = self._args
        if args.verbose:
            from tftp_fsm.cli.watch import verbose

            verbose(self._keywords)
        if args.trace is not None:
            from tftp_fsm.cli.watch import tracing

            watching.enter_context(tracing(args.trace, self._keywords))
        if args.pcap is not None:
            from tftp_fsm.cli.capture import capturing

            watching.enter_context(capturing(args.pcap, self._keywords))
        if sys.stderr.isatty() and not args.quiet and not args.verbose:
            self._show_bar(watching)

    def _show_bar(self, watching: ExitStack) -> None:
        from tftp_fsm.cli.progress import bar_for

        self._bar = bar_for(self._title())
        if self._bar is not None:
            watching.callback(self._close_bar)
            self._keywords["progress"] = self._bar.update
            self._keywords["on_waiting"] = self._bar.wait

    def _title(self) -> str:
        task = self._task
        return brief((task.remote or b"") if task.verb == "get" else task.local or "")

    # -- After ------------------------------------------------------------------------------------

    def _report(self, transfer: Transfer) -> None:
        """Report when the file is safe. The program may stay for a while to repeat its last ACK."""
        self._finished = True
        self._close_bar()
        if self._args.quiet and not self._args.json:
            return
        from tftp_fsm.cli.transfer_output import as_record, doubt, stay_words, success_line

        try:
            if self._args.json:
                self._print_json(as_record(transfer))
            elif not self._args.quiet:
                print(terminal(shown(success_line(transfer))), file=self._out, flush=True)
            if not self._args.quiet and (why := doubt(transfer)) is not None:
                say(why)
            if not self._args.quiet and sys.stderr.isatty() and transfer.stays >= SHORT_STAY:
                say(stay_words(transfer.stays))
        except OSError as refused:  # the peer may still need its last ACK again
            self._unreported = refused

    def _tell(self, failed: TftpError) -> None:
        """Say why the transfer failed, and how to see its last steps."""
        from tftp_fsm.trace.failed_transfer import hint

        say(self._line(failed))
        trace = self._kept(failed)
        if trace is not None and not self._args.quiet:
            say(hint(trace))
        if self._args.json:
            from tftp_fsm.cli.transfer_output import failure_record

            self._print_json(failure_record(failed) | self._named | {"trace": trace})

    def _tell_interrupted(self) -> None:
        if self._args.json:
            record = {"ok": False, "error": "Interrupted", "message": "interrupted"}
            self._print_json(record | self._named)

    @property
    def _named(self) -> dict[str, Any]:
        """The file of the transfer, for JSON. None: it has the name of the other side."""
        task = self._task
        remote = None if task.remote is None else os.fsdecode(task.remote)
        return {"verb": task.verb, "host": task.host, "remote": remote, "local": task.local}

    def _kept(self, failed: TftpError) -> str | None:
        """Return the file with the last steps: the trace that the user asked for, or a new file.

        None if there are no steps, or if they cannot be written. The failure itself matters more.
        """
        from tftp_fsm.trace.failed_transfer import keep_among, state_folder

        place, asked = self._args.keep_failures, self._args.trace
        if failed.trace is not None and asked not in (None, "-"):
            return str(asked)
        folder = state_folder() if place == "auto" else place
        if folder is not None and place != "none":
            with suppress(LocalError):
                return keep_among(failed.trace, folder)
        return None

    def _print_json(self, record: dict[str, Any]) -> None:
        import json

        print(json.dumps(record), file=self._out, flush=True)

    def _line(self, failed: TftpError) -> str:
        if isinstance(failed, PeerError):
            return sentence("{host} says {what}", host=self._task.host, what=str(failed))
        from tftp_fsm.cli.hints import with_hint

        return with_hint(failed)

    def _standing(self, signal: str) -> str:
        """The message after a signal. If the file is complete, it says so."""
        if self._finished:
            return sentence("ended by {signal}, and the file is complete", signal=signal)
        return sentence("ended by {signal}", signal=signal)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

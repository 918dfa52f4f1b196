"""`tftp-fsm HOST get FILE` and `tftp-fsm HOST put FILE`.

The result is printed on stdout. If the file itself goes to stdout, the result is printed on stderr.
All other messages go to stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, TextIO

from tftp_fsm.borders import brief, terminal
from tftp_fsm.cli import streams
from tftp_fsm.cli.arguments import keywords_of, transfer_parser
from tftp_fsm.cli.common import DONE, FAILED, ended_by_signals, say
from tftp_fsm.cli.hints import as_options, with_hint
from tftp_fsm.cli.task import Task, Wrong, asks_for_several, task_of
from tftp_fsm.errors import LocalError, PeerError, TftpError

if TYPE_CHECKING:
    from argparse import Namespace

    from tftp_fsm.client.result import Transfer
    from tftp_fsm.client.settings import Keywords

SHORT_STAY = 0.5  # seconds; a shorter stay after the last ACK is not worth a line


def main(argv: list[str]) -> int:
    """Move one file or several, and return the exit status."""
    parser = transfer_parser(_others(argv))
    args = parser.parse_intermixed_args(argv)
    try:
        start = _several(args) or _one(args)
    except ValueError as wrong:
        parser.error(as_options(str(wrong), (name for name in vars(args) if "_" in name)))
    return start()


def _one(args: Namespace) -> Callable[[], int]:
    task = task_of(args.words, args.host)
    keywords = keywords_of(args, task)
    _check(task, keywords, args)
    return _Run(args, task, keywords).run


def _several(args: Namespace) -> Callable[[], int] | None:
    """What moves several files; None if the words are about one."""
    if not asks_for_several(args):
        return None
    from tftp_fsm.cli import many

    plan = many.planned(args)
    return lambda: many.run(args, plan)


def _others(argv: list[str]) -> dict[str, str]:
    """The other commands. Looking for them takes time, so only the help has them."""
    if "-h" not in argv and "--help" not in argv:
        return {}
    from tftp_fsm.cli import available

    return available()


def _check(task: Task, keywords: Keywords, args: Namespace) -> None:
    from tftp_fsm.client.settings import Settings

    Settings(**keywords)
    if task.verb == "get" and task.local is None:
        _name_of(task.remote or b"")
    if task.verb == "put" and task.local is None:
        raise Wrong("put needs the name of a local file: put LOCAL URL")
    if task.verb == "put" and task.local is not None and not os.path.basename(task.local):
        raise Wrong(f"{task.local!r} is a directory: name a file in it")
    if task.verb == "put" and task.local == "-" and _is_folder(task.remote or b""):
        raise Wrong("data from stdin has no name, so give one: put - REMOTE")
    _check_records(task, args)


def _check_records(task: Task, args: Namespace) -> None:
    """Wrong: two of the file, the trace and the capture would be written to the same place."""
    records = [("--trace", args.trace), ("--pcap", args.pcap)]
    places = [(name, os.path.realpath(path)) for name, path in records if path not in (None, "-")]
    for name, place in places:
        if place == os.path.realpath(_place(task)):
            raise Wrong(f"{name} would write over the file that is transferred: name another file")
    if len({place for _, place in places}) < len(places):
        raise Wrong("--trace and --pcap would write over each other: name two files")
    if task.verb == "get" and _is_stdout(task.local) and _is_stdout(args.pcap):
        raise Wrong("the file goes to stdout, so --pcap cannot: name a file for one of them")


def _name_of(remote: bytes) -> None:
    """Wrong: the remote name gives no local one."""
    from tftp_fsm.client.names import base_name

    try:
        base_name(remote)
    except LocalError as nameless:
        raise Wrong(str(nameless)) from None


def _is_folder(remote: bytes) -> bool:
    """Whether the local file's name has to follow."""
    return not remote or remote.endswith(b"/")


def _is_stdout(local: str | None) -> bool:
    """Whether the file goes where the result is usually printed."""
    from tftp_fsm.storage.descriptors import STDOUT, own_descriptor

    return local == "-" or (local is not None and own_descriptor(local) == STDOUT)


def _place(task: Task) -> str:
    """The path of the local file."""
    from tftp_fsm.client.names import base_name, local_path

    if task.verb == "get" and _is_stdout(task.local):
        return "/dev/stdout"
    if task.verb == "put" or task.remote is None:
        return task.local or ""
    local = base_name(task.remote) if task.local is None else task.local
    return local_path(local, task.remote)


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
        if (task.verb == "get" and _is_stdout(task.local)) or _is_stdout(args.pcap):
            self._out = sys.stderr

    def run(self) -> int:
        try:
            with ExitStack() as watching:
                watching.enter_context(ended_by_signals(self._standing))
                self._watch(watching)
                self._transfer()
        except TftpError as failed:
            self._close_bar()
            self._tell(failed)
            streams.let_go()  # of a file that stdout refused Python 3.14 keeps the rest
            return FAILED
        except (KeyboardInterrupt, SystemExit):
            self._close_bar()
            if not self._finished:
                self._tell_interrupted()
                raise
            # The file is safe, and the user knows: only the dallying was cut short.
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
        """Set up what shows progress. A bar and lines would write over each other: never both."""
        from tftp_fsm.cli.progress import bar_for
        from tftp_fsm.cli.watch import tracing, verbose

        args = self._args
        if args.verbose:
            verbose(self._keywords)
        if args.trace is not None:
            watching.enter_context(tracing(args.trace, self._keywords))
        if args.pcap is not None:
            from tftp_fsm.cli.capture import capturing

            watching.enter_context(capturing(args.pcap, self._keywords))
        self._bar = bar_for(self._title(), quiet=args.quiet or args.verbose)
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
        from tftp_fsm.cli.report import as_record, doubt, stay_words, success_line

        self._finished = True
        self._close_bar()
        try:
            if self._args.json:
                self._print_json(as_record(transfer))
            elif not self._args.quiet:
                print(terminal(success_line(transfer)), file=self._out, flush=True)
            if not self._args.quiet and (why := doubt(transfer)) is not None:
                say(why)
            if not self._args.quiet and sys.stderr.isatty() and transfer.stays >= SHORT_STAY:
                say(stay_words(transfer.stays))
        except OSError as refused:  # the peer may still need its last ACK again
            self._unreported = refused

    def _tell(self, failed: TftpError) -> None:
        """Say why the transfer failed, and how to see its last steps."""
        from tftp_fsm.trace.kept import hint

        say(self._line(failed))
        trace = self._kept(failed)
        if trace is not None and not self._args.quiet:
            say(hint(trace))
        if self._args.json:
            from tftp_fsm.cli.report import failure_record

            self._print_json(failure_record(failed) | self._named | {"trace": trace})

    def _tell_interrupted(self) -> None:
        if self._args.json:
            record = {"ok": False, "error": "Interrupted", "message": "interrupted"}
            self._print_json(record | self._named)

    @property
    def _named(self) -> dict[str, Any]:
        """What was to be moved, for JSON. None: it has the name of the other side."""
        task = self._task
        remote = None if task.remote is None else os.fsdecode(task.remote)
        return {"verb": task.verb, "host": task.host, "remote": remote, "local": task.local}

    def _kept(self, failed: TftpError) -> str | None:
        """The file with the last steps: the trace that the user asked for, or a file of its own.

        None if there are no steps, or if they cannot be written. The failure itself matters more.
        """
        from tftp_fsm.trace.kept import keep_among, state_folder

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
            return f"{self._task.host} says {failed}"
        return with_hint(failed)

    def _standing(self) -> str:
        """What a signal leaves. The status is 0 if the file is safe."""
        return ", and the file is complete" if self._finished else ""

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

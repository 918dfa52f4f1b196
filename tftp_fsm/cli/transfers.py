"""Several transfers with one command, in one event loop: a line for each, then a summary.

At most `--parallel` transfers are under way at a time, so memory and descriptors stay bounded.
Failed transfers, and those that an interrupt left undone, go to the list `--failures`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from tftp_fsm.aio.client import get, put
from tftp_fsm.borders import brief, terminal
from tftp_fsm.cli.arguments import keywords_of
from tftp_fsm.cli.common import DONE, FAILED, EndedBySignal, ended_by_signals, say
from tftp_fsm.cli.hints import with_hint
from tftp_fsm.cli.task import Task
from tftp_fsm.cli.tasks import line_of, tasks_of
from tftp_fsm.cli.transfer_output import as_record, failure_record, size_words, success_line
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.client.result import Transfer
from tftp_fsm.client.settings import Settings
from tftp_fsm.errors import LocalError, PeerError, TftpError
from tftp_fsm.language import layout, reason, sentence, shown, tr, tr_n
from tftp_fsm.server.rights import descriptor_limit, open_descriptors, raise_descriptor_limit
from tftp_fsm.storage.named import writing
from tftp_fsm.storage.sources import open_source

PARALLEL = 100
EACH = 4  # descriptors: a socket, a file and its directory, and one while an address is looked up


def planned(args: Namespace) -> list[tuple[Task, Keywords]]:
    """Return each transfer with its keywords. ValueError: the command line is wrong."""
    known: dict[tuple[int | None, str | None], Keywords] = {}
    plan = []
    for task in tasks_of(args):
        place = (task.port, task.mode)
        if place not in known:  # a thousand hosts share their keywords
            known[place] = keywords_of(args, task)
            Settings(**known[place])
        keywords = known[place]
        plan.append((replace(task, port=keywords["port"], mode=keywords["mode"]), keywords))
    return plan


def run(args: Namespace, plan: Sequence[tuple[Task, Keywords]]) -> int:
    """Move all files and return the exit status: 0 if all worked."""
    for local in {task.local for task, _ in plan if task.verb == "put"}:
        open_source(local or "").close()  # so that an unreadable file is reported only once
    all_of_them = _Run(args, plan)
    try:
        with ended_by_signals(end_by=all_of_them.end_by):
            all_of_them.run()
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        all_of_them.end()
    return FAILED if all_of_them.failed else DONE


class _Run:
    """All transfers of one command, with their results."""

    def __init__(self, args: Namespace, plan: Sequence[tuple[Task, Keywords]]) -> None:
        self._args = args
        self._left = iter(plan)
        self._began = time.monotonic()
        self._total = len(plan)
        self._undone = dict(enumerate(task for task, _ in plan))
        self._octets = 0
        self._ended_by: EndedBySignal | None = None
        self._cancel: Callable[[], object] | None = None
        self.done = self.failed = 0
        self._parallel = _parallel(args.parallel or PARALLEL, len(plan))
        if args.failures is not None:
            with writing(args.failures):  # so that a list that cannot be written is known early
                Path(args.failures).touch()

    def run(self) -> None:
        """Move the files in an event loop. Raises the exception that has ended it early."""
        try:
            asyncio.run(self._all())
        except asyncio.CancelledError:
            assert self._ended_by is not None, "only a signal cancels everything"
            raise self._ended_by from None

    def end_by(self, ended: EndedBySignal) -> None:
        """Cancel all transfers, so that each peer gets an ERROR. This may be called at any time."""
        if self._cancel is None:
            raise ended
        self._ended_by = ended
        self._cancel()

    async def _all(self) -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        self._cancel = partial(loop.call_soon_threadsafe, task.cancel)
        left = enumerate(self._left)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._parallel):
                group.create_task(self._worker(left))

    async def _worker(self, left: Iterator[tuple[int, tuple[Task, Keywords]]]) -> None:
        for number, (task, keywords) in left:
            try:
                transfer = await _moved(task, keywords)
            except TftpError as failed:
                self.failed += 1
                self._tell(task, failed)
            else:
                self.done += 1
                self._octets += transfer.octets
                del self._undone[number]
                self._report(task, transfer)

    def end(self) -> None:
        """Print the summary, and write the list of transfers to repeat."""
        seconds = time.monotonic() - self._began
        if self._args.failures is not None:
            lines = "".join(f"{line_of(task)}\n" for task in self._undone.values())
            with writing(self._args.failures):
                Path(self._args.failures).write_text(lines, "utf-8", "surrogateescape")
        if self._args.json:
            record = {"transfers": self._total, "done": self.done, "failed": self.failed}
            rest = {"octets": self._octets, "seconds": round(seconds, 3)}
            _print(json.dumps({"summary": True, "ok": self.done == self._total, **record, **rest}))
        elif not self._args.quiet:
            _print(self._summary(seconds))

    def _summary(self, seconds: float) -> str:
        undone = self._total - self.done - self.failed
        done, total, failed = self.done, self._total, self.failed
        counts = [
            tr_n(
                "{done:,} of {count:,} transfer done",
                "{done:,} of {count:,} transfers done",
                total,
                done=done,
            ),
            tr("{failed:,} failed", failed=failed),
        ]
        counts += [tr("{undone:,} not started or not finished", undone=undone)] if undone else []
        size = shown(size_words(self._octets))
        moved = tr("{size} in {seconds:.1f} s", size=size, seconds=seconds)
        line = f"{', '.join(counts)}: {moved}"
        again = self._args.failures if self._undone else None
        if not again:
            return line
        where = brief(again)
        return tr(
            "{line}; {path} lists the transfers to try again with --hosts", line=line, path=where
        )

    def _report(self, task: Task, transfer: Transfer) -> None:
        if self._args.json:
            _print(json.dumps(as_record(transfer) | {"url": _url(task)}))
        elif not self._args.quiet:
            _print(shown(success_line(transfer)))

    def _tell(self, task: Task, failed: TftpError) -> None:
        why = with_hint(failed)
        if isinstance(failed, PeerError):
            why = sentence("the server says {what}", what=str(failed))
        say(layout("{url}: {why}", url=_url(task), why=why))
        if self._args.json:
            named = {"verb": task.verb, "host": task.host, "url": _url(task), "local": task.local}
            _print(json.dumps(failure_record(failed) | named))


async def _moved(task: Task, keywords: Keywords) -> Transfer:
    assert task.local is not None, "each task of several has its local file"
    if task.verb == "put":
        return await put(task.host, task.local, task.remote, **keywords)
    folder = os.path.dirname(task.local)
    try:
        os.makedirs(folder or ".", exist_ok=True)
    except OSError as failed:
        why = sentence("cannot make {path}: {why}", path=brief(folder), why=reason(failed))
        raise LocalError(why) from None
    return await get(task.host, task.remote or b"", task.local, **keywords)


def _parallel(wanted: int, transfers: int) -> int:
    """Return how many transfers at a time have enough descriptors in this process."""
    parallel = min(wanted, transfers)
    raise_descriptor_limit(EACH * parallel + 64)
    limit = descriptor_limit()
    if limit is None:
        return parallel
    return max(1, min(parallel, (limit - open_descriptors() - 16) // EACH))


def _url(task: Task) -> str:
    return line_of(replace(task, local=None)).partition("\t")[0]


def _print(line: str) -> None:
    print(terminal(line), file=sys.stdout, flush=True)

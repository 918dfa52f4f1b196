"""Several transfers with one command, in one event loop: a line for each, then a summary.

At most `--parallel` of them are under way at a time, so memory and descriptors stay bounded. What
failed, and what an interrupt left undone, goes to the list `--failures`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tftp_fsm.aio.client import get, put
from tftp_fsm.borders import brief, terminal
from tftp_fsm.cli.arguments import keywords_of
from tftp_fsm.cli.common import DONE, FAILED, ended_by_signals, say
from tftp_fsm.cli.files import writing
from tftp_fsm.cli.hints import with_hint
from tftp_fsm.cli.report import as_record, failure_record, size_words, success_line
from tftp_fsm.cli.several import line_of, tasks_of
from tftp_fsm.cli.task import Task
from tftp_fsm.client.result import Transfer
from tftp_fsm.client.settings import Keywords, Settings
from tftp_fsm.errors import LocalError, PeerError, TftpError
from tftp_fsm.server.rights import descriptor_limit, open_descriptors, raise_descriptor_limit

PARALLEL = 100
EACH = 4  # descriptors: a socket, a file and its directory, and one while an address is looked up


def planned(args: Namespace) -> list[tuple[Task, Keywords]]:
    """Each transfer with its keywords. ValueError: the command line is wrong."""
    plan = []
    for task in tasks_of(args):
        keywords = keywords_of(args, task)
        settings = Settings(**keywords)
        plan.append((replace(task, port=settings.port, mode=settings.mode), keywords))
    return plan


def run(args: Namespace, plan: Sequence[tuple[Task, Keywords]]) -> int:
    """Move all files and return the exit status: 0 if all worked."""
    all_of_them = _Run(args, plan)
    try:
        with ended_by_signals():
            asyncio.run(all_of_them.all())
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        all_of_them.end()
    return FAILED if all_of_them.failed else DONE


class _Run:
    """All transfers of one command, and what became of them."""

    def __init__(self, args: Namespace, plan: Sequence[tuple[Task, Keywords]]) -> None:
        self._args = args
        self._left = iter(plan)
        self._began = time.monotonic()
        self._total = len(plan)
        self._undone = dict(enumerate(task for task, _ in plan))
        self._octets = 0
        self.done = self.failed = 0
        self._parallel = _parallel(args.parallel or PARALLEL, len(plan))
        if args.failures is not None:
            with writing(args.failures):  # a list that cannot be written is known before
                Path(args.failures).touch()

    async def all(self) -> None:
        """Move them, `--parallel` at a time."""
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
        """The summary, and the list of what is to be done again."""
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
        words = [f"{self.done:,} of {self._total:,} transfers done", f"{self.failed:,} failed"]
        words += [f"{undone:,} not tried or not ended"] if undone else []
        moved = f"{size_words(self._octets)} in {seconds:.1f} s"
        again = self._args.failures if self._undone else None
        hint = f"; the others are listed in {brief(again)}, for --hosts" if again else ""
        return f"{', '.join(words)}: {moved}{hint}"

    def _report(self, task: Task, transfer: Transfer) -> None:
        if self._args.json:
            _print(json.dumps(as_record(transfer) | {"url": _url(task)}))
        elif not self._args.quiet:
            _print(success_line(transfer))

    def _tell(self, task: Task, failed: TftpError) -> None:
        why = f"the server says {failed}" if isinstance(failed, PeerError) else with_hint(failed)
        say(f"{_url(task)}: {why}")
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
        raise LocalError(f"cannot make {brief(folder)}: {failed.strerror}") from None
    return await get(task.host, task.remote or b"", task.local, **keywords)


def _parallel(wanted: int, transfers: int) -> int:
    """As many at a time as this process may open files for."""
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

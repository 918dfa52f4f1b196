"""Run a client program for each trial, and examine the file that it leaves.

Each run has its own temporary folder and a limited time. The command is not run by a shell. A
graded program can do everything with the rights of the user who runs this.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Container, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tftp_fsm.errors import LocalError
from tftp_fsm.examine.checks import Finding, Result, Verdict, departed, kept, not_examined, not_run
from tftp_fsm.examine.grading import exits, meanings
from tftp_fsm.examine.grading.attempt import Attempt
from tftp_fsm.examine.grading.handout import filled
from tftp_fsm.examine.grading.results import results_of
from tftp_fsm.examine.grading.trial import Trial
from tftp_fsm.examine.grading.trials.published import EXIT_STATUS, file_check
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, marked, reason, sentence, sentence_n

LIMIT = 40.0  # seconds for one run; with 65538 blocks, it is the longest time of the trial
LOOK = 0.05  # seconds between two checks of the server
SAID = 2000  # octets of its output that are kept
NOT_JUDGED = (Verdict.NOT_EXAMINED, Verdict.BROKEN_OFF)
LARGEST = 1 << 26  # octets of a file that it writes; twice the largest file of a trial


@frozen
class Commands:
    """The words of the commands for both verbs, with places. None means no command."""

    get: list[str] | None
    put: list[str] | None

    def of(self, trial: Trial) -> list[str] | None:
        """Return the words for this trial, or None without a command."""
        words = self.get if trial.verb == "get" else self.put
        if words is None or trial.mode == "octet":
            return words
        return words if any("{mode}" in word for word in words) else None


@frozen
class Ran:
    """One run: its exit status (None if it was killed), and the file that it left, if any."""

    trial: Trial
    status: int | None
    left: bytes | None
    said: str = ""


def run(
    trial: Trial, words: list[str], where: tuple[str, int], content: bytes, limit: float = LIMIT
) -> Ran:
    """Run the command for one trial. `content` is the file that it should put.

    Raises LocalError if the program cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="tftp-fsm-grade-") as name:
        folder = Path(name)
        local = folder / trial.name
        if trial.verb == "put":
            local.write_bytes(content)
        made = filled(
            words,
            host=where[0],
            port=str(where[1]),
            verb=trial.verb,
            file=trial.name,
            output=str(local),
            input=str(local),
            mode=trial.mode,
        )
        status, said = _run_in(folder, made, max(limit, trial.longest if trial.blocks else 0.0))
        left = _left(local, 4 * len(content) + (1 << 16)) if trial.verb == "get" else None
        return Ran(trial, status, left, said)


def _run_in(folder: Path, words: list[str], limit: float) -> tuple[int | None, str]:
    """Return the exit status (None if its time was over) and the beginning of its output."""
    with (folder / ".said").open("w+b") as said:
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=folder,
                start_new_session=True,
            )
        except OSError as failed:
            why = reason(failed)
            raise LocalError(
                sentence("cannot run {program}: {why}", program=words[0], why=why)
            ) from None
        _bound_files(process.pid)
        try:
            status: int | None = process.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            _end(process)
        said.seek(0)
        return status, said.read(SAID).decode("utf-8", "replace")


def _bound_files(pid: int) -> None:
    """Limit the size of the program's files and of its output. Only Linux can do that."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError):  # it has ended already
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (LARGEST, LARGEST))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the program, and all processes that it has started."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _left(path: Path, most: int) -> bytes | None:
    """Read at most `most` octets of this file if it is a regular one. Else return None."""
    try:
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        return None


# -- Judging --------------------------------------------------------------------------------------


def judged(ran: Ran, attempts: list[Attempt]) -> tuple[Result, ...]:
    """Return the results of one run: from the server's attempts, and from the file that is left."""
    results = [
        _with_limit(ran, one)
        for attempt in attempts
        for one in results_of(ran.trial, attempt.story)
    ]
    if not attempts:
        results = [
            Result(check, departed(_no_request(ran), means=meanings.NOTHING))
            for check in ran.trial.checks
        ]
    check = file_check(ran.trial)
    if check is not None and _is_not_asked(ran.trial, results):
        results.append(Result(check, not_examined(mark("as the trial itself"))))
    elif check is not None and attempts and check not in [r.check for r in results]:
        results.append(Result(check, _file(ran, attempts[-1].file.whole())))
    elif check is not None and not attempts and ran.trial.ends == "well":
        results.append(Result(check, departed(mark("sent no request"), means=meanings.NO_FILE)))
    return tuple(results)


def cannot_run(trial: Trial) -> tuple[Result, ...]:
    """Return the results of a trial without a command, with the reason.

    An optional trial has no results.
    """
    if trial.optional:
        return ()
    finding = not_run(mark("the command cannot put: add {verb} to it, or use --run-put"))
    check = file_check(trial)
    checks = trial.checks if check is None else (*trial.checks, check)
    return tuple(Result(each, finding) for each in checks)


def _with_limit(ran: Ran, result: Result) -> Result:
    """Return the result. For a killed program it says that the program was killed."""
    if ran.status is not None or not result.is_departure:
        return result
    seen = sentence(
        "{seen}; the program was stopped at its time limit (--limit)",
        seen=marked(result.finding.seen),
    )
    return replace(result, finding=replace(result.finding, seen=seen))


def _is_not_asked(trial: Trial, results: list[Result]) -> bool:
    """Return whether the trial had no effect: the option is not offered, or we have failed."""
    own = [result.verdict for result in results if result.check.name == trial.name]
    return bool(own) and all(verdict in NOT_JUDGED for verdict in own)


def _no_request(ran: Ran) -> str:
    if ran.status is None:
        return sentence("sent no request, and did not end")
    return sentence("sent no request")


def _file(ran: Ran, wanted: bytes) -> Finding:
    if ran.trial.ends == "badly":
        if ran.left is None:
            return kept(mark("no file is left"))
        return departed(
            sentence_n(
                "a file of {count} octet is left", "a file of {count} octets is left", len(ran.left)
            )
        )
    if ran.left is None:
        return departed(mark("there is no file"), means=meanings.NO_FILE)
    if ran.left == wanted:
        return kept(mark("the file is right"))
    if len(ran.left) != len(wanted):
        return departed(
            sentence_n(
                "the file has {count} octet, not {wanted}",
                "the file has {count} octets, not {wanted}",
                len(ran.left),
                wanted=len(wanted),
            )
        )
    wrong = next(i for i, (a, b) in enumerate(zip(ran.left, wanted, strict=True)) if a != b)
    return departed(sentence("octet {place} of the file is wrong", place=wrong))


def exit_status(
    runs: Iterable[Ran], completed: Mapping[str, bool], slow: Container[str] = ()
) -> Result:
    """Judge whether each status fits its transfer. `completed` has the transfers that succeeded.

    A program that was too `slow` for a trial is not judged by it.
    """
    facts: list[tuple[str, str | int]] = []
    for ran in runs:
        name = ran.trial.name
        went_well = completed.get(name)
        if name in slow:
            continue
        if ran.status is None:
            facts.append((name, exits.NOT_ENDED))
        elif went_well is not None:
            is_right = (ran.status == 0) == went_well
            facts.append((name, exits.RIGHT if is_right else ran.status))
    return Result(EXIT_STATUS, exits.finding_of(tuple(facts)))


class Bench:
    """Collects the attempts of each trial while programs run, from the thread of the server."""

    def __init__(self) -> None:
        self._attempts: dict[str, list[Attempt]] = {}
        self._lock = threading.Condition()

    def add(self, attempt: Attempt) -> None:
        """Take an attempt that is over."""
        with self._lock:
            self._attempts.setdefault(attempt.trial.name, []).append(attempt)
            self._lock.notify_all()

    def of(self, trial: Trial, running: Callable[[Trial], bool], limit: float) -> list[Attempt]:
        """Return the attempts of a trial, after all of them have ended."""
        end = time.monotonic() + limit
        with self._lock:
            while running(trial) and time.monotonic() < end:
                self._lock.wait(LOOK)
            return list(self._attempts.get(trial.name, ()))


def in_parallel(jobs: int, work: Callable[[Trial], Ran], trials: list[Trial]) -> list[Ran]:
    """Run all trials. Return the runs in the order of the trials."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(work, trials))

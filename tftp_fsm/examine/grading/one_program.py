"""Grade one program: a server in a separate thread, and a run for each trial."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from tftp_fsm.examine.checks import Result
from tftp_fsm.examine.grading.attempt import Attempt
from tftp_fsm.examine.grading.book import Book
from tftp_fsm.examine.grading.grade_server import GradeServer, Judged, Settings
from tftp_fsm.examine.grading.judges import is_complete
from tftp_fsm.examine.grading.names import Register
from tftp_fsm.examine.grading.programs import (
    LIMIT,
    Bench,
    Commands,
    Ran,
    cannot_run,
    exit_status,
    in_parallel,
    judged,
    run,
)
from tftp_fsm.examine.grading.slow import is_too_slow
from tftp_fsm.examine.grading.trial import Trial
from tftp_fsm.examine.grading.trials.published import TRIALS

JOBS = 8  # runs at the same time; most of a run is waiting
LOOPBACK = "127.0.0.1"


def grade_program(
    settings: Settings,
    book: Book,
    student: str,
    commands: Commands,
    *,
    jobs: int = JOBS,
    limit: float = LIMIT,
    trials: tuple[Trial, ...] = TRIALS,
    told: Callable[[Ran], object] | None = None,
) -> tuple[Result, ...]:
    """Run the program for each of `trials`, and note the results of `student` in `book`.

    Return the results of these runs. The book keeps only the better ones. `told` is called with
    each run, from several threads. Raises LocalError if the program cannot be started.
    """
    bench, own = Bench(), Book()
    server = replace(settings.server, bind=(LOOPBACK,))
    with GradeServer(
        replace(settings, server=server, only=student),
        own,
        Register(),
        judged=lambda one: bench.add(one.attempt) if _is_of(one, student) else None,
    ) as serving:
        thread = threading.Thread(target=serving.run, daemon=True)
        thread.start()
        try:
            runs = _runs(serving, settings, student, commands, (jobs, limit, trials, told))
            results = _judge(serving, bench, runs)
        finally:
            serving.stop()
            thread.join()
    for trial in trials:
        if commands.of(trial) is None:
            results += cannot_run(trial)
    book.record(student, "", tuple(results), len(runs))
    return tuple(results)


def _is_of(one: Judged, student: str) -> bool:
    return one.student == student


def _runs(
    serving: GradeServer,
    settings: Settings,
    student: str,
    commands: Commands,
    how: tuple[int, float, tuple[Trial, ...], Callable[[Ran], object] | None],
) -> list[Ran]:
    jobs, limit, trials, told = how
    where = LOOPBACK, int(serving.addresses[0][1])

    def work(trial: Trial) -> Ran:
        words = commands.of(trial)
        assert words is not None, "the others were left out"
        content = trial.file(f"{settings.seed}:{student}").whole()
        ran = run(trial, words, where, content, limit)
        if told is not None:
            told(ran)
        return ran

    return in_parallel(jobs, work, [t for t in trials if commands.of(t) is not None])


def _judge(serving: GradeServer, bench: Bench, runs: list[Ran]) -> list[Result]:
    """The results of all runs, and of their exit statuses."""
    serving.sync(LIMIT)
    results: list[Result] = []
    completed: dict[str, bool] = {}
    slow: set[str] = set()
    for ran in runs:
        attempts = bench.of(ran.trial, serving.is_running, ran.trial.longest)
        results += judged(ran, attempts)
        done = _completed(attempts)
        if attempts and ran.trial.blocks and is_too_slow(attempts[-1].story):
            slow.add(ran.trial.name)
        elif done is not None:
            completed[ran.trial.name] = done
    return [*results, exit_status(runs, completed, slow)]


def _completed(attempts: list[Attempt]) -> bool | None:
    """Return whether the transfer succeeded, or None if it is not known, or we have failed."""
    if not attempts:
        return False
    last = attempts[-1]
    doubtful = last.trial.name in ("final-ack-lost", "put-final-ack-lost")
    return None if doubtful or last.story.failed is not None else is_complete(last.story)

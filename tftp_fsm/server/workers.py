"""Run several processes on one port.

With SO_REUSEPORT each worker has its own listening socket. The kernel chooses one by the addresses
and ports of a datagram, so a repeated request reaches the worker that has its session.

Workers end with their parent, even if it is killed. Otherwise they would go on serving, and it
would be hard to stop them. Each worker waits for the end of a pipe that only the parent holds open.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from tftp_fsm.server.listener import Listener, cannot_share_port

Worker: TypeAlias = Callable[[Callable[[], None]], int]
"""Runs until a signal comes, and returns the exit status. Calls its argument when ready."""

REREAD = "SIGUSR2"  # tells a worker to read the configuration that the parent has checked
_PASSED_ON = ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1")
_AWAITED = (*_PASSED_ON, REREAD)  # blocked in a worker until it handles signals
_FROM_TERMINAL = ("SIGINT", "SIGQUIT", "SIGHUP")  # a terminal sends them to the workers too


def run_workers(
    runs: Sequence[Worker],
    sets: Sequence[Sequence[Listener]],
    ready: Callable[[], None],
    hang_up: Callable[[], int],
    stopping: Callable[[], object] = int,
) -> int:
    """Run each of `runs` in a process with its own set of listeners. Return the worst exit status.

    `hang_up` is called for SIGHUP. It returns the signal for the workers, or 0. `stopping` is
    called when the workers are told to end.

    A single worker runs in this process. When one worker ends, the others are stopped. A server
    that answers only some of its clients would be harder to notice than a server that has ended.
    """
    if len(runs) == 1:
        return runs[0](ready)
    if not hasattr(os, "fork"):
        raise cannot_share_port()
    workers = _Workers(hang_up, stopping)
    with _pipe() as alive, workers.signals_passed_on():
        for number, run in enumerate(runs):
            workers.add(_fork(run, [*sets[:number], *sets[number + 1 :]], alive))
        ready()
        close_listeners(sets)
        return workers.wait()


def unblock_signals() -> None:
    """Unblock the signals. Those that came while they were blocked arrive now."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _numbers(_AWAITED))


def _numbers(names: Sequence[str] = _PASSED_ON) -> list[int]:
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def close_listeners(sets: Sequence[Sequence[Listener]]) -> None:
    """Close the listeners of each worker of `sets`."""
    for listeners in sets:
        for listener in listeners:
            listener.close()


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """Yield the reading and the writing end of a pipe. Both are closed here afterwards."""
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def _end_with_parent(alive: tuple[int, int]) -> None:
    """End as after SIGTERM when the parent has ended for any reason."""
    reading, writing = alive
    os.close(writing)

    def wait() -> None:
        os.read(reading, 1)  # nothing is written: this returns when the writing end is closed
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="tftp-fsm parent", daemon=True).start()


def _fork(run: Worker, others: Sequence[Sequence[Listener]], alive: tuple[int, int]) -> int:
    """Start a child process. Its signals are blocked at first, so that none is lost."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        for number in _numbers(_FROM_TERMINAL):
            signal.signal(number, signal.SIG_IGN)
        _end_with_parent(alive)
        close_listeners(others)
        status = run(lambda: None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(status)


class _Workers:
    """The running worker processes, and whether they were told to end."""

    def __init__(self, hang_up: Callable[[], int], stopping: Callable[[], object]) -> None:
        self._hang_up, self._stopping = hang_up, stopping
        self._running: set[int] = set()
        self._ending = False

    def add(self, pid: int) -> None:
        """Remember a process that was started."""
        self._running.add(pid)

    @contextlib.contextmanager
    def signals_passed_on(self) -> Iterator[None]:
        """Pass signals on to the workers. Signals are blocked while workers are started.

        An exception in this context stops the workers.
        """
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _numbers(_AWAITED))
        try:
            yield
        except BaseException:
            self._pass_on(signal.SIGTERM)  # the workers would go on without this process
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def wait(self) -> int:
        """Wait until all workers have ended. Return 1 if one has failed, else 0."""
        heard = [n for n in _numbers() if signal.getsignal(n) is not signal.SIG_IGN]
        # With handlers, a signal that comes right before a wait for children would not be handled
        # until the wait ends. `sigwait` misses no signal.
        awaited = {*heard, signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
        worst = self._reap()
        while self._running:
            number = signal.sigwait(awaited)
            if number == signal.SIGCHLD:
                worst |= self._reap()
            else:
                self._pass_on(number)
        return worst

    def _reap(self) -> int:
        """Forget the workers that have ended, and stop the others. Return 1 if one failed."""
        worst = 0
        for pid in tuple(self._running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._running.discard(pid)
                worst |= os.waitstatus_to_exitcode(status) != 0
                if not self._ending:
                    self._pass_on(signal.SIGTERM)
        return worst

    def _pass_on(self, number: int) -> None:
        # The terminal sends a signal to the workers too. They ignore it, so it counts once.
        passed = signal.SIGTERM if number in _numbers(_FROM_TERMINAL) else number
        if number == signal.SIGHUP:
            passed = self._hang_up()
        if passed == signal.SIGTERM and not self._ending:
            self._ending = True
            self._stopping()
        if not passed:
            return
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, passed)

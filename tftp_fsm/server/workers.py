"""Several processes on one port: the kernel gives each peer's datagrams to the same one.

With SO_REUSEPORT every worker has a listening socket of its own, and a datagram's four addresses
choose among them, so that a repeated request finds the worker that has its session.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from tftp_fsm.server.listener import Listener, cannot_share_port

Worker: TypeAlias = Callable[[Callable[[], None]], int]
"""Runs until a signal; calls its argument once it hears signals. Gives the exit status."""

_PASSED_ON = ("SIGTERM", "SIGINT", "SIGUSR1")


def run_workers(
    runs: Sequence[Worker], sets: Sequence[Sequence[Listener]], ready: Callable[[], None]
) -> int:
    """Each of `runs` in a process, with the listeners of its own set; the worst exit status.

    A single one runs in this process. When a worker ends, all do: a server that serves only some
    of its clients is harder to notice than one that has ended.
    """
    if len(runs) == 1:
        return runs[0](ready)
    if not hasattr(os, "fork"):
        raise cannot_share_port()
    workers = _Workers()
    with workers.told_what_we_are():
        for number, run in enumerate(runs):
            workers.add(_fork(run, [own for n, own in enumerate(sets) if n != number]))
        ready()
        let_in()
        _close(sets)
        return workers.wait()


def let_in() -> None:
    """From now on a worker hears signals; what came meanwhile is heard now."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _numbers())


def _numbers() -> list[int]:
    return [getattr(signal, name) for name in _PASSED_ON if hasattr(signal, name)]


def _close(sets: Sequence[Sequence[Listener]]) -> None:
    for listener in (one for own in sets for one in own):
        listener.close()


def _fork(run: Worker, others: Sequence[Sequence[Listener]]) -> int:
    """A child that begins with all signals held back, so that none is lost before it hears them."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _close(others)
        status = run(lambda: None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(status)


class _Workers:
    """The processes that are running, and whether they have been asked to end."""

    def __init__(self) -> None:
        self._running: set[int] = set()
        self._ending = False

    def add(self, pid: int) -> None:
        """One more."""
        self._running.add(pid)

    @contextlib.contextmanager
    def told_what_we_are(self) -> Iterator[None]:
        """Pass signals on; those that come while workers are being made are heard afterwards."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _numbers())
        before = {number: signal.signal(number, self._tell) for number in _numbers()}
        try:
            yield
        except BaseException:
            self._tell(signal.SIGTERM, None)  # nobody else would: they go on without us
            raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def wait(self) -> int:
        """Until the last has ended; 1 where one did not end well."""
        worst = 0
        while self._running:
            pid, told = os.wait()
            self._running.discard(pid)
            worst |= os.waitstatus_to_exitcode(told) != 0
            if not self._ending:
                self._tell(signal.SIGTERM, None)
        return worst

    def _tell(self, number: int, _: object) -> None:
        # A terminal sends SIGINT to workers as well, who ignore it: they must not count it twice.
        passed = signal.SIGTERM if number == signal.SIGINT else number
        self._ending = self._ending or passed == signal.SIGTERM
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, passed)

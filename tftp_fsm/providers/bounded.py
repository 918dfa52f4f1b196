"""Calls with a time limit. A call that does not return in time is left alone on its thread.

Python cannot stop a thread that waits. So a call that hangs keeps its thread, and the number of
such calls is limited. At the limit, further calls fail at once. A thread that computes for ever
would slow all other threads, because only one thread runs at a time. Such a call is interrupted:
the exception `TooLong` is raised in its code.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import traceback
from collections.abc import Callable
from typing import Generic, TypeVar

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.language import layout, mark, marked, sentence
from tftp_fsm.storage.failures import known_code

BUSY = 0.01  # a call that uses the processor for more of its time computes; else it waits

T = TypeVar("T")
LATE = mark("it took too long")
FAILED = mark("the provider failed")
CROWDED = mark("busy: try again later")


class Bounded:
    """Calls that take at most `seconds` seconds. At most `most` calls are under way.

    If `breaks_off` is true, calls that compute for longer than that are interrupted.
    """

    def __init__(self, seconds: float, most: int, *, breaks_off: bool = False) -> None:
        self._seconds = seconds
        self._most = most
        self._breaks_off = breaks_off
        self._lock = threading.Lock()
        self._under_way = 0

    @property
    def under_way(self) -> int:
        """The number of calls that have not returned, with those that were left alone."""
        return self._under_way

    def call(
        self, what: str, function: Callable[[], T], leave: Callable[[T], object] = lambda _: None
    ) -> T:
        """Call `function`, and return what it returns or raise what it raises.

        Raises LocalError if it takes too long, or if too many calls are under way. `what` begins
        the message, such as "cannot read". `leave` is called with a result that comes too late.
        """
        self._begin(what)
        one = _Call(function, leave, self._end)
        try:
            self._started(one)
        except RuntimeError:  # this system cannot start a thread
            why = sentence("{what}: no thread can be started", what=marked(what))
            raise LocalError(why, told=f"{what}: {CROWDED}") from None
        if not one.ended.wait(self._seconds) and one.is_left():
            if self._breaks_off and one.used() > self._seconds * BUSY:
                one.break_off()
            raise LocalError(
                layout("{what}: {why}", what=marked(what), why=marked(LATE)), told=f"{what}: {LATE}"
            )
        return one.result()

    def guarded(
        self, what: str, function: Callable[[], T], leave: Callable[[T], object] = lambda _: None
    ) -> T:
        """Call the code of a user as `call` does. Each exception of it becomes a LocalError.

        The log has the exception. The client does not get its text.
        """
        try:
            return self.call(what, function, leave)
        except LocalError as failed:
            raise _untold(failed, what) from None
        except BaseException as failed:  # also SystemExit: a provider must not end the server
            why = layout(
                "{what}: {why}: {how}", what=marked(what), why=marked(FAILED), how=reason(failed)
            )
            raise LocalError(why, told=f"{what}: {FAILED}") from None

    def start(self, function: Callable[[], object]) -> None:
        """Call `function` without waiting for it, unless too many calls are under way."""
        with contextlib.suppress(LocalError, RuntimeError):
            self._begin("")
            self._started(_Call(function, lambda _: None, self._end))

    def _started(self, one: threading.Thread) -> None:
        try:
            one.start()
        except RuntimeError:
            self._end()
            raise

    def _begin(self, what: str) -> None:
        with self._lock:
            if self._under_way >= self._most:
                why = sentence(
                    "{what}: {most} calls are still running", what=marked(what), most=self._most
                )
                raise LocalError(why, told=f"{what}: {CROWDED}")
            self._under_way += 1

    def _end(self) -> None:
        with self._lock:
            self._under_way -= 1


class TooLong(BaseException):
    """Interrupts a call that was left alone and still computes."""


class _Call(threading.Thread, Generic[T]):
    """One call on its own thread."""

    def __init__(
        self, function: Callable[[], T], leave: Callable[[T], object], end: Callable[[], object]
    ) -> None:
        super().__init__(name="tftp-fsm provider", daemon=True)
        self.ended = threading.Event()
        self._function = function
        self._leave = leave
        self._end = end
        self._lock = threading.Lock()
        self._left = False
        self._failed: BaseException | None = None
        self._found: list[T] = []

    def run(self) -> None:
        try:
            self._work()
        except TooLong:  # it was raised a moment after the end of the function
            self._over()

    def _work(self) -> None:
        try:
            self._found.append(self._function())
        except BaseException as failed:  # the waiting thread raises it
            self._failed = failed
        self._over()
        if self._left and self._found:
            self._leave(self._found.pop())

    def _over(self) -> None:
        with self._lock:
            if not self.ended.is_set():
                self._end()
                self.ended.set()

    def used(self) -> float:
        """Return the processor time of the thread in seconds, or 0 if it is not known."""
        if self.ident is None or not hasattr(time, "pthread_getcpuclockid"):
            return 0.0
        try:
            return time.clock_gettime(time.pthread_getcpuclockid(self.ident))
        except OSError:  # the thread has ended
            return 0.0

    def break_off(self) -> None:
        """Raise TooLong in the thread, when the thread runs next."""
        with self._lock:
            if self.ident is not None and not self.ended.is_set():
                import ctypes

                set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
                set_exception(ctypes.c_ulong(self.ident), ctypes.py_object(TooLong))

    def is_left(self) -> bool:
        """Leave the call alone. Return False if it has just ended."""
        with self._lock:
            self._left = not self.ended.is_set()
            return self._left

    def result(self) -> T:
        if self._failed is not None:
            raise self._failed
        return self._found.pop()


def _untold(failed: LocalError, what: str) -> LocalError:
    """Return the failure. Its text for the client has only words that the provider chose for it."""
    told = brief(str(failed.told)) or f"{what}: {FAILED}"
    return LocalError(str(failed), known_code(failed.code), told=told)


def reason(failed: BaseException) -> str:
    """Return the exception and its place for the log."""
    frames = traceback.extract_tb(failed.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    try:
        words = str(failed)
    except BaseException:  # its __str__ is foreign code, too
        words = ""
    return f"{type(failed).__name__}: {brief(words)}{place}"

"""What may fail in the loop without ending it: a bug of ours, or a function of the user.

An observer or a report callback only looks on. One that raises, even SystemExit or
KeyboardInterrupt, changes nothing for the client: its session goes on, and the observer hears no
more of it. A bug of ours ends the session that it came in and no other, and the client is told at
once. Only a KeyboardInterrupt in the main thread goes on, because it may be a real Ctrl-C: it ends
the loop, which then closes everything.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable

from tftp_fsm.server.log import Totals


class Shield:
    """Counts each failure in `totals.bugs`, and hands `complain` its traceback.

    While `is_closing` no exception goes on: every session and every socket must still be closed.
    """

    def __init__(self, totals: Totals, complain: Callable[[str], object] | None) -> None:
        self.is_closing = False
        self._totals = totals
        self._complain = complain

    def run(self, act: Callable[[], object]) -> bool:
        """Call `act`. Return False if it has failed."""
        try:
            act()
        except BaseException as failed:
            self.take(failed)
            return False
        return True

    def take(self, failed: BaseException) -> None:
        """Count and report an exception that was caught just now, or raise it again."""
        if self._goes_on(failed):
            raise failed
        self._totals.bugs += 1
        self.complain(traceback.format_exc())

    def complain(self, line: str) -> None:
        """Report something that should never happen."""
        if self._complain is None:
            return
        try:
            self._complain(line)
        except BaseException as failed:  # nobody is left to tell
            if self._goes_on(failed):
                raise

    def _goes_on(self, failed: BaseException) -> bool:
        """Whether this may be a Ctrl-C of the user, which Python raises in the main thread only."""
        in_main_thread = threading.current_thread() is threading.main_thread()
        return isinstance(failed, KeyboardInterrupt) and in_main_thread and not self.is_closing

"""Keep the loop running after a bug in this package or an exception in a user's function.

If an observer or a report callback raises an exception, even SystemExit, the session goes on. After
that, the observer is not called again for this session. A bug in this package ends only the session
in which it happens, and the client gets an ERROR at once.
Only a KeyboardInterrupt in the main thread is raised again, because it may be a real Ctrl-C. It
ends the loop, which then closes everything.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable

from tftp_fsm.server.log import Totals


class Shield:
    """Counts each failure in `totals.bugs`, and hands its traceback to `complain`.

    While `is_closing`, no exception is raised again, because every session and every socket must
    still be closed.
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
        """Count and report an exception that was just caught, or raise it again."""
        if self._goes_on(failed):
            raise failed
        self._totals.bugs += 1
        self.complain(traceback.format_exc())

    def complain(self, line: str) -> None:
        """Report a fault that should never happen."""
        if self._complain is None:
            return
        try:
            self._complain(line)
        except BaseException as failed:  # the report itself has failed
            if self._goes_on(failed):
                raise

    def _goes_on(self, failed: BaseException) -> bool:
        """Return whether to raise `failed` again: it may be a Ctrl-C, and nothing is closing.

        Python raises a Ctrl-C only in the main thread.
        """
        in_main_thread = threading.current_thread() is threading.main_thread()
        return isinstance(failed, KeyboardInterrupt) and in_main_thread and not self.is_closing

"""The terminal program: ladder, machine, packet, variables, and what can happen next.

    run(desk)                        # until the user leaves; the exit status

It only shows what a desk knows, and says everything in the words of `script`: a key is a line that
could have been typed. It needs textual, the extra `tui`, and imports it only here.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tftp_fsm.errors import LocalError
from tftp_fsm.installation import how_to_add

if TYPE_CHECKING:
    from tftp_fsm.debugger.commands.language import Debugger


def missing() -> str:
    """What to do where textual is missing."""
    return f"the terminal program needs textual: {how_to_add('tui')} (--plain: the prompt)"


def run(debugger: Debugger, about: Sequence[str] = ()) -> int:
    """Until the user leaves. `about`: what to look for. LocalError where textual is missing."""
    if find_spec("textual") is None:
        raise LocalError(missing())
    from tftp_fsm.debugger.tui.app import DebuggerApp

    DebuggerApp(debugger, about).run()
    return 0

"""The full-screen program: ladder, machine, packet, variables, and the possible next events.

    run(debugger)                    # until the user leaves; returns the exit status

It shows the data of the debugger, and a key runs a line of the command language. It needs textual,
which the extra `tui` installs. Only the modules of this folder import textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tftp_fsm.errors import LocalError
from tftp_fsm.installation import how_to_add
from tftp_fsm.language import sentence

if TYPE_CHECKING:
    from tftp_fsm.debugger.commands.language import Debugger


def missing() -> str:
    """The message that textual is missing, with the command that installs it."""
    return sentence(
        "the full-screen program needs textual: {how} (--plain: the prompt)", how=how_to_add("tui")
    )


def run(debugger: Debugger, about: Sequence[str] = (), *, chooses: bool = False) -> int:
    """Run until the user leaves. `about` is the text on what to watch.

    With `chooses`, the user first chooses a scenario. Raises LocalError if textual is missing, or
    if the file of keys is wrong.
    """
    if find_spec("textual") is None:
        raise LocalError(missing())
    from tftp_fsm.debugger.tui.app import DebuggerApp
    from tftp_fsm.debugger.tui.keyfile import place, read_keys

    DebuggerApp(debugger, about, keys=read_keys(place()), chooses=chooses).run()
    return 0

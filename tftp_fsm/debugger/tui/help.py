"""The help screen: the keys, the signs of the ladder, and the commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tftp_fsm.borders.columns import left
from tftp_fsm.debugger.commands.language import COMMANDS
from tftp_fsm.debugger.commands.text import wrapped
from tftp_fsm.debugger.keys import Key
from tftp_fsm.language import mark, shown, tr

ACTIONS = {
    "choose": mark("make the chosen event happen"),
    "choice_down": mark("choose the next event that can happen"),
    "choice_up": mark("choose the event before"),
    "go_to": mark("ask for a step. The answer is at first the step at the cursor"),
    "cursor_up": mark("go to the packet before"),
    "cursor_down": mark("go to the packet after"),
    "found_next": mark("go to the next step that the search found"),
    "found_before": mark("go to the step before that the search found"),
    "filter": mark("ask for a text, and show only steps that have it"),
    "compare": mark("remember this packet, or compare it with the one that is remembered"),
    "octets": mark("show all octets of the packet, or only the first ones"),
    "pane_next": mark("show the next pane"),
    "pane_before": mark("show the pane before"),
    "wide": mark("give the ladder the whole width, then the pane, then show both again"),
    "page_up": mark("scroll the pane up"),
    "page_down": mark("scroll the pane down"),
    "help": mark("explain the keys, the signs and the commands"),
    "palette": mark("find a command by its words"),
    "open": mark("choose a scenario"),
}  # the help of the program's actions
SIGNS = (
    ("──>", mark("a packet arrives")),
    ("══>", mark("the sender repeats itself")),
    ("┄┄", mark("it is still under way; a second line shows where it arrives")),
    ("──X", mark("it is lost")),
    ("│ ║", mark("an end lives; it dallies (double); no line: it has not begun, or has ended")),
    (">", mark("the last step")),
    ("*", mark("a place with a mark or a note")),
    ("=>", mark("what the next step does")),
)
NAME = 14  # columns of a key
LABEL = 10  # columns of its label


def help_lines(keys: Sequence[Key], about: Callable[[Key], str], width: int) -> Iterator[str]:
    """Yield all lines. `about` returns a sentence about the action of a key."""
    yield tr("keys")
    for key in keys:
        if key.shown:
            first = f"  {left(key.shown, NAME)} {left(shown(key.label), LABEL)} "
            yield from wrapped(first, about(key), width)
    yield ""
    yield tr("signs")
    for sign, words in SIGNS:
        yield from wrapped(f"  {left(sign, NAME)} ", shown(words), width)
    yield ""
    yield tr("commands (a colon opens the line; help COMMAND says more)")
    for command in COMMANDS.values():
        first = f"{command.name} {command.usage}".strip()
        yield from wrapped(f"  {left(first, 30)} ", shown(command.help).splitlines()[0], width)

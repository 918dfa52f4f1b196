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
    "choice_up": mark("choose the previous event"),
    "go_to": mark("ask for a step, and go there. The first proposal is the step at the cursor"),
    "cursor_up": mark("go to the previous packet"),
    "cursor_down": mark("go to the next packet"),
    "found_next": mark("go to the next step that the search found"),
    "found_before": mark("go to the previous step that the search found"),
    "filter": mark("ask for a text, and show only steps that contain it"),
    "compare": mark("remember this packet, or compare it with the remembered one"),
    "octets": mark("show all octets of the packet, or only the first ones"),
    "pane_next": mark("show the next pane"),
    "pane_before": mark("show the previous pane"),
    "wide": mark("show only the ladder, then only the pane, then both again"),
    "page_up": mark("scroll the pane up"),
    "page_down": mark("scroll the pane down"),
    "help": mark("explain the keys, the signs and the commands"),
    "palette": mark("find a command by words of its explanation"),
    "open": mark("choose a scenario"),
}  # the help of the program's actions
SIGNS = (
    ("──>", mark("a packet arrives")),
    ("══>", mark("the sender sends the packet again")),
    ("┄┄", mark("the packet is under way; a later line shows where it arrives")),
    ("──X", mark("the packet is lost")),
    (
        "│ ║",
        mark(
            "one line: the end is active; two lines: it dallies; no line: it has not begun, or has "
            "ended"
        ),
    ),
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
    yield tr("commands (type a colon first; `help COMMAND` explains one)")
    for command in COMMANDS.values():
        first = f"{command.name} {command.usage}".strip()
        yield from wrapped(f"  {left(first, 30)} ", shown(command.help).splitlines()[0], width)

"""The help screen: the keys, the signs of the ladder, and the commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tftp_fsm.debugger.commands.language import COMMANDS
from tftp_fsm.debugger.commands.text import wrapped
from tftp_fsm.debugger.tui.keys import Key
from tftp_fsm.ladder.columns import left

SIGNS = (
    ("──>", "a packet arrives"),
    ("══>", "the sender repeats itself"),
    ("┄┄", "it is still under way; a second line shows where it arrives"),
    ("──X", "it is lost"),
    ("│ ║", "an end lives; it dallies (double); no line: it has not begun, or has ended"),
    (">", "the last step"),
    ("*", "a place with a mark or a note"),
    ("=>", "what the next step does"),
)
NAME = 14  # columns of a key
LABEL = 10  # columns of its label


def help_lines(keys: Sequence[Key], about: Callable[[Key], str], width: int) -> Iterator[str]:
    """All lines. `about` says in a sentence what the action of a key does."""
    yield "keys"
    for key in keys:
        if key.shown:
            first = f"  {left(key.shown, NAME)} {left(key.label, LABEL)} "
            yield from wrapped(first, about(key), width)
    yield ""
    yield "signs"
    for sign, words in SIGNS:
        yield from wrapped(f"  {left(sign, NAME)} ", words, width)
    yield ""
    yield "commands (a colon opens the line; help COMMAND says more)"
    for command in COMMANDS.values():
        first = f"{command.name} {command.usage}".strip()
        yield from wrapped(f"  {left(first, 30)} ", command.help.splitlines()[0], width)

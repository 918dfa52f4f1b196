"""The keys of the full-screen program. Most of them run a line of the command language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal, TypeAlias

from tftp_fsm.frozen import frozen

Does: TypeAlias = Literal["run", "packet", "ask", "ask-packet", "digit", "act"]


@frozen
class Key:
    """`keys` have the names of textual; `shown` is the name in the footer.

    `does` says what happens with `what`. `run`: it is a command, which runs at once; `packet`: it
    runs with the number of the chosen packet; `digit`: with the digit. `ask` and `ask-packet`: it
    is put into the command line, and the user types the rest. `act`: it is the name of an action
    of the program.
    """

    keys: str
    shown: str
    label: str
    does: Does
    what: str
    asks: str = ""

    @property
    def name(self) -> str:
        """What a file of keys calls it: `drop`, `choice-down`."""
        return self.what.replace("_", "-") if self.does == "act" else self.label

    @property
    def moves(self) -> bool:
        """Whether it runs a command. Only one command can run at a time."""
        return self.does != "act" or self.what == "choose"


KEYS = (
    Key("space,s,right", "space", "step", "run", "step"),
    Key("b,left", "b", "back", "run", "back"),
    Key("c", "c", "continue", "run", "continue"),
    Key("r", "r", "reverse", "run", "reverse unusual"),
    Key("g", "g", "go to", "act", "go_to", "which step, or mark; 0 is the beginning"),
    Key("u", "u", "undo", "run", "undo"),
    Key("B", "B", "break", "ask", "break ", "where to stop, as: state dallying, packet ACK 2"),
    Key("1,2,3,4,5,6,7,8,9", "1-9", "", "digit", "choose"),
    Key("j", "j/k", "", "act", "choice_down"),
    Key("k", "", "", "act", "choice_up"),
    Key("enter", "enter", "choose", "act", "choose"),
    Key("h", "h", "hold", "ask", "until sent ", "which packet to hold, as: ACK 2"),
    Key("p", "p", "pass", "packet", "pass"),
    Key("d", "d", "drop", "packet", "drop"),
    Key("D", "D", "double", "packet", "duplicate"),
    Key("y", "y", "delay", "ask-packet", "delay", "how many seconds later"),
    Key("w", "w", "swap", "packet", "swap"),
    Key("e", "e", "edit", "ask-packet", "edit", "as: block=7"),
    Key("i", "i", "inject", "ask", "inject ", "as: client DATA 3 text"),
    Key("v", "v", "set", "ask", "set ", "as: client block 65534 both"),
    Key("slash", "/", "search", "ask", "search ", "which text"),
    Key("n", "n/N", "found", "act", "found_next"),
    Key("N", "", "", "act", "found_before"),
    Key("f", "f", "filter", "act", "filter", "only steps that say this; nothing shows all"),
    Key("m", "m", "mark", "ask", "mark ", "a name for this place; go to takes it"),
    Key("a", "a", "note", "ask", "note ", "a note on this step; traces keep it"),
    Key("equals_sign", "=", "compare", "act", "compare"),
    Key("x", "x", "octets", "act", "octets"),
    Key("up", "up/down", "look", "act", "cursor_up"),
    Key("down", "", "", "act", "cursor_down"),
    Key("z", "z", "wide", "act", "wide"),
    Key("tab", "tab", "pane", "act", "pane_next"),
    Key("shift+tab", "", "", "act", "pane_before"),
    Key("pageup", "page", "", "act", "page_up"),
    Key("pagedown", "", "", "act", "page_down"),
    Key("colon", ":", "type", "ask", "", "any command; help lists them"),
    Key("ctrl+p", "^p", "commands", "act", "palette"),
    Key("o", "o", "open", "act", "open"),
    Key("question_mark", "?", "help", "act", "help"),
    Key("q", "q", "quit", "run", "quit"),
)

SIGNS = {"question_mark": "?", "slash": "/", "colon": ":", "equals_sign": "=", "ctrl+p": "^p"}


def sign_of(name: str) -> str:
    """How the footer shows a key that has this name: `?`."""
    return SIGNS.get(name, name)


def listed() -> Iterator[str]:
    """The lines of a file of keys that changes nothing. The user changes some of them."""
    yield "# keys of `tftp-fsm debug`; a line that is missing changes nothing"
    for key in KEYS:
        if key.does != "digit":
            names = (name if "+" in name else sign_of(name) for name in key.keys.split(","))
            yield f"{key.name} = [{', '.join(map(json.dumps, names))}]"

"""The keys of the full-screen program. Most of them run a line of the command language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, mark_p, tr

Does: TypeAlias = Literal["run", "packet", "ask", "ask-packet", "digit", "act"]


@frozen
class Key:
    """`keys` has the names that textual uses, and `shown` is the name in the footer.

    `does` says what the key does with `what`. With `run`, `what` is a command that runs at once.
    With `packet` it runs with the number of the chosen packet, and with `digit` it runs with the
    digit. With `ask` and `ask-packet` the command is put into the command line, and the user types
    the rest. With `act`, `what` is the name of an action of the program.
    """

    keys: str
    shown: str
    label: str
    does: Does
    what: str
    asks: str = ""

    @property
    def name(self) -> str:
        """The name in a file of keys, such as `drop` or `choice-down`."""
        return self.what.replace("_", "-") if self.does == "act" else f"{self.label}"

    @property
    def moves(self) -> bool:
        """Whether the key runs a command. Only one command can run at a time."""
        return self.does != "act" or self.what == "choose"


KEYS = (
    Key("space,s,right", "space", mark_p("key", "step"), "run", "step"),
    Key("b,left", "b", mark_p("key", "back"), "run", "back"),
    Key("c", "c", mark_p("key", "continue"), "run", "continue"),
    Key("r", "r", mark_p("key", "reverse"), "run", "reverse unusual"),
    Key(
        "g",
        "g",
        mark_p("key", "go to"),
        "act",
        "go_to",
        mark("which step, or mark; 0 is the beginning"),
    ),
    Key("u", "u", mark_p("key", "undo"), "run", "undo"),
    Key(
        "B",
        "B",
        mark_p("key", "break"),
        "ask",
        "break ",
        mark("where to stop, such as: state dallying, packet ACK 2"),
    ),
    Key("1,2,3,4,5,6,7,8,9", "1-9", "", "digit", "choose"),
    Key("j", "j/k", "", "act", "choice_down"),
    Key("k", "", "", "act", "choice_up"),
    Key("enter", "enter", mark_p("key", "choose"), "act", "choose"),
    Key(
        "h",
        "h",
        mark_p("key", "hold"),
        "ask",
        "until sent ",
        mark("which packet to hold, such as: ACK 2"),
    ),
    Key("p", "p", mark_p("key", "pass"), "packet", "pass"),
    Key("d", "d", mark_p("key", "drop"), "packet", "drop"),
    Key("D", "D", mark_p("key", "double"), "packet", "duplicate"),
    Key("y", "y", mark_p("key", "delay"), "ask-packet", "delay", mark("how many seconds later")),
    Key("w", "w", mark_p("key", "swap"), "packet", "swap"),
    Key("e", "e", mark_p("key", "edit"), "ask-packet", "edit", mark("such as: block=7")),
    Key("i", "i", mark_p("key", "inject"), "ask", "inject ", mark("such as: client DATA 3 text")),
    Key("v", "v", mark_p("key", "set"), "ask", "set ", mark("such as: client block 65534 both")),
    Key("slash", "/", mark_p("key", "search"), "ask", "search ", mark("which text to search for")),
    Key("n", "n/N", mark_p("key", "found"), "act", "found_next"),
    Key("N", "", "", "act", "found_before"),
    Key(
        "f",
        "f",
        mark_p("key", "filter"),
        "act",
        "filter",
        mark("show only steps with this text; without a text, show all"),
    ),
    Key(
        "m",
        "m",
        mark_p("key", "mark"),
        "ask",
        "mark ",
        mark("a name for this place, which `go to` knows"),
    ),
    Key(
        "a",
        "a",
        mark_p("key", "note"),
        "ask",
        "note ",
        mark("a note on this step; it is saved in traces"),
    ),
    Key("equals_sign", "=", mark_p("key", "compare"), "act", "compare"),
    Key("x", "x", mark_p("key", "octets"), "act", "octets"),
    Key("up", "up/down", mark_p("key", "look"), "act", "cursor_up"),
    Key("down", "", "", "act", "cursor_down"),
    Key("z", "z", mark_p("key", "wide"), "act", "wide"),
    Key("tab", "tab", mark_p("key", "pane"), "act", "pane_next"),
    Key("shift+tab", "", "", "act", "pane_before"),
    Key("pageup", "page", "", "act", "page_up"),
    Key("pagedown", "", "", "act", "page_down"),
    Key(
        "colon",
        ":",
        mark_p("key", "type"),
        "ask",
        "",
        mark("any command; `help` lists the commands"),
    ),
    Key("ctrl+p", "^p", mark_p("key", "commands"), "act", "palette"),
    Key("o", "o", mark_p("key", "open"), "act", "open"),
    Key("question_mark", "?", mark_p("key", "help"), "act", "help"),
    Key("q", "q", mark_p("key", "quit"), "run", "quit"),
)

SIGNS = {"question_mark": "?", "slash": "/", "colon": ":", "equals_sign": "=", "ctrl+p": "^p"}


def sign_of(name: str) -> str:
    """Return the sign for the key of this name in the footer, such as `?`."""
    return SIGNS.get(name, name)


def listed() -> Iterator[str]:
    """Yield the lines of a file of keys with the default keys, for the user to edit."""
    yield tr("# The keys of `tftp-fsm debug`. A key that is not in this file keeps its default.")
    for key in KEYS:
        if key.does != "digit":
            names = (name if "+" in name else sign_of(name) for name in key.keys.split(","))
            yield f"{key.name} = [{', '.join(map(json.dumps, names))}]"

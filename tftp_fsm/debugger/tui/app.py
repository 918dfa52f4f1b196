"""The terminal program itself: keys become lines of the command language."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tftp_fsm.debugger.commands.language import ALIASES, Debugger, Reply
from tftp_fsm.debugger.tui.keys import KEYS, Key
from tftp_fsm.debugger.tui.view import PANES, View
from tftp_fsm.debugger.tui.widgets import Keys, Lines, Pane, Tabs

WAITING = ("step", "continue", "until", "choose", "wait")  # for a real peer
LOOK_EVERY = 0.25  # seconds, while a real peer is waited for
OWN_PANE = ("help", "compare", "break", "why", "table")  # their answers are to be read


def _bindings() -> list[BindingType]:
    return [
        Binding(name, f"key({index}, '{name}')", key.label, show=False, priority=True)
        for index, key in enumerate(KEYS)
        for name in key.keys.split(",")
    ]


class DebuggerApp(View):
    """One desk, its screen and its keys."""

    TITLE = "tftp-fsm debug"
    # All come before any widget's: what is typed ahead is then taken in its order.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", show=False, priority=True),
        Binding("escape", "leave", show=False, priority=True),
        *_bindings(),
    ]

    def __init__(self, debugger: Debugger, about: Sequence[str] = ()) -> None:
        super().__init__(debugger, about)
        self.asking: Key | None = None
        self.busy = False
        self.leaving = False

    # -- Keys and clicks --------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a line is typed, keys are letters."""
        return self.typing if action in ("submit", "leave") else action != "key" or not self.typing

    async def action_key(self, index: int, name: str) -> None:
        """Do what this key does; `name` tells those of one entry apart."""
        key = KEYS[index]
        if self.busy and key.moves:
            if key.what == "quit":
                self.interrupt(leave=True)
            return
        match key.does:
            case "run":
                await self.run_line(key.what)
            case "packet":
                await self.run_line(key.what + self._number())
            case "ask":
                self.ask(key.what, key)
            case "ask-packet":
                self.ask(f"{key.what}{self._number()} ", key)
            case "digit":
                await self.run_line(f"choose {name}")
            case "act":
                await getattr(self, f"do_{key.what}")()

    def _number(self) -> str:
        """The packet of the chosen choice, where it is about one."""
        choices = self.debugger.choices()
        move = choices[self.choice].move if self.choice < len(choices) else None
        number = getattr(move, "packet", None)
        return "" if number is None else f" {number}"

    async def on_key(self, event: events.Key) -> None:
        """Escape ends the filter, and follows the last step again."""
        if event.key == "escape" and self.busy:
            self.interrupt()
        elif event.key == "escape":
            self.only, self.only_words, self.cursor = None, "", None
            self.show()

    async def on_keys_pressed(self, message: Keys.Pressed) -> None:
        """A key of the footer was clicked."""
        if not self.typing:
            index = next(i for i, key in enumerate(KEYS) if message.key in key.keys.split(","))
            await self.action_key(index, message.key)

    def on_tabs_picked(self, message: Tabs.Picked) -> None:
        """Another pane."""
        self.active = message.title
        self.show()

    async def on_lines_chosen(self, message: Lines.Chosen) -> None:
        """A click chooses; a second one goes there, or has it happen."""
        if message.lines.id == "next":
            self.choice = message.index
            if message.again:
                await self.do_choose()
                return
        else:
            self.cursor = message.index
            if message.again:
                await self.run_line(f"goto {self.rungs[message.index].step}")
                return
        self.show()

    # -- The command line -------------------------------------------------------------------------

    @property
    def typing(self) -> bool:
        """The command line is open."""
        return self.query_one("#line").display

    def ask(self, start: str, key: Key | None = None, hint: str = "") -> None:
        """Open the line with `start` in it."""
        line = self.query_one("#line", Input)
        self.asking = key
        line.value, line.cursor_position = start, len(start)
        line.display = True
        self.query_one("#status").display = False
        self.screen.set_focus(line)  # at once: `focus` would let the next letters pass
        self.hint(hint or (key.asks if key else ""))

    def _close_line(self) -> None:
        self.screen.set_focus(None)
        self.query_one("#line").display = False
        self.query_one("#status").display = True

    def action_leave(self) -> None:
        """Nothing is done."""
        self._close_line()
        self.show()

    async def action_submit(self) -> None:
        """What was typed is run as it stands."""
        field, heard = self.query_one("#line", Input), asyncio.Event()
        field.call_later(heard.set)  # once it has taken the letters that are on their way to it
        await heard.wait()
        key, line = self.asking, field.value.strip()
        self._close_line()
        if key is not None and key.what == "filter":
            self._filter(line)
        elif line:
            await self.run_line(line, typed=key is None or not key.what)
        else:
            self.show()

    async def run_line(self, line: str, typed: bool = False) -> None:
        """Through the command language, as everything. A real peer may take its time."""
        word = line.split(" ")[0]
        if self.busy:
            return
        if self.debugger.stepper.world.rewinds or ALIASES.get(word, word) not in WAITING:
            self._take(line, self.debugger.run(line), typed)
        else:
            self.busy = True
            self.run_worker(self._run_live(line, typed))

    async def _run_live(self, line: str, typed: bool) -> None:
        self.say(f"{line}: waiting for the peer; escape interrupts", "yellow")
        watching = self.set_interval(LOOK_EVERY, self.show_progress)
        try:
            reply = await asyncio.to_thread(self.debugger.run, line)
        finally:
            watching.stop()
            self.busy = False
        self._take(line, reply, typed)

    def interrupt(self, *, leave: bool = False) -> None:
        """What waits for a real peer waits no more."""
        self.leaving = self.leaving or leave
        self.debugger.stepper.world.interrupt()

    def action_help_quit(self) -> None:
        """Ctrl-C: what textual answers is how to quit, but something may wait."""
        if self.busy:
            self.interrupt()
        else:
            self.say("q leaves")

    def on_unmount(self) -> None:
        """Nobody is left to wait."""
        self.debugger.stepper.world.interrupt()

    def _take(self, line: str, reply: Reply, typed: bool) -> None:
        self.reply = reply
        if reply.quits or self.leaving:
            self.exit()
            return
        word = line.split(" ")[0]
        self.choice, self.cursor = 0, None
        if word == "search":
            self.found = tuple(frame.number for frame in reply.frames)
            self._show_found(0)
        if word in OWN_PANE or (typed and not reply.frames):
            self.active = "Reply"
        elif self.active == "Reply" and reply.frames and word != "search":
            self.active = PANES[0]
        self.show()
        if self.debugger.awaits_answer:
            self.ask("", hint=" ".join(reply.lines[-2:]))

    # -- The program's own actions ----------------------------------------------------------------

    async def do_choose(self) -> None:
        """Have the chosen thing happen."""
        await self.run_line(f"choose {self.choice + 1}")

    async def do_choice_down(self) -> None:
        """The next thing that can happen."""
        self.choice += 1
        self.show()

    async def do_choice_up(self) -> None:
        """The one before."""
        self.choice = max(self.choice - 1, 0)
        self.show()

    async def do_ask_goto(self) -> None:
        """To the step at the cursor, unless another is typed."""
        key = next(key for key in KEYS if key.what == "ask_goto")
        place = "" if self.cursor is None else f"{self.rungs[self.cursor].step}"
        self.ask(f"goto {place}", key)

    async def do_cursor_up(self) -> None:
        """The packet before."""
        self._move(-1)

    async def do_cursor_down(self) -> None:
        """The packet after."""
        self._move(1)

    def _move(self, by: int) -> None:
        """To the next line in this direction that shows a packet."""
        here = self.cursor if self.cursor is not None else self.line_of(self.position) or 0
        ways = range(here + by, len(self.rungs) if by > 0 else -1, by)
        self.cursor = next((i for i in ways if self.rungs[i].held is not None), self.cursor)
        self.active = "Packet"
        self.show()

    async def do_found_next(self) -> None:
        """The next step that the search found."""
        self._show_found(1)
        self.show()

    async def do_found_before(self) -> None:
        """The one before."""
        self._show_found(-1)
        self.show()

    def _show_found(self, by: int) -> None:
        """Put the cursor on the first found, or on the next after or before the cursor."""
        here = self.rungs[self.cursor].step if self.cursor is not None else self.position
        ahead = [n for n in self.found if (n > here if by > 0 else n < here)]
        steps = ahead if by > 0 else ahead[::-1]
        if by == 0:
            steps = list(self.found)
        if steps:
            self.cursor = self.line_of(steps[0])

    async def do_filter(self) -> None:
        """Only steps that say something."""
        self.ask("", next(key for key in KEYS if key.what == "filter"))

    def _filter(self, words: str) -> None:
        self.only, self.only_words, self.cursor = None, words, None
        if words:
            reply = self.debugger.run(f"search {words}")
            self.reply = Reply((f"{len(reply.frames)} steps say {words!r}; escape shows all",))
            self.only = frozenset(frame.number for frame in reply.frames)
        self.show()

    async def do_compare(self) -> None:
        """The first time: remember this packet. The second: compare it with that one."""
        held = self.held
        if held is None:
            self.say("choose a packet first, with up and down", "bold red")
        elif self.compared is None:
            self.compared = held
            self.say(f"packet {held.number} ({held.words}): go to another, and press = again")
        else:
            first, self.compared = self.compared, None
            await self.run_line(f"compare {first.number} {held.number}")

    async def do_octets(self) -> None:
        """All octets of the packet, or the first."""
        self.whole, self.active = not self.whole, "Packet"
        self.show()

    async def do_pane_next(self) -> None:
        """Another pane."""
        self._pane(1)

    async def do_pane_before(self) -> None:
        """The one before."""
        self._pane(-1)

    def _pane(self, by: int) -> None:
        self.active = PANES[(PANES.index(self.active) + by) % len(PANES)]
        self.show()

    async def do_page_up(self) -> None:
        """Of the pane."""
        self._active_pane().scroll_page_up(animate=False)

    async def do_page_down(self) -> None:
        """Of the pane."""
        self._active_pane().scroll_page_down(animate=False)

    def _active_pane(self) -> Pane:
        return next(pane for pane in self.query(Pane) if pane.title == self.active)

"""The command line of the full-screen program: it reads lines and runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual.widgets import Input

from tftp_fsm.borders.columns import columns
from tftp_fsm.debugger.commands.language import ALIASES, Debugger, Reply
from tftp_fsm.debugger.keys import Key
from tftp_fsm.debugger.tui.overlays import LongText
from tftp_fsm.debugger.tui.view import PANES, View
from tftp_fsm.debugger.tui.widgets import Pane
from tftp_fsm.language import shown, tr, tr_n

WAITING = ("step", "continue", "until", "choose", "wait")  # these may wait for a real peer
LOOK_EVERY = 0.25  # seconds between two updates of the screen while a command waits
OWN_PANE = ("compare", "break", "why")  # their replies have separate panes


class CommandLine(View):
    """`asking` is the key that opened the line. `busy` is true while a command waits for a peer."""

    def __init__(self, debugger: Debugger, about: Sequence[str], keys: Sequence[Key]) -> None:
        super().__init__(debugger, about, keys)
        self.asking: Key | None = None
        self.busy = False
        self.leaving = False

    @property
    def typing(self) -> bool:
        """Whether the command line is open."""
        return not self.covered and self.main.query_one("#line").display

    def ask(self, start: str, key: Key | None = None, hint: str = "") -> None:
        """Open the command line with `start` in it."""
        line = self.main.query_one("#line", Input)
        self.asking = key
        line.value, line.cursor_position = start, len(start)
        line.display = True
        self.main.query_one("#status").display = False
        self.main.set_focus(line)  # at once; after `focus` the next letters would still be keys
        self.hint(hint or (shown(key.asks) if key else ""))

    def _close_line(self) -> None:
        self.main.set_focus(None)
        self.main.query_one("#line").display = False
        self.main.query_one("#status").display = True

    def action_leave(self) -> None:
        """Close the line without running it."""
        self._close_line()
        self.show()

    async def action_submit(self) -> None:
        """Run the line that was typed."""
        field, taken = self.main.query_one("#line", Input), asyncio.Event()
        field.call_later(taken.set)  # after the letters that are still on their way to the field
        await taken.wait()
        key, line = self.asking, field.value.strip()
        self._close_line()
        if key is not None and key.what == "filter":
            self._filter(line)
        elif line:
            await self.run_line(line, typed=key is None or not key.what)
        else:
            self.show()

    async def run_line(self, line: str, typed: bool = False) -> None:
        """Run a line. If it may wait for a real peer, it runs in a thread."""
        word = line.split(" ")[0]
        if self.busy:
            return
        if self.debugger.stepper.world.rewinds or ALIASES.get(word, word) not in WAITING:
            self._take(line, self.debugger.run(line), typed)
        else:
            self.busy = True
            self.run_worker(self._run_live(line, typed))

    async def _run_live(self, line: str, typed: bool) -> None:
        self.say(tr("{line}: waiting for the peer; escape interrupts", line=line), "yellow")
        watching = self.set_interval(LOOK_EVERY, self.show_progress)
        try:
            reply = await asyncio.to_thread(self.debugger.run, line)
        finally:
            watching.stop()
            self.busy = False
        self._take(line, reply, typed)

    def interrupt(self, *, leave: bool = False) -> None:
        """End a command that waits for a real peer. With `leave`, end the program, too."""
        self.leaving = self.leaving or leave
        self.debugger.stepper.world.interrupt()

    def action_help_quit(self) -> None:
        """On Ctrl-C interrupt a waiting command. If none waits, say how to leave."""
        if self.busy:
            self.interrupt()
        else:
            self.say(tr("q leaves the debugger"))

    def on_unmount(self) -> None:
        """End a command that still waits."""
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
        if typed and self._is_wide(reply):
            self.push_screen(LongText(line, lambda width: [shown(line) for line in reply.lines]))
        if self.debugger.awaits_answer:
            self.ask("", hint=" ".join(map(shown, reply.lines[-2:])))

    def _is_wide(self, reply: Reply) -> bool:
        """Return whether the reply has columns that are too wide for the pane of replies."""
        pane = next(pane for pane in self.main.query(Pane) if pane.title == "Reply")
        is_text = reply.ok and not reply.frames
        return is_text and any(columns(shown(line)) > pane.width for line in reply.lines)

    # -- Search results ---------------------------------------------------------------------------

    def _show_found(self, by: int) -> None:
        """Put the cursor on the first found step, or on the next one in this direction."""
        here = self.rungs[self.cursor].step if self.cursor is not None else self.position
        ahead = [n for n in self.found if (n > here if by > 0 else n < here)]
        steps = ahead if by > 0 else ahead[::-1]
        if by == 0:
            steps = list(self.found)
        if steps:
            self.cursor = self.line_of(steps[0])

    def _filter(self, words: str) -> None:
        self.only, self.only_words, self.cursor = None, words, None
        if words:
            reply = self.debugger.run(f"search {words}")
            number = len(reply.frames)
            said = tr_n(
                "{count} step contains {words!r}; escape shows all steps",
                "{count} steps contain {words!r}; escape shows all steps",
                number,
                words=words,
            )
            self.reply = Reply((said,))
            self.only = frozenset(frame.number for frame in reply.frames)
        self.show()

"""The screen, which is drawn again after each command."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Input, Static

from tftp_fsm.borders import brief
from tftp_fsm.borders.columns import columns, fit
from tftp_fsm.debugger.commands.language import Debugger, Reply
from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.keys import Key
from tftp_fsm.debugger.moves import Drop
from tftp_fsm.debugger.tui.lines import wrapped
from tftp_fsm.debugger.tui.machine import machine_lines
from tftp_fsm.debugger.tui.panes import (
    choice_line,
    guards_lines,
    packet_lines,
    variables_lines,
)
from tftp_fsm.debugger.tui.rungs import Highlight, Rung, draw, heading, rungs_of
from tftp_fsm.debugger.tui.widgets import Keys, Lines, Pane, Tabs
from tftp_fsm.language import mark, mark_p, shown, tr
from tftp_fsm.protocol.gloss import end_word, state_gloss

PANES = (
    mark_p("pane", "Machine"),
    mark_p("pane", "Packet"),
    mark_p("pane", "Guards"),
    mark_p("pane", "Reply"),
    mark_p("pane", "Variables"),
)
WIDES = ("", "ladder-wide", "pane-wide")  # the part that has the whole width
LARGE = (110, 34)  # columns and lines; from this size on, all panes are shown at once
WIDE = 43  # columns of the panes at the right, as in the style sheet
BEGIN = mark("nothing has happened yet: space makes a step, ? shows the help")


class View(App[None]):
    """The screen of a debugger. `cursor` is a line of the ladder, or None at the last step."""

    CSS_PATH = "tui.tcss"
    AUTO_FOCUS = ""  # the command line is opened by a key

    def __init__(self, debugger: Debugger, about: Sequence[str], keys: Sequence[Key]) -> None:
        super().__init__()
        self.debugger = debugger
        self.keys = keys
        self.wide = ""
        self.begin_anew(about)

    def begin_anew(self, about: Sequence[str]) -> None:
        """Show a debugger from its beginning. `about` is the text on what to watch."""
        self.reply = Reply(tuple(about))
        self.active = "Reply" if about else PANES[0]
        self.rungs: tuple[Rung, ...] = ()
        self.cursor: int | None = None
        self.choice = 0
        self.whole = False
        self.only: frozenset[int] | None = None  # the filter's steps
        self.only_words = ""
        self.found: tuple[int, ...] = ()
        self.compared: Held | None = None
        self._known: tuple[object, tuple[Rung, ...]] = (None, ())

    def compose(self) -> ComposeResult:
        """The widgets, from top to bottom."""
        yield Static(id="head", markup=False)
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Static(id="ladder-head", markup=False)
                yield Lines("ladder")
            with Vertical(id="right"):
                yield Tabs(id="tabs", markup=False)
                with Container(id="panes"):
                    yield from (Pane(title) for title in PANES)
        yield Static(id="next-head", markup=False)
        yield Lines("next")
        yield Static(id="status", markup=False)
        yield Input(id="line", select_on_focus=False)
        yield Keys(id="keys", markup=False)

    def on_mount(self) -> None:
        """Draw the first picture. With a real peer, the time is updated each second."""
        self.main.query_one("#line").display = False
        self.lay_out(self.size)
        if not self.debugger.stepper.world.rewinds:
            self.set_interval(1.0, self._show_head)

    def on_resize(self, event: events.Resize) -> None:
        """Lay out the screen for its new size."""
        self.lay_out(event.size)

    def lay_out(self, size: Size) -> None:
        """Show all panes if there is room, else one at a time."""
        large = size.width >= LARGE[0] and size.height >= LARGE[1]
        self.main.set_class(large, "large")
        self.main.set_class(not large, "small")
        for name in WIDES[1:]:
            self.main.set_class(name == self.wide, name)
        self.main.query_one(Keys).put(self.keys, size.width, gap=1 if size.height < 30 else 2)
        self.call_after_refresh(self.show)

    @property
    def main(self) -> Screen[object]:
        """The screen of the debugger, even while another screen covers it."""
        return self.screen_stack[0]

    @property
    def covered(self) -> bool:
        """Whether another screen covers that of the debugger."""
        return len(self.screen_stack) > 1

    # -- The shown step and packet ----------------------------------------------------------------

    @property
    def frame(self) -> Frame | None:
        """The last step. While the quiz asks about it, it is the step before."""
        stepper, quiz = self.debugger.stepper, self.debugger.quiz
        frame = stepper.frame
        if frame is not None and quiz is not None and quiz.asked is frame:
            return stepper.frames[frame.number - 2] if frame.number > 1 else None
        return frame

    @property
    def held(self) -> Held | None:
        """The packet at the ladder's cursor, or else the last packet that was heard or sent."""
        if self.cursor is not None and self.cursor < len(self.rungs):
            return self.rungs[self.cursor].held
        frame = self.frame
        if frame is None:
            return None
        return frame.packet or (frame.sent[0] if frame.sent else None)

    @property
    def position(self) -> int:
        """The number of the last step that is shown."""
        return self.frame.number if self.frame is not None else 0

    def line_of(self, step: int) -> int | None:
        """Return the ladder's line where this step begins, or the last line before it."""
        places = [i for i, rung in enumerate(self.rungs) if rung.step <= step]
        return places[-1] if places else None

    def _rungs(self) -> tuple[Rung, ...]:
        frames = self.debugger.stepper.frames
        quiz = self.debugger.quiz
        seen = frames if quiz is None else frames[: self.position]
        key = (len(seen), id(seen[-1]) if seen else 0)
        if key != self._known[0]:
            self._known = (key, rungs_of(seen))
        return tuple(r for r in self._known[1] if self.only is None or r.step in self.only)

    # -- Drawing ----------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw everything."""
        self.debugger.width = max(self.size.width - 1, 40)
        self.rungs = self._rungs()
        self._show_head()
        self._show_ladder()
        self._show_next()
        self._show_panes()
        self.say_reply()

    def show_progress(self) -> None:
        """Draw the new events while a command still waits."""
        self.rungs = self._rungs()
        self._show_head()
        self._show_ladder()
        self._show_panes()

    def _show_head(self) -> None:
        stepper, world = self.debugger.stepper, self.debugger.stepper.world
        states = () if self.debugger.awaits_answer else stepper.states.items()
        step = tr("step {step}/{steps}", step=self.position, steps=len(stepper.frames))
        parts = [f" {step}", tr("{seconds:.4f} s", seconds=stepper.now)]
        parts += map(shown, world.remarks)
        said = {shown(end_word(end)): state for end, state in states}
        glossed = [f"{end} {shown(state_gloss(state))}" for end, state in said.items()]
        named = [f"{end} {state.value}" for end, state in said.items()]
        whole, short = ("  ".join((*parts, *ends, self._file())) for ends in (glossed, named))
        width = self.size.width
        line = whole if columns(whole) <= width else short
        self._put("#head", Text(fit(line, width)))

    def _file(self) -> str:
        known = self.debugger.stepper.variables.values()
        octets = [n for one in known if isinstance(n := one.get("octets"), int)]
        match self.debugger.stepper.world.intact:
            case None:
                return tr("{octets:,} octets", octets=max(octets, default=0))
            case intact:
                return tr("file whole") if intact else tr("file not whole")

    def _show_ladder(self) -> None:
        lines = self.main.query_one("#ladder", Lines)
        place = self._place()
        width = max(lines.size.width - 1, 20)
        end = "client"
        texts = [draw(rung, place, end, width) for rung in self.rungs]
        near = self.line_of(self.position)
        lines.put(texts, -1 if self.cursor is None else self.cursor)
        if self.cursor is None and near is not None:
            lines.reveal(near)
        only = tr("only steps with: {words} (escape: all)", words=brief(self.only_words))
        head = heading(width) if self.only is None else f" {only}"
        self._put("#ladder-head", Text(fit(head, width)))

    def _place(self) -> Highlight:
        """Return the highlight. A packet that has left the wire since the step was dropped."""
        stepper = self.debugger.stepper
        after = {h.number for h in stepper.frames[-1].wire} if stepper.frames else set()
        wire = {held.number for held in stepper.wire}
        noted = (at for at, _ in stepper.noted)
        marks = frozenset((*self.debugger.marks.values(), *noted))
        if not stepper.at_head:
            return Highlight(self.position, frozenset(wire | after), frozenset(), marks)
        taken = after - wire
        if not stepper.world.rewinds:  # a packet that went to a real peer has left the wire, too
            taken = {
                move.packet
                for at, move in stepper.moves
                if isinstance(move, Drop) and at == stepper.position
            }
        return Highlight(self.position, frozenset(wire), frozenset(taken), marks)

    def _show_next(self) -> None:
        lines, choices = self.main.query_one("#next", Lines), self.debugger.stepper.choices()
        self.choice = min(self.choice, max(len(choices) - 1, 0))
        quiz, now, width = (
            self.debugger.quiz is not None,
            self.debugger.stepper.now,
            self.size.width - 1,
        )
        texts = [choice_line(i, c, now, width, quiz=quiz) for i, c in enumerate(choices, 1)]
        lines.put(texts, self.choice if choices else -1)
        words = tr("What can happen next") if choices else tr("Nothing can happen here")
        if not choices and not self.debugger.stepper.at_head:
            words = tr("There are later steps: c goes to the last one")
        self._put("#next-head", Text(f" {words}"))

    def _show_panes(self) -> None:
        stepper, frame = self.debugger.stepper, self.frame
        self.main.query_one(Tabs).put(PANES, self.active)
        for pane in self.main.query(Pane):
            pane.width = self._room(pane)
            pane.set_class(pane.title == self.active, "active")
            match pane.title:
                case "Machine":
                    pane.put(machine_lines(stepper, frame, pane.width))
                case "Packet":
                    pane.put(packet_lines(self.held, pane.width, whole=self.whole))
                case "Variables":
                    pane.put(variables_lines(stepper, frame, pane.width))
                case "Guards":
                    pane.put(guards_lines(frame, pane.width))
                case _:
                    said = map(shown, self.reply.lines)
                    texts = (wrapped(line, pane.width, "default") for line in said)
                    pane.put(line for lines in texts for line in lines)

    def _room(self, pane: Pane) -> int:
        """Return the columns for the text of a pane, even before it is shown."""
        whole = self.main.query_one("#panes").size.width
        if self.main.has_class("small") or self.wide == "pane-wide":
            return max(whole - 2, 20)
        widths = {"Guards": whole, "Packet": WIDE, "Variables": WIDE}
        return max(widths.get(pane.title, whole - WIDE), 22) - 2

    def say_reply(self) -> None:
        """Say in one line the result of the last command, or why it failed."""
        reply, frame = self.reply, self.frame
        if not reply.ok and not reply.frames:
            self.say(" ".join(map(shown, reply.lines)), "bold red")
        elif reply.frames and frame is not None and frame in reply.frames:
            said = [line for line in reply.lines if line not in self.debugger.stepper.world.remarks]
            end = said[-1] if said and not said[-1].startswith(" ") else ""
            words, why = shown(end or frame.event_words), shown(frame.reason)
            notes = f"{frame.number} {shown(end_word(frame.end))}: {words}: {why}"
            match reply.value:
                case {"quiz": _, "right": right}:
                    style = "bold green" if right else "bold red"
                    self.say(f"{shown(reply.lines[0])}; {notes}", style)
                case _:
                    self.say(notes)
        else:
            words = "; ".join(shown(line).strip() for line in reply.lines)
            self.say(words or shown(BEGIN))

    def say(self, words: str, style: str = "default") -> None:
        """Show text in the status line."""
        self._put("#status", Text(fit(f" {brief(words)}", self.size.width), style))

    def hint(self, words: str) -> None:
        """Show a hint above the command line."""
        text = tr("{words} (enter: do it, escape: do not)", words=words)
        self._put("#next-head", Text(fit(f" {text}", self.size.width)))

    def _put(self, where: str, text: Text) -> None:
        text.no_wrap = True
        self.main.query_one(where, Static).update(text)

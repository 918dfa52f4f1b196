"""The full-screen program: a key becomes a line of the command language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingsMap, BindingType
from textual.command import CommandPalette, Provider
from textual.screen import Screen

from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.commands.language import COMMANDS, Debugger
from tftp_fsm.debugger.keys import KEYS, Key
from tftp_fsm.debugger.scenarios import OWN, SCENARIOS
from tftp_fsm.debugger.tui.command_line import CommandLine
from tftp_fsm.debugger.tui.help import ACTIONS, help_lines
from tftp_fsm.debugger.tui.keyfile import place, read_keys
from tftp_fsm.debugger.tui.overlays import Chooser, LongText
from tftp_fsm.debugger.tui.palette import Commands
from tftp_fsm.debugger.tui.view import PANES, WIDES
from tftp_fsm.debugger.tui.widgets import Keys, Lines, Pane, Tabs
from tftp_fsm.language import shown, tr


def run(debugger: Debugger, about: Sequence[str] = (), *, chooses: bool = False) -> int:
    """Run until the user leaves. `about` is the text on what to watch.

    With `chooses`, the user first chooses a scenario. Raises LocalError if the file of keys is
    wrong.
    """
    DebuggerApp(debugger, about, keys=read_keys(place()), chooses=chooses).run()
    return 0


class DebuggerApp(CommandLine):
    """The debugger, its screen and its keys."""

    TITLE = "tftp-fsm debug"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+backslash"  # hidden behind our own key
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Commands}
    # These come before the bindings of widgets, so that keys are handled in the order of typing.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", show=False, priority=True),
        Binding("escape", "leave", show=False, priority=True),
    ]

    def __init__(
        self,
        debugger: Debugger,
        about: Sequence[str] = (),
        *,
        keys: Sequence[Key] = KEYS,
        chooses: bool = False,
    ) -> None:
        super().__init__(debugger, about, keys)
        self._chooses = chooses
        own = BindingsMap(
            Binding(name, f"key({index}, '{name}')", key.label, show=False, priority=True)
            for index, key in enumerate(keys)
            for name in key.keys.split(",")
        )
        self._bindings = BindingsMap.merge([self._bindings, own])

    def on_mount(self) -> None:
        """Let the user choose a scenario, if none was given."""
        super().on_mount()
        if self._chooses:
            self.choose_scenario()

    # -- Keys and clicks --------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is possible. Keys do not work in the line or an overlay."""
        if action in ("submit", "leave"):
            return self.typing
        return action != "key" or not (self.typing or self.covered)

    async def action_key(self, index: int, name: str = "") -> None:
        """Do the action of a key. `name` is the pressed key if several keys share an entry."""
        key = self.keys[index]
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
        """The number of the chosen packet, or an empty string."""
        choices = self.debugger.stepper.choices()
        move = choices[self.choice].move if self.choice < len(choices) else None
        number = getattr(move, "packet", None)
        return "" if number is None else f" {number}"

    async def on_key(self, event: events.Key) -> None:
        """On Escape interrupt a command. If none runs, end the filter and follow the last step."""
        if event.key == "escape" and self.busy:
            self.interrupt()
        elif event.key == "escape":
            self.only, self.only_words, self.cursor = None, "", None
            self.show()

    async def on_keys_pressed(self, message: Keys.Pressed) -> None:
        """Press the key of the footer that was clicked."""
        if not self.typing:
            near = enumerate(self.keys)
            index = next(i for i, key in near if message.key in key.keys.split(","))
            await self.action_key(index, message.key)

    def on_tabs_picked(self, message: Tabs.Picked) -> None:
        """Show the pane that was clicked."""
        self.active = message.title
        self.show()

    async def on_lines_chosen(self, message: Lines.Chosen) -> None:
        """Choose the clicked line. A second click goes to its step, or makes its event happen."""
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

    # -- The program's own actions ----------------------------------------------------------------

    async def do_choose(self) -> None:
        """Make the chosen event happen."""
        await self.run_line(f"choose {self.choice + 1}")

    async def do_choice_down(self) -> None:
        """Choose the next event that can happen."""
        self.choice += 1
        self.show()

    async def do_choice_up(self) -> None:
        """Choose the event before the chosen one."""
        self.choice = max(self.choice - 1, 0)
        self.show()

    async def do_go_to(self) -> None:
        """Ask for a step. The answer is at first the step at the cursor."""
        key = self.key_of("go_to")
        place = "" if self.cursor is None else f"{self.rungs[self.cursor].step}"
        self.ask(f"goto {place}", key)

    async def do_cursor_up(self) -> None:
        """Go to the packet before."""
        self._move(-1)

    async def do_cursor_down(self) -> None:
        """Go to the packet after."""
        self._move(1)

    def _move(self, by: int) -> None:
        """Move the cursor to the next line, in this direction, that shows a packet."""
        here = self.cursor if self.cursor is not None else self.line_of(self.position) or 0
        ways = range(here + by, len(self.rungs) if by > 0 else -1, by)
        self.cursor = next((i for i in ways if self.rungs[i].held is not None), self.cursor)
        self.active = "Packet"
        self.show()

    async def do_found_next(self) -> None:
        """Go to the next step that the search found."""
        self._show_found(1)
        self.show()

    async def do_found_before(self) -> None:
        """Go to the previous step that the search found."""
        self._show_found(-1)
        self.show()

    async def do_filter(self) -> None:
        """Ask for a text, and show only steps that have it."""
        self.ask("", self.key_of("filter"))

    async def do_compare(self) -> None:
        """Remember this packet, or compare it with the remembered packet."""
        held = self.held
        if held is None:
            self.say(tr("choose a packet first, with up and down"), "bold red")
        elif self.compared is None:
            self.compared = held
            self.say(
                tr(
                    "packet {number} ({words}): go to another one and press = again",
                    number=held.number,
                    words=held.words,
                )
            )
        else:
            first, self.compared = self.compared, None
            await self.run_line(f"compare {first.number} {held.number}")

    async def do_octets(self) -> None:
        """Show all octets of the packet, or only the first ones."""
        self.whole, self.active = not self.whole, "Packet"
        self.show()

    async def do_pane_next(self) -> None:
        """Show the next pane."""
        self._pane(1)

    async def do_pane_before(self) -> None:
        """Show the pane before."""
        self._pane(-1)

    def _pane(self, by: int) -> None:
        self.active = PANES[(PANES.index(self.active) + by) % len(PANES)]
        self.show()

    async def do_wide(self) -> None:
        """Give the ladder the whole width, then the pane, then show both again."""
        self.wide = WIDES[(WIDES.index(self.wide) + 1) % len(WIDES)]
        self.lay_out(self.size)

    async def do_page_up(self) -> None:
        """Scroll the pane up."""
        self._active_pane().scroll_page_up(animate=False)

    async def do_page_down(self) -> None:
        """Scroll the pane down."""
        self._active_pane().scroll_page_down(animate=False)

    async def do_help(self) -> None:
        """Explain the keys, the signs and the commands."""
        lines = partial(help_lines, self.keys, self.about_key)
        await self.push_screen(LongText(tr("help"), lambda width: list(lines(width))))

    async def do_palette(self) -> None:
        """Find a command by its words."""
        self.push_screen(
            CommandPalette(placeholder=tr("Search for commands…"), id="--command-palette")
        )

    async def do_open(self) -> None:
        """Choose a scenario."""
        self.choose_scenario()

    # -- More screens -----------------------------------------------------------------------------

    def about_key(self, key: Key) -> str:
        """Return a sentence about a key: the help of its command, or of its action."""
        if key.does == "act":
            return shown(ACTIONS[key.what])
        if not key.what:
            return tr("type a command")
        return shown(COMMANDS[key.what.split()[0]].help).splitlines()[0]

    def key_of(self, what: str) -> Key:
        """The key of an action."""
        return next(key for key in self.keys if key.what == what)

    def choose_scenario(self) -> None:
        """Let the user choose a scenario, and begin it."""
        if not self.debugger.stepper.world.sees_all:
            self.say(
                tr("a real or recorded transfer is open: leave with q, then choose a scenario"),
                "bold red",
            )
            return
        quiz = self.debugger.quiz is not None
        known = (OWN, *SCENARIOS.values())
        entries = [
            (one.name, shown(one.title), shown(one.about(quiz=True) if quiz else one.look))
            for one in known
        ]
        title = tr("Which transfer? Each scenario is a lesson about one thing that goes wrong.")
        self.push_screen(Chooser(entries, title), self._begin)

    def _begin(self, name: str | None) -> None:
        if name is not None:
            quiz, scenario = self.debugger.quiz is not None, SCENARIOS.get(name, OWN)
            self.debugger.take_over(opened(scenario, quiz=quiz))
            self.begin_anew([scenario.about(quiz=quiz)])
        self.show()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return no system commands: the palette has only the commands of the debugger."""
        return ()

    def _active_pane(self) -> Pane:
        return next(pane for pane in self.main.query(Pane) if pane.title == self.active)

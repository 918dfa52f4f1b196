"""Screens that cover the whole screen for a while: a long text, and the choice of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Static

from tftp_fsm.borders.columns import fit, left
from tftp_fsm.debugger.tui.lines import wrapped
from tftp_fsm.debugger.tui.widgets import Lines
from tftp_fsm.language import tr

ABOUT = 6  # lines for the text about a scenario, as in the style sheet


class Overlay(ModalScreen[ScreenResultType]):
    """A title, lines that scroll, and a footer. `lines_for` makes the lines for a width."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", show=False),
        *(
            Binding(keys, f"scroll('{way}')", show=False)
            for keys, way in (
                ("up,k", "up"),
                ("down,j", "down"),
                ("pageup,b", "page_up"),
                ("pagedown,space", "page_down"),
                ("home,g", "home"),
                ("end,G", "end"),
            )
        ),
    ]

    def __init__(self, title: str, lines_for: Callable[[int], Sequence[str]], foot: str) -> None:
        super().__init__()
        self.words = title
        self.lines_for = lines_for
        self.foot = foot

    def compose(self) -> ComposeResult:
        """The title, the lines, the footer."""
        yield Static(id="over-head", markup=False)
        yield Lines("over")
        yield from self.compose_more()
        yield Static(id="over-foot", markup=False)

    def compose_more(self) -> ComposeResult:
        """Yield the widgets below the lines."""
        yield from ()

    def on_mount(self) -> None:
        """Draw the screen."""
        self.draw()

    def on_resize(self) -> None:
        """Draw the screen for the new width."""
        self.draw()

    def draw(self) -> None:
        """Draw everything."""
        width = self.app.size.width
        head, foot = Text(fit(f" {self.words}", width)), Text(fit(f" {self.foot}", width))
        self.query_one("#over-head", Static).update(head)
        self.query_one("#over-foot", Static).update(foot)
        lines = [Text(fit(line, width - 1)) for line in self.lines_for(width - 1)]
        self.query_one("#over", Lines).put(lines, self.chosen)

    @property
    def chosen(self) -> int:
        """The index of the chosen line, or -1."""
        return -1

    def action_scroll(self, way: str) -> None:
        """Scroll the lines."""
        getattr(self.query_one("#over", Lines), f"scroll_{way}")(animate=False)

    def action_close(self) -> None:
        """Go back to the screen below."""
        self.dismiss(None)


class LongText(Overlay[None]):
    """A text that is too long or too wide for a pane."""

    def __init__(self, title: str, lines_for: Callable[[int], Sequence[str]]) -> None:
        super().__init__(title, lines_for, tr("up, down, page, home, end: scroll   escape: back"))


class Chooser(Overlay["str | None"]):
    """A list of (name, title, description). The result is the chosen name, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", show=False)]

    def __init__(self, entries: Sequence[tuple[str, str, str]], title: str) -> None:
        self.entries = entries
        self.place = 0
        foot = tr("up, down: choose   enter: begin   escape: back")
        super().__init__(title, self._lines, foot)

    def compose_more(self) -> ComposeResult:
        """The text about the chosen scenario."""
        yield Static(id="about", markup=False)

    def _lines(self, width: int) -> list[str]:
        return [f" {left(name, 18)} {title}" for name, title, _ in self.entries]

    @property
    def chosen(self) -> int:
        """The entry at the cursor."""
        return self.place

    def draw(self) -> None:
        """Draw the list, and the text about the entry at the cursor."""
        super().draw()
        look = wrapped(self.entries[self.place][2], self.app.size.width - 2, "default")
        text = Text("\n").join(list(look)[:ABOUT])
        text.no_wrap = True
        self.query_one("#about", Static).update(text)

    def action_scroll(self, way: str) -> None:
        """Choose another entry."""
        page, last = 10, len(self.entries) - 1
        by = {"up": -1, "down": 1, "page_up": -page, "page_down": page, "home": -last, "end": last}
        self.place = min(max(self.place + by[way], 0), last)
        self.draw()

    def action_take(self) -> None:
        """Take the entry at the cursor."""
        self.dismiss(self.entries[self.place][0])

    def on_lines_chosen(self, message: Lines.Chosen) -> None:
        """Choose the entry that was clicked; a second click takes it."""
        self.place = message.index
        if message.again:
            self.action_take()
        else:
            self.draw()

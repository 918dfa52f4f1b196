"""The parts of the screen: the ladder, lists to choose from, panes of text, and the keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from tftp_fsm.borders.columns import columns
from tftp_fsm.debugger.keys import Key
from tftp_fsm.language import shown

CURSOR = Style(reverse=True)
AROUND = 1  # lines that stay visible before and after the wanted line


class Lines(ScrollView, can_focus=False):
    """A list with one chosen line. Only visible lines are drawn, so it may be long."""

    @dataclass
    class Chosen(Message):
        """A line was clicked. `again` is true if it was chosen already."""

        lines: Lines
        index: int
        again: bool

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.texts: Sequence[Text] = ()
        self.cursor = 0

    def put(self, texts: Sequence[Text], cursor: int) -> None:
        """Show these lines, with the chosen line visible. `cursor` -1 chooses none."""
        self.texts, self.cursor = texts, cursor
        self.virtual_size = Size(self.size.width, len(texts))
        if cursor >= 0:
            self.reveal(cursor)
        self.refresh()

    def reveal(self, index: int) -> None:
        """Scroll until this line is visible, with some lines around it."""
        around = Region(0, max(index - AROUND, 0), 1, 2 * AROUND + 1)
        self.scroll_to_region(around, animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen for textual."""
        index, width = y + self.scroll_offset.y, self.size.width
        if not 0 <= index < len(self.texts):
            return Strip.blank(width, self.rich_style)
        strip = Strip(_segments(self.texts[index])).adjust_cell_length(width)
        strip = strip.apply_style(self.rich_style)
        return strip.apply_style(CURSOR) if index == self.cursor else strip

    def on_click(self, event: events.Click) -> None:
        """Choose the line under the pointer."""
        index = event.y + self.scroll_offset.y
        if 0 <= index < len(self.texts):
            self.post_message(self.Chosen(self, index, again=index == self.cursor))


def _segments(text: Text) -> list[Segment]:
    """The segments of one line, without the wrapping of a console."""
    found, place = [], 0
    for span in sorted(text.spans, key=lambda span: span.start):
        if span.start > place:
            found.append(Segment(text.plain[place : span.start], _style(text.style)))
        found.append(Segment(text.plain[span.start : span.end], _style(text.style, span.style)))
        place = span.end
    if place < len(text.plain):
        found.append(Segment(text.plain[place:], _style(text.style)))
    return found


def _style(*styles: str | Style) -> Style:
    parsed = (Style.parse(s) if isinstance(s, str) else s for s in styles)
    return Style.combine(parsed)


class Pane(VerticalScroll, can_focus=False):
    """A titled text that scrolls."""

    def __init__(self, title: str) -> None:
        super().__init__(id=title.lower(), classes="pane")
        self.border_title = shown(title)
        self.title = title
        self.width = 20  # columns for text
        self.body = Static(Text(), markup=False)

    def compose(self) -> Iterable[Static]:
        """The text of the pane."""
        yield self.body

    def put(self, lines: Iterable[Text]) -> None:
        """Show these lines."""
        text = Text("\n").join(lines)
        text.no_wrap = True
        self.body.update(text)


class Tabs(Static):
    """The names of the panes, if only one is shown at a time."""

    @dataclass
    class Picked(Message):
        """A name was clicked."""

        title: str

    def put(self, titles: Sequence[str], active: str) -> None:
        """Show the names, with the active one highlighted."""
        text = Text(no_wrap=True)
        for title in titles:
            style = "bold reverse" if title == active else "default"
            text.append(" " if text else "").append(
                shown(title), Style.parse(style) + Style(meta={"pick": str(title)})
            )
        self.update(text)

    def on_click(self, event: events.Click) -> None:
        """Show the pane that was clicked."""
        if title := event.style.meta.get("pick"):
            self.post_message(self.Picked(title))


class Keys(Static):
    """All keys, in as many lines as they need. A click on a key presses it."""

    @dataclass
    class Pressed(Message):
        """A key's name was clicked."""

        key: str

    def put(self, keys: Sequence[Key], width: int, gap: int) -> None:
        """Show the keys in lines of `width` columns."""
        self.update(keys_text(keys, width, gap))

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        if key := event.style.meta.get("key"):
            self.post_message(self.Pressed(key))


def keys_text(keys: Sequence[Key], width: int, gap: int = 2) -> Text:
    """Return `space step  b back  ...`. Gaps have `gap` columns, and lines break between keys."""
    text, used = Text(no_wrap=True), 0
    for key in keys:
        if not key.shown:
            continue
        label = f" {shown(key.label)}" if key.label else ""
        room = columns(key.shown + label)
        if used:
            fits = used + gap + room <= width
            text.append(" " * gap if fits else "\n")
            used = used + gap if fits else 0
        meta = Style(meta={"key": key.keys.split(",")[0]})
        text.append(key.shown, Style.parse("bold yellow") + meta)
        text.append(label, meta)
        used += room
    return text

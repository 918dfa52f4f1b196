"""The overview as SVG: two columns of states, and the packets between them, one below the other."""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import xml
from tftp_fsm.diagram.geometry import Box
from tftp_fsm.diagram.labels import width_of
from tftp_fsm.diagram.legend import LINE as LEGEND_LINE
from tftp_fsm.diagram.legend import Item, flow
from tftp_fsm.diagram.marks import classes, initial, legend_item, state_box, text_at
from tftp_fsm.diagram.model import KIND_WORDS, KINDS, Kind, PictureRow, state_words
from tftp_fsm.diagram.overview import Change, Meeting, Message
from tftp_fsm.diagram.plan import NAME
from tftp_fsm.diagram.shapes import arrow, sign
from tftp_fsm.diagram.style import Theme
from tftp_fsm.diagram.svg import document, tooltip
from tftp_fsm.language import mark, shown, tr
from tftp_fsm.simulation.addresses import End

LEVEL = 54.0  # px, from one packet to the next
TOP = 128.0  # px; the first packet is one level below
HALF = 15.0  # px, half of a box that one packet meets
WIDTH = 150.0  # px, of a box
BETWEEN = 330.0  # px, from column to column
ASIDE = 92.0  # px, from a column to its error
RAIL = 84.0
MARGIN = 24.0

_TITLES = {
    ("get", False): mark("RRQ: a client reads a file"),
    ("put", False): mark("WRQ: a client writes a file"),
    ("get", True): mark("RRQ: a client reads a file as in RFC 1350, without options"),
    ("put", True): mark("WRQ: a client writes a file as in RFC 1350, without options"),
}


def render_overview(meeting: Meeting, *, theme: Theme = "auto") -> str:
    """Return the SVG. Its ids: `client-state-NAME`, `server-state-NAME`, `message-NUMBER`."""
    return _Overview(meeting).document(theme)


def describe_meeting(meeting: Meeting) -> str:
    """The text alternative: all packets in order."""
    said = (_sent(number, message) for number, message in enumerate(meeting.messages, 1))
    return f"{_title(meeting)}. {' '.join(said)}"


def _sent(number: int, message: Message) -> str:
    about = {
        "number": number,
        "packet": message.packet,
        "state": state_words(message.sent_in),
        "other": state_words(message.heard_in),
    }
    if message.sender == "client":
        return tr(
            "{number}. The client, {state}, sends {packet}; the peer hears it in {other}.", **about
        )
    return tr(
        "{number}. The server, {state}, sends {packet}; the peer hears it in {other}.", **about
    )


def _title(meeting: Meeting) -> str:
    return shown(_TITLES[meeting.verb, meeting.plain])


def _legend() -> tuple[Item, ...]:
    return (
        *(Item(kind, shown(KIND_WORDS[kind])) for kind in KINDS),
        Item("start", tr("begins")),
        Item("final", tr("ends")),
        Item("good", tr("to another state")),
    )


class _Overview:
    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting
        self.levels = len(meeting.messages)
        names = {c.row.dest or "" for c in meeting.changes}
        self.box = max(WIDTH, *(width_of(state_words(name), NAME) + 22 for name in names))
        failures = (picture.side or "" for picture in (meeting.client, meeting.server))
        self.rail = max(RAIL, *(width_of(state_words(name), NAME) + 22 for name in failures))
        client = MARGIN + self.rail + ASIDE
        self.left: dict[End, float] = {"client": client, "server": client + self.box + BETWEEN}
        self.boxes = {end: self._boxes(end) for end in self.left}
        self.width = self.left["server"] + self.box + ASIDE + self.rail + MARGIN

    def document(self, theme: Theme) -> str:
        bottom = self._y(self.levels) + HALF
        legend = flow(_legend(), MARGIN, bottom + 30, self.width - 2 * MARGIN)
        body = [
            text_at(MARGIN, 32, _title(self.meeting), "heading", 20),
            *(part for end in self.left for part in self._machine(end)),
            *(self._message(i, m) for i, m in enumerate(self.meeting.messages)),
            '<g class="legend">',
            *(legend_item(item) for item in legend),
            "</g>",
        ]
        height = legend[-1].y + LEGEND_LINE + 12
        title, words = _title(self.meeting), describe_meeting(self.meeting)
        return document(title, words, self.width, height, body, theme, "")

    def _y(self, level: int) -> float:
        """Return the height of message `level`. Level -1 is before the first message."""
        return TOP + LEVEL * (level + 1)

    def _boxes(self, end: End) -> dict[str, Box]:
        """A box for each state, from its first packet to its last."""
        boxes: dict[str, Box] = {}
        passed = [c for c in self.meeting.changes if c.end == end]
        states = ["idle", *(c.row.dest or "" for c in passed)]
        for i, state in enumerate(states):
            met = [n for n, m in enumerate(self.meeting.messages) if _state(m, end) == state]
            edge = -1 if i == 0 else self.levels
            first, last = (min(met), max(met)) if met else (edge, edge)
            top, bottom = self._y(first) - HALF, self._y(last) + HALF
            x, height = self.left[end], bottom - top
            boxes[state] = Box(state, x, top, self.box, height, top + height / 2 + 1)
        return boxes

    def _machine(self, end: End) -> Iterator[str]:
        picture = self.meeting.picture(end)
        boxes = self.boxes[end]
        middle = self.left[end] + self.box / 2
        yield text_at(middle - width_of(picture.name, 15) / 2, 62, picture.name, "machine", 15)
        first = next(iter(boxes.values()))
        yield initial((middle, first.y - 24), (middle, first.y), first.state)
        for state, box in boxes.items():
            final = state in picture.finals
            name = f"{end}-state-{state}"
            yield state_box(box, classes("state", final=final), final=final, identity=name)
        yield from (self._change(c, middle) for c in self.meeting.changes if c.end == end)
        yield from self._failures(end)

    def _change(self, change: Change, x: float) -> str:
        """An arrow straight down, with its trigger on the side of the packets."""
        row, boxes = change.row, self.boxes[change.end]
        above, below = boxes[row.source], boxes[row.dest or ""]
        middle = (above.bottom + below.y) / 2
        width = width_of(row.trigger) + 18
        left = x + 12 if change.end == "client" else x - 12 - width
        return (
            f'<g class="edge spine {row.kind}"><title>{_tooltip(row)}</title>'
            f"{arrow(((x, above.bottom), (x, below.y)))}{sign(row.kind, left, middle - 6)}"
            f"{text_at(left + 18, middle + 4, row.trigger, 'trigger')}</g>"
        )

    def _failures(self, end: End) -> Iterator[str]:
        """Yield the error state, and arrows from each state to it, with signs of their causes."""
        picture, boxes = self.meeting.picture(end), self.boxes[end]
        failing = {e.source: e for e in picture.edges if e.dest == picture.side}
        outside = MARGIN if end == "client" else self.width - MARGIN - self.rail
        near = outside + self.rail if end == "client" else outside
        start = self.left[end] if end == "client" else self.left[end] + self.box
        met = [box for state, box in boxes.items() if state in failing]
        for box in met:
            kinds = {row.kind for row in failing[box.state].rows}
            yield self._failure(start, near, box, [k for k in KINDS if k in kinds])
        top, bottom = met[0].y, met[-1].bottom
        rail = Box(picture.side or "", outside, top, self.rail, bottom - top, (top + bottom) / 2)
        name = f"{end}-state-{picture.side}"
        yield state_box(rail, "state final failure", final=True, identity=name)

    def _failure(self, start: float, goal: float, box: Box, kinds: list[Kind]) -> str:
        y = box.y + box.height / 2
        left = (start + goal) / 2 - 9 * len(kinds) + 3
        signs = "".join(
            f'<g class="{kind}">{sign(kind, left + 18 * i, y - 17)}</g>'
            for i, kind in enumerate(kinds)
        )
        return f'<g class="edge failing">{arrow(((start, y), (goal, y)))}{signs}</g>'

    def _message(self, number: int, message: Message) -> str:
        y = self._y(number)
        ends = self.left["client"] + self.box, self.left["server"]
        start, goal = ends if message.sender == "client" else ends[::-1]
        packet = shown(message.packet)
        x = (start + goal) / 2 - width_of(packet, 13) / 2
        return (
            f'<g id="message-{number}" class="edge message packet">'
            f"<title>{_tooltip(message.row)}</title>"
            f"{arrow(((start, y), (goal, y)))}{sign('packet', x - 20, y - 18)}"
            f"{text_at(x, y - 7, packet, 'trigger big', 13)}</g>"
        )


def _state(message: Message, end: End) -> str:
    """Return the state of `end` when the message was sent or received."""
    return message.sent_in if message.sender == end else message.heard_in


def _tooltip(row: PictureRow) -> str:
    return xml(*tooltip(row))

"""Go-back-n: several items before an ACK. The window must be smaller than the modulus.

    tftp-fsm verify --table examples/go_back_n.py       # proven
    sed 's/WINDOW = 2/WINDOW = 3/' examples/go_back_n.py > broken.py
    tftp-fsm verify --table broken.py       # an old ACK looks like one for the window

An ACK names the last item that came in order. After a time-out the sender sends all later items
again.
"""

from __future__ import annotations

from enum import Enum

from tftp_fsm.protocol import Row, Table
from tftp_fsm.verify.party import Party

WINDOW = 2
MODULUS = 3


class Is(Enum):
    """The states of both parties."""

    IDLE = "idle"
    AWAITING_ACK = "awaiting-ack"
    LISTENING = "listening"
    DONE = "done"


class Sender(Party):
    """Has at most WINDOW items under way. `base` is the first that is not acknowledged."""

    table = Table(
        "GO_BACK_N_SENDER",
        "a window of items",
        (
            Row("started", Is.IDLE, Is.AWAITING_ACK, after=("fill_window",)),
            Row("ack_received", Is.AWAITING_ACK, None, conditions=("is_in_window",),
                unless=("is_last",), after=("advance", "fill_window"),
                why="All items up to this number have arrived: move the window."),
            Row("ack_received", Is.AWAITING_ACK, Is.DONE, conditions=("is_in_window", "is_last"),
                why="Everything was acknowledged."),
            Row("ack_received", Is.AWAITING_ACK, None, unless=("is_in_window",),
                why="An old ACK: keep waiting."),
            Row("timeout_expired", Is.AWAITING_ACK, None, after=("go_back", "fill_window"),
                why="Send the whole window again, as if its first item was lost."),
        ),
    )  # fmt: skip

    def begin(self):
        self.base = 0
        self.next = 0

    def _acknowledged(self, message):
        """How many items of the window this ACK is for."""
        return (message[1] - self.base) % MODULUS + 1

    def is_in_window(self, message):
        return self._acknowledged(message) <= self.next - self.base

    def is_last(self, message):
        return self.base + self._acknowledged(message) == len(self.items)

    def advance(self, message):
        self.base += self._acknowledged(message)

    def go_back(self, message):
        self.next = self.base

    def fill_window(self, message):
        while self.next < min(self.base + WINDOW, len(self.items)):
            self.send("data", self.next % MODULUS, self.items[self.next])
            self.next += 1
        self.waits = True


class Receiver(Party):
    """Delivers the next item, and acknowledges the last one that came in order."""

    table = Table(
        "GO_BACK_N_RECEIVER",
        "delivers the next item only",
        (
            Row("data_received", Is.LISTENING, None, conditions=("is_next",),
                after=("deliver_item", "send_ack"), why="The next item."),
            Row("data_received", Is.LISTENING, None, unless=("is_next",), after=("send_ack",),
                why="A gap or a copy: say again what came last in order."),
        ),
    )  # fmt: skip
    rests = (Is.LISTENING,)

    def begin(self):
        self.wanted = 0

    def is_next(self, message):
        return message[1] == self.wanted

    def deliver_item(self, message):
        self.deliver(message[2])
        self.wanted = (self.wanted + 1) % MODULUS

    def send_ack(self, message):
        self.send("ack", (self.wanted - 1) % MODULUS)


PARTIES = (Sender, Receiver)

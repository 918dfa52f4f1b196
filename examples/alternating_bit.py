"""The alternating bit protocol: one bit tells a new item from a copy, if messages keep their order.

    tftp-fsm verify --table examples/alternating_bit.py                # proven
    tftp-fsm verify --table examples/alternating_bit.py --any-order    # an old copy is taken
    tftp-fsm debug --table examples/alternating_bit.py --any-order

The protocol is that of Bartlett, Scantlebury and Wilkinson (1969).
"""

from __future__ import annotations

from enum import Enum

from tftp_fsm.protocol import Row, Table
from tftp_fsm.verify.party import Party


class Is(Enum):
    """The states of both parties."""

    IDLE = "idle"
    AWAITING_ACK = "awaiting-ack"
    LISTENING = "listening"
    DONE = "done"


class Sender(Party):
    """Sends one item with a bit, and waits for the ACK with the same bit."""

    table = Table(
        "ALTERNATING_BIT_SENDER",
        "one item at a time, with a bit",
        (
            Row("started", Is.IDLE, Is.AWAITING_ACK, after=("send_item",)),
            Row("ack_received", Is.AWAITING_ACK, None, conditions=("is_my_bit",),
                unless=("is_last",), after=("advance", "send_item"),
                why="The item is there: send the next one, with the other bit."),
            Row("ack_received", Is.AWAITING_ACK, Is.DONE, conditions=("is_my_bit", "is_last"),
                why="Everything was acknowledged."),
            Row("ack_received", Is.AWAITING_ACK, None, unless=("is_my_bit",),
                why="An ACK of the item before: keep waiting."),
            Row("timeout_expired", Is.AWAITING_ACK, None, after=("send_item",),
                why="Send it again, as if the item or its ACK was lost."),
        ),
    )  # fmt: skip

    def begin(self):
        self.place = 0

    def is_my_bit(self, message):
        return message[1] == self.place % 2

    def is_last(self, message):
        return self.place == len(self.items) - 1

    def advance(self, message):
        self.place += 1

    def send_item(self, message):
        self.send("data", self.place % 2, self.items[self.place])
        self.waits = True


class Receiver(Party):
    """Delivers an item if it has the wanted bit, and acknowledges each one."""

    table = Table(
        "ALTERNATING_BIT_RECEIVER",
        "delivers an item with the wanted bit",
        (
            Row("data_received", Is.LISTENING, None, conditions=("is_wanted",),
                after=("deliver_item", "send_ack"), why="A new item."),
            Row("data_received", Is.LISTENING, None, unless=("is_wanted",), after=("send_ack",),
                why="It came again, as if its ACK was lost: acknowledge it again."),
        ),
    )  # fmt: skip
    rests = (Is.LISTENING,)

    def begin(self):
        self.wanted = 0

    def is_wanted(self, message):
        return message[1] == self.wanted

    def deliver_item(self, message):
        self.deliver(message[2])
        self.wanted = 1 - self.wanted

    def send_ack(self, message):
        self.send("ack", message[1])


PARTIES = (Sender, Receiver)

"""Stop-and-wait without sequence numbers: a copy of a message is taken for the next one.

    tftp-fsm verify --table examples/stop_and_wait.py      # the shortest run in which this happens
    tftp-fsm debug --table examples/stop_and_wait.py       # find it yourself
    tftp-fsm diagram --table examples/stop_and_wait.py

`tftp_fsm/verify/party.py` says how to write a machine of your own.
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
    """Sends one item, and waits for its ACK."""

    table = Table(
        "STOP_AND_WAIT_SENDER",
        "one item at a time",
        (
            Row("started", Is.IDLE, Is.AWAITING_ACK, after=("send_item",)),
            Row("ack_received", Is.AWAITING_ACK, None, unless=("is_last",),
                after=("advance", "send_item"), why="The item is there: send the next one."),
            Row("ack_received", Is.AWAITING_ACK, Is.DONE, conditions=("is_last",),
                why="Everything was acknowledged."),
            Row("timeout_expired", Is.AWAITING_ACK, None, after=("send_item",),
                why="Send it again, as if the item or its ACK was lost."),
        ),
    )  # fmt: skip

    def begin(self):
        self.place = 0

    def is_last(self, message):
        return self.place == len(self.items) - 1

    def advance(self, message):
        self.place += 1

    def send_item(self, message):
        self.send("data", self.items[self.place])
        self.waits = True


class Receiver(Party):
    """Delivers what comes. It cannot know whether an item is new."""

    table = Table(
        "STOP_AND_WAIT_RECEIVER",
        "delivers what comes",
        (Row("data_received", Is.LISTENING, None, after=("deliver_item", "send_ack")),),
    )
    rests = (Is.LISTENING,)

    def deliver_item(self, message):
        self.deliver(message[1])

    def send_ack(self, message):
        self.send("ack")


PARTIES = (Sender, Receiver)

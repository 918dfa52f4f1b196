"""Tables with one change: a repeated ACK is answered with DATA, as RFC 783 demanded.

    tftp-fsm verify --table examples/sorcerer.py         # the shortest run in which it does harm
    tftp-fsm debug --table examples/sorcerer.py
    tftp-fsm diagram --table examples/sorcerer.py

`where` finds a row by its trigger, state, guard or action. `replaced` changes the row, `removed`
takes it out, and `added` adds other rows. `METHODS` may have guards and actions of your own; each
takes the session and the event. `tftp_fsm/protocol/tables/` has the rows, and
`tftp_fsm/protocol/sender.py` and its neighbours have the guards and actions.
"""

from __future__ import annotations

from tftp_fsm.protocol import AckReceived, State
from tftp_fsm.protocol.changes import only, replaced, where
from tftp_fsm.protocol.sender import Sender


def note_repeated_ack(session: Sender, event: AckReceived) -> None:
    """Count it: the picture and the debugger show this name."""
    session.note_duplicate(event)


STALE = where("ack_received", State.AWAITING_ACK, guard="is_stale_ack")
CHANGES = [
    only(
        "READ_SERVER",
        replaced(
            STALE,
            after=("note_repeated_ack", "send_window"),
            why="The ACK came again, so the DATA is sent again. Is that wise?",
            rfc="RFC 783",
        ),
    )
]
METHODS = {"note_repeated_ack": note_repeated_ack}

"""The effects of departures, for findings whose effect depends on the observation."""

from __future__ import annotations

from tftp_fsm.language import mark
from tftp_fsm.wire.headers import Opcode

NO_FILE = mark("the user has no file")
NOTHING = mark("the program transfers no file")
BEFORE = mark("the transfer fails even before the test")
UNHEARD = mark("the server waits for a client that says nothing, until it gives up")
OTHER_CODE = mark("the server does not learn that the options are the cause")
ERRORS = mark("two programs that answer ERROR with ERROR go on for ever")
GONE = mark("the client waits for a server that has ended the transfer")
ASKED_AGAIN = mark("the server must refuse the same request again and again")
ENDLESS = mark("a script waits for a program that does not end")
SUCCESS_AS_FAILURE = mark("a script takes a success for a failure")


def of_answer_to_error(kind: Opcode | None) -> str:
    """Return the meaning of a packet of this kind after an ERROR."""
    if kind in (Opcode.RRQ, Opcode.WRQ):
        return ASKED_AGAIN
    return ERRORS if kind is Opcode.ERROR else GONE

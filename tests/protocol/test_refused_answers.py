"""A client refuses the first answer, and sends the ERROR to the TID of that answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.playbook import play
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Event,
    MalformedReceived,
    OackReceived,
    Opened,
    RequestReceived,
)
from tftp_fsm.protocol.roles import ReadClient, WriteClient
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.packets import Rrq, Wrq

WELL_KNOWN = ("192.0.2.1", 69)
TID = ("192.0.2.1", 2048)
COMMON = (
    RequestReceived(TID),
    MalformedReceived("opcode", TID),
    OackReceived((("blksize", "9"),), TID),
)
TO_READ = (*COMMON, AckReceived(0, source=TID), DataReceived(1, 513, source=TID))
TO_WRITE = (*COMMON, DataReceived(1, 512, source=TID))


def reading() -> Session:
    return ReadClient(Rrq(b"f"), WELL_KNOWN)


def writing() -> Session:
    return WriteClient(Wrq(b"f"), 1500, WELL_KNOWN)


CASES = [(reading, event) for event in TO_READ] + [(writing, event) for event in TO_WRITE]


@pytest.mark.parametrize(("make", "event"), CASES)
def test_the_error_goes_to_the_tid_that_sent_the_packet(
    make: Callable[[], Session], event: Event
) -> None:
    session = make()
    play(session, Opened(), event)
    assert session.state is State.ERROR
    assert session.peer == TID

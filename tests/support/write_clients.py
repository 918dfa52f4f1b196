"""Make sessions of WRITE_CLIENT in the state in which a scenario begins.

client = sending(acked=1)           # the server has acknowledged DATA 1; DATA 2 is sent
assert Playbook(client) >> ack(2) << ...
"""

from __future__ import annotations

from tests.support.playbook import ack, oack, play
from tftp_fsm.protocol.events import Opened
from tftp_fsm.protocol.roles import WriteClient
from tftp_fsm.wire.packets import Wrq

PLAIN = Wrq(b"boot.img")
WELL_KNOWN = ("192.0.2.1", 69)
SERVER = ("192.0.2.1", 2048)
OTHER_PORT = ("192.0.2.1", 2049)
OTHER_HOST = ("198.51.100.7", 2048)


def asking(**options: int) -> Wrq:
    """Return a WRQ with these options."""
    return Wrq(b"boot.img", "octet", tuple((name, str(value)) for name, value in options.items()))


def requesting(size: int = 1500, request: Wrq = PLAIN) -> WriteClient:
    """Return a session that has sent the WRQ and received nothing. 1500 octets are three blocks."""
    client = WriteClient(request, size)
    play(client, Opened())
    return client


def sending(size: int = 1500, acked: int = 0) -> WriteClient:
    """Return a session with windowsize 1. `acked` blocks are acknowledged, and the next is sent."""
    client = requesting(size)
    for block in range(acked + 1):
        play(client, ack(block & 0xFFFF))
    return client


def in_windows(windowsize: int = 4, blocks: int = 100) -> WriteClient:
    """Return a session that has sent its first window after an OACK, of `blocks` blocks."""
    client = requesting(blocks * 512 - 1, asking(windowsize=windowsize))
    play(client, oack(windowsize=windowsize))
    return client

"""Make sessions of READ_CLIENT in the state in which a scenario begins.

client = receiving(blocks=2)        # it has asked and received two blocks
assert Playbook(client) >> data(3) << ...
"""

from __future__ import annotations

from tests.support.playbook import data, oack, play
from tftp_fsm.protocol.events import Opened
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.packets import Rrq

PLAIN = Rrq(b"boot.img")
ASKING = Rrq(b"boot.img", "octet", (("blksize", "1428"), ("tsize", "0"), ("windowsize", "4")))
WELL_KNOWN = ("192.0.2.1", 69)
SERVER = ("192.0.2.1", 2048)
OTHER_PORT = ("192.0.2.1", 2049)
OTHER_HOST = ("198.51.100.7", 2048)


def requesting(request: Rrq = PLAIN) -> ReadClient:
    """Return a session that has sent the RRQ and received nothing."""
    client = ReadClient(request)
    play(client, Opened())
    return client


def receiving(blocks: int = 1) -> ReadClient:
    """Return a session with windowsize 1 that has received and acknowledged `blocks` blocks."""
    client = requesting()
    for block in range(1, blocks + 1):
        play(client, data(block & 0xFFFF))
    return client


def in_windows(windowsize: int = 4, blocks: int = 0) -> ReadClient:
    """Return a session that has received the OACK, and `blocks` blocks of 512 octets."""
    client = requesting(Rrq(b"boot.img", "octet", (("windowsize", str(windowsize)),)))
    play(client, oack(windowsize=windowsize))
    if blocks:
        play(client, data(1, count=blocks))
    return client


def dallying(retry_policy: RetryPolicy | None = None) -> ReadClient:
    """Return a session that has the whole file and waits in case its final ACK is lost."""
    client = ReadClient(PLAIN, retry_policy=retry_policy or RetryPolicy(dally=2.0))
    play(client, Opened(), data(1, 3))
    assert client.state is State.DALLYING
    return client

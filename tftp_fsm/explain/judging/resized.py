"""Find a sender whose blocks have another size than the agreed one (RFC 2348).

By the rules its first block is short, so it is the last one, and the receiver has the whole file.
If DATA of the same size follows, the sender has ignored the blksize. Then both machines go on as if
this size was agreed, because the receiver may have accepted it, too.

If a block is longer than agreed, and the receiver accepts it, the machines go on with its size. If
the next block has the agreed size and is not the last, only this one block was too long.
"""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.transfer.due import Due
from tftp_fsm.explain.transfer.endpoint import Endpoint
from tftp_fsm.explain.transfer.machines import client_of, server_of
from tftp_fsm.explain.transfer.transfer import CLIENT, SERVER, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Event,
    OackReceived,
    Opened,
    RequestReceived,
)
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.options import read_options


def ignores_blksize(transfer: Transfer, seen: Seen) -> bool:
    """Return whether a second block comes after a first one that was shorter than agreed."""
    first = transfer.final_seen
    if first is None or first.block != 1 or seen.block != 2 or transfer.begins_in_middle:
        return False
    return (
        transfer.oack is not None and 8 <= first.size < transfer.blksize >= seen.size <= first.size
    )


def explains(transfer: Transfer) -> bool:
    """Return whether only the first block was acknowledged, which by the rules is the file."""
    is_found = transfer.findings.count("blksize-ignored") > 0
    return is_found and transfer.top[transfer.receiver] == 1


def go_on(transfer: Transfer, seen: Seen) -> None:
    """Note it, and move both machines as if the size of the first block was agreed.

    If the agreement was not captured, this size counts as agreed.
    """
    first, agreed = transfer.final_seen, transfer.blksize
    assert first is not None
    if transfer.has_guessed_options:
        transfer.guess_blksize(first.size)
        _keep_to(transfer, first.size)
        return
    words = sentence(
        "{packet} came after {first}, and a blksize of {blksize:,} was agreed",
        packet=seen.words,
        first=first.words,
        blksize=agreed,
    )
    expected = sentence("blocks of {blksize:,} octets", blksize=agreed)
    transfer.find("blksize-ignored", transfer.sender_name, first, words, expected=expected)
    _keep_to(transfer, first.size)


def _keep_to(transfer: Transfer, blksize: int) -> None:
    transfer.forget_end()
    for end in transfer.ends.values():
        _begin_with(transfer, end, blksize)


def had_one_long_block(transfer: Transfer, seen: Seen) -> bool:
    """Return whether one block was too long, and the next has the agreed size and is not last."""
    final, before = transfer.final_seen, transfer.before_long
    if final is None or before is None or transfer.begins_in_middle:
        return False
    follows = seen.block == final.block + 1 & 0xFFFF
    is_agreed = final.size == before[0] and seen.size <= before[1] == transfer.blksize
    return follows and is_agreed


def go_back(transfer: Transfer) -> None:
    """Move both machines as with the agreed size. The long block keeps its real length."""
    assert transfer.before_long is not None
    agreed, octets = transfer.before_long
    top = transfer.top[transfer.sender]
    transfer.before_long = None
    transfer.excess += octets - agreed
    transfer.forget_end()
    for end in transfer.ends.values():
        session = _after_block_1(transfer, end, agreed)
        end.become(session)
        end.move(top - 1)
        if not end.sends and transfer.top[transfer.receiver] >= top:
            end.due = Due()
            end.confirm()


def _after_block_1(transfer: Transfer, end: Endpoint, blksize: int) -> Session:
    """Return the machine of this end after block 1, with the agreed options."""
    tid, peer, oack = transfer.tid or transfer.asked, transfer.peer, transfer.oack
    session: Session = client_of(transfer.client.session.request, transfer.asked)
    answer: Event = OackReceived(oack or (), tid)
    plain = AckReceived(0, source=tid)
    events: list[Event] = [Opened()]
    if oack or end.sends:
        events.append(answer if oack else plain)
    if end.name == SERVER:
        session = server_of(transfer.request, read_options(oack or ()), peer)
        events = [RequestReceived(peer)]
        events += [AckReceived(0, source=peer)] if end.sends and oack else []
    if not end.sends:
        source = tid if end.name == CLIENT else peer
        events.append(DataReceived(1, blksize, source=source))
    for event in events:
        session.handle(event, 0.0)
    return session


def _begin_with(transfer: Transfer, end: Endpoint, blksize: int) -> None:
    """Set the machine of this end after the first block of this size."""
    options = replace(read_options(transfer.oack or ()), blksize=blksize)
    is_acknowledged = transfer.top[transfer.receiver] > 0
    tid, peer = transfer.tid or transfer.asked, transfer.peer
    data = DataReceived(1, blksize, source=tid if end.name == CLIENT else peer)
    session: Session = client_of(transfer.client.session.request, transfer.asked)
    events: list[Event] = [Opened(), OackReceived(options.pairs(), tid)]
    if end.name == SERVER:
        session = server_of(transfer.request, options, peer)
        events = [RequestReceived(peer)]
        events += [AckReceived(0, source=peer)] if end.sends else []
    for event in events if end.sends else (*events, data):
        step = session.handle(event, 0.0)
    end.become(session)
    if not end.sends:
        end.due = Due()
        end.due.add(() if is_acknowledged else step.effects)
        end.confirm()

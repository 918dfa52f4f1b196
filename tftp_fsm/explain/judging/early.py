"""Packets that come too early in a capture: DATA before the ACK, or an ACK before its DATA.

An end that sends them breaks a rule. But captures may swap packets that are close together: from
two queues of an interface, from the two directions of a mirror port, or from two interfaces with
different clocks. So such a packet waits. If the packet that it should follow comes directly after
it, the two were swapped, and the order proves nothing, unless this happens again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tftp_fsm.explain.packets.numbers import full_number, number_in_window
from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.transfer.doubts import Swaps
from tftp_fsm.explain.transfer.endpoint import receiver_of, sender_of
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence

CLOSE = 300_000  # nanoseconds; closer packets may have been swapped in the capture
MOST = 64  # packets that wait
ENOUGH = 6  # swaps of most blocks; this many are not chance


def in_order(transfer: Transfer, name: str, seen: Seen) -> Iterator[tuple[str, Seen]]:
    """Yield the packets to take now, each with the end that has sent it."""
    early, is_early = transfer.doubts.early, _is_early(transfer, name, seen)
    if early:
        sender, first = early[0]
        is_close = are_close(transfer, first, seen)
        if is_close and name == sender and len(early) < MOST:
            early.append((name, seen))
            return
        if is_close and name != sender and not is_early:
            yield name, seen
            yield from _no_longer_early(transfer, seen)
            return
        yield from waiting(transfer)
        is_early = _is_early(transfer, name, seen)
    if is_early:
        early.append((name, seen))
    else:
        yield name, seen


def waiting(transfer: Transfer) -> Iterator[tuple[str, Seen]]:
    """Yield all packets that still wait without an explanation."""
    early = transfer.doubts.early
    while early:
        yield early.popleft()


def _no_longer_early(transfer: Transfer, cure: Seen) -> Iterator[tuple[str, Seen]]:
    """Yield the waiting packets that `cure` explains. If the clocks differ, there may be many."""
    early = transfer.doubts.early
    is_one_clock = early[0][1].datagram.interface == cure.datagram.interface
    if is_one_clock and not _is_early(transfer, *early[0]):
        _swapped(transfer, *early[0])
    while early and not _is_early(transfer, *early[0]):
        yield early.popleft()


def _is_early(transfer: Transfer, name: str, seen: Seen) -> bool:
    """Return whether this is DATA after unacknowledged blocks, or an ACK of an unseen block.

    If the transfer began before the capture, its window is not known, and nothing is early.
    """
    if seen.block < 0 or transfer.begins_in_middle:
        return False
    speaker = transfer.ends.get(name)
    if speaker is None or transfer.server is None:
        return False
    sender, receiver = sender_of(speaker), receiver_of(speaker)
    if seen.kind == "DATA" and sender is not None:
        known = max(sender.acked, transfer.top[transfer.receiver])
        block = number_in_window(known, sender.windowsize, seen.block)
        return block > known + sender.windowsize
    if seen.kind == "ACK" and receiver is not None:
        block = full_number(receiver.received, seen.block)
        return block > max(receiver.received, transfer.top[transfer.sender])
    return False


# -- Findings -------------------------------------------------------------------------------------


def are_close(transfer: Transfer, one: Seen, other: Seen) -> bool:
    """Return whether they are so close that a capture may have swapped them.

    Several interfaces may show one packet at more distant times. This distance is added even for
    two packets of one interface: it may have missed a packet, and shows only its copy.
    """
    return abs((other.datagram.at or 0) - (one.datagram.at or 0)) <= _apart(transfer)


def by_one_clock(finding: Finding, one: Seen, other: Seen) -> Finding:
    """Return the finding for `one` that came before `other`.

    With two clocks it is a guess. It is also a guess if the file has the other order, because the
    clock may have been set back between the two.
    """
    is_one = one.datagram.interface == other.datagram.interface and one.number <= other.number
    return finding if is_one else replace(finding, is_guess=True)


def _apart(transfer: Transfer) -> int:
    packets = sum(side.packets for side in transfer.sides.values())
    return CLOSE + transfer.gaps.apart(packets)


def has_waited(transfer: Transfer, now: int) -> bool:
    """Return whether packets have waited for so long that nothing will explain them."""
    early = transfer.doubts.early
    if not early:
        return False
    since = (early[0][1].datagram.at or 0) - transfer.clock_shift
    return abs(now - since) > _apart(transfer)


def unacknowledged(transfer: Transfer, seen: Seen, before: int, expected: str) -> Finding:
    """Return the finding for DATA before the ACK of block `before`."""
    number = before & 0xFFFF
    words = sentence(
        "DATA {block} was sent, and no ACK of block {before} was captured",
        block=seen.block,
        before=number,
    )
    expected = expected or sentence("silence until ACK {block}", block=number)
    who, at = transfer.sender_name, seen.datagram.at
    return Finding("unacknowledged", who, seen.number, at, words, expected=expected)


def ack_of_unsent(transfer: Transfer, ack: Seen, expected: str) -> Finding:
    """Return the finding for an ACK that came before its block."""
    words = sentence("ACK {block} came before DATA {block} was sent", block=ack.block)
    who, at = transfer.receiver_name, ack.datagram.at
    return Finding("ack-of-unsent", who, ack.number, at, words, expected=expected)


def _swapped(transfer: Transfer, name: str, seen: Seen) -> None:
    """Note a packet that seems to be swapped with the packet before it."""
    top = transfer.top[transfer.sender]
    block = full_number(top, seen.block)
    if name == transfer.sender:
        found = unacknowledged(transfer, seen, block - 1, "")
    else:
        expected = sentence("DATA {block} before its ACK", block=seen.block)
        found = ack_of_unsent(transfer, seen, expected)
    swaps = transfer.doubts.swaps.setdefault(name, Swaps(found, block))
    swaps.count += 1
    swaps.last = seen.number


def find_swaps(transfer: Transfer) -> None:
    """At the end, check whether most blocks were swapped. Then the end may not wait for ACKs.

    It is a guess: if the two directions have different clocks, a capture swaps all of them.
    """
    for swaps in transfer.doubts.swaps.values():
        blocks = (transfer.top[transfer.sender] - swaps.block) // transfer.windowsize + 1
        if swaps.count >= ENOUGH and 2 * swaps.count >= blocks:
            transfer.findings.add(
                replace(swaps.found, count=swaps.count, last=swaps.last, is_guess=True)
            )

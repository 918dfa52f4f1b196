"""Packets that a capture shows before those that they follow: DATA before the ACK, ACK before DATA.

An end may do that, and it breaks a rule. But captures swap packets that are close together: two
queues of an interface, the two directions of a mirror port, two interfaces whose clocks differ. So
such a packet waits. If what it follows comes right behind it, the two have changed places, and the
order proves nothing, unless it is like this again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tftp_fsm.explain.doubts import Swaps
from tftp_fsm.explain.end import receiver_of, sender_of
from tftp_fsm.explain.findings import Finding
from tftp_fsm.explain.look import Seen
from tftp_fsm.explain.numbers import full_number, number_in_window
from tftp_fsm.explain.transfer import Transfer
from tftp_fsm.language import sentence

CLOSE = 300_000  # nanoseconds; packets that are closer may have changed places in the capture
MOST = 64  # packets that wait
ENOUGH = 6  # swaps, of most blocks, that are no chance


def in_order(transfer: Transfer, name: str, seen: Seen) -> Iterator[tuple[str, Seen]]:
    """The packets that are to be taken now, with the ends that have sent them."""
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
    """All packets that wait: nothing has come that explains them."""
    early = transfer.doubts.early
    while early:
        yield early.popleft()


def _no_longer_early(transfer: Transfer, cure: Seen) -> Iterator[tuple[str, Seen]]:
    """The waiting packets that `cure` explains. If the clocks differ, these may be many."""
    early = transfer.doubts.early
    is_one_clock = early[0][1].datagram.interface == cure.datagram.interface
    if is_one_clock and not _is_early(transfer, *early[0]):
        _swapped(transfer, *early[0])
    while early and not _is_early(transfer, *early[0]):
        yield early.popleft()


def _is_early(transfer: Transfer, name: str, seen: Seen) -> bool:
    """Whether this is DATA after unacknowledged blocks, or an ACK of a block that did not come.

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


# -- What it proves -------------------------------------------------------------------------------


def are_close(transfer: Transfer, one: Seen, other: Seen) -> bool:
    """So close that a capture may have swapped them.

    The views of several interfaces on one packet may be apart by more. That is added for two
    packets of one interface, too: one of them may be the copy of a packet that it has missed.
    """
    return abs((other.datagram.at or 0) - (one.datagram.at or 0)) <= _apart(transfer)


def by_one_clock(finding: Finding, one: Seen, other: Seen) -> Finding:
    """What it proves that `one` came before `other`.

    By two clocks it is a guess. So it is if the file has them in the other order: then the clock
    may have been set back between the two.
    """
    is_one = one.datagram.interface == other.datagram.interface and one.number <= other.number
    return finding if is_one else replace(finding, is_guess=True)


def _apart(transfer: Transfer) -> int:
    packets = sum(side.packets for side in transfer.sides.values())
    return CLOSE + transfer.gaps.apart(packets)


def has_waited(transfer: Transfer, now: int) -> bool:
    """Packets have waited for so long that nothing will explain them."""
    early = transfer.doubts.early
    if not early:
        return False
    since = (early[0][1].datagram.at or 0) - transfer.clock_shift
    return abs(now - since) > _apart(transfer)


def unacknowledged(transfer: Transfer, seen: Seen, before: int, expected: str) -> Finding:
    """DATA came, and the capture has no ACK of block `before` yet."""
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
    """The ACK came before its block."""
    words = sentence("ACK {block} came before DATA {block} was sent", block=ack.block)
    who, at = transfer.receiver_name, ack.datagram.at
    return Finding("ack-of-unsent", who, ack.number, at, words, expected=expected)


def _swapped(transfer: Transfer, name: str, seen: Seen) -> None:
    """It has changed places with the packet before it, as it seems."""
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
    """At the end: if most blocks were swapped, the end may not wait. A few are the capture's.

    It is a guess: a capture whose clocks for the two directions differ swaps all of them.
    """
    for swaps in transfer.doubts.swaps.values():
        blocks = (transfer.top[transfer.sender] - swaps.block) // transfer.windowsize + 1
        if swaps.count >= ENOUGH and 2 * swaps.count >= blocks:
            transfer.findings.add(
                replace(swaps.found, count=swaps.count, last=swaps.last, is_guess=True)
            )

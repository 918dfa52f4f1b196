"""Blocks that a sender leaves out: neither their DATA nor their ACKs are in the capture.

A capture that has missed both looks the same. But in lock-step the two take a round trip, so the
time tells: DATA that comes too soon for that was sent instead of the block before it.
"""

from __future__ import annotations

from tftp_fsm.explain.doubts import Skip
from tftp_fsm.explain.look import Seen
from tftp_fsm.explain.numbers import full_number
from tftp_fsm.explain.transfer import Transfer
from tftp_fsm.language import sentence

SWAPPED = 0x0100  # block 1, with its two octets in the other order


def are_swapped(transfer: Transfer, seen: Seen, block: int) -> bool:
    """Blocks are numbered 256, 512, ...: the octets of each number are swapped. It is noted."""
    top = transfer.top[transfer.sender]
    if not top and block == SWAPPED:
        words = sentence("{packet} is the first block", packet=seen.words)
        cause = sentence("a sender that writes the two octets of the block number in another order")
        transfer.find("blocks-skipped", transfer.sender_name, seen, words, expected="DATA 1",
                      cause=cause)  # fmt: skip
        transfer.is_swapped = True
    if not transfer.is_swapped:
        return False
    transfer.skip(block - 1 - top)
    transfer.top[transfer.sender] = block - 1
    transfer.log.renumber(transfer.sender, block)
    return True


def is_not_taken(transfer: Transfer) -> bool:
    """Nobody has acknowledged a block with such a number."""
    return transfer.is_swapped and not transfer.top[transfer.receiver]


def may_skip(transfer: Transfer, acked: int, seen: Seen, before: int, at: int) -> None:
    """DATA came in lock-step, and the capture lacks the block before it. Was that one sent?"""
    settle(transfer)
    top = max(transfer.top.values())
    if transfer.windowsize == 1 and top <= acked and _is_soon(transfer, at):
        is_sooner = _is_sooner(transfer, at)
        transfer.doubts.skip = Skip(acked + 1, before, seen, is_sooner)


def _is_soon(transfer: Transfer, at: int) -> bool:
    """Nearer to the time of one answer of the sender than to that of a round trip more."""
    sender, receiver = transfer.sides[transfer.sender], transfer.sides[transfer.receiver]
    asked, own, other = sender.asked_at, sender.turn.median, receiver.turn.median
    if asked is None or own is None or other is None:
        return False
    views = transfer.gaps.apart(sender.packets + receiver.packets)
    return 2 * (at - asked + views) < 3 * own + other


def _is_sooner(transfer: Transfer, at: int) -> bool:
    """Clearly sooner than two answers of the sender and one of the receiver, the quickest so far.

    Where the time of a packet varies, a median is no proof.
    """
    sender, receiver = transfer.sides[transfer.sender], transfer.sides[transfer.receiver]
    own, other, asked = sender.turn.at(0), receiver.turn.at(0), sender.asked_at
    if asked is None or own is None or other is None:
        return False
    return 4 * (at - asked) < 3 * (2 * own + other)


def acknowledged(transfer: Transfer, seen: Seen) -> None:
    """An ACK of a block that seemed to be left out came late: it was sent."""
    skip = transfer.doubts.skip
    if skip is not None and skip.first <= full_number(skip.last, seen.block) <= skip.last:
        transfer.doubts.skip = None


def settle(transfer: Transfer) -> None:
    """Nothing came late of what seemed to be left out: so it was. It is noted."""
    skip, transfer.doubts.skip = transfer.doubts.skip, None
    if skip is None or not transfer.doubts.absent.issuperset(range(skip.first, skip.last + 1)):
        return
    words = sentence(
        "{packet} came right after ACK {block}",
        packet=skip.seen.words,
        block=skip.first - 1 & 0xFFFF,
    )
    transfer.find("blocks-skipped", transfer.sender_name, skip.seen, words,
                  expected=f"DATA {skip.first & 0xFFFF}",
                  is_guess=None if skip.is_sooner else True)  # fmt: skip
    transfer.skip(skip.last + 1 - skip.first)
    transfer.sides[transfer.sender].missing -= skip.last + 1 - skip.first
    receiver = transfer.sides[transfer.receiver]
    receiver.unseen = max(0, receiver.unseen - (skip.last + 1 - skip.first))

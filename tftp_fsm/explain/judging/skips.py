"""Find blocks that a sender skips: the capture has neither their DATA nor their ACKs.

If the capture missed both packets, it looks the same. But in lock-step a DATA and its ACK take a
round trip. If the next DATA comes too soon for this, it was sent instead of the block before it.
"""

from __future__ import annotations

from tftp_fsm.explain.packets.numbers import full_number
from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.transfer.doubts import Skip
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence

SWAPPED = 0x0100  # block 1 with swapped octets


def are_swapped(transfer: Transfer, seen: Seen, block: int) -> bool:
    """Note and return whether blocks are numbered 256, 512, ...: with swapped octets."""
    top = transfer.top[transfer.sender]
    if not top and block == SWAPPED:
        words = sentence("{packet} is the first block", packet=seen.words)
        cause = sentence(
            "a sender that writes the two octets of the block number in the wrong order"
        )
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
    """Return whether no block with swapped octets in its number was acknowledged."""
    return transfer.is_swapped and not transfer.top[transfer.receiver]


def may_skip(transfer: Transfer, acked: int, seen: Seen, before: int, at: int) -> None:
    """Take a DATA that comes without the block before it. The sender may have skipped that block.

    This can be seen only in lock-step.
    """
    settle(transfer)
    top = max(transfer.top.values())
    if transfer.windowsize == 1 and top <= acked and _is_soon(transfer, at):
        is_sooner = _is_sooner(transfer, at)
        transfer.doubts.skip = Skip(acked + 1, before, seen, is_sooner)


def _is_soon(transfer: Transfer, at: int) -> bool:
    """Return whether the DATA came about as soon as one answer of the sender takes.

    If the sender had also sent the missing block, the DATA would have come a round trip later. The
    limit is in the middle between the two times.
    """
    sender, receiver = transfer.sides[transfer.sender], transfer.sides[transfer.receiver]
    asked, own, other = sender.asked_at, sender.turn.median, receiver.turn.median
    if asked is None or own is None or other is None:
        return False
    views = transfer.gaps.apart(sender.packets + receiver.packets)
    return 2 * (at - asked + views) < 3 * own + other


def _is_sooner(transfer: Transfer, at: int) -> bool:
    """Return whether the DATA came too soon for two answers of the sender and one ACK.

    The quickest answer and the quickest ACK so far are compared. If the times of packets vary, a
    median proves nothing.
    """
    sender, receiver = transfer.sides[transfer.sender], transfer.sides[transfer.receiver]
    own, other, asked = sender.turn.at(0), receiver.turn.at(0), sender.asked_at
    if asked is None or own is None or other is None:
        return False
    return 4 * (at - asked) < 3 * (2 * own + other)


def acknowledged(transfer: Transfer, seen: Seen) -> None:
    """Take a late ACK of a block that seemed to be skipped. So the block was sent."""
    skip = transfer.doubts.skip
    if skip is not None and skip.first <= full_number(skip.last, seen.block) <= skip.last:
        transfer.doubts.skip = None


def settle(transfer: Transfer) -> None:
    """Note the skipped blocks if none of their packets has come late."""
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

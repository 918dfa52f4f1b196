"""Find out why a transfer stopped without an ERROR: which end became silent, and after what."""

from __future__ import annotations

from tftp_fsm.explain.closing import anew
from tftp_fsm.explain.closing.paths import is_large, never_heard, too_large, with_headers
from tftp_fsm.explain.packets.numbers import full_number, number_in_window, span_words
from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.packets.words import ack_again, all_fragments, times
from tftp_fsm.explain.transfer.endpoint import sender_of
from tftp_fsm.explain.transfer.side import QUIET, Side
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence, sentence_n
from tftp_fsm.protocol.gloss import end_word

ENOUGH = 2  # repetitions after which the silence of the other side has a meaning
STUBBORN = 3  # repetitions; a network hardly loses all of them


def stopped(transfer: Transfer, capture_ends: int) -> None:
    """Note why a transfer stopped. `capture_ends` is the time of the capture's last packet."""
    sender, receiver = transfer.sides[transfer.sender], transfer.sides[transfer.receiver]
    block = _last_block(transfer)
    if transfer.torn:
        _torn(transfer)
        return
    is_stuck = sender.insists >= ENOUGH or receiver.insists >= ENOUGH
    latest = max((sender, receiver), key=lambda side: side.last_at)
    is_quiet = capture_ends - transfer.last_at >= _quiet(transfer)
    if block is not None and is_stuck and _is_roll_over(transfer, block):
        _stuck_at_roll_over(transfer, sender, receiver)
    elif block is not None and transfer.doubts.unheeded >= STUBBORN and sender.last is not None:
        words = sentence_n(
            "{packet} was sent again {count:,} time after its ACK",
            "{packet} was sent again {count:,} times after its ACK",
            transfer.doubts.unheeded,
            packet=sender.last.words,
        )
        transfer.find("unheeded-ack", transfer.sender_name, sender.last, words,
                      expected=f"DATA {block + 1 & 0xFFFF}",
                      cause=never_heard(transfer, block))  # fmt: skip
    elif _is_oack_mistaken(transfer, sender, receiver):
        _oack_mistaken(transfer, sender, receiver)
    elif _counts_too_far(transfer, sender, receiver):
        _far_ack(transfer, sender, receiver)
    elif sender.insists >= 1 and not transfer.blocks and is_large(sender.last):
        _large_lost(transfer, sender)
    elif sender.insists >= ENOUGH and transfer.file_size is not None:
        _final_unseen(transfer, sender)
    elif sender.insists >= ENOUGH and receiver.insists >= ENOUGH:
        _blocked(transfer, sender, receiver)
    elif latest.alone and latest.last is not None and latest.last.kind == "empty":
        pass  # there is no packet to answer, and this is a finding already
    elif _is_alone(latest, is_quiet=is_quiet):
        _left_alone(transfer, latest, sender, receiver)
    elif anew.is_left(transfer):
        anew.note(transfer, latest)
    elif is_quiet:
        _both_wait(transfer, latest, capture_ends)
    else:
        cut_off(transfer, latest)


def _is_alone(latest: Side, *, is_quiet: bool) -> bool:
    """Return whether it goes on alone. A single repetition counts only after a long silence."""
    return latest.alone >= ENOUGH and latest.insists >= (1 if is_quiet else ENOUGH)


def _quiet(transfer: Transfer) -> int:
    """Return the length of a meaningful silence: neither end has waited nearly as long before."""
    return max(QUIET, *(2 * side.longest_wait for side in transfer.sides.values()))


def cut_off(transfer: Transfer, latest: Side) -> None:
    """Note that the capture ends too early, or that the client has begun another transfer."""
    assert latest.last is not None
    if anew.is_left(transfer):
        anew.note(transfer, latest)
        return
    words = sentence(
        "the last packet is {packet} of the {end}",
        packet=latest.last.words,
        end=end_word(latest.name),
    )
    transfer.find("cut-off", "capture", latest.last, words)


def _torn(transfer: Transfer) -> None:
    """Note datagrams of which only some fragments were captured."""
    seen = transfer.sides[transfer.sender].last or transfer.sides[transfer.receiver].last
    assert seen is not None
    words = sentence_n(
        "some fragments of {count:,} datagram are missing",
        "some fragments of {count:,} datagrams are missing",
        transfer.torn,
    )
    transfer.find("large-blocks-lost", "network", seen, words, expected=all_fragments())


def _is_roll_over(transfer: Transfer, block: int) -> bool:
    """Return whether it is the block after 65535: number 0, or 1 if the sender skips 0."""
    return block > 0xFFFF and block & 0xFFFF == (1 if transfer.skew > 0 else 0)


def _stuck_at_roll_over(transfer: Transfer, sender: Side, receiver: Side) -> None:
    seen = sender.last
    assert seen is not None
    words = sentence(
        "after DATA 65535 came {packet}, {times}; the receiver sent {answer}",
        packet=seen.words,
        times=times(sender.repeats + 1),
        answer=sentence("nothing") if receiver.last is None else receiver.last.words,
    )
    last = receiver.last
    is_acknowledged = last is not None and (last.kind, last.block) == ("ACK", seen.block)
    who = transfer.sender_name if is_acknowledged else transfer.receiver_name
    expected = f"DATA {seen.block + 1}" if is_acknowledged else f"ACK {seen.block}"
    transfer.find("roll-over", who, seen, words, expected=expected)


def _large_lost(transfer: Transfer, sender: Side) -> None:
    seen = sender.last
    assert seen is not None
    octets, often = with_headers(seen), times(sender.insists + 1)
    words = sentence(
        "{packet}, {octets:,} octets with its headers, was sent {times} and not acknowledged; "
        "smaller packets were answered",
        packet=seen.words,
        octets=octets,
        times=often,
    )
    if seen.datagram.fragments > 1:
        words = sentence(
            "{packet}, {octets:,} octets with its headers in {fragments} fragments, was sent "
            "{times} and not acknowledged; smaller packets were answered",
            packet=seen.words,
            octets=octets,
            fragments=seen.datagram.fragments,
            times=often,
        )
    transfer.find("large-blocks-lost", "network", seen, words, expected=_awaited(transfer, seen))


def _final_unseen(transfer: Transfer, sender: Side) -> None:
    assert sender.last is not None
    words = sentence_n(
        "{packet}, the last block, was sent {count:,} time",
        "{packet}, the last block, was sent {count:,} times",
        sender.insists + 1,
        packet=sender.last.words,
    )
    transfer.find("final-ack-unseen", "network", sender.last, words,
                  expected=_awaited(transfer, sender.last))  # fmt: skip


def _blocked(transfer: Transfer, sender: Side, receiver: Side) -> None:
    assert sender.last is not None and receiver.last is not None
    words = sentence(
        "{packet} was sent {times}, and {answer} {answered}",
        packet=sender.last.words,
        times=times(sender.insists + 1),
        answer=receiver.last.words,
        answered=times(receiver.insists + 1),
    )
    expected, cause = _awaited(transfer, sender.last), too_large(transfer, sender.last)
    block = full_number(transfer.top[transfer.sender], receiver.last.block) + 1
    if receiver.last.kind == "ACK" and block in transfer.doubts.absent:
        expected = f"DATA {block & 0xFFFF}"
        cause = sentence("the receiver waits for {packet}, which was not seen", packet=expected)
    transfer.find("block-unanswered", "network", sender.last, words, expected=expected, cause=cause)


def _is_oack_mistaken(transfer: Transfer, sender: Side, receiver: Side) -> bool:
    """Return whether each OACK is followed by an ACK of a block although no DATA was sent."""
    oack, ack = sender.last, receiver.last
    insist = min(sender.insists, receiver.insists) >= ENOUGH
    if not insist or oack is None or ack is None or transfer.top[transfer.sender]:
        return False
    return oack.kind == "OACK" and ack.kind == "ACK" and ack.block != 0


def _counts_too_far(transfer: Transfer, sender: Side, receiver: Side) -> bool:
    """Return whether each repeated block is followed by an ACK of a later block.

    In lock-step this later block was not sent, because the sender still waits for an ACK.
    """
    data, ack = sender.last, receiver.last
    insist = min(sender.insists, receiver.insists) >= ENOUGH
    if not insist or data is None or ack is None or (data.kind, ack.kind) != ("DATA", "ACK"):
        return False
    top = transfer.top[transfer.sender]
    is_top = full_number(top, data.block) == top and transfer.windowsize == 1
    return is_top and full_number(top, ack.block) > top


def _oack_mistaken(transfer: Transfer, sender: Side, receiver: Side) -> None:
    cause = sentence("a receiver that answers an OACK as if it was a block; its answer is ACK 0")
    _far_ack(transfer, sender, receiver, cause)


def _far_ack(transfer: Transfer, sender: Side, receiver: Side, cause: str = "") -> None:
    sent, ack = sender.last, receiver.last
    assert sent is not None and ack is not None
    words = sentence(
        "{packet} was sent {times}, and {answer} {answered}",
        packet=sent.words,
        times=times(sender.insists + 1),
        answer=ack.words,
        answered=times(receiver.insists + 1),
    )
    transfer.find("ack-of-unsent", transfer.receiver_name, ack, words,
                  expected=_awaited(transfer, sent), cause=cause, is_guess=False)  # fmt: skip


def gave_up(transfer: Transfer, name: str) -> bool:
    """Note and return whether this end has repeated a packet without an answer before its ERROR."""
    latest = transfer.sides[name]
    seen = latest.before
    is_in_vain = min(latest.alone - 1, latest.alone_again) >= ENOUGH
    if not is_in_vain or seen is None or seen.kind not in ("DATA", "ACK"):
        return False
    _alone(transfer, latest, seen, latest.alone - 1)
    return True


def _left_alone(transfer: Transfer, latest: Side, sender: Side, receiver: Side) -> None:
    """Note that one end goes on alone."""
    seen = latest.last
    assert seen is not None
    is_asked = latest is receiver and latest.insists >= STUBBORN
    if is_asked and _is_full_end(transfer, sender):
        last = sender.last
        assert last is not None
        words = sentence("{packet} is full, and nothing came after its ACK", packet=last.words)
        transfer.find("no-last-block", transfer.sender_name, last, words,
                      expected=f"DATA {last.block + 1 & 0xFFFF}")  # fmt: skip
        return
    if latest is sender and seen.kind == "DATA" and _was_acknowledged(transfer, seen):
        often = sentence_n(
            "{packet} was sent again {count:,} time after its ACK, without an answer",
            "{packet} was sent again {count:,} times after its ACK, without an answer",
            latest.alone,
            packet=seen.words,
        )
        transfer.find("block-unanswered", transfer.receiver_name, seen, often,
                      expected=ack_again(seen.block))  # fmt: skip
        return
    _alone(transfer, latest, seen, latest.alone)


def _alone(transfer: Transfer, latest: Side, seen: Seen, often: int) -> None:
    other = transfer.sides[transfer.other(latest.name)]
    is_sender = latest.name == transfer.sender
    words = sentence(
        "the {silent} was silent for the last {span}, while the {end} sent {packet} {times}",
        silent=end_word(other.name),
        span=span_words(latest.last_at - other.last_at),
        end=end_word(latest.name),
        packet=seen.words,
        times=times(often),
    )
    slug = f"{other.name}-left"
    if is_sender and latest.insists >= ENOUGH and other.name == "server":
        slug = "block-unanswered"
    elif not is_sender and (other.name == "server" or other.last):
        slug = "block-not-sent"
    cause = too_large(transfer, seen)
    if slug == "block-not-sent" and _may_be_end(transfer, seen):
        cause = sentence(
            "a sender that relies on the time-out of the other side, or that has ended; or the "
            "ACKs do not reach it; or the size of the file is a multiple of blksize, and the "
            "sender leaves out the empty block at its end"
        )
    who = transfer.other(latest.name)
    transfer.find(slug, who, seen, words, expected=_awaited(transfer, seen), cause=cause)


def _was_acknowledged(transfer: Transfer, seen: Seen) -> bool:
    """Return whether the capture has an ACK of this block."""
    top = transfer.top[transfer.receiver]
    return transfer.sides[transfer.receiver].packets > 0 and full_number(top, seen.block) <= top


def _may_be_end(transfer: Transfer, ack: Seen) -> bool:
    """Return whether all blocks were acknowledged, the last was full, and no size is known."""
    sender = transfer.sides[transfer.sender].last
    if sender is None:
        return False
    is_full = sender.kind == "DATA" and sender.size == transfer.blksize
    is_acknowledged = (ack.kind, ack.block) == ("ACK", sender.block)
    told = transfer.announced
    return is_full and is_acknowledged and told in (None, transfer.blocks * transfer.blksize)


def _is_full_end(transfer: Transfer, sender: Side) -> bool:
    """Return whether the sender may have ended with a full block at the announced size."""
    session = sender_of(transfer.ends[transfer.sender])
    announced = transfer.announced
    if session is None or sender.last is None or sender.repeats:
        return False
    full = sender.last.kind == "DATA" and sender.last.size == session.blksize
    return full and announced == session.acked * session.blksize


def _both_wait(transfer: Transfer, latest: Side, capture_ends: int) -> None:
    seen = latest.last
    assert seen is not None
    words = sentence(
        "{packet} of the {end} is the last packet; the capture goes on for {span}",
        packet=seen.words,
        end=end_word(latest.name),
        span=span_words(capture_ends - transfer.last_at),
    )
    cause = ""
    if _may_be_end(transfer, seen):
        cause = sentence(
            "a packet was lost, and neither end sends again; or the size of the file is a multiple "
            "of blksize, and the sender leaves out the empty block at its end"
        )
    transfer.find(
        "both-wait", "network", seen, words, expected=_awaited(transfer, seen), cause=cause
    )


# -- Helpers --------------------------------------------------------------------------------------


def _last_block(transfer: Transfer) -> int | None:
    session = sender_of(transfer.ends[transfer.sender])
    seen = transfer.sides[transfer.sender].last
    if session is None or seen is None or seen.kind != "DATA":
        return None
    return number_in_window(session.acked, session.windowsize, seen.block)


def _awaited(transfer: Transfer, seen: Seen) -> str:
    if seen.kind == "OACK":
        return "ACK 0" if transfer.verb == "get" else "DATA 1"
    if seen.kind == "DATA":
        return f"ACK {seen.block}"
    return f"DATA {seen.block + 1 & 0xFFFF}" if seen.kind == "ACK" else sentence("an answer")

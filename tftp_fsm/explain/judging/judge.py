"""Judge packets that an end's machine would not send now.

Each judgement uses one packet and the state of both machines. It notes a finding, or finds that the
packet is only a copy. Then it moves the machine to the probable place of the end.
"""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.explain.judging import skips
from tftp_fsm.explain.judging.early import ack_of_unsent, are_close, by_one_clock, unacknowledged
from tftp_fsm.explain.judging.keeping import keep
from tftp_fsm.explain.judging.zero import opens_with_zero
from tftp_fsm.explain.packets.numbers import full_number, number_in_window
from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.packets.words import error_5_or_silence, first_answer
from tftp_fsm.explain.transfer.endpoint import Endpoint, receiver_of, sender_of
from tftp_fsm.explain.transfer.side import COPY, NO_TIMER, PROMPT
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import mark, sentence
from tftp_fsm.protocol.events import AckReceived
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.wire.headers import HALF_RING

BACK = 4  # old blocks in a row; then the sender has gone back
SORCERER = mark("To answer a repeated ACK with DATA is the Sorcerer's Apprentice Syndrome.")


# -- Repetitions ----------------------------------------------------------------------------------


def repeated(transfer: Transfer, speaker: Endpoint, seen: Seen, at: int, how: str) -> None:
    """Judge a repeated packet: after a time-out, or because an answer was not heard."""
    side = transfer.sides[speaker.name]
    if speaker.sends and side.is_soon(at):
        transfer.doubts.came_twice(seen)
    if side.last is not None and side.is_copy(seen, at):
        transfer.doubts.twice_at_once(side.last, seen, is_first=side.packets == 1)
    if speaker.sends and seen.kind == "DATA" and _answers_stale_ack(transfer, speaker, at, seen):
        words = sentence(
            "the previous ACK came again, and immediately after it DATA {block} came again",
            block=seen.block,
        )
        expected = sentence("nothing: a repeated ACK has no answer")
        transfer.suspect_sorcerer(seen, words, expected, SORCERER)
        side.copies += 1
        return
    silence = at - transfer.last_at
    _answers_stray(transfer, speaker, seen, at)
    if _is_new_ack(transfer, speaker, seen):
        side.asked_at = None
        return
    if how == "unheard" and side.is_soon(at):
        side.may_repeat(seen)
        return
    if _answers_gap(transfer, speaker, seen):
        side.asked_at, side.again = None, side.again + 1
        return
    is_copy = side.repeated(seen, at, transfer.last_at)
    if speaker.sends and silence >= NO_TIMER:
        transfer.doubts.gap_ignored = transfer.doubts.gap is not None
    if how == "unheard" and not is_copy and seen.kind == "DATA":
        session = sender_of(speaker)
        assert session is not None
        transfer.doubts.not_heeded(full_number(session.acked, seen.block))


def _answers_gap(transfer: Transfer, speaker: Endpoint, seen: Seen) -> bool:
    """Return whether, in lock-step, it repeats its last ACK directly after a skipped block."""
    receiver = receiver_of(speaker)
    data = transfer.sides[transfer.sender].last
    if receiver is None or seen.kind != "ACK" or transfer.sides[speaker.name].alone:
        return False
    if data is None or data.kind != "DATA" or transfer.windowsize > 1:
        return False
    block = full_number(receiver.received, data.block)
    is_last = full_number(receiver.received, seen.block) == receiver.received
    return is_last and block > receiver.received + 1


def _is_new_ack(transfer: Transfer, speaker: Endpoint, seen: Seen) -> bool:
    """Return whether it reports a gap, or is in the middle of a window: nothing came again."""
    top = transfer.top[speaker.name]
    return seen.kind == "ACK" and full_number(top, seen.block) > top


def _answers_stray(transfer: Transfer, speaker: Endpoint, seen: Seen, at: int) -> None:
    """Note an answer to a stranger's packet that wrongly goes to the peer."""
    stray = speaker.stray
    if stray is None or at - (stray.datagram.at or at) > PROMPT:
        return
    opens = ("ACK", 0) if speaker.session.table.name.startswith("READ") else ("DATA", 1)
    answer = {"OACK": opens, "DATA": ("ACK", stray.block)}.get(stray.kind)
    if answer == (seen.kind, seen.block):
        port = stray.datagram.source[1]
        words = sentence(
            "{packet} came from port {port}, and it was answered with {answer}, which went to "
            "the peer",
            packet=stray.words,
            port=port,
            answer=seen.words,
        )
        transfer.suspect("stray-taken", speaker.who, seen, words, expected=error_5_or_silence())


def _answers_stale_ack(transfer: Transfer, speaker: Endpoint, at: int, seen: Seen) -> bool:
    """Return whether it comes directly after a repeated ACK, too soon for a timer.

    In a window a repeated ACK may report a gap, once (RFC 7440 section 4).
    """
    side, doubts = transfer.sides[speaker.name], transfer.doubts
    stale = doubts.stale_at
    if stale is None or at - stale > side.prompt:
        return False
    if at - side.last_at >= side.no_timer or doubts.prompted(seen.block) > doubts.stale_here:
        return False
    return transfer.windowsize == 1 or doubts.prompted_times > 1


# -- Packets that no machine would send -----------------------------------------------------------


def unexplained(transfer: Transfer, speaker: Endpoint, seen: Seen, at: int) -> None:
    """Judge a packet that is neither an answer nor a repetition."""
    sender, receiver = sender_of(speaker), receiver_of(speaker)
    if seen.kind == "DATA" and sender is not None:
        _data(transfer, speaker, sender, seen, at)
    elif seen.kind == "ACK" and receiver is not None:
        _ack(transfer, speaker, receiver, seen, at)
    elif seen.kind in ("OACK", "RRQ", "WRQ"):
        transfer.sides[speaker.name].copies += 1  # a late copy, which changes nothing
    elif seen.kind in ("ERROR", "malformed", "empty") or transfer.is_opening:
        return  # the machine of the listener will tell its mistake
    else:
        words = sentence("{end} sent {packet}", end=end_word(speaker.name), packet=seen.words)
        transfer.find("unexpected", speaker.who, seen, words, expected=speaker.due.words)


def _data(transfer: Transfer, speaker: Endpoint, sender: Sender, seen: Seen, at: int) -> None:
    block = number_in_window(sender.acked, sender.windowsize, seen.block)
    if transfer.file_size is not None and block > sender.blocks:
        words = sentence(
            "DATA {block} came after DATA {last}, which was short",
            block=seen.block,
            last=sender.blocks & 0xFFFF,
        )
        transfer.find("data-after-end", speaker.who, seen, words, expected=sentence("nothing"))
        return
    is_known = transfer.skew < 0
    if opens_with_zero(transfer, seen):
        if not is_known:
            keep(transfer, 0, seen)
            transfer.sides[speaker.name].answered(at)
        transfer.sides[speaker.name].asked_at = None
        return
    if sender.state is State.REQUESTING and block == 1:
        _takes_no_answer(transfer, speaker, seen, at)
        return
    if block <= sender.acked:
        _older(transfer, speaker, sender, seen, block, at)
        return
    known = transfer.top[transfer.receiver]
    if seen.block == 1 and sender.acked > 0 and sender.acked & 0xFFFF == 0xFFFF:
        words = sentence("DATA 65535 was followed by DATA 1")
        transfer.find("roll-over-to-one", speaker.who, seen, words, expected="DATA 0")
        transfer.skew = 1
        transfer.top[transfer.sender] += 1  # there is no block 0
    elif transfer.begins_in_middle:
        transfer.widen(block - sender.acked)
    elif block <= known + sender.windowsize:
        # Its ACK was captured, and has arrived at the sender in another order.
        block = max(sender.acked, known) + 1
    elif not skips.are_swapped(transfer, seen, block):
        _too_early(transfer, speaker, seen, block - 1)
        skips.may_skip(transfer, sender.acked, seen, block - 1, at)
    _move_sender(transfer, speaker, block, seen, at)


def _takes_no_answer(transfer: Transfer, speaker: Endpoint, seen: Seen, at: int) -> None:
    """Judge the client of a put that goes on after a packet that is not an answer."""
    speaker.session.handle(AckReceived(0, source=transfer.tid), transfer.seconds(at))
    speaker.become(speaker.session)
    speaker.due.take(seen.kind, seen.block)
    speaker.confirm()


def _too_early(transfer: Transfer, speaker: Endpoint, seen: Seen, before: int) -> None:
    expected = speaker.due.words if speaker.due.items else ""
    finding = unacknowledged(transfer, seen, before, expected)
    transfer.doubts.wait_for_ack(before, finding, seen)


def _older(
    transfer: Transfer, speaker: Endpoint, sender: Sender, seen: Seen, block: int, at: int
) -> None:
    """Judge a block that was acknowledged long ago: a late copy, or the sender went back.

    The ACK may not have arrived. Only the sender's packets prove which ACKs it has heard.
    """
    oack = transfer.doubts.late_oack_at
    is_restart = block == 1 and oack is not None and oack >= transfer.sides[speaker.name].last_at
    is_copy = transfer.doubts.old(block) < BACK and not is_restart
    is_proven = block <= transfer.top[speaker.name] - transfer.windowsize
    if is_copy or not is_proven or transfer.begins_in_middle:  # the window is not known there
        transfer.sides[speaker.name].copies += 1
        return
    words = sentence(
        "DATA {block} was sent again, and block {acknowledged} was acknowledged",
        block=seen.block,
        acknowledged=sender.acked & 0xFFFF,
    )
    transfer.find(
        "went-back", speaker.who, seen, words, expected=f"DATA {sender.acked + 1 & 0xFFFF}"
    )
    transfer.doubts.went_back = seen.block
    _move_sender(transfer, speaker, block, seen, at)


def _move_sender(transfer: Transfer, speaker: Endpoint, block: int, seen: Seen, at: int) -> None:
    speaker.follow(lambda session: _acked(session, block - 1), transfer.seconds(at), seen)


def _ack(transfer: Transfer, speaker: Endpoint, receiver: Receiver, seen: Seen, at: int) -> None:
    block = full_number(receiver.received, seen.block)
    side = transfer.sides[speaker.name]
    if block <= receiver.received:
        if _is_new_ack(transfer, speaker, seen):
            return
        if seen.block == 0 and _has_no_block_0(transfer):
            words = sentence("{end} sent {packet}", end=end_word(speaker.name), packet=seen.words)
            transfer.find("unexpected", speaker.who, seen, words, expected=speaker.due.words)
            return
        _answers_stray(transfer, speaker, seen, at)
        is_last = block == receiver.received and at - side.last_at >= NO_TIMER  # no copy
        if is_last and receiver.state in (State.DALLYING, State.DONE):
            transfer.repeats_final_ack(seen)
        side.repeated(seen, at, transfer.last_at)
        return
    stranger, gap = speaker.stray, transfer.doubts.gap
    if gap is not None and transfer.doubts.gap_ignored and _is_behind(transfer, gap, block):
        words = sentence(
            "{packet} came before the previous block, and then {answer} came",
            packet=gap.words,
            answer=seen.words,
        )
        last = receiver.received & 0xFFFF
        has_come = transfer.doubts.absent.isdisjoint(range(receiver.received + 1, block + 1))
        transfer.find("gap-unreported", speaker.who, gap, words, expected=f"ACK {last}",
                      is_guess=True if has_come else None)  # fmt: skip
        transfer.doubts.gap = None
    elif stranger is not None and (stranger.kind, stranger.block) == ("DATA", seen.block):
        port = stranger.datagram.source[1]
        words = sentence(
            "{packet} came from port {port}, and it was answered with {answer}",
            packet=stranger.words,
            port=port,
            answer=seen.words,
        )
        transfer.find("stray-taken", speaker.who, seen, words, expected=error_5_or_silence())
        speaker.stray = transfer.doubts.stranger = None
    elif not transfer.begins_in_middle and block > transfer.top[transfer.sender]:
        is_behind_hole = block > transfer.top[speaker.name] + transfer.windowsize
        transfer.doubts.ahead = block, seen, is_behind_hole
    _move_receiver(transfer, speaker, block, seen, at)


def _is_behind(transfer: Transfer, gap: Seen, block: int) -> bool:
    """Return whether this block was sent in the window of the DATA after the gap."""
    distance = block - full_number(block, gap.block)
    return 0 <= distance < transfer.windowsize and block <= transfer.top[transfer.sender]


def _has_no_block_0(transfer: Transfer) -> bool:
    """Return whether no OACK can have been sent, and block 65536 has not come."""
    is_known = not transfer.is_request_cut and not transfer.begins_in_middle
    is_plain = is_known and transfer.verb == "get" and not transfer.request.options
    return is_plain and transfer.skew >= 0 and transfer.top[transfer.sender] < HALF_RING


def _move_receiver(transfer: Transfer, speaker: Endpoint, block: int, seen: Seen, at: int) -> None:
    def move(session: object) -> None:
        assert isinstance(session, Receiver)
        session.renumber(block - session.received)

    speaker.follow(move, transfer.seconds(at), seen)


def look_ahead(transfer: Transfer, speaker: Endpoint, seen: Seen, at: int) -> None:
    """Decide about an ACK of an uncaptured block. The sender's next packet shows the answer."""
    ahead, sender = transfer.doubts.ahead, sender_of(speaker)
    if ahead is None or sender is None or seen.kind not in ("DATA", "WRQ"):
        return
    transfer.doubts.ahead = None
    block, ack, is_behind_hole = ahead
    if seen.kind == "WRQ":  # it has not sent DATA yet
        found = ack_of_unsent(transfer, ack, first_answer("put"))
        transfer.findings.add(replace(found, is_guess=False))
        return
    if full_number(block, seen.block) > block:  # it has sent the block, which the capture missed
        speaker.place(lambda session: _acked(session, block), transfer.seconds(at))
        return
    if are_close(transfer, ack, seen):
        return
    found = by_one_clock(ack_of_unsent(transfer, ack, f"ACK {sender.sent & 0xFFFF}"), ack, seen)
    waited = at - (ack.datagram.at or at)
    is_again = seen.block == ack.block and transfer.sides[speaker.name].may_be_timer(waited)
    if is_again or is_behind_hole:  # the block may come again: its ACK was lost, or came late
        found = replace(found, is_guess=True)
    transfer.findings.add(found)


def _acked(session: object, block: int) -> None:
    assert isinstance(session, Sender)
    size = session.size
    session.renumber(block - session.acked)
    session.size = size


def is_overtaken(transfer: Transfer, speaker: Endpoint, seen: Seen, at: int) -> bool:
    """Return whether DATA came after a later block, too soon for a timer and unasked."""
    if not speaker.sends or seen.kind != "DATA":
        return False
    block = full_number(transfer.top[speaker.name], seen.block)
    absent, side = transfer.doubts.absent, transfer.sides[speaker.name]
    if block not in absent:
        return False
    absent.discard(block)
    is_late = side.is_soon(at) and side.alone > 0
    side.missing -= is_late
    if is_late:
        words = sentence("{packet} came after a later block", packet=seen.words)
        transfer.find("overtaken", "network", seen, words)
    gap = transfer.doubts.gap
    if is_late and gap is not None and at - (gap.datagram.at or 0) < COPY:
        transfer.doubts.gap = None  # it was not lost
    return is_late


def has_acknowledged(transfer: Transfer, seen: Seen) -> None:
    """Take an ACK. It proves that earlier DATA was too soon, or that the capture missed an ACK."""
    skips.acknowledged(transfer, seen)
    for finding, data in transfer.doubts.proven_by_ack(seen.block):
        if not are_close(transfer, data, seen):
            transfer.findings.add(by_one_clock(finding, data, seen))

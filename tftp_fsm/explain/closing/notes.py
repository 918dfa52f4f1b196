"""Count effects of a bad network at the end of a good transfer, and note them."""

from __future__ import annotations

from tftp_fsm.explain.judging import undelivered
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence_n
from tftp_fsm.protocol.gloss import end_word

ENOUGH = 2  # blocks that were not captured; one may be chance
SLOW = 3  # late answers that are not chance


def notes(transfer: Transfer) -> None:
    """Add the notes."""
    undelivered.notes(transfer)
    receiver = transfer.sides[transfer.receiver]
    if receiver.unseen >= ENOUGH and receiver.last is not None:
        words = sentence_n(
            "{count:,} block was acknowledged, and neither it nor its ACK was captured",
            "{count:,} blocks were acknowledged, and neither they nor their ACKs were captured",
            receiver.unseen,
        )
        transfer.find("capture-dropped", "capture", receiver.last, words)
    for name, side in transfer.sides.items():
        who = transfer.other(transfer.other(name))
        if side.last is None:
            continue
        if side.late >= SLOW:
            words = sentence_n(
                "the {end} answered {count:,} packet long after it was sent again",
                "the {end} answered {count:,} packets long after they were sent again",
                side.late,
                end=end_word(name),
            )
            transfer.find("slow-answers", who, side.last, words)
        for slug, count in (
            ("retransmission", side.again + side.went_back),
            ("copies", side.copies),
            ("lost-behind", side.lost),
            ("not-captured", side.missing + side.unseen),
        ):
            if count > 0:
                words = sentence_n(
                    "{count:,} packet of the {end}",
                    "{count:,} packets of the {end}",
                    count,
                    end=end_word(name),
                )
                has_windows = transfer.windowsize > 1 and name == transfer.sender
                if slug == "retransmission" and has_windows and side.windows_again:
                    words = sentence_n(
                        "{told}, in {count:,} window",
                        "{told}, in {count:,} windows",
                        side.windows_again,
                        told=words,
                    )
                transfer.find(slug, who, side.last, words)

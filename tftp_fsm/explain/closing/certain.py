"""Decide which departures are proven and which are guesses, because of other possible causes.

A capture may miss packets. A network loses them, delivers copies, delays them and changes their
order. If one of these explains a departure too, the departure is a guess, and no end is accused:

- A packet came before the packet that it should follow. If the capture has missed that packet and
  shows only a later copy of it, no end was wrong. This is chance. The known holes and copies of the
  capture tell how often chance can cause it. If it is more frequent, it is a mistake.
- Blocks were sent again. Late copies that the network has made look the same, unless the sender
  goes on from there, block after block.
- A packet came after an ERROR, but it may have been under way already.
- The file has packets in another order than their times: the clock may have been set back.
- The client has asked for two files at once, from one port.
- The options are not known, because the capture lacks the answer to the request (`missed_oack`).
"""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.explain.closing.missed_oack import has_no_oack
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.explain.transfer.transfer import Transfer

UNEVEN = 8  # times as often as chance; missing packets often are consecutive
AGAIN = 4  # blocks in order, after the sender went back


def weigh(transfer: Transfer) -> None:
    """At the end, turn the findings that are not proven into guesses."""
    transfer.findings.weigh(lambda finding: _is_certain(transfer, finding))


def _is_certain(transfer: Transfer, finding: Finding) -> bool:
    """Return whether only a mistake of this end explains the finding."""
    option = RESTS_ON.get(finding.slug)
    if option is not None and not _is_known(transfer, option):
        return False
    proven = PROVEN.get(finding.slug)
    return proven is None or proven(transfer, finding)


def _is_known(transfer: Transfer, option: str) -> bool:
    """Return whether the capture shows if this option was agreed."""
    is_cut = transfer.is_request_cut and transfer.oack is None
    if transfer.begins_in_middle or transfer.has_guessed_options or is_cut:
        return False
    offered = any(name.lower() == option for name, _ in transfer.request.options)
    return transfer.oack is not None or not offered or has_no_oack(transfer)


def _is_no_chance(transfer: Transfer, finding: Finding) -> bool:
    """Return whether it happened more often than holes and copies can explain."""
    sides = transfer.sides.values()
    missing = sum(max(side.missing, 0) for side in sides)
    copies = sum(side.copies + side.again for side in sides)
    if finding.slug == "ack-of-unsent":  # the capture has its block, so it is not a hole
        missing, copies = max(missing - finding.count, 0), max(copies - finding.count, 0)
    packets = sum(side.packets for side in sides)
    if _is_mixed(transfer):
        return False
    if finding.count == 1 and (missing or copies or transfer.doubts.is_disordered):
        return False
    return finding.count * packets > UNEVEN * (missing + 1) * (copies + 1)


def _is_mixed(transfer: Transfer) -> bool:
    """Return whether the file mixes packets from before and after a step of the clock.

    Then neither their times nor their places in the file tell their order.
    """
    return transfer.doubts.is_disordered and transfer.findings.count("clock-back") > 0


def _is_window_known(transfer: Transfer, finding: Finding) -> bool:
    """Return whether it is lock-step: in a window a repeated ACK may ask for blocks."""
    if transfer.begins_in_middle:
        return transfer.windowsize == 1  # no larger window was seen
    return _is_known(transfer, "windowsize")


def _is_undisturbed(transfer: Transfer, finding: Finding) -> bool:
    """Return whether nothing is missing, lost or doubled, and there is only one clock."""
    sides = transfer.sides.values()
    missing = any(side.missing > 0 for side in sides)
    copies = sum(side.copies + side.again + side.lost for side in sides)
    is_steady = not transfer.gaps and not transfer.doubts.is_disordered
    return not missing and not copies and is_steady


def _is_rare(transfer: Transfer, finding: Finding) -> bool:
    """Return whether hardly any other packet is missing."""
    missing = sum(max(side.missing, 0) for side in transfer.sides.values())
    return finding.count > UNEVEN * missing


def may_be_mirrored(transfer: Transfer) -> bool:
    """Return whether nearly all packets came twice, also the request, as from a mirror port.

    If the packets have numbers, `doubled` proves it, and this is not used.
    """
    sides = transfer.sides.values()
    doubts = transfer.doubts
    return (
        doubts.is_asked_twice
        and not doubts.is_sent_twice
        and all(20 * side.copies >= 9 * side.packets for side in sides)
    )


def _began_in_sight(transfer: Transfer, finding: Finding) -> bool:
    return not transfer.begins_in_middle


def _is_asked_alone(transfer: Transfer, finding: Finding) -> bool:
    """Return whether there were not two requests at once from one port, with two answers."""
    return not transfer.doubts.is_beside


def _goes_on(transfer: Transfer, finding: Finding) -> bool:
    return transfer.doubts.went_on >= AGAIN and _is_in_order(transfer, finding)


def _is_in_order(transfer: Transfer, finding: Finding) -> bool:
    """Return whether the file's order is that of the times: the clock was not set back."""
    return not transfer.doubts.is_disordered


PROVEN: dict[str, Callable[[Transfer, Finding], bool]] = {
    "unacknowledged": _is_no_chance,
    "ack-of-unsent": _is_no_chance,
    "gap-unreported": _is_no_chance,
    "blocks-skipped": _is_rare,
    "went-back": _goes_on,
    "sorcerer": _is_window_known,
    "error-answered": _is_undisturbed,
    "two-sessions": _is_asked_alone,
    "stray-taken": _is_asked_alone,
    "unexpected": _began_in_sight,
    "data-after-end": _is_in_order,
    "end-not-seen": _is_in_order,
}
RESTS_ON = {
    "unacknowledged": "windowsize",
    "gap-unreported": "windowsize",
    "went-back": "windowsize",
    "oversized": "blksize",
    "oversized-taken": "blksize",
    "data-after-end": "blksize",
    "end-not-seen": "blksize",
    "no-last-block": "blksize",
}

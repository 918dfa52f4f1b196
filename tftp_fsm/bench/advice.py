"""Recommend one of the measured settings, with reasons."""

from __future__ import annotations

from collections.abc import Sequence

from tftp_fsm.bench.plan import Cell, Setting
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence

GOOD_ENOUGH = 0.95  # of the best rate; above this, a smaller window is better than more speed
# Times faster. One lost fragment loses its whole datagram, and some firewalls drop fragments.
FRAGMENTS_PAY = 1.25
LEAST = 64 << 10  # octets; with fewer, the rate is only that of a transfer's beginning
FEW_AGAIN = 0.01  # of the blocks; if more are sent again, the path is too slow for the window


@frozen
class Advice:
    """A setting, its rate in octets a second, and the reasons in words."""

    setting: Setting
    rate: float
    reasons: tuple[str, ...]


def advise(cells: Sequence[Cell]) -> Advice | None:
    """Recommend the smallest window that is nearly as fast as the fastest. None without data.

    Settings with many retransmissions are left out, unless all have many. Settings that need
    fragments are left out, unless no others are left or fragments make it much faster.
    """
    usable = [cell for cell in cells if cell.counts and cell.octets >= _least(cell.setting)]
    if not usable:
        return None
    quiet = [cell for cell in usable if _again(cell) <= FEW_AGAIN] or usable
    whole = [cell for cell in quiet if cell.fits] or quiet
    pool = quiet if _best(quiet) >= FRAGMENTS_PAY * _best(whole) else whole
    near = [cell for cell in pool if cell.rate >= GOOD_ENOUGH * _best(pool)]
    chosen = min(near, key=lambda cell: (_in_flight(cell.setting), cell.setting))
    return Advice(chosen.setting, chosen.rate, tuple(_reasons(chosen, usable)))


def _least(setting: Setting) -> int:
    """Return the octets that a meaningful rate needs: two windows, but at least LEAST."""
    return max(2 * _in_flight(setting), LEAST)


def _best(cells: Sequence[Cell]) -> float:
    return max(cell.rate for cell in cells)


def _in_flight(setting: Setting) -> int:
    """Return the octets of one window. Buffers hold them; after a loss they may be sent again."""
    return setting.blksize * setting.windowsize


def _again(cell: Cell) -> float:
    blocks = max(1, cell.octets // cell.setting.blksize)
    return cell.retransmissions / blocks


def _reasons(chosen: Cell, cells: Sequence[Cell]) -> list[str]:
    slowest = min(cells, key=lambda cell: cell.rate)
    fastest = max(cells, key=lambda cell: cell.rate)
    found: list[str] = []
    if slowest is not chosen and slowest.rate > 0:
        times, setting = chosen.rate / slowest.rate, named(slowest.setting)
        found.append(
            sentence("{times:.1f} times as fast as {setting}", times=times, setting=setting)
        )
    if fastest is not chosen:
        found.append(
            sentence(
                "{share:.0%} of the rate of {setting}, {why}",
                share=chosen.rate / fastest.rate,
                setting=named(fastest.setting),
                why=_instead(chosen, fastest),
            )
        )
    again = chosen.retransmissions
    found.append(
        sentence("{count} retransmitted", count=again) if again else sentence("no retransmissions")
    )
    return found


def _instead(chosen: Cell, fastest: Cell) -> str:
    if _again(fastest) > FEW_AGAIN:
        return sentence("which has too many retransmissions")
    if not fastest.fits and chosen.fits:
        return sentence("which is split into IP fragments on this path")
    return sentence("and a loss costs fewer octets")


def named(setting: Setting) -> str:
    """Return the setting in the form of the options `--blksize` and `--windowsize`."""
    return f"blksize {setting.blksize} windowsize {setting.windowsize}"

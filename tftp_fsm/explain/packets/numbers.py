"""Block numbers that are counted past 65535, and spans of time in words."""

from __future__ import annotations

from tftp_fsm.language import sentence
from tftp_fsm.wire.headers import HALF_RING


def full_number(near: int, block: int) -> int:
    """Return the full number of the 16-bit number `block` that is nearest to `near`."""
    near = max(near, 0)
    ahead = (block - near) & 0xFFFF
    return near + (ahead if ahead < HALF_RING else ahead - 0x10000)


def number_in_window(acked: int, windowsize: int, block: int) -> int:
    """Return the full number of DATA whose sender has heard an ACK of block `acked`.

    A window may have more than half of all numbers (RFC 7440), and all its blocks are ahead.
    """
    return full_number(acked + windowsize // 2, block)


def span_words(duration: int) -> str:
    """Return nanoseconds as `1.5 s`, or as hours or days. Negative ones count as 0."""
    seconds = max(duration, 0) / 1e9
    if seconds >= 2 * 86_400:
        return sentence("{days:,.0f} days", days=seconds / 86_400)
    if seconds >= 2 * 3600:
        return sentence("{hours:.0f} hours", hours=seconds / 3600)
    return sentence("{seconds:.1f} s", seconds=seconds)

"""The next step after a report card with departures."""

from __future__ import annotations

from tftp_fsm.language import sentence


def closer(name: str) -> str:
    """Return how to examine one check or one trial in detail."""
    return sentence(
        "to see the packets of a departure, add: --only {name} --verbose --pcap why.pcapng",
        name=name,
    )

"""What to do next with a report card that has departures."""

from __future__ import annotations

from tftp_fsm.language import sentence


def closer(name: str) -> str:
    """How to look at one check, or at one trial, closer."""
    return sentence(
        "look closer at a departure: --only {name} --verbose --pcap why.pcapng", name=name
    )

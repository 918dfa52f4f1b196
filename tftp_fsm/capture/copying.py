"""A copy of a capture in which packets have comments. Nothing else of them changes.

copy_with_comments(Capture(stream).packets(), PcapngWriter(out, None), {3: ["why it was sent"]})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.reading.datagram import Frame


def copy_with_comments(
    packets: Iterable[Frame], writer: PcapngWriter, comments: Mapping[int, Iterable[str]]
) -> None:
    """Copy each packet, with the comments for its number. LocalError: it cannot be written."""
    interfaces: dict[tuple[int, int], int] = {}
    last = 0
    for frame in packets:
        key = frame.interface, frame.link
        number = interfaces.get(key)
        if number is None:
            number = interfaces[key] = writer.add_interface(f"interface {key[0]}", frame.link)
        last = last if frame.at is None else frame.at
        writer.copied(last, frame.octets, frame.size, number, comments.get(frame.number, ()))

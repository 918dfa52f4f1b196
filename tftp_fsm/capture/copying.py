"""A copy of a capture in which packets have comments. Nothing else of them changes.

copy_with_comments(Capture(stream), PcapngWriter(out, None), {3: ["why packet 3 was sent"]})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.reading import Capture


def copy_with_comments(
    capture: Capture, writer: PcapngWriter, comments: Mapping[int, Iterable[str]]
) -> None:
    """Copy each packet, with the comments for its number. LocalError: the capture is damaged."""
    interfaces: dict[tuple[int, int], int] = {}
    last = 0
    for frame in capture.packets():
        key = frame.interface, frame.link
        number = interfaces.get(key)
        if number is None:
            number = interfaces[key] = writer.add_interface(f"interface {key[0]}", frame.link)
        last = last if frame.at is None else frame.at
        writer.copied(last, frame.octets, frame.size, number, comments.get(frame.number, ()))

"""The UDP datagrams of a capture, in the order of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tftp_fsm.capture.reading import pcap, pcapng
from tftp_fsm.capture.reading.datagram import Captured, Frame
from tftp_fsm.capture.reading.fragments import Fragments
from tftp_fsm.capture.reading.ip import Piece, piece_of, udp_of
from tftp_fsm.capture.reading.link import KINDS
from tftp_fsm.capture.reading.octets import CutShort, Octets, OctetsIn
from tftp_fsm.errors import LocalError
from tftp_fsm.wire.address import Address

MOST_LINKS = 64  # kinds of links that are told as unknown; more tell nobody anything


class Capture:
    """Reads a capture once, while it is iterated. It may be a pipe that is still written.

    Iterating raises LocalError where the file is no capture, or is damaged; what came before is
    good. `frames` counts the packets so far. A file that ends early is no error: see `remarks`.
    """

    def __init__(self, stream: OctetsIn) -> None:
        self._stream = stream
        self._fragments = Fragments()
        self._unknown: Counter[int] = Counter()
        self._is_cut = False
        self._shortened = 0
        self.frames = 0

    def __iter__(self) -> Iterator[Captured]:
        """Each UDP datagram, also those that are not TFTP."""
        for frame in self._frames():
            self.frames += 1
            self._shortened += len(frame.octets) < frame.size
            to_ip = KINDS.get(frame.link)
            if to_ip is None:
                self._note_link(frame.link)
                continue
            start = to_ip(frame.octets)
            piece = (
                piece_of(frame.octets[start:] if start else frame.octets) if start >= 0 else None
            )
            if piece is None:
                continue
            if piece.key is None:
                yield from _datagram(frame, piece, 1)
            elif (joined := self._fragments.add(piece)) is not None:
                yield from _datagram(frame, *joined)

    @property
    def remarks(self) -> list[str]:
        """What could not be read, a sentence each. They are complete after the last datagram."""
        found = []
        if self._is_cut:
            found.append(f"the file ends in the middle, after packet {self.frames}")
        if self._shortened:
            found.append(
                f"of {_packets(self._shortened)} only the beginning was captured: capture again "
                "with a larger snapshot length (tcpdump -s 0)"
            )
        if self._fragments.incomplete:
            found.append(f"of {_packets(self._fragments.incomplete)} fragments are missing")
        for link, count in sorted(self._unknown.items()):
            found.append(f"{_packets(count)} have the link type {link}, which is not read here")
        return found

    def _frames(self) -> Iterator[Frame]:
        try:
            octets = Octets(self._stream)
            magic = octets.or_end(4)
            if magic is None:
                raise LocalError("the capture is empty")
            if magic == pcapng.SECTION_OCTETS:
                yield from pcapng.frames(octets)
            elif pcap.is_pcap(magic):
                yield from pcap.frames(magic, octets)
            else:
                raise LocalError(
                    f"this is no capture: it begins with {magic.hex()}, "
                    "and neither pcap nor pcapng do"
                )
        except CutShort:
            self._is_cut = True

    def _note_link(self, link: int) -> None:
        if link in self._unknown or len(self._unknown) < MOST_LINKS:
            self._unknown[link] += 1


def _datagram(frame: Frame, piece: Piece, fragments: int) -> Iterator[Captured]:
    udp = udp_of(piece.octets, piece.size)
    if udp is None:
        return
    source, to = _address(piece.source, udp.source), _address(piece.to, udp.to)
    at = frame.number, frame.at, frame.interface
    yield Captured(*at, source, to, udp.octets, udp.size, fragments)


def _address(host: str, port: int) -> Address:
    return (host, port, 0, 0) if ":" in host else (host, port)


def _packets(count: int) -> str:
    return "1 packet" if count == 1 else f"{count:,} packets"

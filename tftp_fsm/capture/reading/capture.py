"""Read the UDP datagrams of a capture, and ICMP messages about them, in the file's order."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterator

from tftp_fsm.capture.reading import pcap, pcapng, tunnels
from tftp_fsm.capture.reading.datagram import Captured, Frame, address
from tftp_fsm.capture.reading.fragments import Fragments
from tftp_fsm.capture.reading.icmp import Undelivered, undelivered_of
from tftp_fsm.capture.reading.ip import UDP, Piece, piece_of, udp_of
from tftp_fsm.capture.reading.link import KINDS, UNTAGGED, vlan_of
from tftp_fsm.capture.reading.octets import CutShort, Octets, OctetsIn
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence, sentence_n
from tftp_fsm.wire.address import Address

TRACE = b'{"format": "tftp-fsm-trace"'  # the first octets of a file of `--trace`
MOST_LINKS = 64  # unknown kinds of links that are counted; a longer list does not help


class Capture:
    """Reads a capture once, while it is iterated. It may be a pipe that is still written.

    Iterating raises LocalError if the file is not a capture or is damaged. Datagrams before the
    damage are valid. `frames` counts the packets so far. A file that ends in the middle of a packet
    is not an error: then `is_cut` is true, and `remarks` tells it. `on_undelivered` is called with
    each ICMP message about a datagram, in the order of the file.
    """

    def __init__(self, stream: OctetsIn) -> None:
        self._stream = stream
        self._fragments = Fragments()
        self._unknown: Counter[int] = Counter()
        self.is_cut = False
        self._shortened = 0
        self.frames = 0
        self.on_undelivered: Callable[[Undelivered], None] | None = None

    def __iter__(self) -> Iterator[Captured]:
        """Yield each UDP datagram, even those that are not TFTP."""
        for frame in self.packets():
            self.frames += 1
            self._shortened += len(frame.octets) < frame.size
            to_ip = KINDS.get(frame.link)
            if to_ip is None:
                self._note_link(frame.link)
                continue
            start = to_ip(frame.octets)
            if start < 0:
                continue
            vlan = 0
            if start > UNTAGGED.get(frame.link, start):
                vlan = vlan_of(frame.link, frame.octets)
            piece, network = _piece(frame.octets[start:] if start else frame.octets, vlan)
            if piece is None:
                continue
            fragments = 1
            if piece.key is not None:
                key = (*piece.key, network)
                joined = self._fragments.add(piece._replace(key=key) if network else piece)
                if joined is None:
                    continue
                piece, fragments = joined
            if piece.protocol != UDP:
                self._undelivered(frame, piece, network)
                continue
            datagram = _datagram(frame, piece, fragments, network)
            if datagram is not None:
                yield datagram

    @property
    def torn(self) -> list[tuple[Address, Address]]:
        """Source and destination of the latest datagrams that miss fragments."""
        found = []
        for piece in self._fragments.torn:
            ports = struct.unpack_from(">HH", piece.octets) if len(piece.octets) >= 4 else None
            if ports is not None and piece.protocol == UDP:
                found.append((address(piece.source, ports[0]), address(piece.to, ports[1])))
        return found

    @property
    def remarks(self) -> list[str]:
        """Sentences about unreadable parts. They are complete after the last datagram."""
        found: list[str] = []
        if self.is_cut:
            found.append(
                sentence("the file ends in the middle, after packet {packet}", packet=self.frames)
            )
        if self._shortened:
            found.append(
                sentence_n(
                    "only the beginning of {count:,} packet was captured: "
                    "capture again with a larger snapshot length (tcpdump -s 0)",
                    "only the beginning of {count:,} packets was captured: "
                    "capture again with a larger snapshot length (tcpdump -s 0)",
                    self._shortened,
                )
            )
        if self._fragments.incomplete:
            found.append(
                sentence_n(
                    "fragments of {count:,} packet are missing",
                    "fragments of {count:,} packets are missing",
                    self._fragments.incomplete,
                )
            )
        for link, count in sorted(self._unknown.items()):
            found.append(
                sentence_n(
                    "{count:,} packet has the link type {link}, which is not read here",
                    "{count:,} packets have the link type {link}, which is not read here",
                    count,
                    link=link,
                )
            )
        return found

    def packets(self) -> Iterator[Frame]:
        """Yield each packet unchanged. A capture can be read once: as packets or as datagrams."""
        try:
            octets = Octets(self._stream)
            yield from _frames(_magic(octets), octets)
        except CutShort:
            self.is_cut = True

    def _undelivered(self, frame: Frame, piece: Piece, network: int) -> None:
        if self.on_undelivered is None:
            return
        told = undelivered_of(piece, frame.number, frame.at, frame.interface, network)
        if told is not None:
            self.on_undelivered(told)

    def _note_link(self, link: int) -> None:
        if link in self._unknown or len(self._unknown) < MOST_LINKS:
            self._unknown[link] += 1


def _magic(octets: Octets) -> bytes:
    try:
        magic = octets.or_end(4)
    except CutShort:
        raise LocalError(sentence("the file is too short to be recognized as a capture")) from None
    if magic is None:
        raise LocalError(sentence("the capture is empty"))
    return magic


def _frames(magic: bytes, octets: Octets) -> Iterator[Frame]:
    if magic == pcapng.SECTION_OCTETS:
        return pcapng.frames(octets)
    if pcap.is_pcap(magic):
        return pcap.frames(magic, octets)
    if magic == TRACE[:4] and octets.begins_with(TRACE[4:]):
        raise LocalError(_trace(octets.is_packed))
    raise LocalError(
        sentence(
            "this is not a capture: it begins with {octets}, and no pcap or pcapng file does",
            octets=magic.hex(),
        )
    )


def _trace(is_packed: bool) -> str:
    if is_packed:
        return sentence(
            "this is not a capture, but a trace that is compressed by gzip: unpack it, and "
            "open it with tftp-fsm ladder or tftp-fsm debug"
        )
    return sentence(
        "this is not a capture, but a trace: open it with tftp-fsm ladder or tftp-fsm debug"
    )


def _piece(packet: bytes, network: int) -> tuple[Piece | None, int]:
    """Return the UDP or ICMP part of an IP packet, also inside tunnels, and its network."""
    piece = piece_of(packet)
    for _ in range(tunnels.MOST):
        inner = tunnels.inside(packet, piece)
        if inner is None:
            break
        network = tunnels.network_in(piece, network)
        packet, piece = inner, piece_of(inner)
    return piece, network


def _datagram(frame: Frame, piece: Piece, fragments: int, network: int) -> Captured | None:
    udp = udp_of(piece.octets, piece.size)
    if udp is None:
        return None
    source, to, octets, size = udp
    return Captured(
        frame.number,
        frame.at,
        frame.interface,
        address(piece.source, source),
        address(piece.to, to),
        octets,
        size,
        fragments,
        piece.ident,
        network,
    )

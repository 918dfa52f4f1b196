"""Write a trace as pcapng: each datagram on the wire, with the steps of both ends.

    write_capture(trace, PcapngWriter(stream, INTERFACE))
    write_capture(trace, writer, content)     # with the file's content, which a trace has not

A datagram has the time of its arrival, once for each copy. If the trace does not show an arrival,
it has the time of sending. Its direction is that of the client. A lost datagram becomes a comment
of the next packet. Without the content, DATA has its header and its true length, as in a capture
with a short snapshot length.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tftp_fsm.capture.addresses import Hosts
from tftp_fsm.capture.ip_headers import header_octets, udp_packet
from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.rebuilt_packets import Blocks, Datagram, heard_datagrams
from tftp_fsm.capture.words import has_datagram, heard_words, sends_datagrams, sent_words
from tftp_fsm.frozen import frozen
from tftp_fsm.ladder.build import CLIENT, build
from tftp_fsm.ladder.identity import identity_of_octets
from tftp_fsm.ladder.model import Arrow, Moment
from tftp_fsm.protocol.events import Step
from tftp_fsm.trace.trace import Trace
from tftp_fsm.wire.headers import without_payload

INTERFACE = "tftp-fsm trace"
_HERE = {"unseen", "unheard", "elsewhere"}  # remarks on the receiving end, not on the way


@frozen
class Seen:
    """A datagram that `sender` put on the wire, or, without one, a note. `moment` is its place."""

    moment: Moment
    comments: tuple[str, ...]
    sender: str = CLIENT
    datagram: Datagram | None = None


def write_capture(trace: Trace, writer: PcapngWriter, content: bytes | None = None) -> None:
    """Write the whole trace."""
    hosts = Hosts(trace)
    notes: list[str] = []
    now = 0.0
    for seen in sorted(_Wire(trace, content).all(), key=_place):
        now = seen.moment.at
        if seen.datagram is None:
            notes += seen.comments
            continue
        source, to = hosts.ends_of(seen.sender, seen.datagram, seen.moment.step)
        octets, size = seen.datagram.octets, seen.datagram.size
        writer.packet(
            now,
            udp_packet(source, to, octets, size),
            "sent" if seen.sender == CLIENT else "received",
            (*notes, *seen.comments),
            header_octets(source, to) + size,
        )
        notes = []
    writer.close(now, notes)


def _place(seen: Seen) -> tuple[float, int, int]:
    return seen.moment.at, seen.moment.step, seen.moment.order


class _Wire:
    """The knowledge of a trace about the wire."""

    def __init__(self, trace: Trace, content: bytes | None) -> None:
        self._steps = trace.steps
        self._ladder = build(trace)
        self._requests = {end: trace.session(end).request for end in trace.ends}
        self._blocks = Blocks(trace, content)
        self._flipped = {(w.sender, w.now, w.head): w.flipped for w in trace.wire}
        self._repeats: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def all(self) -> Iterator[Seen]:
        """Yield all datagrams and notes, in any order."""
        sent = defaultdict[int, list[Arrow]](list)
        for arrow in self._ladder.arrows:
            if arrow.sent is None:
                yield from self._from_elsewhere(arrow)
            else:
                sent[arrow.sent.step].append(arrow)
        for number, (end, step) in enumerate(self._steps):
            arrows = sorted(sent[number], key=lambda arrow: arrow.start.order)
            for arrow, datagram in zip(arrows, self._blocks.sent(end, step), strict=True):
                yield from self._flight(arrow, datagram, step)
            if not has_datagram(step) and not sends_datagrams(step):
                yield Seen(Moment(0, step.now, number), (heard_words(end, step),))
        for mark in self._ladder.marks:
            if mark.kind == "local" and not mark.why:  # a change by hand, or a simulated fault
                yield Seen(mark.moment, (f"{mark.end}: {mark.words}",))

    def _flight(self, arrow: Arrow, datagram: Datagram, step: Step) -> Iterator[Seen]:
        """Yield the arrived copies of a datagram, or its sending, or a note that it was lost."""
        assert arrow.sent is not None
        flipped = self._flipped.get((arrow.sender, arrow.sent.at, without_payload(datagram.octets)))
        datagram = datagram.with_flipped(flipped)
        words = sent_words(arrow.sender, arrow.words, self._again(arrow), step)
        way = [word for word in arrow.fate if word not in _HERE]
        comments = (words, *([f"on the way: {', '.join(way)}"] if way else []))
        for moment in arrow.arrived:
            came, changed = self._arrived(datagram, moment)
            heard = heard_words(arrow.receiver, self._steps[moment.step][1])
            yield Seen(moment, (*comments, *changed, heard), arrow.sender, came)
        if arrow.arrived:
            return
        if "held" in arrow.fate:
            yield Seen(arrow.sent, (f"still under way: {words}",))
        elif "lost" in arrow.fate or not _HERE & set(arrow.fate):
            yield Seen(arrow.sent, (f"lost on the way: {words}",))
        else:
            unheard = ["nobody heard it: the other end has ended"] * ("unheard" in arrow.fate)
            yield Seen(arrow.sent, (*comments, *unheard), arrow.sender, datagram)

    def _again(self, arrow: Arrow) -> int:
        repeats, words = self._repeats[arrow.sender], arrow.words
        if not arrow.again:
            repeats.clear()
            return 0
        repeats[words] += 1
        return repeats[words]

    def _arrived(self, datagram: Datagram, moment: Moment) -> tuple[Datagram, list[str]]:
        """Return the arrived datagram. If it was changed on the way, the event shows this."""
        told = next(self._told(moment), datagram)
        if identity_of_octets(told.octets) != identity_of_octets(datagram.octets):
            return told, ["it was changed on the way"]
        return (datagram if told.size == datagram.size else told), []

    def _told(self, moment: Moment) -> Iterator[Datagram]:
        end, step = self._steps[moment.step]
        return heard_datagrams(step.event, self._requests[end])

    def _from_elsewhere(self, arrow: Arrow) -> Iterator[Seen]:
        """Yield a datagram that one end heard from a sender outside the trace."""
        (moment,) = arrow.arrived
        words = heard_words(arrow.receiver, self._steps[moment.step][1])
        found = list(self._told(moment))
        for datagram in found:
            yield Seen(moment, (words,), arrow.sender, datagram)
        if not found:
            yield Seen(moment, (words,))

"""Write the datagrams of one session while it runs, with the reasons of its steps.

    recorder = Recorder(writer, "client")
    get(..., observer=recorder.step, on_datagram=recorder.datagram, on_mishap=recorder.mishap)
    writer.close(time.time(), recorder.rest())

An event without a packet (a time-out, a datagram that was lost by `faults`) becomes a comment of
the next packet. If that belongs to another transfer, the comment says so. After the last packet it
becomes a comment of the interface. Each copy of a datagram that `faults` duplicate or delay is a
packet at the time at which it leaves.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from math import inf

from tftp_fsm.capture.ip_headers import udp_packet
from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.words import has_datagram, heard_words, sends_datagrams, sent_words
from tftp_fsm.frozen import frozen
from tftp_fsm.ladder.identity import Identity, identity_of_octets
from tftp_fsm.ladder.sent import SentPacket, SentPackets
from tftp_fsm.protocol.events import Opened, Step
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.describe import datagram_words
from tftp_fsm.transports.carried import Carried
from tftp_fsm.transports.faults import UNHARMED, Fate, Impairment
from tftp_fsm.wire.headers import without_payload

UNHEARD = "no session heard this"
UNTOLD = "sent outside of a step: the transfer was broken off, or the request was refused"
BEFORE = "in the transfer before: "


@frozen
class _Note:
    """A note for the next packet. A note of a session belongs to the session's packets."""

    words: str
    is_of_session: bool = False


@frozen
class _Held:
    """A copy of a sent datagram that leaves later, at `at` on the clock of `Carried`."""

    at: float
    octets: bytes
    carried: Carried
    comments: list[str]


class Recorder:
    """One end. Its clock is monotonic. Adding `start` gives seconds since 1970."""

    def __init__(self, writer: PcapngWriter, end: str, start: float | None = None) -> None:
        self._writer = writer
        self._end = end
        self._start = time.time() - time.monotonic() if start is None else start
        self._heard: Carried | None = None
        self._mishaps: deque[Impairment] = deque()
        self._notes: list[_Note] = []
        self._step: Step | None
        self._sent: SentPackets
        self._due: Iterator[SentPacket]
        self._repeats: Counter[Identity]
        self._held: list[_Held] = []
        self._begin()

    def step(self, step: Step) -> None:
        """Take a step: the reason of a received datagram, and of the datagrams sent next."""
        if step.before is State.IDLE:
            self._end_last(step)
            self._begin()
        self._step = step
        self._due = (packet for effect in step.effects for packet in self._sent.of(effect))
        heard = self._heard
        if heard is not None and (has_datagram(step) or step.before is State.IDLE):
            self._heard = None
            self._write(heard, heard_words(self._end, step))
        elif not sends_datagrams(step):
            self._notes.append(_Note(heard_words(self._end, step), is_of_session=True))

    def datagram(self, carried: Carried) -> None:
        """Take a datagram. A received one is written later, with the step that it causes."""
        if carried.direction == "received":
            self.flush()
            self._heard = carried
            return
        fate = self._fate_of(carried)
        words = self._sent_words(carried)
        if not fate.delays:
            self._notes.append(_Note(f"lost on purpose: {words}", is_of_session=True))
            return
        octets = fate.applied_to(carried.octets)
        if fate.octets is None:
            mishaps = [f"{_what(fate)} on purpose"] if fate.mishaps else []
            self._write_copies(carried, octets, fate, words, *mishaps)
            return
        said = f"on purpose, {_packet(octets)} was sent in place of {_packet(carried.octets)}"
        self._write_copies(carried, octets, fate, said, f"what was replaced: {words}")

    def mishap(self, impairment: Impairment) -> None:
        """Take a simulated fault of a datagram. `datagram` is called afterwards."""
        if impairment.direction == "sent":
            self._mishaps.append(impairment)
            return
        self.flush()  # what came before has nothing to do with it
        fate, words = impairment.fate, _packet(impairment.datagram)
        if fate.octets is not None:
            words = f"{words}; {_packet(fate.octets)} came in its place"
        said = f"{_what(fate)} on purpose, on its way to {self._end}: {words}"
        self._notes.append(_Note(said))

    def beside(self, carried: Carried, why: str) -> None:
        """Take a datagram that belongs to no step. `why` describes it."""
        self.flush()
        self._write(carried, f"{_packet(carried.octets)}: {why}")

    def remark(self, words: str) -> None:
        """Take a remark about the next datagram."""
        self.flush()
        self._notes.append(_Note(words))

    def rest(self) -> list[str]:
        """Write received datagrams without a step. Return the notes without a packet."""
        self.flush()
        self._release(inf)
        return self._take_notes()

    def flush(self) -> None:
        """Write received datagrams that have caused no step."""
        heard, self._heard = self._heard, None
        if heard is not None:
            self._write(heard, UNHEARD)

    def _end_last(self, step: Step) -> None:
        """The notes of the last session are no notes of the packets of this one."""
        if isinstance(step.event, Opened):
            self.flush()  # a client has heard nothing yet
        self._notes = [
            _Note(f"{BEFORE}{note.words}") if note.is_of_session else note for note in self._notes
        ]

    def _begin(self) -> None:
        self._step = None
        self._sent = SentPackets()
        self._due = iter(())
        self._repeats = Counter()

    def _sent_words(self, carried: Carried) -> str:
        head, size = without_payload(carried.octets), len(carried.octets)
        identity = identity_of_octets(head)
        packet = next(self._due, None)
        if self._step is None or packet is None or packet.identity != identity:
            return f"{self._end} sends {datagram_words(head, size)}. {UNTOLD}"
        if packet.again:
            self._repeats[identity] += 1
        else:  # a new packet: the silence is over
            self._repeats.clear()
        return sent_words(self._end, packet.words, self._repeats[identity], self._step)

    def _fate_of(self, carried: Carried) -> Fate:
        for number, impairment in enumerate(self._mishaps):
            if impairment.datagram == carried.octets:
                for _ in range(number + 1):
                    self._mishaps.popleft()
                return impairment.fate
        return UNHARMED

    def _write_copies(self, carried: Carried, octets: bytes, fate: Fate, *comments: str) -> None:
        """Write each copy of a sent datagram. A delayed one is held until something later comes."""
        first, *others = fate.delays
        said = list(comments)
        copy = f"a copy of {_packet(octets)}, {_what(fate)} on purpose"
        if first:
            said, self._notes = [note.words for note in self._notes] + said, []
        for delay, words in [(first, said), *((delay, [copy]) for delay in others)]:
            if delay:
                self._held.append(_Held(carried.now + delay, octets, carried, words))
            else:
                self._write(carried, *words, octets=octets)

    def _release(self, now: float) -> None:
        """Write the held datagrams that have left until `now`."""
        left = sorted((held for held in self._held if held.at <= now), key=lambda held: held.at)
        self._held = [held for held in self._held if held.at > now]
        for held in left:
            self._put(held.at, held.octets, held.carried, held.comments)

    def _write(self, carried: Carried, *comments: str, octets: bytes | None = None) -> None:
        self._release(carried.now)
        whole = carried.octets if octets is None else octets
        self._put(carried.now, whole, carried, [*self._take_notes(), *comments])

    def _put(self, now: float, octets: bytes, carried: Carried, comments: list[str]) -> None:
        ends = carried.local, carried.peer
        source, to = ends if carried.direction == "sent" else ends[::-1]
        packet = udp_packet(source, to, octets)
        self._writer.packet(self._start + now, packet, carried.direction, comments)

    def _take_notes(self) -> list[str]:
        notes, self._notes = self._notes, []
        return [note.words for note in notes]


def _what(fate: Fate) -> str:
    return " and ".join(fate.mishaps)


def _packet(octets: bytes) -> str:
    """A datagram in words."""
    return datagram_words(without_payload(octets), len(octets))

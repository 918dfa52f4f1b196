"""Write the datagrams of one session while it runs, with the reasons of its steps.

    recorder = Recorder(writer, "client")
    get(..., observer=recorder.step, on_datagram=recorder.datagram, on_mishap=recorder.mishap)
    writer.close(time.time(), recorder.rest())

An event without a packet (a time-out, a datagram that was lost by `faults`) becomes a comment of
the next packet. After the last packet it becomes a comment of the interface.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator

from tftp_fsm.capture.frames import udp_packet
from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.words import has_datagram, heard_words, sends_datagrams, sent_words
from tftp_fsm.ladder.identity import Identity, identity_of_octets
from tftp_fsm.ladder.sent import SentPacket, SentPackets
from tftp_fsm.protocol.events import Step
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.describe import datagram_words
from tftp_fsm.transports.carried import Carried
from tftp_fsm.transports.faults import UNHARMED, Fate, Impairment
from tftp_fsm.wire.headers import without_payload

UNHEARD = "no session heard this"
UNTOLD = "sent outside of a step: the transfer was broken off, or the request was refused"


class Recorder:
    """One end. Its clock is monotonic. Adding `start` gives seconds since 1970."""

    def __init__(self, writer: PcapngWriter, end: str, start: float | None = None) -> None:
        self._writer = writer
        self._end = end
        self._start = time.time() - time.monotonic() if start is None else start
        self._heard: Carried | None = None
        self._mishaps: deque[Impairment] = deque()
        self._notes: list[str] = []
        self._step: Step | None
        self._sent: SentPackets
        self._due: Iterator[SentPacket]
        self._repeats: Counter[Identity]
        self._begin()

    def step(self, step: Step) -> None:
        """Take a step: the reason of a received datagram, and of the datagrams sent next."""
        if step.before is State.IDLE:
            self._begin()
        self._step = step
        self._due = (packet for effect in step.effects for packet in self._sent.of(effect))
        heard = self._heard
        if heard is not None and (has_datagram(step) or step.before is State.IDLE):
            self._heard = None
            self._write(heard, heard_words(self._end, step))
        elif not sends_datagrams(step):
            self._notes.append(heard_words(self._end, step))

    def datagram(self, carried: Carried) -> None:
        """Take a datagram. A received one is written later, with the step that it causes."""
        if carried.direction == "received":
            self.flush()
            self._heard = carried
            return
        fate = self._fate_of(carried)
        words = self._sent_words(carried)
        if not fate.delays:
            self._notes.append(f"lost on purpose: {words}")
            return
        mishaps = [f"{' and '.join(fate.mishaps)} on purpose"] if fate.mishaps else []
        octets = fate.applied_to(carried.octets)
        self._write(carried, words, *mishaps, octets=octets)

    def mishap(self, impairment: Impairment) -> None:
        """Take a simulated fault of a datagram. `datagram` is called afterwards."""
        if impairment.direction == "sent":
            self._mishaps.append(impairment)
            return
        octets = impairment.datagram
        words = datagram_words(without_payload(octets), len(octets))
        what = " and ".join(impairment.fate.mishaps)
        self._notes.append(f"{what} on purpose, on its way to {self._end}: {words}")

    def beside(self, carried: Carried, why: str) -> None:
        """Take a datagram that belongs to no step. `why` describes it."""
        self.flush()
        octets = carried.octets
        words = datagram_words(without_payload(octets), len(octets))
        self._write(carried, f"{words}: {why}")

    def remark(self, words: str) -> None:
        """Take a remark about the next datagram."""
        self._notes.append(words)

    def rest(self) -> list[str]:
        """Write received datagrams without a step. Return the notes without a packet."""
        self.flush()
        notes, self._notes = self._notes, []
        return notes

    def flush(self) -> None:
        """Write received datagrams that have caused no step."""
        heard, self._heard = self._heard, None
        if heard is not None:
            self._write(heard, UNHEARD)

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

    def _write(self, carried: Carried, *comments: str, octets: bytes | None = None) -> None:
        ends = carried.local, carried.peer
        source, to = ends if carried.direction == "sent" else ends[::-1]
        packet = udp_packet(source, to, carried.octets if octets is None else octets)
        notes, self._notes = self._notes, []
        at = self._start + carried.now
        self._writer.packet(at, packet, carried.direction, [*notes, *comments])

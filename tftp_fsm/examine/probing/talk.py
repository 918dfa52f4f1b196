"""One session of ours with the server, over a network with a script.

    with desk.read(desk.wishes.name, (), twice(Opcode.ACK, 1)) as talk:
        talk.run(3.0, until=lambda: talk.heard(Opcode.DATA, 2))
        talk.run(desk.quiet)
        copies = len(talk.heard(Opcode.DATA, 2))

The session uses our tables and keeps their rules. The script decides which of its packets reach the
server. When the talk ends, the server gets an ERROR, so that it does not wait.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from itertools import pairwise
from typing import Self, TypeAlias

from tftp_fsm.driver.driver import Driver
from tftp_fsm.examine.probing.outcome_words import ended_words, misnumbered
from tftp_fsm.examine.probing.tap import Seen, Spent, Tap
from tftp_fsm.examine.probing.watch import Beside, Watch
from tftp_fsm.examine.script import Rule, Script
from tftp_fsm.examine.scripted import ScriptedTransport
from tftp_fsm.language import mark, marked, sentence
from tftp_fsm.protocol.events import Aborted, Finished, Opened, Outcome
from tftp_fsm.protocol.read_client import ReadClient
from tftp_fsm.protocol.write_client import WriteClient
from tftp_fsm.storage.sinks import BytesSink
from tftp_fsm.storage.sources import BytesSource
from tftp_fsm.transports.protocol import Transport
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Error, ErrorCode, Oack, Packet
from tftp_fsm.wire.words import packet_words

# A server may refuse with these codes what it answers a moment later: it is busy, or its disk full.
FOR_NOW = frozenset({ErrorCode.UNDEFINED, ErrorCode.DISK_FULL})
FAREWELL = "thank you, this was an examination"
UNACKNOWLEDGED = mark(
    "sent after the session has ended: the last ACK was lost on purpose, and the server need "
    "not wait for it"
)
ANY = -1
QUIET = 0.3  # seconds in which an answer to an ACK has come; servers retransmit later than that


class NoAnswer(Enum):
    """The reason in words why there is no answer: nothing has come, or only malformed datagrams."""

    SILENCE = mark("no answer came")
    BROKEN = mark("no readable answer")


Answer: TypeAlias = Packet | NoAnswer


def words_of(packet: Answer) -> str:
    """The packet in words."""
    if packet == Oack(()):
        return sentence("an OACK without options")
    return marked(packet.value) if isinstance(packet, NoAnswer) else packet_words(packet)


class Talk:
    """`session` has not begun. `content` is the file of a WRQ. No run goes on after `ends`."""

    def __init__(
        self,
        session: ReadClient | WriteClient,
        tap: Tap,
        rules: tuple[Rule, ...],
        ends: float,
        content: bytes | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.session = session
        self.request = session.request  # the session may send it once more without options
        self.tap = tap
        self.was_cut = False  # a wait was shorter than wished
        self._ends = ends
        self._before_leaving = ""
        self._in_vain: float | None = None  # when the last vain wait ended
        watch = watch or Watch()
        self._beside = Beside(tap, watch)
        self._transport: Transport = ScriptedTransport(tap, Script(*rules), watch.mishap)
        self._sink = BytesSink() if content is None else None
        source = None if content is None else BytesSource(content)
        self._driver = Driver(
            session,
            self._transport,
            source=source,
            sink=self._sink,
            observer=watch.step,
            listening=watch.datagram,
        )

    def __enter__(self) -> Self:
        self._driver.feed(Opened())
        return self

    def __exit__(self, *_: object) -> None:
        self._before_leaving = self.outcome
        try:
            with suppress(Spent):
                self.leave()
        finally:
            self._driver.close()
            self._transport.close()

    def run(self, seconds: float, until: Callable[[], object] = bool) -> bool:
        """Let the session go on for `seconds`, or until `until` is true. Return whether it was.

        It still listens after the end of the session.
        """
        wished = self.now + seconds
        ends = min(wished, self._ends)
        while not until():
            if self.now >= ends:
                self.was_cut |= ends < wished
                if until is not bool and self._is_quiet():
                    self._in_vain = self.now
                return False
            self._driver.turn(ends)
        return True

    def listen(self, seconds: float, until: Callable[[], object]) -> bool:
        """Run for `seconds` until the first answer comes, and as long again from there.

        A slow server may need nearly all of the first wait. Return whether `until` was true.
        """
        self.run(seconds, until=lambda: until() or self.heard())
        return bool(until()) or (bool(self.heard()) and self.run(seconds, until))

    def leave(self) -> None:
        """Send an ERROR to the server if it has answered and may still wait."""
        if self.session.was_answered and not self._driver.ended:
            self._driver.feed(Aborted(FAREWELL))
        peer = self.session.peer
        if self.succeeded and self._is_ack_missing() and peer is not None:
            self._beside.send(Error(ErrorCode.UNDEFINED, FAREWELL), peer, UNACKNOWLEDGED)

    def _is_quiet(self) -> bool:
        """Nothing has come for longer than an answer takes. A slow way is no silence."""
        times = [seen.at for seen in self.heard()]
        last = max(times, default=self.began)
        slow = 2 * max((after - before for before, after in pairwise(times)), default=0.0)
        return self.now - last >= max(QUIET, slow)

    def _is_ack_missing(self) -> bool:
        """Return whether the script has dropped the final ACK."""
        last = self.heard(Opcode.DATA)[-1:]
        return bool(last) and not self.sent(Opcode.ACK, last[0].number or 0)

    @property
    def now(self) -> float:
        """Return the seconds on the clock of the transport."""
        return self._transport.now()

    @property
    def began(self) -> float:
        """The time at which the request was sent."""
        return self.tap.seen[0].at

    @property
    def ended(self) -> bool:
        """Whether the session hears nothing more, or dallies after its success."""
        return self._driver.finished is not None

    @property
    def succeeded(self) -> bool:
        """Whether the whole file was moved."""
        return self._driver.finished == Finished(Outcome.SUCCEEDED)

    @property
    def octets(self) -> bytes | None:
        """The file that was read, or None until it is whole."""
        return None if self._sink is None else self._sink.octets

    @property
    def came(self) -> int:
        """The number of octets of the file that have come."""
        return self.session.counters.octets

    @property
    def outcome(self) -> str:
        """The end of the session in words. Our leaving does not count as an end."""
        if self._before_leaving:
            return self._before_leaving
        return ended_words(
            self.tap.seen, self._driver.finished, is_windowed=self.session.windowsize > 1
        )

    @property
    def misnumbered(self) -> str:
        """The first wrong block number that came, in words, or ""."""
        return "" if self.session.windowsize > 1 else misnumbered(self.tap.seen)

    @property
    def has_refused(self) -> bool:
        """Whether we have ended the transfer with an ERROR because of a packet."""
        finished = self._driver.finished
        return finished is not None and finished.outcome is Outcome.REFUSED

    @property
    def failure(self) -> str:
        """The failure on this side, or ""."""
        finished = self._driver.finished
        is_ours = finished is not None and finished.outcome is Outcome.STORAGE_FAILED
        return finished.message if finished is not None and is_ours else ""

    def heard(self, kind: Opcode | None = None, number: int = ANY) -> list[Seen]:
        """Return the received datagrams of this kind and number."""
        return self._of("received", kind, number)

    def heard_from_peer(self, kind: Opcode, number: int = ANY) -> list[Seen]:
        """Return the same without other TIDs: a request that comes twice may begin two sessions."""
        return [seen for seen in self.heard(kind, number) if seen.peer == self.session.peer]

    def sent(self, kind: Opcode | None = None, number: int = ANY) -> list[Seen]:
        """Return the datagrams of this kind and number that were really sent."""
        return self._of("sent", kind, number)

    def answer(self) -> Answer:
        """The first packet that has come, or the reason why there is none."""
        none = NoAnswer.BROKEN if self.heard() else NoAnswer.SILENCE
        return next((seen.packet for seen in self.heard() if seen.packet), none)

    def error(self) -> Error | None:
        """The first ERROR that has come."""
        found = (seen.packet for seen in self.heard(Opcode.ERROR))
        return next((packet for packet in found if isinstance(packet, Error)), None)

    @property
    def was_refused_for_now(self) -> bool:
        """Return whether an ERROR came that a busy or full server sends.

        An ERROR that follows an ERROR of ours answers that one.
        """
        first = next((seen for seen in self.tap.seen if seen.opcode is Opcode.ERROR), None)
        error = first.packet if first is not None and first.direction == "received" else None
        return isinstance(error, Error) and error.code in FOR_NOW

    @property
    def round_trip(self) -> float:
        """The least time in seconds from an ACK of ours to the DATA that it brings, or 0.

        A request is no measure: the server may be slow to open the file, or be asked twice.
        """
        acked = {seen.number: seen.at for seen in reversed(self.sent(Opcode.ACK))}
        came = {seen.number: seen.at for seen in reversed(self.heard(Opcode.DATA))}
        trips = (came[n + 1] - at for n, at in acked.items() if n is not None and n + 1 in came)
        return min((trip for trip in trips if trip > 0), default=0.0)

    @property
    def fell_silent(self) -> bool:
        """Return whether no answer came at the last wait, or the server's port is closed."""
        since = self._in_vain
        is_silent = since is not None and not any(seen.at > since for seen in self.heard())
        peers = {report.peer for report in self.tap.unreachable if report.is_hard}
        return is_silent or self.session.peer in peers or (bool(peers) and not self.heard())

    def is_moving(self, seconds: float) -> bool:
        """The last block of the file came for the first time within so many seconds."""
        came = self.heard(Opcode.DATA, self.session.counters.blocks & 0xFFFF)
        return bool(came) and self.now - came[0].at < seconds

    @property
    def is_unreachable(self) -> bool:
        """Whether the network reports that the port of the server is closed."""
        return any(report.is_hard for report in self.tap.unreachable)

    def _of(self, direction: str, kind: Opcode | None, number: int) -> list[Seen]:
        return [
            seen
            for seen in self.tap.seen
            if seen.direction == direction
            and (kind is None or seen.opcode is kind)
            and number in (ANY, seen.number)
        ]

"""Make a ladder from steps: match each datagram that was sent with its arrival.

A debugger numbers its datagrams, so an arrival with a number is matched by the number. A packet
without a number is in flight until the other end receives an equal one. Recorded faults of the wire
(a loss, a second copy, a flipped bit) are used, and the latency, if the trace has it. Without a
latency, packets of the same kind and block arrive in the order in which they were sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import TypeAlias

from tftp_fsm.borders import brief
from tftp_fsm.ladder.flights import Flight, Flights
from tftp_fsm.ladder.identity import Identity, identities
from tftp_fsm.ladder.model import (
    Arrow,
    Item,
    Ladder,
    Lane,
    Mark,
    MarkKind,
    Moment,
    Span,
    first_moment,
)
from tftp_fsm.ladder.read_step import begins_wait, does_something, mark_of
from tftp_fsm.ladder.sent import SentPacket, SentPackets
from tftp_fsm.language import joined, layout, mark, marked, sentence
from tftp_fsm.protocol.events import (
    BeginAnew,
    DataReceived,
    Event,
    Finished,
    Opened,
    Outcome,
    RequestReceived,
    Send,
    Step,
    StorageFailed,
    StrayReceived,
)
from tftp_fsm.protocol.gloss import end_word, fate_gloss, outcome_gloss
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.describe import came_from_wire, datagram_words, event_words, reason
from tftp_fsm.trace.records import ByHand, Recorded, WireEvent
from tftp_fsm.trace.trace import Trace
from tftp_fsm.wire.packets import Rrq, Wrq
from tftp_fsm.wire.words import packet_words

Entry: TypeAlias = Recorded | WireEvent | ByHand | tuple[str, Step]
Source: TypeAlias = Trace | Iterable[Entry]

CLIENT, SERVER = "client", "server"
ANOTHER = mark("another session answers")


def build(source: Source, held: Iterable[int] = ()) -> Ladder:
    """Return the ladder of a trace, or of steps with the names of their ends.

    `held` has the numbers of the datagrams that are known to be still under way.
    """
    about = source.about if isinstance(source, Trace) else {}
    entries = source.with_hands if isinstance(source, Trace) else source
    latency = None if about.get("rate") else about.get("latency")  # with a rate, packets wait
    builder = _Builder(_lanes_of(source), latency, frozenset(held))
    for entry in entries:
        match entry:
            case WireEvent():
                builder.wire(entry)
            case ByHand():
                builder.by_hand(entry)
            case Recorded():
                builder.step(entry)
            case (end, step):
                builder.step(Recorded(end, step))
    return builder.ladder()


def _lanes_of(source: Source) -> dict[str, str]:
    """The title of each end, if the header of the trace has one."""
    tables = source.tables if isinstance(source, Trace) else {}
    ends = reversed(tables.items())  # the first end of a lane gives its title
    return {lane_of(end): table.title for end, table in ends}


def lane_of(end: str) -> str:
    """Return the lane of an end. A client that tries several addresses has several ends."""
    return SERVER if end == SERVER else CLIENT


class _Builder:
    def __init__(self, titles: dict[str, str], latency: float | None, held: frozenset[int]) -> None:
        self.titles = titles
        self.held = held
        self.flights = Flights(latency)
        self.others: list[Item] = []
        self.spans: list[Span] = []
        self.lanes: dict[str, str] = {}
        self.ends: dict[str, State] = {}  # the states of the lanes
        self.sent: dict[str, SentPackets] = {}
        self.waiting: dict[str, Moment] = {}
        self.outcomes: dict[str, Finished] = {}
        self.anew: set[str] = set()  # ends whose request goes to another session
        self.request = ""
        self._order = count()
        self._step = -1
        self._now: float | None = None

    # -- In ---------------------------------------------------------------------------------------

    def by_hand(self, hand: ByHand) -> None:
        """Add a variable that was set by hand between two steps. It takes no time."""
        if self._now is None:
            return
        for end in self.ends if hand.both else (lane_of(hand.end),):
            moment = Moment(next(self._order), self._now, self._step + 1)
            self.others.append(Mark(end, "local", hand.words, moment))
            if hand.name == "block":  # later packets have other numbers, and repeat nothing
                self.sent[end] = SentPackets()

    def wire(self, wire: WireEvent) -> None:
        """Add a fault of the wire. If the sender is not in the trace, the other lane shows it."""
        sender, receiver = self.lanes.get(wire.sender, ""), self.lanes.get(wire.receiver)
        if sender or receiver is None or wire.packet is not None:
            self.flights.impair(replace(wire, sender=sender))
            return
        moment = Moment(next(self._order), wire.now, max(self._step, 0))
        packet = datagram_words(wire.head, wire.octets)
        words = layout("{packet}: {fate}", packet=packet, fate=fate_gloss(wire.fate))
        self.others.append(Mark(receiver, "local", words, moment))

    def step(self, entry: Recorded) -> None:
        lane = self.lanes.setdefault(entry.end, lane_of(entry.end))
        entry = entry if entry.end == lane else replace(entry, end=lane)
        end, step = entry.end, entry.step
        self._step += 1
        self._now = step.now
        if step.before is not self.ends.get(end):  # its first step, or another session's
            self.spans.append(Span(end, step.before, self._moment(step)))
        moment = self._moment(step)
        self.ends[end] = step.after
        self._hear(entry, moment)
        if step.after is not step.before:
            self.spans.append(Span(end, step.after, moment, reason(step)))
        self._send(entry)
        if begins_wait(step):
            self.waiting[end] = self._moment(step)

    def _moment(self, step: Step) -> Moment:
        return Moment(next(self._order), step.now, self._step)

    def _hear(self, entry: Recorded, moment: Moment) -> None:
        end, step = entry.end, entry.step
        if self._is_handed_on(end, step):
            self.others.append(Mark(end, "local", marked(ANOTHER), moment, why=reason(step)))
            self.sent[end] = SentPackets()  # it repeats no packet of the earlier session
        elif came_from_wire(step.event):
            unseen = [i for i in identities(step.event) if not self._arrive(entry, i, moment)]
            if unseen:  # one arrow, with the words of the whole run
                self.others.append(self._from_elsewhere(end, step, moment, unseen[0]))
        elif not isinstance(step.event, Opened):
            if step.before is State.IDLE and isinstance(step.event, StorageFailed):
                self._hear_refused(end, step, moment)
                moment = self._moment(step)
            self.others.append(self._mark(end, step, moment))

    def _hear_refused(self, end: str, step: Step, moment: Moment) -> None:
        """Add the arrival of a request that a server refuses at once: no other step shows it."""
        requests = (f for f in reversed(self.flights.all) if f.identity[0] == "request")
        request = next((f for f in requests if f.sender != end and f.copies), None)
        if request is not None and self.flights.find(end, request.identity, step.now):
            request.arrived.append(moment)

    def _is_handed_on(self, end: str, step: Step) -> bool:
        """Return whether this is the earlier session's request, handed to this session."""
        begins = end in self.anew and isinstance(step.event, RequestReceived)
        self.anew.discard(end)
        if any(isinstance(effect, BeginAnew) for effect in step.effects):
            self.anew.add(end)
        return begins

    def _arrive(self, entry: Recorded, identity: Identity, moment: Moment) -> bool:
        """Find the flight that ends here. Return False if its sender is not in the trace."""
        step = entry.step
        if entry.heard is None:
            flight = self.flights.find(entry.end, identity, step.now)
        else:
            flight = self.flights.numbered(entry.heard, step.now)
        if flight is None:
            return False
        flight.arrived.append(moment)
        flight.arrived_why = flight.arrived_why or reason(step)
        flight.moves = flight.moves and does_something(step)
        if identity != flight.identity and "corrupted" not in flight.fate:
            now = event_words(step.event)
            flight.words = sentence("{packet}, changed to {event}", packet=flight.words, event=now)
        elif _says_more(step.event):
            flight.words = event_words(step.event)
        return True

    def _from_elsewhere(self, end: str, step: Step, moment: Moment, identity: Identity) -> Arrow:
        stray = isinstance(step.event, StrayReceived)
        return Arrow(
            _other(end),
            end,
            identity[0],
            event_words(step.event),
            None,
            (moment,),
            stray=stray,
            moves=does_something(step),
            arrived_why=reason(step),
        )

    def _mark(self, end: str, step: Step, moment: Moment) -> Mark:
        since = self.waiting.get(end)
        kind, words = mark_of(step, None if since is None else step.now - since.at)
        return Mark(end, kind, words, moment, since, reason(step))

    # -- Out --------------------------------------------------------------------------------------

    def _send(self, entry: Recorded) -> None:
        end, step = entry.end, entry.step
        sent, numbers = self.sent.setdefault(end, SentPackets()), iter(entry.sent)
        for effect in step.effects:
            for packet in sent.of(effect):
                self._take_off(end, step, packet, next(numbers, None))
            match effect:
                case Send(Rrq() | Wrq() as request):
                    self.request = self.request or packet_words(request)
                case Finished():
                    self._finish(end, step, effect)

    def _take_off(self, end: str, step: Step, packet: SentPacket, number: int | None) -> None:
        moment, why = self._moment(step), reason(step)
        flight = Flight(end, packet.identity, packet.words, moment, packet.again, why, number)
        self.flights.add(flight)
        if packet.elsewhere:
            self.flights.lose_sight()

    def _finish(self, end: str, step: Step, finished: Finished) -> None:
        self.outcomes[end] = finished
        good = finished.outcome in (Outcome.SUCCEEDED, Outcome.PROBED)
        kind: MarkKind = "outcome" if good else "failure"
        words = outcome_gloss(finished.outcome)
        if finished.message:
            words = layout("{outcome}: {why}", outcome=words, why=brief(finished.message))
        self.others.append(Mark(end, kind, words, self._moment(step), None, reason(step)))

    # -- The whole --------------------------------------------------------------------------------

    def ladder(self) -> Ladder:
        left, right = self._lanes()
        arrows = (self._arrow(flight) for flight in self.flights.all)
        items = sorted((*arrows, *self.others), key=first_moment)
        start = self.spans[0].start.at if self.spans else 0.0
        return Ladder(
            left, right, tuple(items), tuple(self.spans), start, self.request, self._outcome()
        )

    def _lanes(self) -> tuple[Lane, Lane]:
        names = list(self.ends) or [CLIENT]
        left = next((name for name in names if name != SERVER), CLIENT)
        right = next((name for name in names if name != left), SERVER)
        return self._lane(left), self._lane(right)

    def _lane(self, name: str) -> Lane:
        known = name in self.ends
        return Lane(name, _lane_words(name, known), self.titles.get(name, ""), known)

    def _outcome(self) -> str:
        ended: list[str] = [
            layout("{end} {outcome}", end=end_word(end), outcome=outcome_gloss(done.outcome))
            for end, done in self.outcomes.items()
        ]
        return joined(", ", ended)

    def _arrow(self, flight: Flight) -> Arrow:
        receiver = _other(flight.sender)
        fate = flight.fate
        if flight.copies > 0 and not flight.arrived:
            fate = (*fate, *self._not_arrived(flight, receiver))
        return Arrow(
            flight.sender,
            receiver,
            flight.identity[0],
            flight.words,
            flight.sent,
            tuple(flight.arrived),
            fate,
            flight.again,
            moves=flight.moves,
            sent_why=flight.why,
            arrived_why=flight.arrived_why,
        )

    def _not_arrived(self, flight: Flight, receiver: str) -> tuple[str, ...]:
        """Return remarks on a packet that was not lost, although no copy of it arrived."""
        if flight.number in self.held:
            return ("held",)
        if receiver not in self.ends:
            return ("unseen",)
        if self.ends[receiver].is_final:
            return ("unheard",)
        return () if flight.number is None else ("held",)


def _lane_words(end: str, known: bool) -> str:
    if known:
        return end_word(end)
    return sentence("peer (server)") if end == SERVER else sentence("peer (client)")


def _other(end: str) -> str:
    return CLIENT if end == SERVER else SERVER


def _says_more(event: Event) -> bool:
    """Return whether the receiver's event tells more: the size of DATA, or a tolerated flaw."""
    is_data = isinstance(event, DataReceived) and event.count == 1
    return is_data or bool(getattr(event, "tolerated", ""))

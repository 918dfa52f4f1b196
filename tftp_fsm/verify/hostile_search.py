"""Search all positions of one end against a hostile peer, with every stimulus in each."""

from __future__ import annotations

from time import monotonic

from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Event, Opened, RequestReceived, TimeoutExpired
from tftp_fsm.protocol.roles import Sessions
from tftp_fsm.protocol.session import Session
from tftp_fsm.simulation.addresses import CLIENT, End
from tftp_fsm.trace.records import Json, Recorded
from tftp_fsm.trace.trace import Trace, session_header
from tftp_fsm.verify.case import Case
from tftp_fsm.verify.case_sessions import client_of, server_of
from tftp_fsm.verify.hostile import HostileSide, Stimulus, stimuli
from tftp_fsm.verify.report import Counterexample, Report
from tftp_fsm.verify.rules import ENDS, Breach

START = 0
LATENCY = 0.001  # seconds between two events that need no waiting time between them


def explore_hostile(case: Case, sessions: Sessions, end: End) -> Report:
    """Explore everything that a hostile peer can do to this end. `sessions` are its classes."""
    began = monotonic()
    search = HostileSearch(case, sessions, end)
    found = search.run()
    return Report(
        case=case,
        states=len(search.side.positions),
        transitions=search.transitions,
        depth=search.depth,
        seconds=monotonic() - began,
        endings=(),
        counterexample=found,
    )


class HostileSearch:
    """All positions of one end in the order in which they were found, and the way to each."""

    def __init__(self, case: Case, sessions: Sessions, end: End) -> None:
        self.end = end
        self.side = HostileSide(end, case)
        self.transitions = 0
        self.depth = 0
        self._case = case
        self._sessions = sessions
        self._stimuli = stimuli(case, end)
        self._came: list[tuple[int, Stimulus, float]] = []  # position before, stimulus, moment
        self._after: list[set[int]] = []
        self._timeouts: list[tuple[int, int]] = []

    def run(self) -> Counterexample | None:
        """Explore everything. Return the shortest run that breaks a rule, or None."""
        start = Stimulus("the start", event=self._first)
        self.side.begin(self._session())
        self._came.append((START, start, 0.0))
        at, level = START, START
        while at < len(self.side.positions):
            if at == level:
                level, self.depth = len(self.side.positions), self.depth + 1
            self._after.append(set())
            for stimulus in (start,) if at == START else self._stimuli:
                try:
                    self._take(at, stimulus)
                except Breach as breach:
                    return self._shown(breach, at, stimulus)
            at += 1
        return self._endless()

    def _take(self, at: int, stimulus: Stimulus) -> None:
        side = self.side
        if side.final[at]:
            return
        if at != START and not side.waits[at]:
            raise Breach(ENDS, sentence("the session waits without a deadline"))
        for change in side.change(at, stimulus):
            self.transitions += 1
            self._after[at].add(change.position)
            if len(self._came) < len(side.positions):
                self._came.append((at, stimulus, change.moment))
            if isinstance(stimulus.event, TimeoutExpired) and change.is_fault:
                self._timeouts.append((at, change.position))

    def _endless(self) -> Counterexample | None:
        """Return a run that time-outs can repeat for ever, or None if there is none."""
        for before, after in self._timeouts:
            if before in self._reachable(after):
                breach = Breach(
                    ENDS,
                    sentence("time-outs do not end the session: the peer can hold it for ever"),
                )
                return self._shown(breach, before, Stimulus("a time-out", event=TimeoutExpired()))
        return None

    def _reachable(self, start: int) -> set[int]:
        seen, ahead = {start}, [start]
        while ahead:
            new = self._after[ahead.pop()] - seen
            seen |= new
            ahead += new
        return seen

    # -- The run as a trace -----------------------------------------------------------------------

    def _shown(self, breach: Breach, at: int, last: Stimulus) -> Counterexample:
        way = [*self._way_to(at), (last, 0.0)]
        session, clock = self._session(), 0.0
        ends: dict[str, Json] = {self.end: session_header(session)}
        steps = []
        for stimulus, moment in way:
            event = stimulus.event or session.interpret(stimulus.octets, stimulus.source)
            clock += LATENCY + moment
            if isinstance(event, TimeoutExpired) and session.deadline is not None:
                clock = max(clock, session.deadline)
            steps.append(Recorded(self.end, session.handle(event, clock)))
        if breach.event is not None:
            steps.append(Recorded(self.end, session.handle(breach.event, clock + LATENCY)))
        notes = [[len(steps), breach.note]]
        about: Json = {"latency": LATENCY, "hostile": True, "notes": notes}
        trace = Trace(ends, tuple(steps), about)
        return Counterexample(breach.rule, breach.how, len(way), trace)

    def _way_to(self, at: int) -> list[tuple[Stimulus, float]]:
        way = []
        while at != START:
            at, stimulus, moment = self._came[at]
            way.append((stimulus, moment))
        return way[::-1]

    def _session(self) -> Session:
        client = client_of(self._case, self._sessions)
        if self.end == "client":
            return client
        return server_of(self._case, self._sessions, client.request)

    @property
    def _first(self) -> Event:
        return Opened() if self.end == "client" else RequestReceived(CLIENT)

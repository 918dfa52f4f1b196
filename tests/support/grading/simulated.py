"""Run a trial of our client over a simulated network, without sockets and without waiting.

graded = run("lost-ack")
graded.verdicts == {"lost-ack": Verdict.KEPT}
"""

from __future__ import annotations

from dataclasses import dataclass

from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import MalformedPacket
from tftp_fsm.examine.checks import Result, Verdict
from tftp_fsm.examine.grading.attempt import Asked, Attempt
from tftp_fsm.examine.grading.results import results_of
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import Trial
from tftp_fsm.examine.grading.trials.published import trial_for
from tftp_fsm.protocol.events import Opened, TimeoutExpired
from tftp_fsm.protocol.roles import OURS, Sessions, client_session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation.network import SimulatedNetwork, SimulatedTransport
from tftp_fsm.storage import BytesSink, BytesSource, NetasciiSource, Source
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Rrq, Wrq, parse

CLIENT: Address = ("client", 1024)
LISTENER: Address = ("server", 69)
KEY = "seed:kim"
ALL = Options(blksize=1428, tsize=0, windowsize=4)
POLICY = RetryPolicy(dally=5.0)


class SimulatedWire:
    """The ports of an attempt in a simulated network."""

    def __init__(self, network: SimulatedNetwork) -> None:
        self.attempt: Attempt | None = None
        self.now = network.now
        self._network = network
        self._tid = network.transport(("server", 2000), lambda a: self._hear(a, "tid"))
        self._stranger = network.transport(("server", 3000), lambda a: self._hear(a, "stranger"))

    def send(self, datagram: bytes, to: Address) -> None:
        self._tid.send(Burst.of(datagram, to))

    def open_stranger(self) -> None:
        """Do nothing, because it is open."""

    def send_as_stranger(self, datagram: bytes, to: Address) -> None:
        self._stranger.send(Burst.of(datagram, to))

    def local(self, port: str) -> Address:
        return {"tid": ("server", 2000), "stranger": ("server", 3000)}.get(port, LISTENER)

    def close(self) -> None:
        self._tid.close()
        self._stranger.close()

    def _hear(self, arrived: Burst | Unreachable, port: str) -> None:
        assert self.attempt is not None
        if isinstance(arrived, Unreachable):
            self.attempt.hear_unreachable(arrived, port)  # type: ignore[arg-type]
        else:
            self.attempt.hear(b"".join(arrived.buffers), port)  # type: ignore[arg-type]


@dataclass
class Graded:
    """The outcome: the story, the results, and the file that the client has at the end."""

    story: Story
    results: tuple[Result, ...]
    wanted: bytes
    received: bytes | None

    @property
    def verdicts(self) -> dict[str, Verdict]:
        return {result.check.name: result.verdict for result in self.results}

    @property
    def seen(self) -> str:
        return "; ".join(f"{r.check.name}: {r.finding.seen}" for r in self.results)


class Classroom:
    """One client, and the attempts that its requests began."""

    translates = True  # it translates the line ends of a text in mode netascii

    def __init__(self, trial: Trial, sessions: Sessions, options: Options, mode: str) -> None:
        self.trial = trial
        self.network = SimulatedNetwork()
        self.attempts: list[Attempt] = []
        self.network.transport(LISTENER, self._asked)
        self.sink = BytesSink()
        self.client = self._client(sessions, options, mode)

    def _client(self, sessions: Sessions, options: Options, mode: str) -> Driver:
        name, verb = self.trial.name.encode(), self.trial.verb
        octets = b"" if verb == "get" else self.trial.file(KEY).whole()
        pairs = Options(options.blksize, None, options.tsize if verb == "get" else len(octets))
        pairs = pairs if options.tsize is not None else Options()
        request = (Rrq if verb == "get" else Wrq)(name, mode, pairs.pairs())
        source: Source = BytesSource(octets)
        if mode == "netascii" and self.translates:
            source = NetasciiSource(source)
        transport: SimulatedTransport = self.network.transport(CLIENT, self._to_client)
        return Driver(
            client_session(request, LISTENER, POLICY, size=source.size, sessions=sessions),
            transport,
            source=source if verb == "put" else None,
            sink=self.sink if verb == "get" else None,
        )

    def run(self) -> None:
        self.client.feed(Opened())
        for _ in range(400_000):
            if self.attempts and all(attempt.is_over for attempt in self.attempts):
                return
            self._step()
        raise AssertionError("no end")

    def _step(self) -> None:
        alive = [attempt for attempt in self.attempts if not attempt.is_over]
        due = [attempt.due for attempt in alive]
        deadline = self.client.deadline
        times = [t for t in (self.network.next_due(), deadline, *due) if t is not None]
        if not times:
            raise AssertionError("nothing is due")
        self.network.advance(min(times))
        now = self.network.now()
        if deadline is not None and deadline <= now:
            self.client.feed(TimeoutExpired())
        self._close_port()
        for attempt in alive:
            if attempt.due <= now:
                attempt.wake()

    def _to_client(self, arrived: Burst | Unreachable) -> None:
        if not self.client.ended:
            self.client.take(arrived)
        self._close_port()

    def _close_port(self) -> None:
        if self.client.ended:
            self.client.transport.close()

    def _asked(self, arrived: Burst | Unreachable) -> None:
        if isinstance(arrived, Unreachable):
            return
        octets = b"".join(arrived.buffers)
        try:
            request = parse(octets)
        except MalformedPacket:
            return
        newest = self.attempts[-1] if self.attempts else None
        if not isinstance(request, Rrq | Wrq):
            assert newest is not None
            newest.hear(octets, "listening")
        elif newest is not None and newest.asked.octets == octets and not newest.is_over:
            newest.ask_again()
        else:
            if newest is not None:
                newest.ask_anew(request)
            self._begin(Asked(request, octets, arrived.peer))

    def _begin(self, asked: Asked) -> None:
        for attempt in self.attempts:
            attempt.close()
        wire = SimulatedWire(self.network)
        attempt = Attempt(self.trial, KEY, asked, wire)
        wire.attempt = attempt
        self.attempts.append(attempt)
        attempt.begin()


def run(
    name: str,
    sessions: Sessions = OURS,
    *,
    options: Options = ALL,
    mode: str | None = None,
) -> Graded:
    """Run the trial of that name with our client, which may have other tables."""
    verb = "put" if name.startswith("put-") else "get"
    trial = trial_for(verb, name)  # type: ignore[arg-type]
    assert trial is not None
    room = Classroom(trial, sessions, options, mode or trial.mode)
    room.run()
    first = room.attempts[0]
    wanted = first.file.whole()
    return Graded(first.story, results_of(trial, first.story), wanted, room.sink.octets)

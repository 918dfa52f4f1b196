"""The server that grades: one thread, which waits for all clients together, as in `Loop`.

    with GradeServer(settings, book) as server:
        server.run()                        # until `server.stop()` is called, from any thread

Each request begins an attempt. The name in it has the trial and the student. Other names mean files
in the root, which are served unchanged.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

from tftp_fsm.errors import LocalError, MalformedPacket
from tftp_fsm.examine.checks import Result
from tftp_fsm.examine.grading.attempt import Asked, Attempt
from tftp_fsm.examine.grading.book import Book
from tftp_fsm.examine.grading.names import Register, read_name
from tftp_fsm.examine.grading.other_requests import Openings
from tftp_fsm.examine.grading.recording import Recording
from tftp_fsm.examine.grading.results import results_of
from tftp_fsm.examine.grading.running import Running
from tftp_fsm.examine.grading.story import Port
from tftp_fsm.examine.grading.trial import Trial, Verb
from tftp_fsm.examine.grading.trials.published import trial_for
from tftp_fsm.examine.grading.unjudged import Plain
from tftp_fsm.examine.grading.wires import MEMORY, UdpWire
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.listener import Arrival, Listener, listen
from tftp_fsm.server.quotas import Quotas
from tftp_fsm.server.session_factory import Opening
from tftp_fsm.transports.burst import Burst
from tftp_fsm.transports.readiness import bounded
from tftp_fsm.transports.waker import Waker
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Error, ErrorCode, Request, Rrq, Wrq, read

AT_ONCE = 64  # datagrams of one socket before the next socket's turn
BUSY = "busy: try again later"


@frozen
class Settings:
    """The settings. `server` has the root, the addresses and the limits of sessions.

    `seed` determines the files of the trials. With `only` each request without a name belongs to
    this student. `recording` is called with the datagrams on the wire.
    """

    server: ServerConfig
    seed: str = "tftp-fsm"
    only: str = ""
    recording: Recording | None = None


@frozen
class Judged:
    """One attempt that is over: its student, its trial, and its results."""

    student: str
    peer: Address
    trial: Trial
    results: tuple[Result, ...]
    attempt: Attempt


class GradeServer:
    """Grades each client. `judged` is called with each attempt that is over.

    `complain` is called with faults on this side. Raises LocalError if it cannot listen.
    """

    def __init__(
        self,
        settings: Settings,
        book: Book,
        register: Register | None = None,
        judged: Callable[[Judged], object] | None = None,
        complain: Callable[[str], object] | None = None,
    ) -> None:
        self._settings = settings
        self._book = book
        self._register = register or Register()
        for student in book.students.values():
            if student.address:  # a program that was run here has no address
                self._register.claim(student.name, student.address)
        self._judged = judged
        self._complain = complain or (lambda words: None)
        self._openings = Openings(settings.server, book)
        try:
            self._listeners = listen(settings.server)
        except BaseException:
            self._openings.close()
            raise
        self._memory, self._recording = memoryview(bytearray(MEMORY)), settings.recording
        self._quotas = Quotas(settings.server.max_sessions_per_address)
        self._running: dict[Address, Running] = {}
        self._stops = False
        self._syncs: list[threading.Event] = []
        self._selector = selectors.DefaultSelector()
        self._waker = Waker(self._selector)
        for listener in self._listeners:
            self._selector.register(listener.sock, selectors.EVENT_READ, listener)

    @property
    def addresses(self) -> list[Address]:
        """The addresses on which it listens."""
        return [listener.address for listener in self._listeners]

    @property
    def sessions(self) -> int:
        """The number of clients that are being served."""
        return len(self._running)

    def is_running(self, trial: Trial) -> bool:
        """Return whether an attempt at this trial is running. May be called from any thread."""
        works = [running.work for running in list(self._running.values())]
        return any(isinstance(work, Attempt) and work.trial == trial for work in works)

    def __enter__(self) -> GradeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stop(self) -> None:
        """End `run`. May be called from another thread or from a signal handler."""
        self._stops = True
        self._waker.wake()

    def sync(self, seconds: float) -> None:
        """Wait until all datagrams so far were handled. Call this from another thread."""
        done = threading.Event()
        self._syncs.append(done)
        self._waker.wake()
        done.wait(seconds)

    def run(self) -> None:
        """Serve until `stop`."""
        while not self._stops:
            self.turn(None)

    def close(self) -> None:
        """End every attempt without a result, and close every socket."""
        for running in list(self._running.values()):
            self._forget(running)
        for listener in self._listeners:
            listener.close()
        self._openings.close()
        self._selector.close()
        self._waker.close()

    def turn(self, seconds: float | None) -> None:
        """Wait for at most `seconds`, and handle everything that has come."""
        syncs: list[threading.Event] = []
        for key, _ in self._selector.select(bounded(self._wait(seconds))):
            match key.data:
                case None:
                    self._waker.clear()
                    syncs, self._syncs = self._syncs, []
                case Listener():
                    for arrival in key.data.arrivals(self._memory, AT_ONCE):
                        self._hear(key.data, arrival)
                case (running, port):
                    self._take(running, port)
        now = time.monotonic()
        for running in list(self._running.values()):
            if running.work.is_over or running.work.due <= now:
                self._guard(running, running.work.wake)
        for done in syncs:
            done.set()

    def _wait(self, seconds: float | None) -> float | None:
        due = [running.work.due for running in self._running.values()]
        if not due:
            return seconds
        left = max(0.0, min(due) - time.monotonic())
        return left if seconds is None else min(left, seconds)

    # -- Arrivals ---------------------------------------------------------------------------------

    def _take(self, running: Running, port: Port) -> None:
        for _ in range(AT_ONCE):
            if self._running.get(running.work.asked.peer) is not running:
                return
            arrived = running.wire.receive(port)
            if arrived is None:
                return
            if not isinstance(arrived, Burst):
                self._guard(running, partial(running.work.hear_unreachable, arrived, port))
            elif arrived.peer == running.work.asked.peer:
                octets = b"".join(map(bytes, arrived.buffers))
                self._guard(running, partial(running.work.hear, octets, port))

    def _hear(self, listener: Listener, arrival: Arrival) -> None:
        octets, peer = bytes(arrival.octets), arrival.peer
        running = self._running.get(peer)
        try:
            request = read(octets).packet
        except MalformedPacket:
            request = None
        if not isinstance(request, Rrq | Wrq):
            if running is not None:
                self._guard(running, lambda: running.work.hear(octets, "listening"))
        elif running is not None and running.work.asked.octets == octets:
            self._hear_again(listener, arrival, running)
        else:
            self._begin(listener, arrival, request)

    def _hear_again(self, listener: Listener, arrival: Arrival, running: Running) -> None:
        """Take a copy of the request. If its session has ended, another session answers."""
        self._guard(running, running.work.ask_again)
        if running.work.begins_anew:
            self._finish(running)
            self._begin(listener, arrival, running.work.asked.request)

    # -- Attempts ---------------------------------------------------------------------------------

    def _begin(self, listener: Listener, arrival: Arrival, request: Request) -> None:
        peer, now = arrival.peer, time.monotonic()
        if not peer[1] or not self._quotas.may_begin(peer, now):
            return
        earlier = self._running.get(peer)
        if earlier is not None:
            earlier.work.ask_anew(request)
            self._finish(earlier)
        if not self._has_room(peer):
            if self._quotas.charge_refusal(peer, now):
                listener.refuse(arrival, Error(ErrorCode.UNDEFINED, BUSY))
            return
        try:
            wire = UdpWire(peer, arrival.host, self._memory, listener.address)
        except LocalError as failed:
            self._complain(str(failed))
            return
        running = self._running_for(Asked(request, bytes(arrival.octets), peer), wire)
        running.gives_back = self._quotas.charge_session(peer, now)
        self._running[peer] = running
        wire.begin(lambda sock, port: self._watch(running, sock, port))
        self._guard(running, running.work.begin)

    def _running_for(self, asked: Asked, wire: UdpWire) -> Running:
        """Return the attempt for the request, or a plain session that refuses or serves it."""
        wanted = read_name(asked.request.filename)
        verb: Verb = "get" if isinstance(asked.request, Rrq) else "put"
        trial = trial_for(verb, wanted.rest)
        student = ""
        opening: Opening | None = None
        try:
            if trial is not None or wanted.rest == "report":
                student = self._student(wanted.student, asked.peer)
        except LocalError as failed:
            opening = self._openings.refusal(asked, str(failed))
        if opening is None and trial is not None:
            self._tell_others(student, trial, asked)
            key = f"{self._settings.seed}:{student}"
            if self._recording is not None:
                self._recording.remark(asked.peer, f"{student}: trial {trial.name}")
            return Running(Attempt(trial, key, asked, wire, self._recording), wire, student)
        opening = opening or self._openings.open(asked, wanted.rest, student)
        return Running(Plain(opening, asked, wire, self._recording), wire, student)

    def _student(self, named: str, peer: Address) -> str:
        if self._settings.only and not named:
            return self._settings.only
        return self._register.admit(named, peer[0])

    def _tell_others(self, student: str, trial: Trial, asked: Asked) -> None:
        """Tell attempts of this student at the same trial of the new request."""
        for running in self._running.values():
            work = running.work
            is_same = isinstance(work, Attempt) and work.trial == trial
            if running.student == student and is_same:
                work.ask_anew(asked.request)

    def _has_room(self, peer: Address) -> bool:
        config = self._settings.server
        of_host = sum(address[0] == peer[0] for address in self._running)
        return len(self._running) < config.places and of_host < config.max_sessions_per_address

    def _watch(self, running: Running, sock: socket.socket, port: Port) -> None:
        self._selector.register(sock, selectors.EVENT_READ, (running, port))

    def _guard(self, running: Running, act: Callable[[], object]) -> None:
        """Call `act`. A fault in one attempt ends only this attempt."""
        try:
            act()
        except Exception as failed:
            why = sentence(
                "an attempt of {student} ended: {why!r}", student=running.student, why=failed
            )
            self._complain(why)
            if isinstance(running.work, Attempt):
                running.work.story.failed = failed
            self._finish(running)
            return
        running.settle_charge()
        if running.work.is_over:
            self._finish(running)

    def _finish(self, running: Running) -> None:
        """Judge an attempt, and forget it."""
        if self._running.get(running.work.asked.peer) is not running:
            return
        try:
            self._judge(running)
        except Exception as failed:
            why = sentence(
                "cannot judge an attempt of {student}: {why}",
                student=running.student,
                why=str(failed),
            )
            self._complain(why)
        self._forget(running)

    def _judge(self, running: Running) -> None:
        work = running.work
        if not isinstance(work, Attempt) or not work.trial.questions:
            return
        results, peer = results_of(work.trial, work.story), work.asked.peer
        self._book.record(running.student, peer[0], results)
        if self._judged is not None:
            self._judged(Judged(running.student, peer, work.trial, results, work))

    def _forget(self, running: Running) -> None:
        if self._running.pop(running.work.asked.peer, None) is None:
            return
        for sock in running.wire.sockets:
            self._selector.unregister(sock)
        running.wire.watch = lambda sock, port: None
        with contextlib.suppress(Exception):
            running.work.close()
